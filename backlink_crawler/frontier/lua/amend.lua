-- Change a shard from outside the crawl's daily round. ARGV[3]: what, ARGV[4]…: its arguments.
--
-- crawl_delay HOST SITE-LENGTH SECONDS   the host's own wish
-- recall                                 take back the pages of MAX_PAGES that were granted and not used
-- retry REASON HOST LIMIT                look at so many failed URLs; those that match ('' matches all) wait again
-- revive HOST                            a host that was given up is asked again
-- visit HOST SITE-LENGTH OWNER SECONDS LONGEST
--                                        keep the host for one request that is no page of the crawl and may take so long.
--                                        Answers in how many seconds it may be sent, or nothing while the host is leased
--                                        or somebody else's visit: ask again soon. Where it would be more than LONGEST,
--                                        nothing is kept
-- leave HOST OWNER                       that request was answered: the host rests for its delay
-- recover WORKER TOKENS                  hand back the worker's leases except these: it never got the answer

local amend = {}

function amend.crawl_delay(host, suffix, seconds)
  host_named(host, tonumber(suffix)).crawl_delay = tonumber(seconds)
  return true
end

function amend.recall()
  local reserve = totals.reserve
  set('reserve', 0)
  return reserve
end

-- The list is turned round once: what does not match goes to its end.
function amend.retry(reason, host, limit)
  local retried = 0
  for _ = 1, tonumber(limit) do
    local packed = redis.call('LPOP', shard .. ':failed')
    if not packed then
      break
    end
    local failed = unpacked(packed, 4)
    if not failed then
      set_aside('failed', '', packed)
    elseif (reason == '' or reason == failed[1]) and (host == '' or host == failed[2]) then
      local again = host_named(failed[2])
      local depth, address = string.match(failed[4], '^(%d+)%S* (.+)$')
      count_reason('failed', failed[1], -1)
      requeue(again, failed[3], entry_of(tonumber(depth), 0, 0, address), now)
      place(again)
      retried = retried + 1
    else
      redis.call('RPUSH', shard .. ':failed', packed)
    end
  end
  return retried
end

function amend.revive(name)
  if redis.call('HEXISTS', shard .. ':hosts', name) == 0 or not host_named(name).given_up then
    return 0
  end
  local host = host_named(name)
  host.given_up, host.troubles = false, 0
  place(host)
  return host.queued + host.later
end

-- Who visits a host: {owner, until, the due time that was set to keep others away}, or nil.
local function visit_of(name)
  return unpacked(redis.call('HGET', shard .. ':visits', name) or '', 3)
end

function amend.visit(name, suffix, owner, seconds, longest)
  local before = visit_of(name)
  if before and before[1] ~= owner and before[2] > now then
    return {}
  end
  local host = host_named(name, tonumber(suffix))
  local leased = host.leased >= options.host_concurrency
  local start = math.max(now, host.due)
  if leased then
    start = now
  elseif before and before[1] == owner and before[3] == host.due and host.troubles == 0 then
    start = now + delay_of(host) -- the page is finished, a moment ago, and asked for no longer rest
  end
  if start - now <= tonumber(longest) then
    host.due = math.max(host.due, start + seconds)
    place(host, true)
    redis.call('HSET', shard .. ':visits', name, cmsgpack.pack({owner, start + seconds, host.due}))
    redis.call('EXPIRE', shard .. ':visits', math.ceil(seconds + longest))
  end
  return leased and {} or {tostring(start - now)}
end

function amend.leave(name, owner)
  local visit = visit_of(name)
  if not visit or visit[1] ~= owner then
    return false
  end
  redis.call('HDEL', shard .. ':visits', name)
  local host = host_named(name)
  host.due = now + delay_of(host)
  place(host, true)
  return true
end

function amend.recover(worker, held)
  local ours = {}
  for _, token in ipairs(cmsgpack.unpack(held)) do
    ours[string.format('%.0f', token)] = true
  end
  local leases = redis.call('HGETALL', shard .. ':leases')
  for i = 1, #leases, 2 do
    local lease = unpacked(leases[i + 1], 8)
    if lease and lease[8] == worker and not ours[leases[i]] then
      lease = unlease(leases[i])
      hand_back(lease)
      place(lease.host, true)
    end
  end
  return true
end

local result = amend[ARGV[3]](unpack(ARGV, 4))
save()
return answer(result)
