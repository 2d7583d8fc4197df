"""What goes wrong around a frontier in Redis: damage, lost answers, clocks, a full server. The crawl goes on."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgpack
import pytest
from redis.asyncio import Redis

from backlink_crawler.frontier.contract import Finished, FrontierUnavailable, Verdict
from backlink_crawler.frontier.redis import RedisFrontier, reports
from backlink_crawler.frontier.redis.scripts import Call
from backlink_crawler.frontier.redis.shards import SWEEP_SECONDS
from backlink_crawler.records import Child
from tests.frontier.crawl import DONE, Clock, Crawl, claim_one, claim_urls, crawl_all, finish, pages


@pytest.fixture
async def worker(redis_crawl: Crawl) -> RedisFrontier:
    """A worker of a crawl of one shard, so that every key is easy to name."""
    worker = await redis_crawl.worker("one", shards=1, host_delay=0.0)
    assert isinstance(worker, RedisFrontier)
    return worker


@pytest.fixture
def clock(redis_crawl: Crawl) -> Clock:
    """The crawl's time."""
    return redis_crawl.clock


@pytest.fixture
def shard(worker: RedisFrontier) -> str:
    """What the keys of the crawl's shard begin with."""
    return worker.keys.of_shard(0)


GARBAGE = ["", "\0\1", "12", "x /path", "cos\nsystem\n(S'true'\ntR.", "1.2.3.4 /path", "-1 /path"]


@pytest.mark.parametrize("garbage", GARBAGE)
async def test_a_damaged_entry_is_set_aside(
    worker: RedisFrontier, redis: Redis, shard: str, clock: Clock, garbage: str
) -> None:
    """A damaged entry is counted and kept, and the host's others are crawled."""
    await worker.discover(pages("a.example", 3))
    await redis.lset(f"{shard}:q1:a.example", 1, garbage)
    assert len(await crawl_all(worker, clock)) == 2
    counts = await worker.counts()
    assert (counts.set_aside, counts.waiting, counts.done, counts.hosts_waiting) == (1, 0, 2, 0)
    (kept,) = await redis.lrange(f"{shard}:aside", 0, -1)
    assert msgpack.unpackb(kept) == ["entry", "a.example", garbage]


async def test_an_entry_from_elsewhere_is_set_aside(
    worker: RedisFrontier, redis: Redis, shard: str, clock: Clock
) -> None:
    """What another program pushes into a list does not cost a page of ours."""
    await worker.discover(pages("a.example", 3))
    await redis.lpush(f"{shard}:q0:a.example", b"nonsense", b"more nonsense")
    assert len(await crawl_all(worker, clock)) == 3
    counts = await worker.counts()
    assert (counts.set_aside, counts.waiting, counts.done) == (2, 0, 3)


async def test_a_list_that_was_deleted_does_not_hold_up_the_end(
    worker: RedisFrontier, redis: Redis, shard: str, clock: Clock
) -> None:
    """URLs that somebody deleted are gone; the crawl ends with the others."""
    await worker.discover(pages("a.example", 3) + pages("b.example", 1))
    await worker.seeding_complete()
    await redis.delete(f"{shard}:q1:a.example")
    assert len(await crawl_all(worker, clock)) == 1
    assert await worker.ended()


@pytest.mark.parametrize("kind", ["hosts", "sites"])
async def test_a_damaged_record_is_made_again(
    worker: RedisFrontier, redis: Redis, shard: str, clock: Clock, kind: str
) -> None:
    """A host or site whose record is damaged is crawled all the same."""
    await worker.discover(pages("a.example", 3) + pages("b.example", 3))
    await redis.hset(f"{shard}:{kind}", "a.example", b"\xff")
    assert len(await crawl_all(worker, clock)) == 6
    counts = await worker.counts()
    assert (counts.set_aside, counts.done, counts.leased) == (1, 6, 0)


