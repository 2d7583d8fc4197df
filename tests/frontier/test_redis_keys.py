"""How a crawl stands in Redis: under which keys, how small, in how few round trips; and where it refuses to stand."""

import re
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.crc import key_slot

from backlink_crawler.frontier.contract import Finished, FrontierError, FrontierOptions, Verdict
from backlink_crawler.frontier.redis import RedisFrontier
from backlink_crawler.frontier.redis.keys import LAYOUT, fingerprints
from backlink_crawler.records import Child
from tests.frontier.crawl import DONE, Crawl, claim_urls, crawl_all, pages

LENGTH = 74
SEEN_BYTES, QUEUED_BYTES, HOST_BYTES = 12, 130, 400
"""The budgets of the frontier, for URLs of ``LENGTH`` characters."""


async def keys_of(redis: Redis, crawl_id: str) -> list[bytes]:
    """Every key that has the crawl in its name."""
    return [key async for key in redis.scan_iter(match=f"*{crawl_id}*", count=10_000)]


def open_redis(url: str, crawl_id: str, **options: Any) -> RedisFrontier:
    """A worker that is not open yet."""
    return RedisFrontier(Redis.from_url(url), crawl_id, options=FrontierOptions(**options))


class TestRefusals:
    """A worker that cannot keep its promises says so before it begins."""

    async def test_a_server_that_evicts(self, redis_url: str, redis: Redis, crawl_id: str) -> None:
        """A server that may throw keys away is refused, with what to do."""
        frontier = open_redis(redis_url, crawl_id)
        before = {name: (await redis.config_get(name))[name] or "" for name in ("maxmemory", "maxmemory-policy")}
        await redis.config_set("maxmemory", "1gb")
        await redis.config_set("maxmemory-policy", "allkeys-lru")
        try:
            with pytest.raises(FrontierError, match=r"maxmemory-policy allkeys-lru.*noeviction"):
                await frontier.open()
        finally:
            for name, value in before.items():
                await redis.config_set(name, value)
        await frontier.close()
        assert await keys_of(redis, crawl_id) == []

    async def test_another_layout(self, redis_url: str, redis: Redis, crawl_id: str) -> None:
        """A crawl of another version is not touched."""
        frontier = open_redis(redis_url, crawl_id)
        await redis.hset(frontier.keys.of_crawl("meta"), "layout", "0")
        with pytest.raises(FrontierError, match=f"key layout 0, this version reads {LAYOUT}"):
            await frontier.open()
        await redis.delete(frontier.keys.of_crawl("meta"))
        await frontier.close()

    async def test_a_foreign_key(self, redis_url: str, redis: Redis, crawl_id: str) -> None:
        """A key of another program under our name is an error in one line."""
        frontier = open_redis(redis_url, crawl_id)
        await redis.set(frontier.keys.of_crawl("meta"), "something else")
        with pytest.raises(FrontierError, match="Redis refused"):
            await frontier.open()
        await redis.delete(frontier.keys.of_crawl("meta"))
        await frontier.close()

    async def test_a_client_that_decodes(self, redis_url: str, crawl_id: str) -> None:
        """A client that would turn records into text is refused."""
        frontier = RedisFrontier(Redis.from_url(redis_url, decode_responses=True), crawl_id)
        with pytest.raises(FrontierError, match="decode_responses"):
            await frontier.open()
        await frontier._client.aclose()

    async def test_no_server(self, tmp_path: Path, crawl_id: str) -> None:
        """No server is an error in one line too."""
        nobody = Redis(unix_socket_path=str(tmp_path / "none.sock"), retry=Retry(NoBackoff(), 0))
        frontier = RedisFrontier(nobody, crawl_id)
        with pytest.raises(FrontierError, match="Redis cannot be reached"):
            await frontier.open()
        await frontier._client.aclose()

    @pytest.mark.parametrize("name", ["", "a b", "a:b", "a{b}", "a*", "x" * 101])
    def test_names_that_could_mix_crawls(self, name: str) -> None:
        """A name that would make the keys of two crawls look alike is refused."""
        with pytest.raises(FrontierError, match="cannot name a crawl"):
            RedisFrontier(Redis(), name)


