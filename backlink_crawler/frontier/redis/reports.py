"""What people ask of a crawl: counts, hosts, workers. Read only; no step holds the server."""

import heapq
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

import msgpack

from backlink_crawler.frontier.contract import Counts, FrontierOptions, HostState, WorkerState
from backlink_crawler.frontier.redis import pace
from backlink_crawler.frontier.redis.keys import Keys
from backlink_crawler.frontier.redis.scripts import Sender

_TIMES = frozenset({"clock", "offset"})
"""What stands among a shard's counters and is none."""


async def counts(sender: Sender, keys: Keys, shards: int) -> Counts:
    """Add up the counters of all shards, read in one round trip."""
    asked = [("HGETALL", keys.of_crawl("meta")), *(("HGETALL", keys.of_shard(shard)) for shard in range(shards))]
    meta, *counters = await sender.read(asked)
    return _counts_of(counters, meta)


def _counts_of(shards: Iterable[Mapping[bytes, bytes]], meta: Mapping[bytes, bytes]) -> Counts:
    totals: dict[str, int] = {}
    for counters in shards:
        for name, value in counters.items():
            key = name.decode(errors="replace")
            if key in _TIMES:
                continue
            totals[key] = totals.get(key, 0) + int(value)
    seeded = b"seeded" in meta
    waiting, leased = totals.get("waiting", 0), totals.get("leased", 0)
    return Counts(
        known=totals.get("known", 0),
        waiting=waiting,
        leased=leased,
        done=totals.get("done", 0),
        failed=totals.get("failed", 0),
        over_budget=totals.get("over_budget", 0),
        failed_by_reason=_by_reason(totals, "failed:"),
        done_by_reason=_by_reason(totals, "done:"),
        hosts_waiting=totals.get("hosts_waiting", 0),
        set_aside=totals.get("set_aside", 0),
        seeded=seeded,
        ended=seeded and not waiting and not leased,
        paused=meta.get(b"paused") == b"1",
    )


def _by_reason(totals: Mapping[str, int], kind: str) -> dict[str, int]:
    found = {name.removeprefix(kind): n for name, n in totals.items() if name.startswith(kind) and n}
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


async def idle_epochs(sender: Sender, keys: Keys, shards: int) -> list[bytes | None] | None:
    """Return the epoch of each shard, or ``None`` where a URL waits or is leased."""
    asked = [("HMGET", keys.of_shard(shard), "waiting", "leased", "epoch") for shard in range(shards)]
    answers = await sender.read(asked)
    if any(int(waiting or 0) or int(leased or 0) for waiting, leased, _ in answers):
        return None
    return [epoch for _, _, epoch in answers]


async def workers(sender: Sender, keys: Keys, now: float, gone_after: float) -> list[WorkerState]:
    """Read the registry; workers that were not seen for ``gone_after`` seconds are left out."""
    (stored,) = await sender.read([("HGETALL", keys.of_crawl("workers"))])
    found = []
    for name, packed in sorted(stored.items()):
        seen, state = msgpack.unpackb(packed, raw=True)
        leases, pages, rate = pace.read(state)
        if now - seen <= gone_after:
            found.append(WorkerState(name.decode(errors="replace"), max(0.0, now - seen), leases, pages, rate))
    return found


async def hosts(
    sender: Sender, keys: Keys, shards: int, options: FrontierOptions, now: float, limit: int
) -> list[HostState]:
    """Scan all hosts for those with the most waiting URLs."""
    best: list[tuple[int, str, int, HostState]] = []
    for shard in range(shards):
        async for name, packed in _scan(sender, f"{keys.of_shard(shard)}:hosts"):
            state = _host_state(name.decode(errors="replace"), packed, options, now)
            if state:
                heapq.heappush(best, (state.waiting, state.host, shard, state))
                if len(best) > limit:
                    heapq.heappop(best)
    best.sort(key=lambda row: (-row[0], row[1]))
    asked = [("ZSCORE", f"{keys.of_shard(shard)}:due", host) for _, host, shard, _ in best]
    for (_, _, _, state), score in zip(best, await sender.read(asked), strict=True):
        if score is not None:
            state.next_due = max(0.0, score - now)
    return [state for _, _, _, state in best]


async def given_up(sender: Sender, shard: str) -> AsyncIterator[str]:
    """Yield the hosts of a shard that were given up."""
    async for name, packed in _scan(sender, f"{shard}:hosts"):
        state = _host_state(name.decode(errors="replace"), packed, FrontierOptions(), 0.0)
        if state and state.given_up:
            yield state.host


async def _scan(sender: Sender, key: str) -> AsyncIterator[tuple[bytes, bytes]]:
    cursor = 0
    while True:
        ((cursor, found),) = await sender.read([("HSCAN", key, str(cursor), "COUNT", "500")])
        for name, packed in found.items():
            yield name, packed
        if not cursor:
            return


def _host_state(host: str, packed: bytes, options: FrontierOptions, now: float) -> HostState | None:
    """Read one record as ``shard.lua`` packs it; ``None`` where it is damaged (the next script sets it aside)."""
    try:
        fields: Sequence[float] = msgpack.unpackb(packed)
        suffix, queued, later, leased, due, troubles, wish, given_up, _ = fields
    except (ValueError, TypeError):
        return None
    return HostState(
        host=host,
        site=host[-int(suffix) :],
        waiting=int(queued + later),
        leased=int(leased),
        next_due=max(0.0, due - now),
        delay=max(options.host_delay, min(wish, options.max_crawl_delay)),
        troubles=int(troubles),
        given_up=bool(given_up),
    )
