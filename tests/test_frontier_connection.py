"""The frontier's connection: the settings of scrapy-redis mean what they mean there."""

from typing import Any

import pytest
from redis.asyncio import Redis
from redis.asyncio.cluster import RedisCluster
from scrapy.settings import Settings

from backlink_crawler.frontier.connection import client_from
from backlink_crawler.frontier.contract import FrontierError

CLUSTER = {"redis_cls": "redis.asyncio.cluster.RedisCluster"}


def connection_of(client: Redis) -> dict[str, Any]:
    """What the client's connections are made with."""
    made: dict[str, Any] = client.connection_pool.connection_kwargs
    return made


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"REDIS_URL": "redis://me:secret@queue.test:7000/3"}, {"host": "queue.test", "password": "secret", "db": 3}),
        ({"REDIS_URL": "unix:///run/valkey.sock"}, {"path": "/run/valkey.sock"}),
        (
            {"REDIS_HOST": "queue.test", "REDIS_PORT": 7000, "REDIS_DB": 2},
            {"host": "queue.test", "port": 7000, "db": 2},
        ),
        ({"REDIS_URL": "redis://h", "REDIS_PARAMS": {"socket_timeout": 3}}, {"socket_timeout": 3}),
        ({"REDIS_URL": "redis://h", "REDIS_PARAMS": '{"password": "secret"}'}, {"password": "secret"}),  # from -s
        ({"REDIS_URL": "redis://h", "REDIS_PARAMS": {"retry_on_timeout": True}}, {"retry_on_timeout": True}),
    ],
)
async def test_settings_of_scrapy_redis_are_followed(settings: dict[str, Any], expected: dict[str, Any]) -> None:
    """Address, database, password, socket and parameters reach the client, which is asyncio's."""
    client = client_from(Settings(settings))
    assert isinstance(client, Redis)
    assert expected.items() <= connection_of(client).items()


async def test_params_win_over_what_a_caller_prefers() -> None:
    """A command's patience is a default; what the user says stands."""
    settings = Settings({"REDIS_URL": "redis://h", "REDIS_PARAMS": {"socket_timeout": 3}})
    made = connection_of(client_from(settings, socket_timeout=1, socket_connect_timeout=2))
    assert (made["socket_timeout"], made["socket_connect_timeout"]) == (3, 2)


async def test_nothing_is_repeated_unseen() -> None:
    """The client leaves repeating to the frontier, which must know of every answer that was lost."""
    assert not connection_of(client_from(Settings({"REDIS_URL": "redis://h"}))).get("retry_on_timeout")


@pytest.mark.parametrize("where", [{"REDIS_URL": "rediss://queue.test:7000"}, {"REDIS_HOST": "queue.test"}])
async def test_a_cluster_is_named_like_any_class(where: dict[str, Any]) -> None:
    """``redis_cls`` may be a cluster's client, though that takes fewer parameters than scrapy-redis gives."""
    assert isinstance(client_from(Settings({**where, "REDIS_PARAMS": CLUSTER})), RedisCluster)


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({}, "REDIS_URL is not set"),
        ({"REDIS_URL": "queue.example:6379"}, "not the address of a Redis"),  # no scheme
        ({"REDIS_URL": "redis://me:se/cret@queue.example"}, "not the address of a Redis"),  # a password not encoded
    ],
)
async def test_a_wrong_address_is_told_in_one_line(settings: dict[str, Any], why: str) -> None:
    """The line has an example and no part of a password."""
    with pytest.raises(FrontierError, match=f"{why}.* Examples: ") as raised:
        client_from(Settings(settings))
    assert "cret" not in str(raised.value)
