"""When nine small sites are served for the first time, beside one site with a million known URLs.

The million is known first, then one page of each small site, as in a crawl that finds them late. One worker, 16
requests at a time, 0.1 s between two requests to a host. The time counts from the first request of the worker. All URLs
have 74 characters, and the small sites' names stand before and after the large one's in the alphabet: stock takes
requests of one priority in the order of their pickled bytes, so either end alone would decide the result.
"""

import time
from collections.abc import Iterator
from itertools import chain

from tests.benchmarks.frontier import names
from tests.benchmarks.frontier.contenders import BOTH, Contender
from tests.benchmarks.frontier.lab import BenchmarkError, Lab, wait_for, web
from tests.benchmarks.frontier.rows import Measured, Row, better, exact

FAMILY = "fairness"
SMALL = 9
LARGE_SITE = names.host(SMALL // 2)
SMALL_SITES = [names.host(n) for n in range(SMALL + 1) if names.host(n) != LARGE_SITE]
DELAY = 0.1


def rows(lab: Lab) -> Iterator[Row]:
    """Fill, crawl, look at the server's log."""
    large, limit = (10_000, 3.0) if lab.quick else (1_000_000, 60.0)
    ours, stock = (_first_served(lab, contender, large, limit) for contender in BOTH)
    beside = f"beside {large:,} URLs of one site"
    yield better(
        FAMILY,
        f"{SMALL} small sites served within {limit:g} s, {beside}",
        "sites",
        exact(len(ours)),
        exact(len(stock)),
        more_is_better=True,
    )
    for what, which in (("fifth", SMALL // 2), ("last", SMALL - 1)):
        times = (_time_of(served, which, limit) for served in (ours, stock))
        yield better(FAMILY, f"until the {what} of them is first served, {beside}", "s", *times)


def _time_of(served: list[float], which: int, limit: float) -> Measured:
    return exact(served[which]) if which < len(served) else Measured((limit,), at_least=True)


def _first_served(lab: Lab, contender: Contender, large: int, limit: float) -> list[float]:
    """Return when each small site was served, in seconds, the earliest first; those in time only."""
    lab.fresh()
    known = (names.url(LARGE_SITE, n, "http") for n in range(large))
    late = (names.url(name, large + i, "http") for i, name in enumerate(SMALL_SITES))
    contender.fill(lab, chain(known, late))
    with web(lab, [LARGE_SITE, *SMALL_SITES], pages=0, links=False) as served:
        settings = {"NET_HOSTS_FILE": served.hosts_file, "FRONTIER_HOST_DELAY": DELAY}
        with contender.worker(lab, names.url(LARGE_SITE, 0, "http"), settings) as worker:
            if not wait_for(lambda: worker.up() and bool(served.pages()), 60):
                raise BenchmarkError(f"{contender.name} asked for nothing")
            began = served.pages()[0].at

            def first() -> dict[str, float]:
                return {request.host: request.at - began for request in reversed(served.pages())}

            wait_for(lambda: len(first()) > SMALL, began + limit - time.monotonic())
            worker.kill()
            times = [at for name, at in first().items() if name != LARGE_SITE]
    return sorted(at for at in times if at <= limit)
