-- One look at the whole crawl before a claim: take in what shards have answered, say which are due.
--
-- KEYS     meta, workers, due, expiry, epochs (all of one slot)
-- ARGV[1]  now, empty: the clock of this server
-- ARGV[2]  msgpack [shard, epoch, due or false, expiry or false, …]: the hints, each the last answer of a shard
-- ARGV[3]  how many shards to name at most
-- ARGV[4]  the worker, ARGV[5] its state; empty: not a worker's turn, only hints or a question
-- ARGV[6]  seconds after which all shards are looked at again whatever the hints say
--
-- The hints are an index, not the truth: one that was lost with its worker is repaired by the next sweep.

local meta, workers, due_key, expiry_key, epochs_key = unpack(KEYS)
local now, limit = tonumber(ARGV[1]), tonumber(ARGV[3])
if not now then
  local time = redis.call('TIME')
  now = time[1] + time[2] / 1000000
end

local function note(key, shard, score)
  if score then
    redis.call('ZADD', key, score, shard)
  else
    redis.call('ZREM', key, shard)
  end
end

local hints = cmsgpack.unpack(ARGV[2])
for i = 1, #hints, 4 do
  local shard, epoch = hints[i], hints[i + 1]
  if epoch > tonumber(redis.call('HGET', epochs_key, shard) or 0) then
    redis.call('HSET', epochs_key, shard, epoch)
    note(due_key, shard, hints[i + 2])
    note(expiry_key, shard, hints[i + 3])
  end
end

if ARGV[4] ~= '' then
  redis.call('HSET', workers, ARGV[4], cmsgpack.pack({now, ARGV[5]}))
end

local swept = tonumber(redis.call('HGET', meta, 'swept') or 0)
local sweep = limit > 0 and (now < swept or now >= swept + tonumber(ARGV[6]))
if sweep then
  redis.call('HSET', meta, 'swept', now)
end

local due = redis.call('ZRANGEBYSCORE', due_key, '-inf', now, 'LIMIT', 0, limit)
local expired = redis.call('ZRANGEBYSCORE', expiry_key, '-inf', now, 'LIMIT', 0, limit)
local later = redis.call('ZRANGEBYSCORE', due_key, '(' .. now, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)[2]
local paused = redis.call('HGET', meta, 'paused') == '1'
return cmsgpack.pack({now, paused, sweep, due, expired, later and tonumber(later) or false})
