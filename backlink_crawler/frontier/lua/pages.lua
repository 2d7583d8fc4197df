-- The pages of MAX_PAGES that are still free, handed to shards in blocks.
--
-- KEYS[1]  hash: taken, and per worker its last grant (a repeated call must answer the same)
-- ARGV     MAX_PAGES, pages wanted, pages given back, shards, name of the grant, the worker
-- Answers how many are granted: what is wanted, or a block while there is plenty.

local BLOCK = 64
local max_pages, wanted, returned, shards = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local grant, worker = ARGV[5], ARGV[6]

local name, granted = string.match(redis.call('HGET', KEYS[1], worker) or '', '^(%S+) (%d+)$')
if name == grant then
  return tonumber(granted)
end
local free = max_pages - tonumber(redis.call('HGET', KEYS[1], 'taken') or 0) + returned
local block = math.min(BLOCK, math.floor(free / (2 * shards)))
granted = math.max(0, math.min(free, math.max(wanted, block)))
redis.call('HINCRBY', KEYS[1], 'taken', granted - returned)
redis.call('HSET', KEYS[1], worker, grant .. ' ' .. granted)
return granted
