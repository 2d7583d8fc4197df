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


class SentinelRedis:
    """Makes clients that ask Sentinels where the primary is, on every connect; so they follow a failover.

    As settings::

        REDIS_URL = "redis://:password@mymaster/0"  # the host is the service's name, the rest is the primary's
        REDIS_PARAMS = {
            "redis_cls": "backlink_crawler.frontier.redis.sentinel.SentinelRedis",
            "sentinels": [["10.0.0.1", 26379], ["10.0.0.2", 26379]],
            "sentinel_kwargs": {"password": "of the Sentinels"},  # where they want one
        }

    ``service_name`` in ``REDIS_PARAMS`` goes before the host of ``REDIS_URL``, which may then be any.
    """

    def __new__(
        cls,
        *,
        service_name: str = "",
        sentinels: Sequence[tuple[str, int]] = (),
        sentinel_kwargs: Mapping[str, Any] | None = None,
        host: str = "",
        port: int | None = None,  # the primary's is known to the Sentinels
        **connection: Any,
    ) -> Redis:  # type: ignore[misc]  # scrapy-redis wants something to call and its from_url
        """Return a client of the primary; ``connection`` is what its connections are made with.

        :raises FrontierError: the Sentinels or the service's name are missing.
        """
        name = service_name or host
        if not sentinels or not name:
            raise FrontierError(
                'Sentinel needs "sentinels": [["host", 26379], …] in REDIS_PARAMS and the name of the service '
                "as the host of REDIS_URL. Example: redis://:password@mymaster/0"
            )
        asked_with = {
            "socket_timeout": SENTINEL_SECONDS,
            "socket_connect_timeout": SENTINEL_SECONDS,
            "retry": Retry(NoBackoff(), 0),  # the next Sentinel is the second try
            **(sentinel_kwargs or {}),
        }
        return _Sentinels(sentinels, sentinel_kwargs=asked_with).master_for(
            name, connection_pool_class=_Pool, **connection
        )

    @classmethod
    def from_url(cls, url: str, **parameters: Any) -> Redis:
        """Return a client of the primary whose service is the host of ``url``; ``rediss`` means TLS to the primary.

        :raises ValueError: the URL is not the address of a Redis.
        """
        parts: dict[str, Any] = dict(parse_url(url))
        if parts.pop("connection_class", None) is SSLConnection:
            parts["ssl"] = True
        return cls(**{**parameters, **parts})


class _Sentinels(Sentinel):
    async def discover_master(self, service_name: str) -> Any:
        try:
            return await super().discover_master(service_name)
        except MasterNotFoundError as error:
            print("RAW", error)
            raise


class _Pool(SentinelConnectionPool):
    """Closes the connections to the Sentinels with its own."""

    async def aclose(self) -> None:
        await super().aclose()
        await self.sentinel_manager.aclose()
