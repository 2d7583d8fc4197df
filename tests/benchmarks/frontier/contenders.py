"""The two contenders: how each is filled with URLs as it would have filled itself, and how its workers are started."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, TypeVar

import redis.asyncio
from redis import Redis
from scrapy import Request
from scrapy_redis.dupefilter import RFPDupeFilter
from scrapy_redis.queue import PriorityQueue

from backlink_crawler.frontier.contract import FrontierOptions
from backlink_crawler.frontier.redis import RedisFrontier
from backlink_crawler.records import Child
from tests.benchmarks.frontier.lab import Lab, Worker, worker
from tests.benchmarks.frontier.stock_spider import StockSeedsSpider

CRAWL_ID = "benchmark"
FILLED_AT_ONCE = 5_000

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Contender:
    """One side of the table."""

    name: str
    settings_module: str
    spider: str
    fill: Callable[[Lab, Iterable[str]], None]
    """Make URLs known and wait, as a crawl would have."""

    def worker(
        self, lab: Lab, start: str, settings: Mapping[str, object], *, redis_url: str = ""
    ) -> AbstractContextManager[Worker]:
        """Start a worker.

        :param start: a URL that is known already; what links to its host is followed.
        """
        given = {"REDIS_URL": redis_url or lab.redis_url, "CRAWL_ID": CRAWL_ID, **settings}
        return worker(lab, self.settings_module, self.spider, start, given)


def with_frontier(lab: Lab, options: FrontierOptions, use: Callable[[RedisFrontier], Awaitable[_T]]) -> _T:
    """Join the crawl, use the frontier and leave."""

    async def run() -> _T:
        frontier = open_frontier(lab, options)
        await frontier.open()
        try:
            return await use(frontier)
        finally:
            await frontier.close()

    return asyncio.run(run())


def open_frontier(lab: Lab, options: FrontierOptions) -> RedisFrontier:
    """Return a frontier of the benchmark's crawl; it is not open yet."""
    return RedisFrontier(redis.asyncio.Redis.from_url(lab.redis_url), CRAWL_ID, options=options)


def fill_ours(lab: Lab, urls: Iterable[str]) -> None:
    """Discover them, as a worker's scheduler does, in larger batches."""

    async def discover(frontier: RedisFrontier) -> None:
        children = (Child(url, depth=1, band=1) for url in urls)
        while batch := list(itertools.islice(children, FILLED_AT_ONCE)):
            await frontier.discover(batch)

    with_frontier(lab, FrontierOptions(max_pages_per_site=0), discover)


def stock_parts(client: "Redis") -> tuple[StockSeedsSpider, PriorityQueue, RFPDupeFilter]:
    """Return the spider, the queue and the duplicates filter that a stock scheduler has."""
    spider = StockSeedsSpider()
    return (
        spider,
        PriorityQueue(client, spider, f"{spider.name}:requests"),
        RFPDupeFilter(client, f"{spider.name}:dupefilter"),
    )


def fill_stock(lab: Lab, urls: Iterable[str]) -> None:
    """Do what its ``enqueue_request`` does, with its own classes, but many in a round trip."""
    spider, queue, seen = stock_parts(lab.client)
    waiting = iter(urls)
    while batch := list(itertools.islice(waiting, FILLED_AT_ONCE)):
        pipeline: Any = lab.client.pipeline(transaction=False)
        for url in batch:
            request = Request(url, callback=spider.parse, errback=spider.failed)
            pipeline.sadd(seen.key, seen.request_fingerprint(request))
            pipeline.execute_command("ZADD", queue.key, -request.priority, queue._encode_request(request))
        pipeline.execute()


OURS = Contender("ours", "tests.benchmarks.frontier.settings_ours", "seeds", fill_ours)
STOCK = Contender("scrapy-redis", "tests.benchmarks.frontier.settings_stock", StockSeedsSpider.name, fill_stock)
BOTH = (OURS, STOCK)
