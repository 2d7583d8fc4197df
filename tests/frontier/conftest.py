"""Crawls on the session's real Valkey, each under a name of its own and deleted afterwards."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from backlink_crawler.frontier.contract import FrontierOptions
from backlink_crawler.frontier.redis import RedisFrontier
from tests.frontier.crawl import Clock, Crawl


@pytest.fixture
def crawl_id() -> str:
    """A crawl nobody else has."""
    return f"test-{uuid4().hex}"


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """A connection to look behind the frontier."""
    async with Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture
async def redis_crawl(redis_url: str, crawl_id: str) -> AsyncIterator[Crawl]:
    """A crawl on Valkey."""

    async def open_worker(clock: Clock, name: str, options: FrontierOptions) -> RedisFrontier:
        worker = RedisFrontier(Redis.from_url(redis_url), crawl_id, worker=name, options=options, clock=clock)
        await worker.open()
        return worker

    crawl = Crawl(open_worker)
    yield crawl
    await (await crawl.worker("last")).drop()
    await crawl.close()