async def test_a_damaged_lease_unlocks_its_host(worker: RedisFrontier, redis: Redis, shard: str, clock: Clock) -> None:
    """The URL of a damaged lease is set aside when it expires, and the host is asked for the next."""
    await worker.discover(pages("a.example", 2))
    lease = await claim_one(worker)
    await redis.hset(f"{shard}:leases", str(lease.token), b"\xff")
    clock.advance(300.0)
    assert await claim_urls(worker) == ["https://a.example/1"]
    counts = await worker.counts()
    assert (counts.set_aside, counts.leased, counts.waiting) == (1, 1, 0)


async def test_a_damaged_retry_is_set_aside(worker: RedisFrontier, redis: Redis, shard: str, clock: Clock) -> None:
    """What waits for a later time may be damaged too."""
    await worker.discover(pages("a.example", 1))
    await redis.zadd(f"{shard}:later", {b"\xff": clock.now})
    await redis.hset(shard, "later", 1)
    assert len(await crawl_all(worker, clock)) == 1
    assert (await worker.counts()).set_aside == 1


async def test_a_lost_index_is_found_by_a_sweep(
    worker: RedisFrontier, redis: Redis, redis_crawl: Crawl, clock: Clock
) -> None:
    """Hints may be lost: another worker finds what is due within the time of a sweep."""
    await worker.claim(1)
    await worker.discover(pages("a.example", 1))
    await redis.delete(*(worker.keys.of_crawl(name) for name in ("due", "expiry", "epochs")))
    other = await redis_crawl.worker("other")
    assert await claim_urls(other) == []
    clock.advance(SWEEP_SECONDS)
    assert await claim_urls(other) == ["https://a.example/0"]


async def test_scripts_that_the_server_forgot(worker: RedisFrontier, redis: Redis) -> None:
    """A server that was restarted or failed over gets the scripts again."""
    await worker.discover(pages("a.example", 1))
    await redis.script_flush()
    assert await claim_urls(worker) == ["https://a.example/0"]


