"""What a real crawl asks of Redis, and how long it takes when Redis is near and when it is not.

One host, no delay, 8 requests at a time (Scrapy's own default for a host), by one worker. Every page has 60 internal
links, 10 of them new and 50 known, and 20 external ones. 51 pages are known at the start. The crawl is stopped by
Scrapy's ``CLOSESPIDER_PAGECOUNT``; there is always more to do than that.

*Round trips* are sends to Redis, each of them waited for: a command alone or a pipeline, whichever thread or task it
comes from. *Blocking* are those the reactor stands still for. Both are counted inside the worker, from its start to its
end, and divided by the pages that came home. The *time* is taken from the server's log, from the first page asked for
to the last of those to be crawled, so that the start of Python is in no figure. A proxy between worker and Redis adds
what the wanted round trip needs; what was measured through it is told.
"""

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from redis import Redis

from tests.benchmarks.frontier import names
from tests.benchmarks.frontier.contenders import BOTH, Contender
from tests.benchmarks.frontier.lab import BenchmarkError, Lab, helper, wait_for, web
from tests.benchmarks.frontier.rows import Row, at_most, better, of_runs

FAMILY = "crawl"
SEEDS = 51
AT_ONCE = 8
ROUND_TRIPS = (0.3, 3.0)
"""Milliseconds."""
LIMIT_SECONDS = 300
_SERIES, _TRIED = 10, 100


@dataclass(slots=True)
class _Crawled:
    seconds: float
    round_trips: float
    blocking: float


def rows(lab: Lab) -> Iterator[Row]:
    """Crawl with both, at each distance."""
    pages, repeats, distances = (150, 1, ROUND_TRIPS[:1]) if lab.quick else (300, 3, ROUND_TRIPS)
    all_runs: dict[str, list[_Crawled]] = {contender.name: [] for contender in BOTH}
    for wanted in distances:
        with _distant(lab, wanted / 1000) as (url, measured):
            runs = {c.name: [_crawl(lab, c, pages, url) for _ in range(repeats)] for c in BOTH}
        ours, stock = runs.values()
        for name, found in runs.items():
            all_runs[name] += found
        yield better(
            FAMILY,
            f"{pages} pages at {wanted:g} ms to Redis",
            "s",
            of_runs(ours, lambda run: run.seconds),
            of_runs(stock, lambda run: run.seconds),
            note=f"measured round trip {measured * 1000:.2f} ms",
        )
    yield from _counts(*all_runs.values())


def _counts(ours: list[_Crawled], stock: list[_Crawled]) -> Iterator[Row]:
    trips = of_runs(ours, lambda run: run.round_trips), of_runs(stock, lambda run: run.round_trips)
    yield at_most(FAMILY, "round trips to Redis per page", "calls", *trips, 0.5)
    blocking = of_runs(ours, lambda run: run.blocking), of_runs(stock, lambda run: run.blocking)
    yield at_most(FAMILY, "of them blocking the reactor", "calls", *blocking, 0)


def _crawl(lab: Lab, contender: Contender, pages: int, redis_url: str) -> _Crawled:
    lab.fresh()
    host = names.host(0)
    contender.fill(lab, [names.url(host, n, "http") for n in range(SEEDS)])
    with web(lab, [host], pages=10**9, seeds=SEEDS) as served:
        settings = {
            "NET_HOSTS_FILE": served.hosts_file,
            "FRONTIER_HOST_CONCURRENCY": AT_ONCE,
            "CLOSESPIDER_PAGECOUNT": pages + 1,  # robots.txt is one of them
        }
        start = names.url(host, 0, "http")
        with contender.worker(lab, start, settings, redis_url=redis_url) as worker:
            if not wait_for(worker.ended, LIMIT_SECONDS):
                raise BenchmarkError(f"{contender.name} did not crawl {pages} pages in {LIMIT_SECONDS} s")
        asked = served.pages()
        meter = worker.meter()
    if len(asked) < pages:
        raise BenchmarkError(f"{contender.name} asked for {len(asked)} of {pages} pages:\n{worker.words()}")
    home = meter["pages"]
    return _Crawled(asked[pages - 1].at - asked[0].at, meter["round_trips"] / home, meter["blocking"] / home)


@contextmanager
def _distant(lab: Lab, wanted: float) -> Iterator[tuple[str, float]]:
    """Yield the URL of a proxy with the wanted round trip in seconds, as far as possible, and what it really takes."""
    there = urlsplit(lab.redis_url)
    arguments = ("tests.benchmarks.frontier.proxy", str(there.hostname), str(there.port), "--delay")
    delay = 0.0
    for _ in range(2):  # the way through the proxy takes some time as well, and waiting is never exact
        with helper(*arguments, str(delay)) as port:
            missing = wanted - _round_trip(f"redis://127.0.0.1:{port}/0")
        delay = max(0.0, delay + missing)
    with helper(*arguments, str(delay)) as port:
        url = f"redis://127.0.0.1:{port}/0"
        yield url, _round_trip(url)


def _round_trip(url: str) -> float:
    """Return the time of a PING in seconds: the median of many, in the quietest of some series."""
    series = []
    with Redis.from_url(url) as client:
        for _ in range(_SERIES):
            taken = []
            for _ in range(_TRIED):
                began = time.perf_counter()
                client.ping()
                taken.append(time.perf_counter() - began)
            series.append(statistics.median(taken))
    return min(series)
