"""What the benchmark of growth rests on: the URLs it makes known are all there, and none of them is due."""

import asyncio
from uuid import uuid4

from redis.asyncio import Redis

from backlink_crawler.frontier.contract import FrontierOptions
from backlink_crawler.frontier.redis import RedisFrontier
from backlink_crawler.records import Child
from tests.benchmarks.growth.seeding import REST_SECONDS, fill

URLS, HOSTS = 600, 20


def test_known_urls_rest(redis_url: str) -> None:
    """A crawl that joins finds all of them waiting, is handed none, and is handed a page of its own at once."""
    crawl_id = f"growth-{uuid4().hex}"
    fill(redis_url, crawl_id, URLS, HOSTS)

    async def join() -> None:
        frontier = RedisFrontier(
            Redis.from_url(redis_url), crawl_id, options=FrontierOptions(max_host_wait=REST_SECONDS)
        )
        await frontier.open()
        try:
            counts = await frontier.counts()
            assert (counts.waiting, counts.done, counts.leased, counts.failed) == (URLS - HOSTS, HOSTS, 0, 0)
            await frontier.discover([Child("https://own.example/", depth=0, band=0)])
            assert [lease.url for lease in (await frontier.claim(10)).leases] == ["https://own.example/"]
        finally:
            await frontier.drop()
            await frontier.close()

    asyncio.run(join())
