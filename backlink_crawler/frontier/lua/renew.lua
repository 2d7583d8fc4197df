-- Prolong leases. ARGV[3]: msgpack [token, …]. Answers the tokens that are no longer good, or too old to be prolonged:
-- a page must not keep a lease for ever.

local gone, touched = {}, false
for _, token in ipairs(cmsgpack.unpack(ARGV[3])) do
  local lease = unpacked(redis.call('HGET', shard .. ':leases', token) or '', 8)
  local last = lease and lease[7] + options.max_lease_age
  if lease and now < last then
    touched = true
    redis.call('ZADD', shard .. ':expiry', math.min(now + options.lease_seconds, last), token)
  else
    gone[#gone + 1] = token
  end
end
save(touched)
return answer(gone)
