"""robots.txt among workers, on a real server: read once, told to the others, bounded; no host asked twice at a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from uuid import uuid4

import pytest
from redis.asyncio import Redis
from scrapy.http import Response

from backlink_crawler.frontier.contract import FrontierOptions, Verdict
from backlink_crawler.frontier.redis import RedisFrontier, robots
from backlink_crawler.frontier.redis.robots import FRESH_SECONDS, Busy, Known, SharedRobots, Yours
from backlink_crawler.net.errors import RobotsUnreachable
from backlink_crawler.net.robots_reading import LEASE_SECONDS, RobotsReader
from tests.frontier.crawl import Clock, claim_one, finish, pages

AGENT = "backlink_crawler"
OPTIONS = FrontierOptions(shards=4, host_delay=2.0)
FILE = "https://www.shop.test/robots.txt"


class Shared:
    """One crawl on the session's server: its clock, its frontier, and as many workers as a test wants."""

    def __init__(self, redis_url: str, stack: AsyncExitStack) -> None:
        self.url = redis_url
        self.stack = stack
        self.crawl_id = f"robots-{uuid4().hex}"
        self.clock = Clock()
        self.asked: list[str] = []
        self.answers: dict[str, tuple[int, bytes | str]] = {}

    def client(self) -> Redis:
        return Redis.from_url(self.url)

    def worker(self, most_bytes: int = 1 << 20) -> SharedRobots:
        shared = SharedRobots(self.client(), self.crawl_id, options=OPTIONS, clock=self.clock, most_bytes=most_bytes)
        self.stack.push_async_callback(shared.close)
        return shared

    def reader(self, shared: SharedRobots | None = None) -> RobotsReader:
        async def sleep(seconds: float) -> None:
            self.clock.advance(seconds)
            await asyncio.sleep(0.001)

        return RobotsReader(self.download, shared or self.worker(), AGENT, delay=2.0, sleep=sleep)

    async def download(self, url: str) -> Response:
        self.asked.append(url)
        await asyncio.sleep(0.02)  # long enough for the other readers to come along
        status, told = self.answers.get(url, (404, b""))
        if isinstance(told, str):
            return Response(url, status=status, headers={"Location": told})
        return Response(url, status=status, body=told)

    async def keys(self) -> dict[str, int]:
        """Return the crawl's keys about robots.txt, with the seconds until they expire."""
        async with self.client() as client:
            found = [key async for key in client.scan_iter(match=f"*{self.crawl_id}*", count=1000)]
            found = [key for key in found if b"robots" in key.rpartition(b"}")[2] or key.endswith(b":visits")]
            return {key.decode(): await client.ttl(key) for key in found}


@pytest.fixture
async def frontier(redis_url: str) -> AsyncIterator[tuple[Shared, RedisFrontier]]:
    """A crawl that one worker has begun; dropped afterwards."""
    async with AsyncExitStack() as stack:
        shared = Shared(redis_url, stack)
        worker = RedisFrontier(shared.client(), shared.crawl_id, options=OPTIONS, clock=shared.clock)
        await worker.open()
        yield shared, worker
        await worker.drop()
        assert await shared.keys() == {}, "a dropped crawl leaves nothing behind"
        await worker.close()


Crawl = tuple[Shared, RedisFrontier]


async def test_many_workers_read_a_file_once(frontier: Crawl) -> None:
    """Ten ask at the same moment, an eleventh later: one request, the same rules for all."""
    crawl, _ = frontier
    crawl.answers[FILE] = (200, b"User-agent: *\nDisallow: /private\nCrawl-delay: 3\nSitemap: /s")
    reads = await asyncio.gather(*(crawl.reader().read("https://www.shop.test") for _ in range(10)))
    late = await crawl.reader().read("https://www.shop.test")
    assert crawl.asked == [FILE]
    assert {read.rules.allowed("/private") for read in [*reads, late]} == {False}
    assert {read.rules.crawl_delay for read in reads} == {3.0}
    assert [read.addresses for read in [*reads, late] if read.addresses] == [(FILE,)], "who read it notes its sitemaps"


