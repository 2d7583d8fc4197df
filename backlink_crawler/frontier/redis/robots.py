"""robots.txt among the workers of a crawl: one of them reads a file, the others are told what it says.

Two things that only the shared server can do. It keeps what was read, bounded in bytes and for a day, with a lease for
whoever reads, so that a file is asked for once (``lua/robots.lua``). And it keeps a host that a robots.txt redirects to
from all other workers for that one request (``visit`` and ``leave`` of ``lua/amend.lua``).

It is a help and no more: when Redis does not answer soon, every method says so and the worker goes on alone. Records
are bytes to it; what is in them is the caller's.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from backlink_crawler.frontier.contract import FrontierError, FrontierOptions
from backlink_crawler.frontier.redis.admission import site_within
from backlink_crawler.frontier.redis.keys import PREFIX, Keys, shard_of
from backlink_crawler.frontier.redis.membership import find
from backlink_crawler.frontier.redis.scripts import AMEND, ROBOTS, Call, Client, Sender
from backlink_crawler.frontier.redis.shards import Shards
from backlink_crawler.urls import host_of

FRESH_SECONDS = 86_400
"""RFC 9309 §2.4: what was read is not used for longer than 24 hours."""
MOST_BYTES = 128 * 1024 * 1024
"""Of all records of a crawl, about; the oldest go first. 560 a host, with real files."""
ANSWER_SECONDS = 2.0
"""Redis is not waited for longer than this: the page that wants to know holds its host."""
AT_ONCE = 16
"""Questions under way, so also connections, of one worker. Each request for a page of a new host has one, and a client
of Redis refuses more than a hundred connections."""
AWAY_SECONDS = 5.0
"""A server that did not answer is not asked again for so long."""

_Answer = TypeVar("_Answer")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Known:
    """The file was read, ``age`` seconds ago."""

    record: bytes
    age: float


@dataclass(frozen=True, slots=True)
class Busy:
    """Another worker reads it, and has ``seconds`` left to do so."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Yours:
    """Nobody knows the file: the asker is to read it, and to ``keep`` it or set it ``free``."""


class SharedRobots:
    """What one worker shares of robots.txt files with the others of its crawl.

    ``client`` must not decode responses; ``close`` closes it. ``clock`` replaces the server's time in tests.
    """

    def __init__(
        self,
        client: Client,
        crawl_id: str,
        *,
        options: FrontierOptions,
        clock: Callable[[], float] | None = None,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._client = client
        self._sender = Sender(client)
        self._keys = Keys(PREFIX, crawl_id)
        self._options = options
        self._clock = clock
        self._most_bytes = most_bytes
        self._shards: Shards | None = None
        self._away_until = 0.0
        self._room = asyncio.Semaphore(AT_ONCE)

    @property
    def round_trips(self) -> int:
        """How often this worker has waited for an answer of the server."""
        return self._sender.round_trips

    async def take(self, url: str, owner: str, seconds: float, *, anew: bool = False) -> Known | Busy | Yours | None:
        """Ask for what is known of the file at ``url``, or for the lease to read it. One round trip.

        :param owner: a name for this one reading; whoever asks again under it keeps the lease.
        :param seconds: after which others need not wait for it any more.
        :param anew: whatever is known does not count.
        :returns: ``None`` when Redis is away.
        """
        fresh = 0 if anew else FRESH_SECONDS
        answer: list[Any] = await self._unless_away(
            lambda shards: self._send(shards, url, "take", url, owner, seconds, fresh), default=[]
        )
        match answer:
            case []:
                return None
            case [1, record, age]:
                return Known(record, float(age))
            case [3, left]:
                return Busy(float(left))
        return Yours()

    async def keep(self, record: bytes, owner: str, urls: Sequence[str], *, age: float = 0.0) -> None:
        """Tell the others: ``record`` is what is to be known of all these addresses. One round trip a site.

        :param age: seconds since the file was read.
        """
        by_site: dict[str, list[str]] = {}
        for url in urls:
            by_site.setdefault(site_within(host_of(url)), []).append(url)

        async def keep(shards: Shards) -> None:
            most = self._most_bytes // shards.count
            for those in by_site.values():
                await self._send(shards, those[0], "keep", owner, record, age, FRESH_SECONDS, most, *those)

        await self._unless_away(keep, default=None)

    async def free(self, owner: str, urls: Sequence[str]) -> None:
        """Give leases back: the file could not be read."""

        async def free(shards: Shards) -> None:
            for url in urls:
                await self._send(shards, url, "free", owner, url)

        await self._unless_away(free, default=None)

    async def visit(self, host: str, owner: str, seconds: float, longest: float) -> float | None:
        """Keep ``host`` from all workers for one request.

        :param seconds: how long it may take once sent.
        :param longest: a host that must not be asked for more seconds is not kept.
        :returns: seconds until it may be sent; ``None``: the host is in use, ask again soon.
        """
        site = site_within(host)
        step = ("visit", host, len(site), owner, seconds, longest)
        # Without the server nobody can tell, and a request that is a little early is the smaller evil.
        answer = await self._unless_away(lambda shards: self._amend(shards, site, step), default=[b"0"])
        return float(answer[0]) if answer else None

    async def leave(self, host: str, owner: str) -> None:
        """The request was answered: others may ask ``host`` after its delay."""

        async def leave(shards: Shards) -> None:
            await self._amend(shards, site_within(host), ("leave", host, owner))
            await shards.hand_in_hints()

        await self._unless_away(leave, default=None)

    async def close(self) -> None:
        """Free the connection."""
        await self._client.aclose()

    async def _send(self, shards: Shards, url: str, *arguments: str | bytes | float) -> list[Any]:
        now = "" if self._clock is None else repr(self._clock())
        key = self._keys.of_shard(shard_of(site_within(host_of(url)), shards.count))
        answer: list[Any] = await self._sender.send_one(Call(ROBOTS, (key,), (now, *arguments)))
        return answer

    async def _amend(self, shards: Shards, site: str, step: tuple[str | float, ...]) -> list[bytes]:
        shard = shard_of(site, shards.count)
        answer: list[bytes] = (await shards.run(AMEND, {shard: step}))[shard].result
        return answer

    async def _unless_away(self, work: Callable[[Shards], Awaitable[_Answer]], default: _Answer) -> _Answer:
        """Do ``work``, or return ``default`` where the server does not answer soon."""
        async with self._room:  # the wait for it says nothing of the server
            if time.monotonic() < self._away_until:
                return default
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    return await work(await self._joined())
            except (FrontierError, TimeoutError) as error:
                self._away_until = time.monotonic() + AWAY_SECONDS
                logger.warning("robots.txt is not shared for now. %s", error or "Redis does not answer.")
                return default

    async def _joined(self) -> Shards:
        if self._shards is None:
            crawl = await find(self._client, self._keys)
            self._shards = Shards(self._sender, self._keys, crawl.shards, self._options, self._clock, "", lambda: b"")
        return self._shards