class TestKeys:
    """One table of keys; every script stays in one slot."""

    async def test_all_keys_are_in_the_documentation(self, redis_crawl: Crawl, redis: Redis, crawl_id: str) -> None:
        """What stands in Redis in the middle of a crawl is told in ``docs/architecture.md``, and nothing else does."""
        await a_busy_crawl(redis_crawl)
        told = (Path(__file__).parents[2] / "docs/architecture.md").read_text("utf-8")
        for key in await keys_of(redis, crawl_id):
            whole = key.decode().replace(f"{{{crawl_id}}}", "{CRAWL}")
            name = re.sub(r"^.*\{(\w+)\}", lambda tag: "{CRAWL}" if tag[1] == "CRAWL" else "{n}", whole)
            kind = re.sub(
                r":seen:\d+$", ":seen:N", re.sub(r":q\d:.*", ":qB:HOST", re.sub(r":ready:.*", ":ready:SITE", name))
            )
            assert f"`{kind}`" in told, key

    async def test_all_keys_of_a_site_are_in_one_slot(self, redis_crawl: Crawl, redis: Redis, crawl_id: str) -> None:
        """Keys of the crawl share a slot, and so do those of each shard."""
        await a_busy_crawl(redis_crawl)
        slots: dict[str, set[int]] = {}
        for key in await keys_of(redis, crawl_id):
            slots.setdefault(key.decode().partition("}")[0], set()).add(key_slot(key))
        assert len(slots) > 3
        assert all(len(found) == 1 for found in slots.values())

    async def test_dropping_leaves_nothing(self, redis_crawl: Crawl, redis: Redis, crawl_id: str) -> None:
        """A dropped crawl leaves no key, and no other crawl loses one."""
        worker = await a_busy_crawl(redis_crawl)
        other = RedisFrontier(redis, f"{crawl_id}-other")
        await other.open()
        await other.discover(pages("a.example", 3))
        await worker.drop()
        assert {f"{crawl_id}-other" in key.decode() for key in await keys_of(redis, crawl_id)} == {True}
        assert len(await claim_urls(other)) == 1
        await other.drop()
        assert await keys_of(redis, crawl_id) == []

    async def test_crawls_do_not_know_of_each_other(self, redis_crawl: Crawl, redis: Redis, crawl_id: str) -> None:
        """The same URLs in another crawl are new there, and have other fingerprints."""
        worker = await redis_crawl.worker(shards=1)
        other = RedisFrontier(redis, f"{crawl_id}-other", options=FrontierOptions(shards=1))
        await other.open()
        assert isinstance(worker, RedisFrontier)
        assert [(await one.discover(pages("a.example", 3))).new for one in (worker, other)] == [3, 3]
        seen = [await redis.smembers(f"{one.keys.of_shard(0)}:seen:0") for one in (worker, other)]
        assert not seen[0] & seen[1]
        await other.drop()


