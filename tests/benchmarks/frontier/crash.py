"""Pages lost and asked for twice when one of two workers is killed (-9) in mid-crawl.

400 pages on 20 hosts, 0.05 s between two requests to a host, every page linked to from many. One worker is killed when
a third of the pages have been asked for; the other goes on to its end: ours ends by itself, stock is ended when its
queue is empty and it has asked for nothing for three seconds. Leases last three seconds here, so that the test ends
soon.

*Lost* are pages of which no visit came home to either worker: those that the killed one had in hand, and what only they
lead to. *Repeated* are requests for a page beyond the first.
"""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from tests.benchmarks.frontier import names
from tests.benchmarks.frontier.contenders import BOTH, STOCK, Contender, stock_parts
from tests.benchmarks.frontier.lab import BenchmarkError, Lab, Web, Worker, wait_for, web
from tests.benchmarks.frontier.rows import Row, of_runs
from tests.benchmarks.frontier.settings_ours import CONCURRENT_REQUESTS

FAMILY = "crash"
HOSTS = 20
DELAY = 0.05
LEASE_SECONDS = 3
QUIET_SECONDS = 3.0
LIMIT_SECONDS = 120


@dataclass(frozen=True, slots=True)
class _Crash:
    lost: int
    repeated: int


def rows(lab: Lab) -> Iterator[Row]:
    """Kill, let finish, count."""
    pages, repeats = (150, 1) if lab.quick else (400, 3)
    crashes = {contender.name: [_crash(lab, contender, pages) for _ in range(repeats)] for contender in BOTH}
    ours, stock = crashes.values()
    lost = of_runs(ours, lambda crash: crash.lost)
    repeated = of_runs(ours, lambda crash: crash.repeated)
    yield Row(
        FAMILY,
        f"pages of {pages} lost by kill -9 of one of two workers",
        "pages",
        lost,
        of_runs(stock, lambda crash: crash.lost),
        "none",
        max(lost.values) == 0,
    )
    yield Row(
        FAMILY,
        "pages asked for twice after it",
        "pages",
        repeated,
        of_runs(stock, lambda crash: crash.repeated),
        f"at most {CONCURRENT_REQUESTS}, the killed worker's leases",
        max(repeated.values) <= CONCURRENT_REQUESTS,
        note="the price of losing none: what the killed worker had in hand is asked for again",
    )


def _crash(lab: Lab, contender: Contender, pages: int) -> _Crash:
    lab.fresh()
    hosts = [names.host(n) for n in range(HOSTS)]
    expected = {names.url(hosts[n % HOSTS], n, "http") for n in range(pages)}
    starts = [names.url(hosts[n], n, "http") for n in range(HOSTS)]
    contender.fill(lab, starts)
    with web(lab, hosts, pages=pages, seeds=HOSTS) as served:
        settings = {
            "NET_HOSTS_FILE": served.hosts_file,
            "FRONTIER_HOST_DELAY": DELAY,
            "FRONTIER_LEASE_SECONDS": LEASE_SECONDS,
        }
        start = ",".join(starts)
        with contender.worker(lab, start, settings) as killed, contender.worker(lab, start, settings) as left:
            if not wait_for(lambda: killed.up() and left.up() and len(served.pages()) > pages / 3, LIMIT_SECONDS, 0.01):
                raise BenchmarkError(f"{contender.name}: two workers did not get to a third of {pages} pages")
            killed.kill()
            _await_end(lab, contender, left, served)
            left.kill()
        asked = Counter(f"http://{request.host}{request.path}" for request in served.pages())
        stored = {*killed.stored(), *left.stored()}
    return _Crash(len(expected - stored), sum(n - 1 for n in asked.values()))


def _await_end(lab: Lab, contender: Contender, worker: Worker, served: Web) -> None:
    def ended() -> bool:
        if contender is not STOCK:
            return worker.ended()
        _, queue, _ = stock_parts(lab.client)
        return not len(queue) and time.monotonic() - served.pages()[-1].at > QUIET_SECONDS

    if not wait_for(ended, LIMIT_SECONDS):
        raise BenchmarkError(f"{contender.name} did not end within {LIMIT_SECONDS} s after the crash")
