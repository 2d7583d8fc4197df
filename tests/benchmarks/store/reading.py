"""What the index takes on disk, and how fast it answers with all the links in it.

disk     after a checkpoint: documents and each index of links, events and pages, by their number
first    the first 100 backlinks with all fields, from ``links`` and from the view ``backlinks``: of 20 middling
         sites, each asked once, and of the site with the most links, asked 20 times
series   a year of days of the site with the most links
"""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

from backlink_crawler.store import Store
from backlink_crawler.store.history import daily_series
from tests.benchmarks.store.lab import DATABASE, Lab
from tests.benchmarks.store.rows import Row, at_most
from tests.benchmarks.store.visits import START, Crawl

FAMILY = "reading"
_ASKED = 20
_MIDDLING = range(140, 140 + _ASKED)
"""Places by number of links."""
_FIRST_MS = 20.0
_YEAR_SECONDS = 1.0
_YEAR = timedelta(days=364)


def disk(lab: Lab) -> Iterator[Row]:
    """Yield bytes per document."""
    lab.checkpoint()
    for collection, each in (("links", "link"), ("link_events", "event"), ("pages", "page")):
        number = lab.database[collection].estimated_document_count()
        if not number:
            continue
        documents, indexes = lab.sizes(collection)
        whole = (documents + sum(indexes.values())) / number
        yield Row("disk", f"{each}, whole", whole, f"bytes a{'n' * (each == 'event')} {each}")
        yield Row("disk", f"{each}, documents", documents / number, "bytes")
        for name, size in indexes.items():
            yield Row("disk", f"{each}, index {name}", size / number, "bytes")
    yield Row("disk", "data folder with its journal", lab.data_bytes() / 1e9, "GB")


def first_backlinks(lab: Lab, crawl: Crawl) -> Iterator[Row]:
    """Yield how long a reader waits for the first 100 backlinks."""
    sites = {f"{_ASKED} middling sites": [crawl.target_site(rank) for rank in _MIDDLING]}
    biggest = _biggest(lab, crawl)
    sites["the biggest site"] = [biggest] * _ASKED
    for name, asked in sites.items():
        links = statistics.median(lab.database["links"].count_documents({"target_site": site}) for site in set(asked))
        for source in ("links", "backlinks"):
            times = [_milliseconds(lambda site=site, source=source: _first(lab, source, site)) for site in asked]  # type: ignore[misc]
            what = f"first 100 of {links:,.0f} backlinks, {name}, from {source}"
            note = f"the slowest {max(times):.1f} ms"
            yield at_most(FAMILY, what, statistics.median(times), "ms", _FIRST_MS, note)


def _biggest(lab: Lab, crawl: Crawl) -> str:
    candidates = [crawl.target_site(rank) for rank in range(10)]
    return max(candidates, key=lambda site: lab.database["links"].count_documents({"target_site": site}))


def _first(lab: Lab, source: str, site: str) -> Sequence[object]:
    found = lab.database[source].find({"target_site": site, "source_site": {"$ne": site}}).limit(100).to_list()
    assert found
    return found


def _milliseconds(ask: Callable[[], object]) -> float:
    began = time.perf_counter()
    ask()
    return 1_000 * (time.perf_counter() - began)


async def series(lab: Lab, crawl: Crawl) -> list[Row]:
    """Return how long a year's days of the biggest site take."""
    site = _biggest(lab, crawl)
    async with Store(lab.uri, DATABASE, read_only=True) as store, store.answers():
        times = []
        for _ in range(5):
            began = time.perf_counter()
            days = await daily_series(store.database, site, START.date(), (START + _YEAR).date())
            times.append(time.perf_counter() - began)
    links = days[-1].total.live
    what = f"a year's days of a site with {links:,} links"
    return [at_most(FAMILY, what, statistics.median(times), "s", _YEAR_SECONDS, f"the slowest {max(times):.2f} s")]
