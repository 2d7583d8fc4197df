"""Fills the frontier of a crawl that has not begun: URLs on hosts that were asked a moment ago and rest for long.

Nothing is written past the frontier: each host is claimed once and told to rest, as after a Retry-After, then its URLs
are discovered. So none of them is due while the crawl runs, all of them are seen, queued and counted, and every shard
has its part.
"""

import asyncio
import random
from collections.abc import Iterator
from itertools import islice

from redis.asyncio import Redis

from backlink_crawler.frontier.contract import Finished, FrontierOptions, Verdict
from backlink_crawler.frontier.redis import RedisFrontier
from backlink_crawler.records import Child
from tests.benchmarks.frontier import names
from tests.benchmarks.worker.lab import BenchmarkError

REST_SECONDS = 1_000_000.0
"""How long the hosts rest; the crawl must be told to accept so much (``FRONTIER_MAX_HOST_WAIT``)."""
_AT_ONCE = 5_000
_CLAIMED_AT_ONCE = 500


def fill(redis_url: str, crawl_id: str, urls: int, hosts: int) -> None:
    """Make ``urls`` known over ``hosts``, evenly.

    :raises BenchmarkError: they are not all there, or some of them are due.
    """
    asyncio.run(_fill(redis_url, crawl_id, urls, hosts))


async def _fill(redis_url: str, crawl_id: str, urls: int, hosts: int) -> None:
    options = FrontierOptions(max_pages_per_site=0, max_host_wait=REST_SECONDS)
    frontier = RedisFrontier(Redis.from_url(redis_url), crawl_id, options=options)
    await frontier.open()
    try:
        await _put_to_rest(frontier, hosts)
        waiting = _children(urls, hosts)
        while batch := list(islice(waiting, _AT_ONCE)):
            await frontier.discover(batch)
        counts, claimed = await frontier.counts(), await frontier.claim(1)
        if counts.waiting != urls - hosts or claimed.leases:
            raise BenchmarkError(f"{counts.waiting} of {urls - hosts} URLs wait, {len(claimed.leases)} of them are due")
    finally:
        await frontier.close()


async def _put_to_rest(frontier: RedisFrontier, hosts: int) -> None:
    """Visit the first page of each host."""
    await frontier.discover([Child(names.url(names.host(host), host), depth=1) for host in range(hosts)])
    visited = 0
    while visited < hosts:
        leases = (await frontier.claim(_CLAIMED_AT_ONCE)).leases
        visited += len(leases)
        asked_to_rest = Verdict("done", "ok", hold_host=REST_SECONDS / 2)
        await frontier.finish([Finished(lease, asked_to_rest) for lease in leases])


def _children(urls: int, hosts: int) -> Iterator[Child]:
    """Yield the pages of the hosts besides the first ones, in a random order of hosts, as links come."""
    numbers = list(range(hosts, urls))
    random.Random(1).shuffle(numbers)
    return (Child(names.url(names.host(number % hosts), number), depth=1) for number in numbers)
