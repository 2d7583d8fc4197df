"""The atomic steps of the Redis frontier; ``shard.lua`` is the part that the scripts on a shard share."""
