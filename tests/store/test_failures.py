"""MongoDB away, slow, killed, or of another mind about who leads: nothing is lost and nothing is doubled."""

import asyncio
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from backlink_crawler.records import Visit
from backlink_crawler.store import Store, StoreUnavailable
from backlink_crawler.store.bulk import TRANSIENT_CODES
from tests.crawling import Crawling, ended, until
from tests.history.index import GONE
from tests.store.contents import COLLECTIONS, contents, profiled, put_back, save, seen
from tests.store.mongod import Mongod, mongod, replica_set
from tests.web.plan import Web
from tests.web.server import ServedWeb
from tests.web.synthetic import synthetic_web
from tests.web.synthetic_content import serve_web
from tests.web.truth import expected_crawl

BEFORE = [
    seen("http://a.test/1", {"b.test": "old", "c.test": "x"}),
    seen("http://a.test/2", {"b.test": "x"}),
]
BATCH = [
    seen("http://a.test/1", {"b.test": "new", "d.test": "x"}, at=1),
    seen("http://a.test/2", at=1, **GONE),
    seen("http://a.test/3", {"c.test": "x"}, at=1),
    seen("http://e.test/", {"c.test": "x"}, at=1),
]
COMMANDS = ["find", "getMore", "aggregate", "insert", "update"]
ANSWER_WITHIN_AT_STOP = 10.0
"""Seconds in which a worker that is told to stop has ended."""


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mongod]:
    """A server that fails on request."""
    with mongod(tmp_path_factory.mktemp("failing"), "--setParameter", "enableTestCommands=1") as server:
        yield server


@contextmanager
def fails(server: Mongod, after: int, **how: Any) -> Iterator[None]:
    """Have every command of the store after so many fail."""
    data = {"failCommands": COMMANDS, "appName": "backlink_crawler", **how}
    with server.client() as client:
        client.admin.command({"configureFailPoint": "failCommand", "mode": {"skip": after}, "data": data})
        try:
            yield
        finally:
            client.admin.command({"configureFailPoint": "failCommand", "mode": "off"})


HOW: list[dict[str, Any]] = [
    {"closeConnection": True},
    {"writeConcernError": {"code": 64, "errmsg": "waiting for replication timed out"}, "failCommands": COMMANDS[3:]},
    *({"errorCode": code} for code in sorted(TRANSIENT_CODES - {13388})),  # that one carries data of its own
]


async def test_every_command_may_fail(failing: Mongod) -> None:
    """From any command on, in any way that passes: it is told as such, and the repeat ends as if nothing had been."""
    async with Store(failing.uri, "failures") as store:
        await put_back(store.database, {name: [] for name in COLLECTIONS})
        await save(store, BEFORE)
        before = await contents(store.database)
        async with profiled(store.database) as noted:
            await save(store, BATCH)
        expected = await contents(store.database)
        assert len({(one["ns"], one["ts"]) for one in noted}) > 15
        for number in range(len(HOW)):
            how, after = HOW[number], number % 13
            await put_back(store.database, before)
            async with Store(failing.uri, "failures", answer_within=0.3) as worker:
                with fails(failing, after, **how):
                    failed = await _unavailable(worker)
            assert failed or "failCommands" in how, f"{how} after {after} was not noticed"
            await save(store, BATCH)
            assert await contents(store.database) == expected, f"{how} after {after}"


async def _unavailable(store: Store) -> bool:
    try:
        await save(store, BATCH)
    except StoreUnavailable:
        return True
    return False


async def test_a_refusal_is_no_outage(failing: Mongod) -> None:
    """What will not pass by itself is not tried for ever."""
    async with Store(failing.uri, "failures") as store:
        with pytest.raises(Exception, match="refused") as told, fails(failing, 0, errorCode=13):
            await save(store, [seen("http://r.test/", {"b.test": "x"})])
        assert not isinstance(told.value, StoreUnavailable)


# --- Whole crawls ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def web() -> Web:
    """More pages than an outage takes."""
    return synthetic_web(sites=30, pages=8)


@pytest.fixture(scope="module")
def served(web: Web) -> Iterator[ServedWeb]:
    """The web on loopback."""
    with serve_web(web) as running:
        yield running


