-- Delete a shard, a bounded part of it with each call. Answers 1 while there is more.
--
-- KEYS[1]  the shard's counters
-- ARGV[1]  how many hosts, sites or sets of seen URLs to delete in this call, about

local shard, limit = KEYS[1], tonumber(ARGV[1])

local function forget(kind, owned)
  local names = redis.call('HSCAN', shard .. ':' .. kind, 0, 'COUNT', limit)[2]
  for i = 1, #names, 2 do
    for _, key in ipairs(owned) do
      redis.call('UNLINK', shard .. key .. names[i])
    end
    redis.call('HDEL', shard .. ':' .. kind, names[i])
  end
  return #names > 0
end

if forget('hosts', {':q0:', ':q1:', ':q2:', ':q3:'}) or forget('sites', {':ready:'}) then
  return 1
end
local buckets = tonumber(redis.call('HGET', shard, 'buckets') or 1)
local left = math.max(buckets - limit, 0)
for bucket = left, buckets - 1 do
  redis.call('UNLINK', shard .. ':seen:' .. bucket)
end
if left > 0 then
  redis.call('HSET', shard, 'buckets', left)
  return 1
end
for _, key in ipairs({
  ':due', ':later', ':leases', ':expiry', ':failed', ':aside', ':grants', ':robots', ':robots:read', ':robots:leases', ':visits',
  '',
}) do
  redis.call('UNLINK', shard .. key)
end
return 0
