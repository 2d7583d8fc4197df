"""Joining a crawl: what the server must be, and what the crawl's first worker has fixed for all."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from redis.asyncio.cluster import RedisCluster

from backlink_crawler.frontier.contract import FrontierError
from backlink_crawler.frontier.redis.keys import LAYOUT, PREFIX, Keys
from backlink_crawler.frontier.redis.scripts import FAILURES, Client, in_words

SCAN_AT_ONCE = 10_000
"""Keys of the server that one step of a search for crawls passes."""


@dataclass(frozen=True, slots=True)
class Membership:
    """What all workers of a crawl share."""

    shards: int
    salt: bytes


async def join(client: Client, keys: Keys, shards: int) -> Membership:
    """Check the server, begin the crawl where it is new, and return what its first worker fixed.

    :raises FrontierError: with a line for people.
    """
    _check_encoding(client)
    try:
        await _check_memory_policy(client)
        meta = keys.of_crawl("meta")
        for field, value in (("layout", LAYOUT), ("shards", str(shards)), ("salt", os.urandom(16))):
            await client.hsetnx(meta, field, value)
    except FAILURES as error:
        raise in_words(error) from error
    return await find(client, keys)


async def find(client: Client, keys: Keys) -> Membership:
    """Return what the first worker of a crawl fixed; nothing is written.

    :raises FrontierError: with a line for people; where nobody has begun the crawl, it names those that there are.
    """
    _check_encoding(client)
    try:
        stored: dict[Any, Any] = await client.hgetall(keys.of_crawl("meta"))
    except FAILURES as error:
        raise in_words(error) from error
    if not stored:
        others = await crawls(client, keys.prefix)
        exist = f"these exist: {', '.join(others)}" if others else "nor any other"
        raise FrontierError(f"there is no crawl {keys.crawl_id} in this Redis; {exist}")
    layout = stored.get(b"layout", b"unknown").decode(errors="replace")
    if layout != LAYOUT:
        raise FrontierError(
            f"crawl {keys.crawl_id} has key layout {layout}, this version reads {LAYOUT}: "
            "finish it with the version that began it, or drop it"
        )
    return Membership(shards=int(stored[b"shards"]), salt=stored[b"salt"])


async def crawls(client: Client, prefix: str = PREFIX) -> list[str]:
    """Return the ids of the crawls in this Redis, from a walk over its keys in small steps.

    :raises FrontierError: with a line for people.
    """
    pattern = f"{prefix}:{{*}}:meta"  # what Keys.of_crawl makes
    first, last = pattern.split("*")
    try:  # a key may come twice; on a cluster those of every primary come
        keys = {key async for key in client.scan_iter(match=pattern, count=SCAN_AT_ONCE)}
    except FAILURES as error:
        raise in_words(error) from error
    names = (key.decode(errors="replace") if isinstance(key, bytes) else key for key in keys)
    return sorted(name[len(first) : -len(last)] for name in names)


def _check_encoding(client: Client) -> None:
    if client.get_encoder().decode_responses:
        raise FrontierError("the frontier's records are bytes: leave decode_responses out of REDIS_PARAMS")


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
