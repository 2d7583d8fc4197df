"""Workers that die, are stopped, wait for Redis, or take what others push: seen from outside, in processes."""

import asyncio
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
import redis
import redis.asyncio

from backlink_crawler import services
from backlink_crawler.frontier.contract import Counts
from backlink_crawler.frontier.redis import RedisFrontier
from tests.crawling import Crawling, ended, until
from tests.web.plan import Web
from tests.web.server import ServedWeb
from tests.web.synthetic import TARGET, synthetic_web
from tests.web.synthetic_content import serve_web
from tests.web.truth import Expected, expected_crawl

ORDINARY = 24
"""Sites of the web that have no odd corners: they come first."""


@pytest.fixture(scope="module")
def web() -> Web:
    """A few hundred ordinary pages among the odd ones."""
    return synthetic_web(sites=40, pages=10)


@pytest.fixture
def served(web: Web) -> Iterator[ServedWeb]:
    """The web on loopback, with a log of this test's requests."""
    with serve_web(web) as running:
        yield running


@pytest.fixture
def seeds(web: Web) -> str:
    """Start pages of the ordinary sites."""
    return ",".join(host.pages[0].url for site in web.sites[:ORDINARY] for host in site.hosts)


@pytest.fixture
def expected(web: Web, seeds: str) -> Expected:
    """What a crawl from there must come to."""
    return expected_crawl(web, seeds.split(","), [site.name for site in web.sites[:ORDINARY]])


def counts(redis_url: str, crawl_id: str) -> Counts:
    async def ask() -> Counts:
        frontier = RedisFrontier(redis.asyncio.Redis.from_url(redis_url), crawl_id)
        await frontier.open(as_worker=False)
        try:
            return await frontier.counts()
        finally:
            await frontier.close()

    return asyncio.run(ask())


def start(crawling: Crawling, served: ServedWeb, seeds: str, **settings: object) -> subprocess.Popen[str]:
    given: dict[str, object] = {"NET_HOSTS_FILE": served.hosts_file, **settings}
    return crawling.start("crawl", "seeds", "-a", f"urls={seeds}", **given)


def test_a_killed_worker_loses_nothing(crawling: Crawling, served: ServedWeb, seeds: str, expected: Expected) -> None:
    """kill -9 costs repeats, never a page or a link: the other worker finishes."""
    victim = start(crawling, served, seeds, FRONTIER_LEASE_SECONDS=2, FRONTIER_HOST_DELAY=0.05)
    until(lambda: len(served.log) > 150, "the victim at work")
    victim.kill()
    ended(victim)
    before = len(crawling.outcomes())
    assert 0 < before < len(expected.pages)
    end = ended(start(crawling, served, seeds, FRONTIER_LEASE_SECONDS=2))
    assert end.code == 0, end.err
    assert expected.differences(crawling.outcomes(), crawling.links()) == []


def test_a_stopped_worker_hands_back_and_repeats_nothing(
    crawling: Crawling, served: ServedWeb, seeds: str, expected: Expected, redis_url: str
) -> None:
    """SIGTERM: what was not started is handed back at once, what was started is stored, and the next run goes on."""
    worker = start(crawling, served, seeds, FRONTIER_HOST_DELAY=0.05)
    until(lambda: len(served.log) > 150, "the worker at work")
    worker.send_signal(signal.SIGTERM)
    stopped = time.monotonic()
    end = ended(worker)
    assert end.code == 0, end.err
    assert time.monotonic() - stopped < 5
    state = counts(redis_url, crawling.database)
    assert (state.leased, state.done) == (0, len(crawling.outcomes()))
    assert 0 < state.done < len(expected.pages)
    end = ended(start(crawling, served, seeds))
    assert end.code == 0, end.err
    assert expected.differences(crawling.outcomes(), crawling.links()) == []
    asked = Counter((one.host, one.path) for one in served.log if one.path != "/robots.txt" and one.status == 200)
    assert [page for page, times in asked.items() if times > 1] == []


def test_redis_restarted_in_mid_crawl(
    crawling: Crawling, served: ServedWeb, seeds: str, expected: Expected, tmp_path: Path
) -> None:
    """While Redis is away a worker waits; when it is back, with its data, the crawl goes on and nothing is lost."""
    mongodb = crawling.mongodb_uri
    try:
        url = services.ensure(tmp_path, redis_url=None, mongodb_uri=mongodb).redis_url
        worker = start(crawling, served, seeds, REDIS_URL=url, FRONTIER_HOST_DELAY=0.05)
        until(lambda: len(served.log) > 150, "the worker at work")
        services.stop(tmp_path)
        asked = len(served.log)
        assert worker.poll() is None
        assert services.ensure(tmp_path, redis_url=None, mongodb_uri=mongodb).redis_url == url
        end = ended(worker)
    finally:
        services.stop(tmp_path)
    assert end.code == 0, end.err
    assert asked < len(expected.pages)
    assert expected.differences(crawling.outcomes(), crawling.links()) == []


