-- One shard of the frontier: what every script on it shares. Prepended to discover, claim, finish, renew and amend.
--
-- KEYS[1]  the shard's counters; every other key is made from it and so lies in the same slot (docs/architecture.md)
-- ARGV[1]  now, in seconds since 1970; empty: the clock of this server
-- ARGV[2]  FrontierOptions, msgpack map
--
-- Hosts and sites are loaded once, changed in memory and written by save(); the counters of waiting, leased and
-- given-up URLs follow from the difference, so they cannot drift from the records.

local shard = KEYS[1]
local options = cmsgpack.unpack(ARGV[2])

-- The counters that scripts need, read once and written once; others (by reason) are only added to.
local COUNTERS = {
  'epoch', 'token', 'buckets', 'known', 'waiting', 'leased', 'later', 'done', 'failed', 'over_budget', 'hosts_waiting',
  'set_aside', 'reserve', 'clock', 'offset', 'hosts', 'unpacked',
}
local totals, changed, added = {}, {}, {}
for i, value in ipairs(redis.call('HMGET', shard, unpack(COUNTERS))) do
  totals[COUNTERS[i]] = tonumber(value or 0)
end

-- The shard's own time never goes back: where the server's clock was set back, it goes on from where it was, and the
-- offset between them grows. All times in the shard are its own; answer() gives the server's.
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] + time[2] / 1000000
end
now = now + totals.offset
if now < totals.clock then
  totals.offset = totals.offset + totals.clock - now
  changed.offset = true
  now = totals.clock
end

local function set(what, value)
  if totals[what] ~= value then
    totals[what], changed[what] = value, true
  end
end

local function count(what, n)
  set(what, totals[what] + (n or 1))
end

local function count_reason(what, reason, n)
  count(what, n)
  added[what .. ':' .. reason] = (added[what .. ':' .. reason] or 0) + n
end

local function set_aside(kind, name, bytes)
  count('set_aside')
  redis.call('LPUSH', shard .. ':aside', cmsgpack.pack({kind, name, bytes}))
  redis.call('LTRIM', shard .. ':aside', 0, 999)
end

local function unpacked(bytes, fields)
  local whole, values = pcall(cmsgpack.unpack, bytes)
  return whole and type(values) == 'table' and #values == fields and values or nil
end

-- The record in a field of a hash; nil where there is none, or a damaged one, which is set aside (the second result).
local function record(kind, name, fields)
  local stored = redis.call('HGET', shard .. ':' .. kind, name)
  local values = stored and unpacked(stored, fields)
  local damaged = stored and not values
  if damaged then
    set_aside(kind, name, stored)
  end
  return values, damaged
end

local sites, hosts = {}, {}

local function site_named(name)
  local site = sites[name]
  if not site then
    local known = record('sites', name, 4) or {0, 0, redis.call('ZCARD', shard .. ':ready:' .. name), false}
    site = {name = name, admitted = known[1], active = known[2], ready = known[3]}
    site.front = known[4] and known[4] .. name -- the one host of the site that stands in :due
    sites[name] = site
  end
  return site
end

local function list_of(band, name)
  return shard .. ':q' .. band .. ':' .. name
end

local function length_of_lists(name)
  local queued = 0
  for band = 0, 3 do
    queued = queued + redis.call('LLEN', list_of(band, name))
  end
  return queued
end

-- URLs of the host as the counters see them: waiting, or failed with the host.
local function standing(host)
  local urls = host.queued + host.later
  return host.given_up and 0 or urls, host.given_up and urls or 0
end

