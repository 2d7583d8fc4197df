"""The frontier of one worker: groups what it is asked by shard, sends one batch, and reads the answers."""

import os
import socket
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from uuid import uuid4

import msgpack

from backlink_crawler.frontier.contract import (
    Claimed,
    Counts,
    Discovered,
    Finished,
    FrontierOptions,
    FrontierUnavailable,
    HostState,
    Lease,
    Verdict,
    WorkerState,
)
from backlink_crawler.frontier.redis import reports, upkeep
from backlink_crawler.frontier.redis.addresses import url_of, way_of
from backlink_crawler.frontier.redis.admission import NO_OFFERS, Admission, site_within
from backlink_crawler.frontier.redis.keys import PREFIX, Keys, shard_of
from backlink_crawler.frontier.redis.membership import find, join
from backlink_crawler.frontier.redis.pace import Pace
from backlink_crawler.frontier.redis.scripts import AMEND, CLAIM, FINISH, RENEW, Client, Sender
from backlink_crawler.frontier.redis.shards import Answer, Arguments, Shards, Turn
from backlink_crawler.records import Child

SWEEP_AT_ONCE = 64
"""Shards that a sweep looks at in one round trip."""
SHARE = 4
"""Leases asked of a shard at first: most of a script's cost is the call. Then 1 of each, where these had fewer."""
PAUSE_POLL = 1.0
"""Seconds until a paused worker asks again."""


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
        prefix: str = PREFIX,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self.options = options or FrontierOptions()
        self.worker = worker or f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:6]}"
        self.keys = Keys(prefix, crawl_id)
        self._owner = f"{self.worker}#{uuid4().hex[:8]}"
        self._client = client
        self._sender = Sender(client)
        self._clock = clock
        self._held: dict[tuple[int, int], Lease] = {}
        self._pace = Pace(clock)
        self._named: list[int] = []
        self._paused = False
        self._unanswered: set[int] = set()

    @property
    def round_trips(self) -> int:
        """How often this worker has waited for an answer of the server; for benchmarks and metrics."""
        return self._sender.round_trips

    async def open(self, *, as_worker: bool = True) -> None:
        """Check the server and join the crawl.

        :param as_worker: otherwise only look in: the crawl must exist, and nobody takes the caller for a worker.
        """
        if as_worker:
            worker, crawl = self.worker, await join(self._client, self.keys, self.options.shards)
        else:
            worker, crawl = "", await find(self._client, self.keys)
        self._shards = Shards(
            self._sender, self.keys, crawl.shards, self.options, self._clock, worker, self._sign_of_life
        )
        self._admission = Admission(self._shards, crawl.salt, self.options)

    async def close(self) -> None:
        """Hand back what is still held, leave the registry and close the client."""
        try:
            await self._recover()
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

        The first round trip asks those that the last look at the index named, then those this worker knows to be due,
        and looks at the index again; others follow only while that leaves room. ``claim(0)`` only looks, and tells the
        other workers what this one knows.
        """
        await self._recover()
        limit = max(limit, 0)
        seem_due = [] if self._paused else dict.fromkeys(self._named + self._shards.seem_due())
        quotas = _quotas(list(seem_due), limit)
        turn, answers = await self._first_claims(quotas, limit)
        leases = self._take(answers)
        self._named, self._paused = [], turn.paused
        if turn.paused:
            await self.release(leases)
            return Claimed([], PAUSE_POLL)
        due = [shard for shard in turn.due if shard not in quotas] + _with_more(answers, quotas, turn.now)
        times = {shard: answer.due for shard, answer in answers.items()}
        try:
            if turn.sweep:
                due = list(dict.fromkeys(due + await self._sweep(turn.now)))
            while due and len(leases) < limit:
                quotas = _quotas(due, limit - len(leases), share=1)
                answers = await self._more_claims(quotas)
                leases += self._take(answers)
                times |= {shard: answer.due for shard, answer in answers.items()}
                due = [shard for shard in due if shard not in quotas] + _with_more(answers, quotas, turn.now)
        except FrontierUnavailable:
            if not leases:
                raise
        self._named = due
        next_due = turn.now if due else min((at for at in (turn.later, *times.values()) if at), default=None)
        return Claimed(leases, None if next_due is None else max(0.0, next_due - turn.now))

    async def finish(self, finished: Sequence[Finished]) -> int:
        """Children first: those of other shards in a round trip of their own, the others in one step with the verdict.

        A crash in between repeats the page and loses nothing. Other workers learn of it with this worker's next call.
        """
        elsewhere, at_home = self._admission.part((visit.lease.site, visit.children) for visit in finished)
        await self._admission.discover(elsewhere)
        ours = await self._end(((visit.lease, visit.verdict) for visit in finished), at_home)
        self._pace.pages += ours
        return ours

    async def release(self, leases: Sequence[Lease]) -> None:
        """Hand back unstarted leases: due again at once, the attempt not counted."""
        if leases:
            await self._end(((lease, None) for lease in leases), {})
            await self._shards.hand_in_hints()

    async def renew(self, leases: Sequence[Lease]) -> list[Lease]:
        """Prolong leases in work. Returns those that are no longer ours."""
        tokens: dict[int, list[int]] = defaultdict(list)
        for lease in leases:
            tokens[self._shard_of(lease.site)].append(lease.token)
        arguments: dict[int, Arguments] = {shard: (msgpack.packb(those),) for shard, those in tokens.items()}
        _, answers = await self._shards.turn(0, RENEW, arguments)
        gone = {(shard, token) for shard, answer in answers.items() for token in answer.result}
        for key in gone:
            self._held.pop(key, None)
        return [lease for lease in leases if self._key_of(lease) in gone]

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
        await self._shards.hand_in_hints()
        return retried

    async def drop(self) -> None:
        """Forget the crawl: delete everything stored for it, in small steps. Workers must have left."""
        await upkeep.drop(self._sender, self.keys, self._shards.count)

    async def counts(self) -> Counts:
        """The state of the crawl, for people; may be a moment old."""
        return await reports.counts(self._sender, self.keys, self._shards.count)

    async def workers(self) -> list[WorkerState]:
        """Workers that have been seen within ``lease_seconds``."""
        now = await self._shards.time()
        return await reports.workers(self._sender, self.keys, now, self.options.lease_seconds)

    async def hosts(self, limit: int) -> list[HostState]:
        """The hosts with the most waiting URLs."""
        now = await self._shards.time()
        return await reports.hosts(self._sender, self.keys, self._shards.count, self.options, now, limit)

    def _shard_of(self, site: str) -> int:
        return shard_of(site, self._shards.count)

    def _key_of(self, lease: Lease) -> tuple[int, int]:
        """Tokens are unique in a shard only."""
        return self._shard_of(lease.site), lease.token

    def _sign_of_life(self) -> bytes:
        return self._pace.sign_of_life(len(self._held))

    async def _first_claims(self, quotas: Mapping[int, int], limit: int) -> tuple[Turn, dict[int, Answer]]:
        self._unanswered.update(quotas)
        turn, answers = await self._shards.turn(limit, CLAIM, self._asking(quotas))
        self._unanswered.clear()
        return turn, answers

    async def _more_claims(self, quotas: Mapping[int, int]) -> dict[int, Answer]:
        self._unanswered.update(quotas)
        answers = await self._shards.run(CLAIM, self._asking(quotas))
        self._unanswered.clear()
        return answers

    def _asking(self, quotas: Mapping[int, int]) -> dict[int, Arguments]:
        return {shard: (n, self._owner) for shard, n in quotas.items()}

    async def _recover(self) -> None:
        """Hand back leases that we do not know of, because the answer to their claim never came."""
        if self._unanswered:
            held: dict[int, list[int]] = {shard: [] for shard in self._unanswered}
            for shard, token in self._held:
                held.setdefault(shard, []).append(token)
            steps: dict[int, Arguments] = {
                shard: ("recover", self._owner, msgpack.packb(held[shard])) for shard in self._unanswered
            }
            await self._shards.run(AMEND, steps)
            self._unanswered.clear()

    async def _sweep(self, now: float) -> list[int]:
        """Look at every shard: leases that have run out are put back, lost hints are found. Returns those due."""
        due = []
        for start in range(0, self._shards.count, SWEEP_AT_ONCE):
            some = range(start, min(start + SWEEP_AT_ONCE, self._shards.count))
            answers = await self._shards.run(CLAIM, dict.fromkeys(some, (0, self._owner)))
            due += [shard for shard, answer in answers.items() if answer.due is not None and answer.due <= now]
        return due

    def _take(self, answers: Mapping[int, Answer]) -> list[Lease]:
        leases = []
        for shard, answer in answers.items():
            for token, host, suffix, steps, band, attempt, address in answer.result:
                depth, redirects = way_of(steps)
                lease = Lease(url_of(address, host), host, host[-suffix:], depth, band, token, attempt, redirects)
                self._held[shard, token] = lease
                leases.append(lease)
        return leases

    async def _end(self, ended: Iterable[tuple[Lease, Verdict | None]], offers: Mapping[int, bytes]) -> int:
        """Send offers and verdicts to their shards; ``None`` releases."""
        ends: dict[int, list[tuple[object, ...]]] = defaultdict(list)
        keys = []
        for lease, verdict in ended:
            keys.append(self._key_of(lease))
            end = (lease.token, *(_RELEASED if verdict is None else _packed(verdict)))
            ends[self._shard_of(lease.site)].append(end)
        arguments: dict[int, Arguments] = {
            shard: (msgpack.packb(those), offers.get(shard, NO_OFFERS)) for shard, those in ends.items()
        }
        answers = await self._shards.run(FINISH, arguments)
        for key in keys:
            self._held.pop(key, None)
        return sum(answer.result for answer in answers.values())


_RELEASED = ("released", "", 0.0, 0.0, False)


def _packed(verdict: Verdict) -> tuple[object, ...]:
    return (verdict.state, verdict.reason, verdict.retry_after, verdict.hold_host, verdict.host_trouble)


def _quotas(shards: Sequence[int], limit: int, share: int = SHARE) -> dict[int, int]:
    """Share ``limit`` out over the first shards as evenly as whole numbers allow, about ``share`` or more each.

    >>> _quotas([5, 6, 7], 20)
    {5: 7, 6: 7, 7: 6}
    >>> _quotas([5, 6, 7], 8)
    {5: 4, 6: 4}
    """
    asked = shards[: -(-limit // share)]
    if not asked:
        return {}
    each, rest = divmod(limit, len(asked))
    return {shard: each + (i < rest) for i, shard in enumerate(asked)}


def _with_more(answers: Mapping[int, Answer], quotas: Mapping[int, int], now: float) -> list[int]:
    """Return the shards that gave all they were asked for and are due still."""
    return [
        shard
        for shard, answer in answers.items()
        if answer.due and answer.due <= now and len(answer.result) == quotas[shard]
    ]
