"""The frontier of one worker: groups what it is asked by shard, sends one batch, and reads the answers."""

import os
import socket
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from uuid import uuid4

import msgpack

from backlink_crawler.frontier.contract import (
    Claimed,
    Counts,
    Discovered,
    Finished,
    FrontierOptions,
    HostState,
    Lease,
    Verdict,
    WorkerState,
)
from backlink_crawler.frontier.redis import reports, upkeep
from backlink_crawler.frontier.redis.addresses import url_of
from backlink_crawler.frontier.redis.admission import Admission, site_within
from backlink_crawler.frontier.redis.keys import Keys, shard_of
from backlink_crawler.frontier.redis.membership import join
from backlink_crawler.frontier.redis.scripts import AMEND, CLAIM, FINISH, RENEW, Client, Sender
from backlink_crawler.frontier.redis.shards import Answer, Shards, Turn
from backlink_crawler.records import Child

SWEEP_AT_ONCE = 64
"""Shards that a sweep looks at in one round trip."""
PAUSE_POLL = 1.0
"""Seconds until a paused worker asks again."""
RATE_SECONDS = 10.0
"""Time over which a worker's pages per second are taken."""


class RedisFrontier:
    """Implements ``contract.Frontier`` on Redis or Valkey 6.2 and later: single, behind Sentinel, or a cluster.

    ``client`` must not decode responses; ``close`` closes it. ``clock`` replaces the server's time in tests.
    """

    def __init__(
        self,
        client: Client,
        crawl_id: str,
        *,
        options: FrontierOptions | None = None,
        worker: str = "",
        prefix: str = "backlinks",
        clock: Callable[[], float] | None = None,
    ) -> None:
        self.options = options or FrontierOptions()
        self.worker = worker or f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:6]}"
        self.keys = Keys(prefix, crawl_id)
        self._client = client
        self._sender = Sender(client)
        self._clock = clock
        self._held: dict[int, Lease] = {}
        self._pages = 0
        self._rate = 0.0
        self._rated_at = 0.0
        self._rated_pages = 0

    @property
    def round_trips(self) -> int:
        """How often this worker has waited for an answer of the server; for benchmarks and metrics."""
        return self._sender.round_trips

    async def open(self) -> None:
        """Check the server and join the crawl."""
        crawl = await join(self._client, self.keys, self.options.shards)
        self._shards = Shards(
            self._sender, self.keys, crawl.shards, self.options, self._clock, self.worker, self._rate.state
        )
        self._admission = Admission(self._shards, crawl.salt, self.options)

    async def close(self) -> None:
        """Hand back what is still held, leave the registry and close the client."""
        try:
            await self.release(list(self._held.values()))
            await self._sender.read([("HDEL", self.keys.of_crawl("workers"), self.worker)])
        finally:
            await self._client.aclose()

    async def discover(self, children: Sequence[Child]) -> Discovered:
        """Make URLs known, and tell the other workers at once."""
        found = await self._admission.discover(children)
        await self._shards.hand_in_hints()
        return found

    async def claim(self, limit: int) -> Claimed:
        """Lease from the shards that are due, each giving its share; the longest due come first.

        The first round trip asks those that the last look at the index named and looks at it again; another one is
        needed only where they had less than their share. ``claim(0)`` tells the others what this worker knows.
        """
        await self._recover()
        turn, leases, times = await self._first_claims(limit)
        if turn.paused:
            await self.release(leases)
            return Claimed([], PAUSE_POLL)
        due = [shard for shard in turn.due if shard not in times]
        if turn.sweep:
            due = list(dict.fromkeys(due + await self._sweep(turn.now)))
        due += [shard for shard, at in times.items() if at is not None and at <= turn.now]
        while due and len(leases) < limit:
            asked, due = due[: limit - len(leases)], due[limit - len(leases) :]
            answers = await self._claim_from(asked, limit - len(leases))
            got = self._take(answers)
            leases += got
            times |= {shard: answer.due for shard, answer in answers.items()}
            if got:
                due += [shard for shard, answer in answers.items() if answer.due and answer.due <= turn.now]
        self._named = [] if len(leases) < limit else due
        next_due = min((at for at in (turn.later, *times.values()) if at is not None), default=None)
        if due:
            next_due = turn.now
        return Claimed(leases, None if next_due is None else max(0.0, next_due - turn.now))
    async def set_crawl_delay(self, host: str, seconds: float) -> None:
        """The host's own wish (robots Crawl-delay); never shortens the configured delay."""
        site = site_within(host)
        await self._shards.run(AMEND, {self._shard_of(site): ("crawl_delay", host, len(site), seconds)})

    async def seeding_complete(self) -> None:
        """All start URLs of this crawl have been discovered."""
        await self._sender.read([("HSET", self.keys.of_crawl("meta"), "seeded", "1")])

    async def ended(self) -> bool:
        """Two scans: a shard that one of them met too early has another epoch in the second."""
        (seeded,) = await self._sender.read([("HEXISTS", self.keys.of_crawl("meta"), "seeded")])
        if not seeded:
            return False
        first = await reports.idle_epochs(self._sender, self.keys, self._shards.count)
        return first is not None and first == await reports.idle_epochs(self._sender, self.keys, self._shards.count)

    async def pause(self) -> None:
        """Hand out nothing until ``resume``, to no worker; leases in work are finished as usual."""
        await self._sender.read([("HSET", self.keys.of_crawl("meta"), "paused", "1")])

    async def resume(self) -> None:
        """The opposite of ``pause``."""
        await self._sender.read([("HDEL", self.keys.of_crawl("meta"), "paused")])

    async def retry_failed(self, *, reason: str = "", host: str = "") -> int:
        """Make failed URLs wait again as if never tried, all or those of a reason or host. Returns how many."""
        which = [self._shard_of(site_within(host))] if host else range(self._shards.count)
        retried = await upkeep.retry_failed(self._shards, which, reason, host)
        await self._hand_in_hints()
        return retried

    async def drop(self) -> None:
        """Forget the crawl: delete everything stored for it, in small steps. Workers must have left."""
        await upkeep.drop(self._sender, self.keys, self._shards.count)

    async def counts(self) -> Counts:
        """The state of the crawl, for people; may be a moment old."""
        return await reports.counts(self._sender, self.keys, self._shards.count)

    async def workers(self) -> list[WorkerState]:
        """Workers that have been seen within ``lease_seconds``."""
        now = (await self._shards.turn("", b"", 0)).now
        return await reports.workers(self._sender, self.keys, now, self.options.lease_seconds)

    async def hosts(self, limit: int) -> list[HostState]:
        """The hosts with the most waiting URLs."""
        now = (await self._shards.turn("", b"", 0)).now
        return await reports.hosts(self._sender, self.keys, self._shards.count, self.options, now, limit)

    def _shard_of(self, site: str) -> int:
        return shard_of(site, self._shards.count)

    async def _turn(self, limit: int) -> Turn:
        turn = await self._shards.turn(self.worker, msgpack.packb((len(self._held), self._pages, self._rate)), limit)
        passed = turn.now - self._rated_at
        if passed >= RATE_SECONDS:
            self._rate = (self._pages - self._rated_pages) / passed if self._rated_at else 0.0
            self._rated_at, self._rated_pages = turn.now, self._pages
        return turn

    async def _hand_in_hints(self) -> None:
        if self._shards.hints_wait:
            await self._turn(0)

    async def _sweep(self, now: float) -> list[int]:
        """Look at every shard: leases that have run out are put back, lost hints are found. Returns those due."""
        due = []
        for start in range(0, self._shards.count, SWEEP_AT_ONCE):
            some = range(start, min(start + SWEEP_AT_ONCE, self._shards.count))
            answers = await self._shards.run(CLAIM, dict.fromkeys(some, (0, self.worker)))
            due += [shard for shard, answer in answers.items() if answer.due is not None and answer.due <= now]
        return due

    def _take(self, answers: Iterable[Answer]) -> list[Lease]:
        leases = []
        for answer in answers:
            for token, host, suffix, depth, band, attempt, address in answer.result:
                lease = Lease(url_of(address, host), host, host[-suffix:], depth, band, token, attempt)
                self._held[token] = lease
                leases.append(lease)
        return leases

    async def _end(self, ended: Iterable[tuple[Lease, Verdict | None]]) -> int:
        """Verdicts to their shards; ``None`` releases."""
        ends: dict[int, list[tuple[object, ...]]] = defaultdict(list)
        tokens = []
        for lease, verdict in ended:
            end = (lease.token, *(_RELEASED if verdict is None else _packed(verdict)))
            ends[self._shard_of(lease.site)].append(end)
            tokens.append(lease.token)
        packed = {shard: (msgpack.packb(those),) for shard, those in ends.items()}
        answers = await self._shards.run(FINISH, packed)
        for token in tokens:
            self._held.pop(token, None)
        return sum(answer.result for answer in answers.values())


_RELEASED = ("released", "", 0.0, 0.0, False)


def _packed(verdict: Verdict) -> tuple[object, ...]:
    return (verdict.state, verdict.reason, verdict.retry_after, verdict.hold_host, verdict.host_trouble)


def _spread(total: int, parts: int) -> list[int]:
    """Share ``total`` out as evenly as whole numbers allow, the first parts getting more; never 0.

    >>> _spread(7, 3)
    [3, 2, 2]
    """
    share, rest = divmod(total, parts)
    return [n for i in range(parts) if (n := share + (i < rest))]