async def test_a_file_that_is_known_costs_one_round_trip(frontier: Crawl) -> None:
    """And so does taking the lease and keeping what was read."""
    crawl, _ = frontier
    shared = crawl.worker()
    await shared.take(FILE, "a", 60)
    before = shared.round_trips
    await crawl.reader(shared).read("https://other.test")
    assert shared.round_trips == before + 2
    await crawl.reader(shared).read("https://other.test")
    assert shared.round_trips == before + 3


async def test_all_addresses_on_the_way_are_known(frontier: Crawl) -> None:
    """http leads to https, that to www: whoever asks for any of them later is told."""
    crawl, _ = frontier
    crawl.answers = {
        "http://shop.test/robots.txt": (301, "https://shop.test/robots.txt"),
        "https://shop.test/robots.txt": (301, FILE),
        FILE: (200, b"User-agent: *\nDisallow: /"),
    }
    await crawl.reader().read("http://shop.test")
    assert len(crawl.asked) == 3
    for origin in ("https://shop.test", "https://www.shop.test"):
        assert not (await crawl.reader().read(origin)).rules.allowed("/")
    assert len(crawl.asked) == 3


async def test_what_a_redirect_leads_to_is_not_asked_for_again(frontier: Crawl) -> None:
    """The file of www is known; the one of the bare host, which leads there, costs one request."""
    crawl, _ = frontier
    crawl.answers = {"https://shop.test/robots.txt": (301, FILE), FILE: (200, b"User-agent: *\nDisallow: /")}
    await crawl.reader().read("https://www.shop.test")
    assert not (await crawl.reader().read("https://shop.test")).rules.allowed("/")
    assert crawl.asked == [FILE, "https://shop.test/robots.txt"]


async def test_what_is_told_along_a_redirect_grows_no_younger(frontier: Crawl) -> None:
    """Neither for the host that leads there nor for the one that has the file: a day is a day."""
    crawl, _ = frontier
    crawl.answers = {"https://shop.test/robots.txt": (301, FILE), FILE: (200, b"User-agent: *\nDisallow: /")}
    await crawl.reader().read("https://www.shop.test")
    crawl.clock.advance(FRESH_SECONDS - 10)
    read = await crawl.reader().read("https://shop.test")
    assert read.age > FRESH_SECONDS - 11
    assert read.addresses == (), "nothing is known of the sitemaps"
    crawl.clock.advance(11)
    for url in ("https://shop.test/robots.txt", FILE):
        assert await crawl.worker().take(url, "a", 60) == Yours()


async def test_a_reader_that_died_blocks_nobody_for_long(frontier: Crawl) -> None:
    """Its lease runs out; until then the others wait."""
    crawl, _ = frontier
    dead, other = crawl.worker(), crawl.worker()
    assert await dead.take(FILE, "dead", LEASE_SECONDS) == Yours()
    assert await other.take(FILE, "other", LEASE_SECONDS) == Busy(LEASE_SECONDS)
    begun = crawl.clock.now
    await crawl.reader(other).read("https://www.shop.test")
    assert crawl.asked == [FILE]
    assert LEASE_SECONDS <= crawl.clock.now - begun < LEASE_SECONDS + 5
    assert await dead.take("https://x.test/robots.txt", "dead", LEASE_SECONDS) == Yours()
    crawl.clock.advance(LEASE_SECONDS)
    assert await other.take("https://x.test/robots.txt", "other", LEASE_SECONDS) == Yours()


async def test_a_failure_frees_the_file_at_once(frontier: Crawl) -> None:
    """And nothing is remembered of it: the next one asks again, and is told when it is resolved."""
    crawl, _ = frontier
    crawl.answers[FILE] = (500, b"")
    for _ in range(2):
        with pytest.raises(RobotsUnreachable):
            await crawl.reader().read("https://www.shop.test")
    crawl.answers[FILE] = (200, b"User-agent: *\nDisallow: /a")
    assert not (await crawl.reader().read("https://www.shop.test")).rules.allowed("/a")
    assert crawl.asked == [FILE] * 3


