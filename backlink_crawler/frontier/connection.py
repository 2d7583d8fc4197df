"""What Scrapy's settings say of the frontier: where its Redis is, and what a crawl may do."""

from collections.abc import Mapping
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from scrapy.settings import BaseSettings
from scrapy.utils.misc import load_object
from scrapy_redis import connection

from backlink_crawler.frontier.contract import FrontierError, FrontierOptions

_EXAMPLES = "Examples: redis://127.0.0.1:6379, rediss://user:password@queue.example:6380/0"


def client_from(settings: BaseSettings, **parameters: Any) -> Any:
    """Make the connection as scrapy-redis would, with an asyncio client unless ``REDIS_PARAMS`` names another class.

    :param parameters: more for the client; ``REDIS_PARAMS`` overrides them.
    :raises FrontierError: the settings name no server, or not as Redis clients do.
    """
    given = {"redis_cls": "redis.asyncio.Redis", **parameters}
    try:
        given |= settings.getdict("REDIS_PARAMS")
        client_class = load_object(given["redis_cls"])
    except (ValueError, TypeError, ImportError, NameError) as error:
        raise FrontierError(f"REDIS_PARAMS is not a JSON object, or its redis_cls cannot be loaded: {error}") from None
    if not (settings.get("REDIS_URL") or settings.get("REDIS_HOST") or "sentinels" in given):
        raise FrontierError(f"REDIS_URL is not set: say where the shared queue lives. {_EXAMPLES}")
    redis = BaseSettings({name: value for name, value in settings.items() if name.startswith("REDIS_")})
    redis.set("REDIS_PARAMS", {**given, "redis_cls": _ClientClass(client_class, given)})
    try:
        return connection.from_settings(redis)
    except ValueError:  # its text may quote a part of the password
        raise FrontierError(f"REDIS_URL is not the address of a Redis. {_EXAMPLES}") from None


class _ClientClass:
    """What scrapy-redis takes for the client's class: its clients repeat nothing unless ``REDIS_PARAMS`` says so.

    A claim that is repeated unseen leaves leases behind that nobody knows of; the frontier repeats what is safe by
    itself. So this leaves out the ``retry_on_timeout`` that scrapy-redis always adds (a cluster's client refuses the
    word, too) and the ten attempts of a ``Redis`` that is not made from a URL.
    """

    def __init__(self, client_class: Any, given: Mapping[str, Any]) -> None:
        self._class = client_class
        self._given = given

    def __call__(self, **parameters: Any) -> Any:
        once = {"retry": Retry(NoBackoff(), 0)} if self._class is Redis else {}
        return self._class(**{**once, **self._wanted(parameters)})

    def from_url(self, url: str, **parameters: Any) -> Any:
        return self._class.from_url(url, **self._wanted(parameters))

    def _wanted(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in parameters.items() if name != "retry_on_timeout" or name in self._given}


def options_from(settings: BaseSettings) -> FrontierOptions:
    """Read the politeness and the budgets of a crawl."""
    defaults = FrontierOptions()
    return FrontierOptions(
        host_delay=settings.getfloat("FRONTIER_HOST_DELAY"),
        host_concurrency=settings.getint("FRONTIER_HOST_CONCURRENCY"),
        site_concurrency=settings.getint("FRONTIER_SITE_CONCURRENCY"),
        lease_seconds=settings.getfloat("FRONTIER_LEASE_SECONDS"),
        retry_delay=settings.getfloat("FRONTIER_RETRY_DELAY"),
        max_crawl_delay=settings.getfloat("FRONTIER_MAX_CRAWL_DELAY", defaults.max_crawl_delay),
        max_host_wait=settings.getfloat("FRONTIER_MAX_HOST_WAIT"),
        max_pages_per_site=settings.getint("MAX_PAGES_PER_SITE"),
        max_pages=settings.getint("MAX_PAGES"),
    )