@asynccontextmanager
async def answers_lost(worker: RedisFrontier, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """The server does what it is told, and its answers never come."""
    send = worker._sender.send

    async def lossy(calls: Sequence[Call]) -> list[Any]:
        await send(calls)
        raise FrontierUnavailable("Redis cannot be reached: the answer was lost")

    with monkeypatch.context() as patch:
        patch.setattr(worker._sender, "send", lossy)
        yield


async def test_a_lost_answer_to_a_claim(worker: RedisFrontier, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leases whose answer was lost are handed back by the next claim, and not counted as attempts."""
    await worker.discover(pages("a.example", 1) + pages("b.example", 1) + pages("c.example", 1))
    held = await claim_one(worker)
    async with answers_lost(worker, monkeypatch):
        with pytest.raises(FrontierUnavailable):
            await worker.claim(5)
    assert (await worker.counts()).leased == 3
    again = (await worker.claim(5)).leases
    assert {lease.host for lease in again} == {"a.example", "b.example", "c.example"} - {held.host}
    assert {lease.attempt for lease in again} == {1}
    assert await finish(worker, [held, *again]) == 3


async def test_a_lost_answer_to_a_verdict(worker: RedisFrontier, monkeypatch: pytest.MonkeyPatch) -> None:
    """A verdict sent twice counts once, and so do its children."""
    await worker.discover(pages("a.example", 1))
    finished = [Finished(await claim_one(worker), DONE, pages("b.example", 2) + pages("a.example", 4))]
    async with answers_lost(worker, monkeypatch):
        with pytest.raises(FrontierUnavailable):
            await worker.finish(finished)
    await worker.finish(finished)
    counts = await worker.counts()
    assert (counts.known, counts.waiting, counts.done) == (6, 5, 1)


async def test_a_grant_that_was_sent_twice_counts_once(worker: RedisFrontier, redis_crawl: Crawl) -> None:
    """A client that repeats a call by itself gets no pages of MAX_PAGES twice."""
    limited = await redis_crawl.worker("limited", max_pages=10)
    assert isinstance(limited, RedisFrontier)
    send = limited._sender.send

    async def twice(calls: Sequence[Call]) -> list[Any]:
        await send(calls)
        return await send(calls)

    limited._sender.send = twice  # type: ignore[method-assign]
    for n in range(5):
        await limited.discover(pages(f"{n}.example", 4))
    limited._sender.send = send  # type: ignore[method-assign]
    await limited.discover(pages("last.example", 20))
    assert (await limited.counts()).known <= 10


async def test_a_clock_that_is_set_back(worker: RedisFrontier, clock: Clock, redis_crawl: Crawl) -> None:
    """Nothing waits for longer because the server's clock was set back: not hosts, not retries, not leases."""
    await worker.discover(pages("a.example", 2) + pages("b.example", 1) + pages("c.example", 2))
    leases = {lease.host: lease for lease in (await worker.claim(3)).leases}
    await finish(worker, [leases["a.example"]], Verdict("done", "ok", hold_host=20.0))
    await finish(worker, [leases["b.example"]], Verdict("retry", "timeout", retry_after=20.0))
    await worker.claim(0)
    clock.advance(-3_000_000.0)
    other = await redis_crawl.worker("other")
    assert await claim_urls(other) == []
    clock.advance(20.0 + SWEEP_SECONDS)
    assert {*await claim_urls(other)} == {"https://a.example/1", "https://b.example/0"}
    clock.advance(300.0)
    assert leases["c.example"].url in await claim_urls(other)


async def test_a_clock_that_leaps_ahead(worker: RedisFrontier, clock: Clock) -> None:
    """Leases seem to expire all at once: pages are repeated, none is lost."""
    await worker.discover(pages("a.example", 1) + pages("b.example", 1))
    old = (await worker.claim(2)).leases
    clock.advance(1e8)
    assert len(await claim_urls(worker)) == 2
    assert await finish(worker, old) == 0
    assert (await worker.counts()).leased == 2


async def test_a_full_redis(worker: RedisFrontier, redis: Redis) -> None:
    """A server without memory is told in one line; verdicts still go through; then the crawl goes on."""
    await worker.discover(pages("a.example", 1))
    lease = await claim_one(worker)
    before = (await redis.config_get("maxmemory"))["maxmemory"] or 0
    await redis.config_set("maxmemory", 1)
    try:
        with pytest.raises(FrontierUnavailable, match="full"):
            await worker.discover(pages("b.example", 1))
        assert await finish(worker, [lease]) == 1
        with pytest.raises(FrontierUnavailable, match="full"):
            await worker.discover(pages("b.example", 1))
    finally:
        await redis.config_set("maxmemory", before)
    assert (await worker.discover(pages("b.example", 1))).new == 1
    assert (await worker.counts()).done == 1


async def test_connections_that_are_cut(worker: RedisFrontier, redis: Redis) -> None:
    """After the connection was lost, the same call works."""
    await worker.discover(pages("a.example", 1))
    await redis.client_kill_filter(_type="normal", skipme=True)
    for _ in range(3):
        try:
            claimed = await worker.claim(1)
        except FrontierUnavailable:
            continue
        break
    assert [lease.url for lease in claimed.leases] == ["https://a.example/0"]


async def test_work_that_moves_while_the_end_is_looked_for(redis_crawl: Crawl, monkeypatch: pytest.MonkeyPatch) -> None:
    """A URL that is finished between two looks, having made another known in a part already seen, is no end."""
    worker = await redis_crawl.worker("one")
    await worker.seeding_complete()
    look = reports.idle_epochs

    async def look_and_miss(*args: Any) -> list[bytes | None] | None:
        epochs = await look(*args)
        await worker.discover([Child("https://a.example/0", 0)])
        return epochs

    monkeypatch.setattr(reports, "idle_epochs", look_and_miss)
    assert not await worker.ended()
    monkeypatch.undo()
    await crawl_all(worker, redis_crawl.clock)
    assert await worker.ended()
