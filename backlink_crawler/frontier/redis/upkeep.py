"""What people do to a crawl: failed URLs get another chance, a crawl is dropped. No step holds the server."""

from backlink_crawler.frontier.redis import reports
from backlink_crawler.frontier.redis.keys import Keys
from backlink_crawler.frontier.redis.scripts import AMEND, DROP, Call, Sender
from backlink_crawler.frontier.redis.shards import Shards

RETRY_AT_ONCE = 200
"""Failed URLs that one script looks at."""
DROP_AT_ONCE = 500
"""Hosts whose keys one script deletes."""


async def retry_failed(shards: Shards, which: range | list[int], reason: str, host: str) -> int:
    """Make failed URLs of the given shards wait again, all or those of a reason or host. Returns how many."""
    retried = 0
    for shard in which:
        if reason in {"", "host_given_up"}:
            retried += await _revive(shards, shard, host)
        (left,) = await shards.sender.read([("LLEN", f"{shards.keys.of_shard(shard)}:failed")])
        while left > 0:
            step = ("retry", reason, host, min(left, RETRY_AT_ONCE))
            retried += (await shards.run(AMEND, {shard: step}))[shard].result
            left -= RETRY_AT_ONCE
    return retried


async def _revive(shards: Shards, shard: int, host: str) -> int:
    names = [host] if host else [name async for name in reports.given_up(shards.sender, shards.keys.of_shard(shard))]
    return sum([(await shards.run(AMEND, {shard: ("revive", name)}))[shard].result for name in names])


async def drop(sender: Sender, keys: Keys, shards: int) -> None:
    """Delete all keys of the crawl; the record of the crawl goes last, so a drop that was cut short can be repeated."""
    for shard in range(shards):
        while await sender.send_one(Call(DROP, (keys.of_shard(shard),), (DROP_AT_ONCE,))):
            pass
    names = ("workers", "due", "expiry", "epochs", "pages", "meta")
    await sender.read([("UNLINK", keys.of_crawl(name)) for name in names])