@pytest.mark.parametrize("kind", ["list", "set", "zset"])
def test_pushed_start_urls(crawling: Crawling, served: ServedWeb, web: Web, redis_url: str, kind: str) -> None:
    """A worker that stays open crawls what is pushed within a second, and puts nonsense aside."""
    key = f"seeds:{crawling.database}:start_urls"
    site = next(s for s in web.sites if s.name == TARGET)
    home = site.hosts[0].pages[0].url
    worker = crawling.start("crawl", "seeds", NET_HOSTS_FILE=served.hosts_file, FRONTIER_STAY_OPEN=1)
    with redis.Redis.from_url(redis_url) as server:
        until(lambda: server.exists(f"backlinks:{{{crawling.database}}}:workers"), "the worker joining")
        pushes: dict[str, Callable[[str], object]] = {
            "list": lambda entry: server.rpush(key, entry),
            "set": lambda entry: server.sadd(key, entry),
            "zset": lambda entry: server.zadd(key, {entry: 1}),
        }
        push = pushes[kind]
        push("no web address")
        push(f'{{"url": "{home}"}}')
        pushed = time.monotonic()
        until(lambda: any(one.host == TARGET for one in served.log), "the first request")
        assert time.monotonic() - pushed < 1.5
        until(lambda: len(crawling.outcomes()) >= 3, "its pages stored")
        until(lambda: not server.exists(key), "the key emptied")
        assert server.lrange(f"{key}:refused", 0, -1) == [b"no web address"]
    worker.send_signal(signal.SIGTERM)
    assert ended(worker).code == 0


def test_flushing_is_refused_under_other_workers(
    crawling: Crawling, served: ServedWeb, seeds: str, redis_url: str
) -> None:
    """SCHEDULER_FLUSH_ON_START begins a crawl anew, but never under the feet of others."""
    worker = start(crawling, served, seeds, FRONTIER_HOST_DELAY=0.05, FRONTIER_STAY_OPEN=1)
    until(lambda: len(served.log) > 50, "the worker at work")
    refused = ended(start(crawling, served, seeds, SCHEDULER_FLUSH_ON_START=1))
    assert refused.code == 1
    assert "stop them first, or give another CRAWL_ID" in refused.err.strip().splitlines()[-1]
    worker.send_signal(signal.SIGTERM)
    ended(worker)
    known = counts(redis_url, crawling.database).known
    one = seeds.split(",")[0]
    anew = ended(start(crawling, served, one, SCHEDULER_FLUSH_ON_START=1, MAX_PAGES_PER_SITE=3))
    assert anew.code == 0, anew.err
    assert counts(redis_url, crawling.database).known == 3 < known


def test_the_last_worker_may_clean_up(crawling: Crawling, served: ServedWeb, seeds: str, redis_url: str) -> None:
    """With SCHEDULER_PERSIST off nothing of an ended crawl stays in Redis."""
    end = ended(start(crawling, served, seeds.split(",")[0], SCHEDULER_PERSIST=0, MAX_PAGES_PER_SITE=3))
    assert end.code == 0, end.err
    with redis.Redis.from_url(redis_url) as server:
        assert list(server.scan_iter(f"*{crawling.database}*")) == []


def test_page_budgets_hold_across_workers(crawling: Crawling, served: ServedWeb, seeds: str) -> None:
    """MAX_PAGES_PER_SITE is exact and MAX_PAGES never exceeded, however many workers."""
    workers = [start(crawling, served, seeds, MAX_PAGES_PER_SITE=4, MAX_PAGES=60) for _ in range(2)]
    assert [ended(worker).code for worker in workers] == [0, 0]
    per_site = Counter(page["site"] for page in crawling.documents("pages"))
    assert max(per_site.values()) == 4
    assert 40 < sum(per_site.values()) <= 60


def test_workers_are_polite_together(crawling: Crawling, served: ServedWeb, web: Web) -> None:
    """Two workers keep the delay between any two requests to a host, robots.txt included, in the server's own log."""
    site = next(s for s in web.sites if s.name == TARGET)
    homes = ",".join(host.pages[0].url for host in site.hosts)
    workers = [start(crawling, served, homes, FRONTIER_HOST_DELAY=0.2) for _ in range(2)]
    assert [ended(worker).code for worker in workers] == [0, 0]
    for host in site.hosts:
        times = sorted(one.at for one in served.log if one.host == host.name)
        assert len(times) > len(host.pages)
        assert min(later - earlier for earlier, later in pairwise(times)) > 0.195
