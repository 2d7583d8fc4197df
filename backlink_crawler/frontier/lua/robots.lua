-- What the workers of a crawl know of robots.txt files, in the shard of the file's site.
--
-- KEYS[1]  the shard's counters; the keys below are made from it and so lie in the same slot
-- ARGV[1]  now, in seconds since 1970; empty: the clock of this server
-- ARGV[2]  what, ARGV[3]…: its arguments
--
-- take URL OWNER SECONDS FRESH        {1, record, age}: known, and read not longer than FRESH seconds ago;
--                                     {2}: read it, you have so long; {3, seconds}: somebody else does, for so long
-- keep OWNER RECORD AGE FRESH BYTES URL…   it was read AGE seconds ago, under all these addresses; the oldest go where
--                                     there are more bytes
-- free OWNER URL…                     it could not be read: somebody else may try
--
--   :robots         hash: URL → msgpack {read at, record}
--   :robots:read    sorted set: URLs by the time they were read
--   :robots:leases  hash: URL → msgpack {owner, until}
-- All three expire when nothing has been read for FRESH seconds.

local files, read, leases = KEYS[1] .. ':robots', KEYS[1] .. ':robots:read', KEYS[1] .. ':robots:leases'
local SIZE = '' -- the field of `files` that holds the sum of all sizes; no URL is empty
local OVERHEAD = 200 -- bytes of an entry besides its URL and its record, about
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] + time[2] / 1000000
end

local function unpacked(bytes)
  local whole, values = pcall(cmsgpack.unpack, bytes)
  return whole and type(values) == 'table' and tonumber(values[1]) and values or nil
end

local function size_of(url, bytes)
  return 2 * #url + #bytes + OVERHEAD
end

local function forget(url)
  local bytes = redis.call('HGET', files, url)
  if bytes then
    redis.call('HDEL', files, url)
    redis.call('HINCRBY', files, SIZE, -size_of(url, bytes))
  end
  redis.call('ZREM', read, url)
end

local function lease_of(url)
  local bytes = redis.call('HGET', leases, url)
  local ok, lease = pcall(cmsgpack.unpack, bytes or '')
  return ok and type(lease) == 'table' and type(lease[2]) == 'number' and lease or nil
end

local does = {}

function does.take(url, owner, seconds, fresh)
  local known = redis.call('HGET', files, url)
  known = known and unpacked(known)
  -- A time to come is one of a clock that was set back since.
  if known and now - known[1] < tonumber(fresh) and known[1] <= now then
    return {1, known[2], tostring(now - known[1])}
  end
  local lease = lease_of(url)
  if lease and lease[1] ~= owner and lease[2] > now then
    return {3, tostring(lease[2] - now)}
  end
  redis.call('HSET', leases, url, cmsgpack.pack({owner, now + seconds}))
  redis.call('EXPIRE', leases, math.ceil(seconds))
  return {2}
end

function does.free(owner, ...)
  for _, url in ipairs({...}) do
    local lease = lease_of(url)
    if lease and lease[1] == owner then
      redis.call('HDEL', leases, url)
    end
  end
  return {}
end

function does.keep(owner, record, age, fresh, most, ...)
  local at = now - age
  for _, url in ipairs({...}) do
    forget(url)
    local bytes = cmsgpack.pack({at, record})
    redis.call('HSET', files, url, bytes)
    redis.call('HINCRBY', files, SIZE, size_of(url, bytes))
    redis.call('ZADD', read, at, url)
  end
  for _, url in ipairs(redis.call('ZRANGEBYSCORE', read, '-inf', now - fresh, 'LIMIT', 0, 100)) do
    forget(url)
  end
  while tonumber(redis.call('HGET', files, SIZE)) > tonumber(most) do
    local oldest = redis.call('ZRANGE', read, 0, 0)[1]
    if not oldest then
      redis.call('UNLINK', files) -- its entries and their times no longer agree: begin anew
      break
    end
    forget(oldest)
  end
  redis.call('EXPIRE', files, math.ceil(fresh))
  redis.call('EXPIRE', read, math.ceil(fresh))
  return does.free(owner, ...)
end

return does[ARGV[2]](unpack(ARGV, 3))
