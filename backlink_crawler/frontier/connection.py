"""What Scrapy's settings say of the frontier: where its Redis is, and what a crawl may do."""

from typing import Any

from scrapy.settings import BaseSettings
from scrapy_redis import connection

from backlink_crawler.frontier.contract import FrontierError, FrontierOptions


def client_from(settings: BaseSettings) -> Any:
    """Make the connection as scrapy-redis would, with an asyncio client unless ``REDIS_PARAMS`` names another class.

    :raises FrontierError: the settings name no server.
    """
    if not settings.get("REDIS_URL") and not settings.get("REDIS_HOST"):
        raise FrontierError("REDIS_URL is not set: say where the shared queue lives, e.g. redis://127.0.0.1:6379")
    redis = BaseSettings({name: value for name, value in settings.items() if name.startswith("REDIS_")})
    redis.set("REDIS_PARAMS", {"redis_cls": "redis.asyncio.Redis", **settings.getdict("REDIS_PARAMS")})
    return connection.from_settings(redis)


def options_from(settings: BaseSettings) -> FrontierOptions:
    """Read the politeness and the budgets of a crawl."""
    return FrontierOptions(
        host_delay=settings.getfloat("FRONTIER_HOST_DELAY"),
        host_concurrency=settings.getint("FRONTIER_HOST_CONCURRENCY"),
        site_concurrency=settings.getint("FRONTIER_SITE_CONCURRENCY"),
        lease_seconds=settings.getfloat("FRONTIER_LEASE_SECONDS"),
        retry_delay=settings.getfloat("FRONTIER_RETRY_DELAY"),
        max_host_wait=settings.getfloat("FRONTIER_MAX_HOST_WAIT"),
        max_pages_per_site=settings.getint("MAX_PAGES_PER_SITE"),
        max_pages=settings.getint("MAX_PAGES"),
    )