-- `suffix` is the length of the site's name at the end of the host's; discover knows it, all others find the record.
local function host_named(name, suffix)
  local host = hosts[name]
  if not host then
    local known = record('hosts', name, 9)
    if not known then
      count('hosts')
      known = {suffix or #name, length_of_lists(name), 0, 0, 0, 0, 0, false, false}
    end
    host = {name = name, queued = known[2], later = known[3], leased = known[4], due = known[5]}
    host.troubles, host.crawl_delay, host.given_up, host.placed = known[6], known[7], known[8], known[9]
    host.site = site_named(string.sub(name, -known[1]))
    host.were_leased = host.leased
    host.were_waiting, host.were_failed = standing(host)
    hosts[name] = host
  end
  return host
end

local function delay_of(host)
  return math.max(options.host_delay, math.min(host.crawl_delay, options.max_crawl_delay))
end

-- Sites take turns: one host of a site stands in :due, its earliest; the others wait in :ready:<site>. A site with as
-- many leased hosts as it may have stands nowhere until one of them is finished.
local function settle(site)
  if site.ready == 0 or site.active >= options.site_concurrency then
    return
  end
  local ready = shard .. ':ready:' .. site.name
  local first = redis.call('ZRANGE', ready, 0, 0, 'WITHSCORES')
  local name, due = first[1], math.max(first[2], now) -- behind the sites that are due already
  if site.front then
    local standing_since = tonumber(redis.call('ZSCORE', shard .. ':due', site.front) or 0)
    if standing_since <= due then
      return
    end
    redis.call('ZREM', shard .. ':due', site.front)
    redis.call('ZADD', ready, standing_since, site.front)
    site.ready = site.ready + 1
  end
  redis.call('ZREM', ready, name)
  site.ready = site.ready - 1
  redis.call('ZADD', shard .. ':due', due, name)
  site.front = name
end

local function stand(host)
  local site = host.site
  local due = math.max(host.due, now)
  if not site.front and site.ready == 0 and (site.active < options.site_concurrency or host.leased > 0) then
    redis.call('ZADD', shard .. ':due', due, host.name)
    site.front = host.name
  else
    site.ready = site.ready + redis.call('ZADD', shard .. ':ready:' .. site.name, due, host.name)
    settle(site)
  end
  host.placed = true
end

local function leave(host)
  local site = host.site
  if redis.call('ZREM', shard .. ':due', host.name) == 1 then
    site.front = site.front ~= host.name and site.front
  else
    site.ready = site.ready - redis.call('ZREM', shard .. ':ready:' .. site.name, host.name)
  end
  host.placed = false
end

-- Put the host where its state says; `moved`: its due time has changed.
local function place(host, moved)
  local ready = host.queued > 0 and host.leased < options.host_concurrency and not host.given_up
  if host.placed and (moved or not ready) then
    leave(host)
  end
  if ready and not host.placed then
    stand(host)
  end
  settle(host.site)
end

-- A queue entry is text: the depth (with redirects: addresses.py), then (unless both are 0) claims and losses so far, then the address.
local function entry_of(depth, attempt, lost, address)
  if attempt == 0 and lost == 0 then
    return depth .. ' ' .. address
  end
  return string.format('%d.%d.%d %s', depth, attempt, lost, address)
end

-- First in its band again, at once or at a later time.
local function requeue(host, band, entry, at)
  if at > now then
    count('later')
    redis.call('ZADD', shard .. ':later', at, cmsgpack.pack({host.name, band, entry}))
    host.later = host.later + 1
  else
    redis.call('LPUSH', list_of(band, host.name), entry)
    host.queued = host.queued + 1
  end
end

local function fail(host, band, entry, reason)
  redis.call('RPUSH', shard .. ':failed', cmsgpack.pack({reason, host.name, band, entry}))
  count_reason('failed', reason, 1)
end

local function set_leased(host, n)
  local site = host.site
  site.active = math.max(site.active + math.min(n, 1) - math.min(host.leased, 1), 0)
  host.leased = n
end

-- A damaged lease does not say whose it was: count those of every host again, or one would stay locked for ever.
local function recount_leases()
  local leased = {}
  for _, bytes in ipairs(redis.call('HVALS', shard .. ':leases')) do
    local lease = unpacked(bytes, 8)
    if lease then
      leased[lease[1]] = (leased[lease[1]] or 0) + 1
    end
  end
  local stored = redis.call('HGETALL', shard .. ':hosts')
  for i = 1, #stored, 2 do
    local host, n = unpacked(stored[i + 1], 9), leased[stored[i]] or 0
    if host and host[4] ~= n then
      host = host_named(stored[i])
      set_leased(host, n)
      place(host)
    end
  end
end

-- End a lease: its record and its host, or nil where the token is no longer good.
local function unlease(token)
  local lease, damaged = record('leases', token, 8)
  redis.call('HDEL', shard .. ':leases', token)
  redis.call('ZREM', shard .. ':expiry', token)
  if not lease then
    if damaged then
      recount_leases()
    end
    return nil
  end
  local host = host_named(lease[1])
  set_leased(host, math.max(host.leased - 1, 0))
  return {
    host = host, band = lease[2], depth = lease[3], address = lease[4],
    attempt = lease[5], lost = lease[6], since = lease[7], worker = lease[8],
  }
end

-- A lease that was not used: the host is due as before the claim, unless something else has moved it since.
local function hand_back(lease)
  local host = lease.host
  requeue(host, lease.band, entry_of(lease.depth, lease.attempt - 1, lease.lost, lease.address), now)
  if host.due <= lease.since + delay_of(host) then
    host.due = now
  end
end

local function give_up(host)
  host.given_up = true
  place(host)
end

-- Returns whether there was anything to write.
local function write_records()
  local packed = {}
  for name, host in pairs(hosts) do
    local waiting, failed = standing(host)
    count('waiting', waiting - host.were_waiting)
    count('leased', host.leased - host.were_leased)
    count('hosts_waiting', math.min(waiting, 1) - math.min(host.were_waiting, 1))
    if failed ~= host.were_failed then
      count_reason('failed', 'host_given_up', failed - host.were_failed)
    end
    packed[#packed + 1] = name
    packed[#packed + 1] = cmsgpack.pack({
      #host.site.name, host.queued, host.later, host.leased, host.due > now and host.due or 0,
      host.troubles, host.crawl_delay, host.given_up, host.placed,
    })
  end
  if #packed == 0 then
    return false
  end
  redis.call('HSET', shard .. ':hosts', unpack(packed))
  packed = {}
  for name, site in pairs(sites) do
    packed[#packed + 1] = name
    packed[#packed + 1] = cmsgpack.pack({
      site.admitted, site.active, site.ready, site.front and string.sub(site.front, 1, -1 - #name),
    })
  end
  redis.call('HSET', shard .. ':sites', unpack(packed))
  return true
end

-- The server packs a small hash into one string that every look-up reads through. That is slower than the scripts
-- themselves long before it unpacks the hash by itself; a long value makes it do so at once, and for good.
local MANY = 64
local function unpack_hashes()
  for _, kind in ipairs({':hosts', ':sites'}) do
    redis.call('HSET', shard .. kind, '', string.rep(' ', 100))
    redis.call('HDEL', shard .. kind, '')
  end
  set('unpacked', 1)
end

-- Write what has changed. `touched`: something did that is in no record.
local function save(touched)
  touched = write_records() or touched
  if totals.hosts >= MANY and totals.unpacked == 0 then
    unpack_hashes()
  end
  for what, n in pairs(added) do
    redis.call('HINCRBY', shard, what, n)
  end
  if touched or next(changed) then
    count('epoch')
    set('clock', now)
  end
  local fields = {}
  for what in pairs(changed) do
    fields[#fields + 1] = what
    fields[#fields + 1] = totals[what]
  end
  if #fields > 0 then
    redis.call('HSET', shard, unpack(fields))
  end
end

-- What every script answers: the shard's epoch, when its next URL is due, when its next lease expires, and the result.
-- The epoch grows with every change: it orders these hints, and the end of the crawl is told by it standing still.
local function answer(result)
  local function first(key)
    local found = redis.call('ZRANGE', shard .. key, 0, 0, 'WITHSCORES')
    return found[2] and found[2] - totals.offset or false
  end
  local due, later = first(':due'), totals.later > 0 and first(':later')
  if due and later then
    due = math.min(due, later)
  end
  return cmsgpack.pack({totals.epoch, due or later, totals.leased > 0 and first(':expiry'), result})
end
