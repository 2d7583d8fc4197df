"""The primary that Sentinels name, as a ``redis_cls`` for ``REDIS_PARAMS``."""

from collections.abc import Mapping, Sequence
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.connection import SSLConnection, parse_url
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import MasterNotFoundError, Sentinel, SentinelConnectionPool
from redis.backoff import NoBackoff

from backlink_crawler.frontier.contract import FrontierError

SENTINEL_SECONDS = 3.0
"""How long one Sentinel may take before the next is asked; ``sentinel_kwargs`` may say otherwise."""

_HOW = (
    'Sentinel needs "sentinels": [["sentinel.example", 26379]] in REDIS_PARAMS and the name of the service '
    "as the host of REDIS_URL. Example: redis://:password@mymaster/0"
)


class SentinelRedis:
    """Makes clients that ask Sentinels for the primary whenever they connect, and so follow a failover.

    As settings::

        REDIS_URL = "redis://:password@mymaster/0"  # the host is the name of the service, the rest is the primary's
        REDIS_PARAMS = {
            "redis_cls": "backlink_crawler.frontier.redis.sentinel.SentinelRedis",
            "sentinels": [["10.0.0.1", 26379], ["10.0.0.2", 26379]],
            "sentinel_kwargs": {"password": "of the Sentinels"},  # where they have one
        }

    ``service_name`` in ``REDIS_PARAMS`` goes before the host of ``REDIS_URL``, which may then be left out.
    """

    def __new__(  # type: ignore[misc]  # what scrapy-redis calls a class is called, or its from_url is
        cls,
        *,
        service_name: str = "",
        sentinels: Sequence[tuple[str, int]] = (),
        sentinel_kwargs: Mapping[str, Any] | None = None,
        host: str = "",
        port: int = 0,  # the Sentinels tell
        **connection: Any,
    ) -> Redis:
        """Return a client of the primary; ``connection`` is for its connections.

        :raises FrontierError: the Sentinels or the service are not named, or not so.
        """
        name = service_name or host
        if not name or not sentinels or not all(isinstance(one, list | tuple) and len(one) == 2 for one in sentinels):
            raise FrontierError(_HOW)
        asked_with = {
            "socket_timeout": SENTINEL_SECONDS,
            "socket_connect_timeout": SENTINEL_SECONDS,
            "retry": Retry(NoBackoff(), 0),  # the next Sentinel is the second try
            **(sentinel_kwargs or {}),
        }
        asked: Sentinel = _Sentinels(sentinels, sentinel_kwargs=asked_with)  # type: ignore[no-untyped-call]
        client: Redis = asked.master_for(name, connection_pool_class=_Pool, **connection)
        return client

    @classmethod
    def from_url(cls, url: str, **parameters: Any) -> Redis:
        """Return a client of the primary of the service that ``url`` has for a host; ``rediss`` is TLS to the primary.

        :raises ValueError: the URL is not the address of a Redis.
        """
        parts: dict[str, Any] = dict(parse_url(url))
        if parts.pop("connection_class", None) is SSLConnection:
            parts["ssl"] = True
        return cls(**{**parameters, **parts})


class _Sentinels(Sentinel):
    """Says in a line which Sentinels know of no primary."""

    async def discover_master(self, service_name: str) -> Any:
        try:
            return await super().discover_master(service_name)
        except MasterNotFoundError:  # its text is every parameter of every Sentinel's client
            asked = (sentinel.connection_pool.connection_kwargs for sentinel in self.sentinels)
            where = ", ".join("{host}:{port}".format_map(parameters) for parameters in asked)
            raise MasterNotFoundError(
                f"no Sentinel of {where} names a primary for {service_name!r} that is up "
                "(where they have a password, sentinel_kwargs in REDIS_PARAMS must have it)"
            ) from None


class _Pool(SentinelConnectionPool):
    """Closes the connections to the Sentinels with its own."""

    async def aclose(self) -> None:
        await super().aclose()
        await self.sentinel_manager.aclose()
