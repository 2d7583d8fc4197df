-- End leases. ARGV[3]: msgpack [[token, state, reason, retry after, hold host, host trouble], …], where the state
-- is done, failed, retry or released; ARGV[4]: msgpack offers (see admit.lua), the children that belong to this shard.
-- In this order and in one step, so that no crash comes between. Answers how many tokens were still good.

local function end_retry(lease, host, retry_after)
  local entry = entry_of(lease.depth, lease.attempt, lease.lost, lease.address)
  requeue(host, lease.band, entry, now + math.min(retry_after, options.max_host_wait))
end

local function rest(host, hold, trouble)
  if options.host_concurrency == 1 then
    host.due = math.max(host.due, now + delay_of(host))
  end
  if hold > 0 then
    host.due = math.max(host.due, now + math.min(hold, options.max_host_wait))
  end
  host.troubles = trouble and host.troubles + 1 or 0
  if hold > options.max_host_wait or host.troubles >= options.max_host_troubles then
    give_up(host)
  end
end

local function finish(token, state, reason, retry_after, hold, trouble)
  local lease = unlease(token)
  if not lease then
    return 0
  end
  local host = lease.host
  if state == 'done' then
    count_reason('done', reason, 1)
  elseif state == 'failed' then
    fail(host, lease.band, entry_of(lease.depth, lease.attempt, lease.lost, lease.address), reason)
  elseif state == 'retry' then
    end_retry(lease, host, retry_after)
  else
    hand_back(lease)
  end
  if state ~= 'released' then
    rest(host, hold, trouble)
  end
  place(host, true)
  return 1
end

admit_all(cmsgpack.unpack(ARGV[4]), math.huge)
count('over_budget', over)
local ours = 0
for _, verdict in ipairs(cmsgpack.unpack(ARGV[3])) do
  ours = ours + finish(unpack(verdict))
end
save()
return answer(ours)