async def test_a_changed_file_is_taken_up_after_a_day(frontier: Crawl) -> None:
    """By workers that have never heard of it, too; and how old it is is told."""
    crawl, _ = frontier
    crawl.answers[FILE] = (200, b"")
    await crawl.reader().read("https://www.shop.test")
    crawl.answers[FILE] = (200, b"User-agent: *\nDisallow: /")
    crawl.clock.advance(FRESH_SECONDS - 1)
    told = await crawl.reader().read("https://www.shop.test")
    assert told.rules.allowed("/")
    assert told.age == pytest.approx(FRESH_SECONDS - 1, abs=0.01)
    crawl.clock.advance(1)
    assert not (await crawl.reader().read("https://www.shop.test")).rules.allowed("/")


async def test_a_record_from_the_future_does_not_count(frontier: Crawl) -> None:
    """The server's clock was set back: better read twice than believed for too long."""
    crawl, _ = frontier
    await crawl.reader().read("https://www.shop.test")
    crawl.clock.advance(-100_000)
    assert await crawl.worker().take(FILE, "a", 60) == Yours()


async def test_a_damaged_record_is_read_anew(frontier: Crawl) -> None:
    """Whoever can write into Redis can make us download a file again, and nothing else."""
    crawl, _ = frontier
    for record in (b"", b"\x80\x04cos\nsystem\n", b"\xff" * 100):
        await crawl.worker().take(FILE, "a", 60)
        await crawl.worker().keep(record, "a", [FILE])
        crawl.answers[FILE] = (200, b"User-agent: *\nDisallow: /")
        assert not (await crawl.reader().read("https://www.shop.test")).rules.allowed("/")
    assert crawl.asked == [FILE] * 3


async def test_a_worker_with_another_name_reads_for_itself(frontier: Crawl) -> None:
    """Its group is another one."""
    crawl, _ = frontier
    crawl.answers[FILE] = (200, b"User-agent: other\nDisallow: /\nUser-agent: *\nAllow: /")
    assert (await crawl.reader().read("https://www.shop.test")).rules.allowed("/")
    other = RobotsReader(crawl.download, crawl.worker(), "other", delay=0)
    assert not (await other.read("https://www.shop.test")).rules.allowed("/")


async def test_what_is_shared_is_bounded_in_bytes(frontier: Crawl) -> None:
    """The oldest go; all of it expires after a day without news. By what the server itself counts."""
    crawl, _ = frontier
    most = 4 * 50_000
    shared = crawl.worker(most_bytes=most)
    urls = [f"https://{n}.bound.test/robots.txt" for n in range(100)]  # one site: one shard, a fourth of the bytes
    for n, url in enumerate(urls):
        crawl.clock.advance(1)
        await shared.take(url, "a", 60)
        await shared.keep(bytes([n]) * 2_000, "a", [url])
    assert isinstance(await shared.take(urls[-1], "b", 60), Known)
    assert await shared.take(urls[0], "b", 60) == Yours()
    keys = await crawl.keys()
    async with crawl.client() as client:
        sizes = [await client.memory_usage(key, samples=0) or 0 for key in keys]
    assert 25_000 < sum(sizes) < 60_000
    assert all(0 < seconds <= FRESH_SECONDS for seconds in keys.values())


async def test_one_file_that_is_larger_than_the_bound(frontier: Crawl) -> None:
    """It is not shared, and nothing breaks."""
    crawl, _ = frontier
    shared = crawl.worker(most_bytes=4 * 1_000)
    await shared.keep(b"x" * 2_000, "a", [FILE])
    assert await shared.take(FILE, "a", 60) == Yours()


