"""What Scrapy's settings say of the frontier: where its Redis is, and what a crawl may do."""

from collections.abc import Mapping
from typing import Any

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
    if not settings.get("REDIS_URL") and not settings.get("REDIS_HOST"):
        raise FrontierError(f"REDIS_URL is not set: say where the shared queue lives. {_EXAMPLES}")
    redis = BaseSettings({name: value for name, value in settings.items() if name.startswith("REDIS_")})
    given = {"redis_cls": "redis.asyncio.Redis", **parameters, **settings.getdict("REDIS_PARAMS")}
    redis.set("REDIS_PARAMS", {**given, "redis_cls": _ClientClass(load_object(given["redis_cls"]), given)})
    try:
        return connection.from_settings(redis)
    except ValueError:  # its text may quote a part of the password
        raise FrontierError(f"REDIS_URL is not the address of a Redis. {_EXAMPLES}") from None


class _ClientClass:
    """What scrapy-redis takes for the client's class: leaves out the ``retry_on_timeout`` that it always adds.

    A cluster's client refuses the word, and a claim that is repeated unseen leaves leases behind that nobody knows of;
    the frontier repeats what is safe by itself. Given in ``REDIS_PARAMS``, it stands.
    """

    def __init__(self, client_class: Any, given: Mapping[str, Any]) -> None:
        self._class = client_class
        self._given = given

    def __call__(self, **parameters: Any) -> Any:
        return self._class(**self._wanted(parameters))

    def from_url(self, url: str, **parameters: Any) -> Any:
        return self._class.from_url(url, **self._wanted(parameters))

    def _wanted(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in parameters.items() if name != "retry_on_timeout" or name in self._given}


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