class Crawl:
    """Workers of one crawl that store in a MongoDB of their own."""

    def __init__(self, crawling: Crawling, uri: str, web: Web, served: ServedWeb, folder: Path) -> None:
        # The first sites are ordinary ones; what the odd ones come to would take its time.
        sites = web.sites[:12]
        homes = [host.pages[0].url for site in sites for host in site.hosts]
        self._expected = expected_crawl(web, homes, [site.name for site in sites])
        seeds = folder / "seeds.txt"
        seeds.write_text("\n".join(homes))
        settings = {**crawling.settings, "MONGODB_URI": uri, "NET_HOSTS_FILE": served.hosts_file}
        # Slow enough for something to happen meanwhile.
        settings |= {"FRONTIER_HOST_DELAY": 0.5}
        self.crawling = Crawling(uri, crawling.database, settings, crawling.processes)
        self._arguments = ("crawl", "seeds", "-a", f"urls=@{seeds}")

    def worker(self, **settings: object) -> subprocess.Popen[str]:
        """Start one."""
        return self.crawling.start(*self._arguments, **settings)

    def stored(self) -> int:
        """How many pages."""
        with MongoClient[dict[str, Any]](self.crawling.mongodb_uri) as client:
            return client[self.crawling.database]["pages"].count_documents({})

    def at_work(self, workers: int) -> bool:
        """Whether so many have joined the crawl, and some pages are stored."""
        joined = sum(crawl["workers"] for crawl in self.crawling.documents("crawls"))
        return joined == workers and self.stored() > 5

    def check(self) -> None:
        """All is stored as it is, once, and nothing is open."""
        pages = self.crawling.documents("pages")
        outcomes = {page["url"]: page["outcome"] for page in pages}
        wrong = self._expected.differences(outcomes, self.crawling.links())
        # How a link is read is no matter of outages, and tested elsewhere.
        assert [line for line in wrong if not line.startswith("link misread")] == []
        assert not [page["url"] for page in pages if "pending" in page]
        assert [event for event in self.crawling.documents("link_events") if event["event"] != "changed"] == []
        assert {link["status"] for link in self.crawling.links().values()} == {"live"}


def _seconds_to_stop(worker: subprocess.Popen[str]) -> float:
    started = time.monotonic()
    worker.send_signal(signal.SIGTERM)
    end = ended(worker, seconds=30)
    assert end.code == 0, end.err
    return time.monotonic() - started


def test_killed_frozen_and_killed_again(crawling: Crawling, web: Web, served: ServedWeb, tmp_path: Path) -> None:
    """Workers wait while MongoDB is away; told to stop meanwhile they end soon, and the next one goes on from there."""
    with mongod(tmp_path) as server:
        crawl = Crawl(crawling, server.uri, web, served, tmp_path)
        first, second = crawl.worker(), crawl.worker()
        until(lambda: crawl.at_work(2), "two workers store pages")
        server.kill()
        server.start()
        pages = crawl.stored()
        until(lambda: crawl.stored() > pages, "the crawl goes on")
        server.freeze()
        assert _seconds_to_stop(first) < ANSWER_WITHIN_AT_STOP
        server.kill()
        assert _seconds_to_stop(second) < ANSWER_WITHIN_AT_STOP
        server.start()
        third = ended(crawl.worker(FRONTIER_HOST_DELAY=0))
        assert third.code == 0, third.err
        crawl.check()


def test_the_primary_steps_down_and_the_next_one_dies(
    crawling: Crawling, web: Web, served: ServedWeb, tmp_path: Path
) -> None:
    """A replica set goes on under another primary, and the crawl with it."""
    with replica_set(tmp_path) as servers:
        crawl = Crawl(crawling, servers.uri, web, served, tmp_path)
        worker = crawl.worker(FRONTIER_HOST_DELAY=0.2)
        until(lambda: crawl.at_work(1), "a worker stores pages")
        servers.step_down()
        pages = crawl.stored()
        until(lambda: crawl.stored() > pages, "the crawl goes on")
        leading = servers.primary()
        assert leading is not None
        leading.kill()
        end = ended(worker)
        assert end.code == 0, end.err
        assert end.errors == []
        crawl.check()


def test_a_visit_is_never_told_as_stored_and_lost(tmp_path: Path) -> None:
    """What ``save_visits`` returned from is there after ``kill -9``, whatever was written last."""

    async def crawl(server: Mongod) -> list[Visit]:
        async with Store(server.uri, "kept") as store:
            stored = []
            for n in range(60):
                one = seen(f"http://a.test/{n}", {"b.test": "x"}, at=n)
                await save(store, [one])
                stored.append(one)
            server.kill()
        return stored

    with mongod(tmp_path) as server:
        stored = asyncio.run(crawl(server))
        server.start()
        with server.client() as client:
            pages = {page["url"] for page in client["kept"]["pages"].find()}
            links = {link["source_url"] for link in client["kept"]["links"].find()}
    assert pages == links == {one.page.url for one in stored}