async def test_without_redis_a_worker_reads_for_itself(frontier: Crawl) -> None:
    """It does not wait, it does not fail, and it shares again when Redis is back."""
    crawl, _ = frontier
    nowhere = SharedRobots(Redis.from_url("redis://127.0.0.1:1"), crawl.crawl_id, options=OPTIONS)
    crawl.answers = {
        "https://shop.test/robots.txt": (301, FILE),
        FILE: (200, b"User-agent: *\nDisallow: /a"),
    }
    async with asyncio.timeout(5):
        read = await crawl.reader(nowhere).read("https://shop.test")
    assert not read.rules.allowed("/a")
    assert crawl.asked == ["https://shop.test/robots.txt", FILE]
    await nowhere.close()


async def test_a_silent_redis_is_not_waited_for(frontier: Crawl, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is there and does not answer: the page that wants to know holds its host meanwhile."""
    crawl, _ = frontier
    monkeypatch.setattr(robots, "ANSWER_SECONDS", 0.05)
    asked = []

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.read(1))
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    shared = SharedRobots(Redis.from_url(f"redis://127.0.0.1:{port}"), crawl.crawl_id, options=OPTIONS)
    async with asyncio.timeout(5):
        for origin in ("https://a.test", "https://b.test"):
            await crawl.reader(shared).read(origin)
    assert len(crawl.asked) == 2
    assert len(asked) == 1, "once is enough for a while"
    await shared.close()
    server.close()


async def test_a_host_is_kept_for_one_request(frontier: Crawl) -> None:
    """While a redirected robots.txt is asked for, no worker gets a page of that host, nor within its delay after."""
    crawl, worker = frontier
    await worker.discover(pages("www.shop.test", 3))
    shared = crawl.worker()
    assert await shared.visit("www.shop.test", "a", 30, 30) == 0
    assert (await worker.claim(1)).leases == []
    crawl.clock.advance(1)
    await shared.leave("www.shop.test", "a")
    assert (await worker.claim(1)).leases == []
    crawl.clock.advance(1.9)
    assert (await worker.claim(1)).leases == []
    crawl.clock.advance(0.2)
    assert len((await worker.claim(1)).leases) == 1


async def test_a_request_waits_for_the_page_that_is_asked_for(frontier: Crawl) -> None:
    """A leased host is not asked; nobody else gets it before; the request comes a delay after the page."""
    crawl, worker = frontier
    await worker.discover(pages("www.shop.test", 3))
    lease = await claim_one(worker)
    shared = crawl.worker()
    assert await shared.visit("www.shop.test", "a", 30, 30) is None
    crawl.clock.advance(0.5)
    await finish(worker, [lease])
    assert await shared.visit("www.shop.test", "a", 30, 30) == 2.0
    crawl.clock.advance(2.1)
    assert (await worker.claim(1)).leases == []


async def test_a_request_waits_for_the_rest_that_the_page_asked_for(frontier: Crawl) -> None:
    """The page that was in work came back with Retry-After."""
    crawl, worker = frontier
    await worker.discover(pages("www.shop.test", 3))
    lease = await claim_one(worker)
    shared = crawl.worker()
    assert await shared.visit("www.shop.test", "a", 30, 30) is None
    await finish(worker, [lease], Verdict("retry", "http_503", hold_host=20, host_trouble=True))
    seconds = await shared.visit("www.shop.test", "a", 30, 30)
    assert seconds is not None
    assert seconds >= 20


async def test_visitors_take_turns(frontier: Crawl) -> None:
    """Many files lead to one host: one request at a time, each after the delay, and none for who has left."""
    crawl, _ = frontier
    shared = crawl.worker()
    assert await shared.visit("www.shop.test", "a", 30, 30) == 0
    assert await shared.visit("www.shop.test", "b", 30, 30) is None
    await shared.leave("www.shop.test", "b")
    assert await shared.visit("www.shop.test", "b", 30, 30) is None
    await shared.leave("www.shop.test", "a")
    assert await shared.visit("www.shop.test", "b", 30, 30) == 2.0


async def test_a_host_that_must_rest_is_not_kept(frontier: Crawl) -> None:
    """However many files lead there, its pages wait no longer for it."""
    crawl, worker = frontier
    await worker.discover(pages("www.shop.test", 2))
    await worker.set_crawl_delay("www.shop.test", 50)
    await finish(worker, [await claim_one(worker)])
    for n in range(10):
        assert await crawl.worker().visit("www.shop.test", str(n), 30, 30) == pytest.approx(50)
    crawl.clock.advance(51)
    assert len((await worker.claim(1)).leases) == 1


async def test_a_request_waits_for_the_delay_of_the_host(frontier: Crawl) -> None:
    """Its last page was finished a moment ago."""
    crawl, worker = frontier
    await worker.discover(pages("www.shop.test", 2))
    await finish(worker, [await claim_one(worker)])
    crawl.clock.advance(0.5)
    assert await crawl.worker().visit("www.shop.test", "a", 30, 30) == pytest.approx(1.5)


async def test_a_visitor_that_died_keeps_the_host_for_its_time_only(frontier: Crawl) -> None:
    """The host is due again by itself."""
    crawl, worker = frontier
    await worker.discover(pages("www.shop.test", 1))
    await crawl.worker().visit("www.shop.test", "a", 30, 30)
    crawl.clock.advance(29)
    assert (await worker.claim(1)).leases == []
    crawl.clock.advance(2)
    assert len((await worker.claim(1)).leases) == 1


async def test_a_redirect_takes_its_turn_at_the_other_host(frontier: Crawl) -> None:
    """From start to end: while the other host rests, the reader waits; afterwards the host rests for its delay."""
    crawl, worker = frontier
    await worker.discover(pages("www.shop.test", 2))
    await finish(worker, [await claim_one(worker)])
    finished = crawl.clock.now
    times = []

    async def download(url: str) -> Response:
        times.append(crawl.clock.now - finished)
        return await crawl.download(url)

    async def sleep(seconds: float) -> None:
        crawl.clock.advance(seconds)

    crawl.answers = {"https://shop.test/robots.txt": (301, FILE), FILE: (200, b"")}
    await RobotsReader(download, crawl.worker(), AGENT, delay=2.0, sleep=sleep).read("https://shop.test")
    assert times == [0, 2.0]
    crawl.clock.advance(1.9)
    assert (await worker.claim(1)).leases == []
    crawl.clock.advance(0.2)
    assert len((await worker.claim(1)).leases) == 1


async def test_a_host_that_must_rest_for_long_is_not_waited_for(frontier: Crawl) -> None:
    """The page of the first host is postponed instead."""
    crawl, worker = frontier
    await worker.discover(pages("www.shop.test", 2))
    await worker.set_crawl_delay("www.shop.test", 50)
    await finish(worker, [await claim_one(worker)])
    crawl.answers = {"https://shop.test/robots.txt": (301, FILE)}
    with pytest.raises(RobotsUnreachable, match="must not be asked"):
        await crawl.reader().read("https://shop.test")
    assert crawl.asked == ["https://shop.test/robots.txt"]


async def test_hundreds_ask_at_once(frontier: tuple[Shared, RedisFrontier]) -> None:
    """However many new hosts a worker asks for at once: each is answered, over few connections."""
    shared, _ = frontier
    client = shared.client()
    worker = SharedRobots(client, shared.crawl_id, options=OPTIONS, clock=shared.clock)
    shared.stack.push_async_callback(worker.close)
    files = [f"https://host-{number}.test/robots.txt" for number in range(400)]
    answers = await asyncio.gather(*(worker.take(file, "me", LEASE_SECONDS) for file in files))
    assert answers == [Yours()] * len(files)
    pool = client.connection_pool
    assert len(pool._available_connections) + len(pool._in_use_connections) <= robots.AT_ONCE