class TestBudgets:
    """Small and cheap. ``make bench-frontier`` measures the same at a million URLs."""

    @pytest.mark.parametrize("hosts", [1, 100, 3_000])
    async def test_bytes(self, redis_crawl: Crawl, redis: Redis, crawl_id: str, hosts: int) -> None:
        """A seen URL, a queued URL and a known host take no more than their budgets."""
        count = 30_000
        worker = await redis_crawl.worker(shards=16, max_pages_per_site=0)
        for start in range(0, count, 5_000):
            await worker.discover([some_url(n, hosts) for n in range(start, start + 5_000)])
        sizes = {"seen": 0, "q1": 0, "rest": 0}
        keys = await keys_of(redis, crawl_id)
        pipeline = redis.pipeline(transaction=False)
        for key in keys:
            pipeline.memory_usage(key, samples=0)
        for key, size in zip(keys, await pipeline.execute(), strict=True):
            kind = key.decode().partition("}:")[2].partition(":")[0]
            sizes[kind if kind in sizes else "rest"] += size
        assert sizes["seen"] / count <= SEEN_BYTES
        assert sizes["q1"] / count <= QUEUED_BYTES
        fixed = 16 * 1_000
        assert sizes["rest"] <= fixed + HOST_BYTES * hosts
        assert sum(sizes.values()) <= fixed + (SEEN_BYTES + QUEUED_BYTES) * count + HOST_BYTES * hosts

    async def test_round_trips(self, redis_crawl: Crawl) -> None:
        """A crawl of pages with 60 links takes no more than half a round trip a page."""
        worker = await redis_crawl.worker(shards=256, max_pages_per_site=0)
        assert isinstance(worker, RedisFrontier)
        await worker.discover([some_url(n, 60) for n in range(600)])
        before, done = worker.round_trips, 0
        while done < 300:
            claimed = await worker.claim(16)
            redis_crawl.clock.advance(0.1 if claimed.leases else claimed.next_due or 0.0)
            visits = [
                Finished(
                    lease,
                    DONE,
                    [Child(f"{lease.url}/{n}", 1) for n in range(30)] + [some_url(n, 60) for n in range(30)],
                )
                for lease in claimed.leases
            ]
            done += await worker.finish(visits) if visits else 0
        assert (worker.round_trips - before) / done <= 0.5

    async def test_one_look_claims_and_looks_ahead(self, redis_crawl: Crawl) -> None:
        """On a single host a claim is one round trip, and so is a page with its children."""
        worker = await redis_crawl.worker(host_delay=0.0)
        assert isinstance(worker, RedisFrontier)
        await worker.discover(pages("a.example", 50))
        for _ in range(2):
            (lease,) = (await worker.claim(4)).leases
            before = worker.round_trips
            await worker.finish([Finished(lease, DONE, pages("a.example", 60))])
            assert worker.round_trips == before + 1
            (lease,) = (await worker.claim(4)).leases
            assert worker.round_trips == before + 2
            await worker.release([lease])


async def test_what_is_stored_is_data(redis_crawl: Crawl) -> None:
    """URLs that look like Lua, pickle or msgpack come out as they went in."""
    worker = await redis_crawl.worker(host_delay=0.0)
    urls = [
        f"https://a.example/{text}"
        for text in ("');redis.call('FLUSHALL')--", "cos%0Asystem%0A(S'x'%0AtR.", "%93%01%02%03", "1.2.3", "]]", "\\0")
    ]
    await worker.discover([Child(url, 0) for url in urls])
    assert [lease.url for lease in await crawl_all(worker, redis_crawl.clock)] == urls


def test_fingerprints_are_keyed() -> None:
    """The 64 bits of a URL cannot be foretold without the crawl's salt, and fit a set of integers."""
    one, other = fingerprints(b"0" * 16), fingerprints(b"1" * 16)
    assert one("https://a.example/") == one("https://a.example/") != other("https://a.example/")
    assert all(-(2**63) <= int(one(f"https://a.example/{n}")) < 2**63 for n in range(1_000))


def some_url(n: int, hosts: int) -> Child:
    """Return a URL of ``LENGTH`` characters on one of so many hosts."""
    start = f"https://www.example-{n % hosts:06d}.com/articles/2026/"
    return Child(f"{start}{n:0{LENGTH - len(start)}d}", 3)


async def a_busy_crawl(crawl: Crawl) -> RedisFrontier:
    """A crawl in which every kind of key is in use."""
    worker = await crawl.worker("busy", shards=4, max_pages=500, site_concurrency=1)
    assert isinstance(worker, RedisFrontier)
    bands = [Child(f"https://{host}.site.example/{band}", 0, band) for host in "abc" for band in range(4)]
    await worker.discover(bands + [child for n in range(20) for child in pages(f"{n}.example", 2)])
    leases = (await worker.claim(10)).leases
    verdicts = [Verdict("failed", "dns"), Verdict("retry", "timeout", retry_after=60.0), DONE]
    await worker.finish([Finished(lease, verdict) for lease, verdict in zip(leases, verdicts, strict=False)])
    lists = [key async for key in worker._client.scan_iter(match=f"*{worker.keys.crawl_id}*:q1:*")]
    await worker._client.lset(lists[0], 0, "damaged")
    await worker.claim(100)
    await worker.claim(0)
    return worker
