"""What people do to a crawl: failed URLs get another chance, a crawl is dropped. No step holds the server."""

from collections.abc import Sequence

from backlink_crawler.frontier.redis import reports
from backlink_crawler.frontier.redis.keys import Keys
from backlink_crawler.frontier.redis.scripts import AMEND, DROP, Call, Sender, in_words
from backlink_crawler.frontier.redis.shards import Shards

RETRY_AT_ONCE = 200
"""Failed URLs that one script looks at."""
DROP_AT_ONCE = 500
"""Hosts whose keys one script deletes."""
SHARDS_AT_ONCE = 32
"""Shards that are deleted from in one round trip."""


async def retry_failed(shards: Shards, which: Sequence[int], reason: str, host: str) -> int:
    """Make failed URLs of the given shards wait again, all or those of a reason or host. Returns how many."""
    keys = [shards.keys.of_shard(shard) for shard in which]
    given_up = await shards.sender.read([("HGET", key, "failed:host_given_up") for key in keys])
    failed = await shards.sender.read([("LLEN", f"{key}:failed") for key in keys])
    retried = 0
    for shard, stuck, left in zip(which, given_up, failed, strict=True):
        if int(stuck or 0) and reason in {"", "host_given_up"}:
            retried += await _revive(shards, shard, host)
        for start in range(0, left, RETRY_AT_ONCE):
            step = ("retry", reason, host, min(left - start, RETRY_AT_ONCE))
            retried += (await shards.run(AMEND, {shard: step}))[shard].result
    return retried


async def _revive(shards: Shards, shard: int, host: str) -> int:
    names = [host] if host else [name async for name in reports.given_up(shards.sender, shards.keys.of_shard(shard))]
    return sum([(await shards.run(AMEND, {shard: ("revive", name)}))[shard].result for name in names])


async def drop(sender: Sender, keys: Keys, shards: int) -> None:
    """Delete all keys of the crawl; the record of the crawl goes last, so a drop that was cut short can be repeated."""
    left = [keys.of_shard(shard) for shard in range(shards)]
    while left:
        some, rest = left[:SHARDS_AT_ONCE], left[SHARDS_AT_ONCE:]
        answers = await sender.send([Call(DROP, (key,), (DROP_AT_ONCE,)) for key in some])
        for answer in answers:
            if isinstance(answer, Exception):
                raise in_words(answer) from answer
        left = [key for key, more in zip(some, answers, strict=True) if more] + rest
    names = ("workers", "due", "expiry", "epochs", "pages", "meta")
    await sender.read([("UNLINK", keys.of_crawl(name)) for name in names])
