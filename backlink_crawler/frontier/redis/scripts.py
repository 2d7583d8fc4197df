"""The Lua scripts, and how a batch of them is sent: one round trip, whatever the number of shards."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha1
from importlib.resources import files
from typing import Any

from redis import exceptions as errors
from redis.asyncio import Redis
from redis.asyncio.cluster import RedisCluster

from backlink_crawler.frontier.contract import FrontierError, FrontierUnavailable

Client = Redis | RedisCluster

CLUSTER_AT_ONCE = 32
"""Commands in flight to a cluster: each one takes a connection of its own."""

FAILURES = (errors.RedisError, errors.RedisClusterException, OSError)
"""What a client raises when the server or the way to it fails; ``in_words`` takes it."""

_PASSING = (
    errors.BusyLoadingError,
    errors.ClusterDownError,
    errors.ClusterError,
    errors.ConnectionError,
    errors.MasterDownError,
    errors.ReadOnlyError,
    errors.RedisClusterException,
    errors.TimeoutError,
    errors.TryAgainError,
    OSError,
)
_NOT_NOW = ("BUSY ", "MISCONF ", "NOREPLICAS ")
"""What a server answers while a script runs, its disk is full, or its replicas are away, as after a failover."""

_NOT_GREETED = "already authenticated"
"""What a server answers to the first word of a client without password; the client calls that a lost connection."""


@dataclass(frozen=True, slots=True)
class Script:
    """One atomic step."""

    text: str
    sha: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sha", sha1(self.text.encode(), usedforsecurity=False).hexdigest())


def _read(*names: str) -> Script:
    folder = files("backlink_crawler.frontier.lua")
    return Script("\n".join(folder.joinpath(f"{name}.lua").read_text("utf-8") for name in names))


DISCOVER = _read("shard", "admit", "discover")
CLAIM = _read("shard", "claim")
FINISH = _read("shard", "admit", "finish")
RENEW = _read("shard", "renew")
AMEND = _read("shard", "amend")
DROP = _read("drop")
TURN = _read("turn")
PAGES = _read("pages")
ROBOTS = _read("robots")


@dataclass(frozen=True, slots=True)
class Call:
    """One script on keys of one slot."""

    script: Script
    keys: tuple[str, ...]
    args: tuple[str | bytes | int | float, ...]


def in_words(error: Exception) -> FrontierError:
    """Return what the frontier says when the server or the way to it fails."""
    if isinstance(error, errors.AuthenticationError | errors.AuthorizationError) or _NOT_GREETED in str(error):
        return FrontierError("Redis wants a user or a password, or another one: see REDIS_URL")
    if isinstance(error, errors.OutOfMemoryError):
        return FrontierUnavailable("Redis is full: raise maxmemory, or drop a crawl that is no longer needed")
    if str(error).startswith(_NOT_NOW):
        return FrontierUnavailable(f"Redis cannot serve now: {error}")
    if isinstance(error, _PASSING):
        return FrontierUnavailable(f"Redis cannot be reached: {error}")
    return FrontierError(f"Redis refused: {error}")


class Sender:
    """Sends calls to a single server (also behind Sentinel) or a cluster, and counts the round trips."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.round_trips = 0

    async def send(self, calls: Sequence[Call]) -> list[Any]:
        """Run all, in one round trip; an answer may be an exception, as the calls do not depend on each other."""
        if not calls:
            return []
        answers = await self._evaluate(calls, text=False)
        unknown = [i for i, answer in enumerate(answers) if isinstance(answer, errors.NoScriptError)]
        if unknown:
            again = await self._evaluate([calls[i] for i in unknown], text=True)
            for i, answer in zip(unknown, again, strict=True):
                answers[i] = answer
        return answers

    async def send_one(self, call: Call) -> Any:
        """Run one call.

        :raises FrontierError: where it fails.
        """
        (answer,) = await self.send([call])
        if isinstance(answer, Exception):
            raise in_words(answer) from answer
        return answer

    async def read(self, commands: Sequence[tuple[str | bytes, ...]]) -> list[Any]:
        """Run plain commands in one round trip.

        :raises FrontierError: where one fails.
        """
        self.round_trips += 1
        pipeline = self.client.pipeline(transaction=False)
        for command in commands:
            pipeline.execute_command(*command)
        try:
            return list(await pipeline.execute())
        except FAILURES as error:
            raise in_words(error) from error

    async def _evaluate(self, calls: Sequence[Call], *, text: bool) -> list[Any]:
        self.round_trips += 1
        if isinstance(self.client, RedisCluster):
            return await self._evaluate_on_cluster(self.client, calls, text=text)
        pipeline = self.client.pipeline(transaction=False)
        for call in calls:
            if text:
                pipeline.eval(call.script.text, len(call.keys), *call.keys, *call.args)
            else:
                pipeline.evalsha(call.script.sha, len(call.keys), *call.keys, *call.args)
        try:
            return list(await pipeline.execute(raise_on_error=False))
        except FAILURES as error:
            raise in_words(error) from error

    async def _evaluate_on_cluster(self, client: RedisCluster, calls: Sequence[Call], *, text: bool) -> list[Any]:
        slots = asyncio.Semaphore(CLUSTER_AT_ONCE)

        async def evaluate(call: Call) -> Any:
            async with slots:
                if text:
                    return await client.eval(call.script.text, len(call.keys), *call.keys, *call.args)
                return await client.evalsha(call.script.sha, len(call.keys), *call.keys, *call.args)

        return await asyncio.gather(*map(evaluate, calls), return_exceptions=True)
