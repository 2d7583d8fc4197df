"""Requests a second to one host that wants half a second between them, by 1, 2 and 4 workers.

Every request is counted by the server (also those for robots.txt), in a window of 20 s
that begins when all workers are up and two requests were seen. The smallest gap between two of them is taken from the
same log.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise

from tests.benchmarks.frontier import names
from tests.benchmarks.frontier.contenders import BOTH, Contender
from tests.benchmarks.frontier.lab import BenchmarkError, Lab, wait_for, web
from tests.benchmarks.frontier.rows import Row, exact

FAMILY = "politeness"
DELAY = 0.5
LEAST, MOST = 1.8, 2.1
"""Requests a second: the window need not begin with a request, and some time passes between due and sent."""
UP_SECONDS = 60


@dataclass(frozen=True, slots=True)
class _Seen:
    rate: float
    gap: float


def rows(lab: Lab) -> Iterator[Row]:
    """Let each number of workers crawl."""
    seconds, numbers = (4.0, (2,)) if lab.quick else (20.0, (1, 2, 4))
    for workers in numbers:
        seen = {contender.name: _watch(lab, contender, workers, seconds) for contender in BOTH}
        ours, stock = seen.values()
        one = 1 / seconds if lab.quick else 0.0
        s = "s" * (workers > 1)
        yield Row(
            FAMILY,
            f"requests to one host, delay {DELAY}, {workers} worker{s}",
            "1/s",
            exact(ours.rate),
            exact(stock.rate),
            f"{LEAST:g} to {MOST:g}",
            LEAST - one <= ours.rate <= MOST + one,
        )
        yield Row(
            FAMILY,
            f"smallest gap, {workers} worker{s}",
            "s",
            exact(ours.gap),
            exact(stock.gap),
            f"{DELAY:g} - 5 ms",
            ours.gap >= DELAY - 0.005,
            more_is_better=True,
        )


def _watch(lab: Lab, contender: Contender, workers: int, seconds: float) -> _Seen:
    lab.fresh()
    host = names.host(0)
    start = names.url(host, 0, "http")
    contender.fill(lab, [names.url(host, n, "http") for n in range(51)])
    with ExitStack() as stack:
        served = stack.enter_context(web(lab, [host], pages=10_000, seeds=51))
        settings: Mapping[str, object] = {"NET_HOSTS_FILE": served.hosts_file, "FRONTIER_HOST_DELAY": DELAY}
        started = [stack.enter_context(contender.worker(lab, start, settings)) for _ in range(workers)]
        if not wait_for(lambda: all(worker.up() for worker in started) and len(served.requests()) > 1, UP_SECONDS):
            raise BenchmarkError(f"{contender.name}: {workers} workers are not up after {UP_SECONDS} s")
        began = time.monotonic()
        time.sleep(seconds)
        for worker in started:
            worker.kill()
        asked = [request.at for request in served.requests() if began <= request.at < began + seconds]
    return _Seen(len(asked) / seconds, min((b - a for a, b in pairwise(asked)), default=seconds))
