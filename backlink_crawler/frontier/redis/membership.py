"""Joining a crawl: what the server must be, and what the crawl's first worker has fixed for all."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from redis.asyncio.cluster import RedisCluster
from redis.exceptions import RedisError

from backlink_crawler.frontier.contract import FrontierError
from backlink_crawler.frontier.redis.keys import LAYOUT, Keys
from backlink_crawler.frontier.redis.scripts import Client, in_words


@dataclass(frozen=True, slots=True)
class Membership:
    """What all workers of a crawl share."""

    shards: int
    salt: bytes


async def join(client: Client, keys: Keys, shards: int) -> Membership:
    """Check the server, begin the crawl where it is new, and return what its first worker fixed.

    :raises FrontierError: with a line for people.
    """
    try:
        await _check_memory_policy(client)
        meta = keys.of_crawl("meta")
        for field, value in (("layout", LAYOUT), ("shards", str(shards)), ("salt", os.urandom(16))):
            await client.hsetnx(meta, field, value)
        stored: dict[Any, Any] = await client.hgetall(meta)
    except (RedisError, OSError) as error:
        raise in_words(error) from error
    if b"layout" not in stored:
        raise FrontierError("the Redis client must not decode responses: leave out decode_responses")
    layout = stored[b"layout"].decode(errors="replace")
    if layout != LAYOUT:
        raise FrontierError(
            f"crawl {keys.crawl_id} has key layout {layout}, this version reads {LAYOUT}: "
            "finish it with the version that began it, or drop it"
        )
    return Membership(shards=int(stored[b"shards"]), salt=stored[b"salt"])


async def _check_memory_policy(client: Client) -> None:
    for memory in await _memory_of_nodes(client):
        policy = memory.get("maxmemory_policy", "noeviction")
        if memory.get("maxmemory") and policy != "noeviction":
            raise FrontierError(
                f"Redis may throw away parts of the crawl (maxmemory-policy {policy}): "
                "set maxmemory-policy noeviction, or use another Redis"
            )


async def _memory_of_nodes(client: Client) -> Iterable[dict[str, Any]]:
    if isinstance(client, RedisCluster):
        answers = await client.info("memory", target_nodes=RedisCluster.PRIMARIES)
        return answers.values() if all(isinstance(answer, dict) for answer in answers.values()) else [answers]
    return [await client.info("memory")]
