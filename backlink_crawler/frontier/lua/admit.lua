-- Admitting URLs to a shard: the seen set and the budgets. Follows shard.lua in discover and finish.

-- The seen set is a linear hash of small sets of integers: one for every BUCKET members, split before the server would
-- turn a set into a hash table (at 512 members), which takes seven times the memory.
local BUCKET = 190
local members = totals.known
local buckets = math.max(totals.buckets, 1)
local level = 1 -- the power of two below; the first `buckets - level` have been split already
while level * 2 <= buckets do
  level = level * 2
end

-- Fingerprints are signed 64-bit integers as text, more than a Lua number holds: their last digits choose the bucket.
local function bucket_of(fingerprint, among)
  return tonumber(string.sub(fingerprint, -9)) % among
end

local function seen_with(fingerprint)
  local bucket = bucket_of(fingerprint, level)
  if bucket < buckets - level then
    bucket = bucket_of(fingerprint, level * 2)
  end
  return shard .. ':seen:' .. bucket
end

local function grow()
  members = members + 1
  if members < buckets * BUCKET then
    return
  end
  local bucket = buckets - level
  local source, target = shard .. ':seen:' .. bucket, shard .. ':seen:' .. buckets
  local moving = {}
  for _, fingerprint in ipairs(redis.call('SMEMBERS', source)) do
    if bucket_of(fingerprint, level * 2) ~= bucket then
      moving[#moving + 1] = fingerprint
    end
  end
  if #moving > 0 then
    redis.call('SADD', target, unpack(moving))
    redis.call('SREM', source, unpack(moving))
  end
  buckets = buckets + 1
  set('buckets', buckets)
  if buckets == level * 2 then
    level = buckets
  end
end

-- How many pages of MAX_PAGES this shard may still admit; `grant` adds to them, once under its name (see pages.lua).
local function pages_left(grant, name, grantee)
  if options.max_pages == 0 then
    return math.huge
  end
  if grant > 0 and redis.call('HGET', shard .. ':grants', grantee) ~= name then
    redis.call('HSET', shard .. ':grants', grantee, name)
    count('reserve', grant)
  end
  return totals.reserve
end

local new, known, over, refused = 0, 0, 0, 0

local function admit(site, budget, pages, fingerprint)
  local key = seen_with(fingerprint)
  if new < pages and site.admitted < budget then
    if redis.call('SADD', key, fingerprint) == 1 then
      site.admitted = site.admitted + 1
      new = new + 1
      grow()
      return true
    end
    known = known + 1
  elseif redis.call('SISMEMBER', key, fingerprint) == 1 then
    known = known + 1
  elseif site.admitted + (site.refused or 0) < budget then
    refused = refused + 1
    site.refused = (site.refused or 0) + 1
  else
    over = over + 1
  end
  return false
end

-- `offers`: [[host, length of its site, budget, [fingerprint, band, entry, …]], …].
local function admit_all(offers, pages)
  for _, offer in ipairs(offers) do
    local host = host_named(offer[1], offer[2])
    local budget = offer[3] > 0 and offer[3] or options.max_pages_per_site
    local urls, bands = offer[4], {}
    for i = 1, #urls, 3 do
      if admit(host.site, budget > 0 and budget or math.huge, pages, urls[i]) then
        local band = urls[i + 1]
        bands[band] = bands[band] or {}
        table.insert(bands[band], urls[i + 2])
      end
    end
    for band, entries in pairs(bands) do
      redis.call('RPUSH', list_of(band, host.name), unpack(entries))
      host.queued = host.queued + #entries
    end
    place(host)
  end
  count('known', new)
  if options.max_pages > 0 then
    count('reserve', -new)
  end
end
