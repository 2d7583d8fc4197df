-- Change a shard from outside the crawl's daily round. ARGV[3]: what, ARGV[4]…: its arguments.
--
-- crawl_delay HOST SITE-LENGTH SECONDS   the host's own wish
-- recall                                 take back the pages of MAX_PAGES that were granted and not used
-- retry REASON HOST LIMIT                look at so many failed URLs; those that match ('' matches all) wait again
-- revive HOST                            a host that was given up is asked again
-- visit HOST SITE-LENGTH SECONDS AGAIN   keep the host for one request that is no page of the crawl, for so long; answers
--                                        the seconds until it may be sent, or, while the host is leased, that it may not:
--                                        then it is kept from others, and to be asked for again (with AGAIN = 1)
-- leave HOST                             that request was answered: the host rests for its delay
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

function amend.visit(name, suffix, seconds, again)
  local host = host_named(name, tonumber(suffix))
  local start = now
  if host.leased >= options.host_concurrency then
    start = false
  elseif again == '1' then
    start = now + delay_of(host) -- when its last page was finished is forgotten: it was not long ago
  elseif host.due > now then
    start = host.due
  end
  host.due = math.max(host.due, (start or now) + tonumber(seconds))
  place(host, true)
  return start and {tostring(start - now)} or {}
end

function amend.leave(name)
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
