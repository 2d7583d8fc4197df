-- Lease due URLs. ARGV[3]: how many, ARGV[4]: the worker.
-- Answers [[token, host, length of its site, depth, band, attempt, address], …]. With 0 it only tidies up.

local AT_ONCE = 200 -- bounds what one call tidies up

local limit = tonumber(ARGV[3])
if limit == 0 and totals.known > 0 then
  redis.call('HSET', shard, 'clock', now) -- so that little time is lost when the server's is set back
end

local function until_now(key)
  return redis.call('ZRANGEBYSCORE', shard .. key, '-inf', now, 'LIMIT', 0, AT_ONCE)
end

for _, token in ipairs(totals.leased > 0 and until_now(':expiry') or {}) do
  local lease = unlease(token)
  if lease then
    local lost = lease.lost + 1
    local entry = entry_of(lease.depth, lease.attempt, lost, lease.address)
    if lost >= options.max_lost then
      fail(lease.host, lease.band, entry, 'worker_lost')
    else
      requeue(lease.host, lease.band, entry, now)
    end
    place(lease.host)
  end
end

for _, packed in ipairs(totals.later > 0 and until_now(':later') or {}) do
  count('later', -redis.call('ZREM', shard .. ':later', packed))
  local retry = unpacked(packed, 3)
  if retry then
    local host = host_named(retry[1])
    host.later = math.max(host.later - 1, 0)
    requeue(host, retry[2], retry[3], now)
    place(host)
  else
    set_aside('later', '', packed)
  end
end

-- The next whole entry of a host; damaged ones are set aside, and the length is taken from the lists again.
local function next_entry(host)
  for band = 0, 3 do
    local entry = redis.call('LPOP', list_of(band, host.name))
    while entry do
      local depth, attempt, lost, address = string.match(entry, '^(%d+)%.?(%d*)%.?(%d*) (.+)$')
      if depth then
        host.queued = host.queued - 1
        return band, tonumber(depth), tonumber(attempt) or 0, tonumber(lost) or 0, address
      end
      set_aside('entry', host.name, entry)
      host.queued = length_of_lists(host.name) + 1
      entry = redis.call('LPOP', list_of(band, host.name))
    end
  end
  host.queued = 0
  return nil
end

-- Tokens grow with the time and with every claim, so also from crawl to crawl and after a loss of data.
local function next_token()
  set('token', math.max(totals.token + 1, math.floor(now * 1000000)))
  return string.format('%.0f', totals.token)
end

local function lease_from(host)
  local band, depth, attempt, lost, address = next_entry(host)
  leave(host)
  if not band then
    place(host)
    return nil
  end
  local token = next_token()
  attempt = attempt + 1
  set_leased(host, host.leased + 1)
  host.due = math.max(host.due, now + delay_of(host))
  redis.call('HSET', shard .. ':leases', token,
    cmsgpack.pack({host.name, band, depth, address, attempt, lost, now, ARGV[4]}))
  redis.call('ZADD', shard .. ':expiry', now + options.lease_seconds, token)
  place(host)
  return {totals.token, host.name, #host.site.name, depth, band, attempt, address}
end

local leases = {}
local rounds = 0
while #leases < limit and rounds < AT_ONCE do
  rounds = rounds + 1
  local names = redis.call('ZRANGEBYSCORE', shard .. ':due', '-inf', now, 'LIMIT', 0, limit - #leases)
  if #names == 0 then
    break
  end
  for _, name in ipairs(names) do
    leases[#leases + 1] = lease_from(host_named(name))
  end
end
save()
return answer(leases)
