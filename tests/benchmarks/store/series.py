"""How fast the past and the views of a site with many backlinks are read."""

import argparse
import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from backlink_crawler import services
from backlink_crawler.store import Store, history
from tests.benchmarks.store.index import END, TARGET, Document, Size, populate

_DATABASE = "series"
_YEAR = timedelta(days=365)

Question = Callable[[AsyncDatabase[Document]], Awaitable[Any]]


async def _links_at(database: AsyncDatabase[Document]) -> int:
    return len([link["_id"] async for link in history.links_at(database, TARGET, END - _YEAR / 2)])


QUESTIONS: Mapping[str, Question] = {
    "daily series of a year": lambda d: history.daily_series(d, TARGET, (END - _YEAR).date(), END.date()),
    "sites gained and lost in a year": lambda d: history.site_changes(d, TARGET, END - _YEAR, END),
    "links as they were half a year ago": _links_at,
    "view backlinks, first 100": lambda d: d["backlinks"].find({"target_site": TARGET}).limit(100).to_list(),
    "view referring_domains, whole": lambda d: d["referring_domains"].find({"target_site": TARGET}).to_list(),
}


async def measure(uri: str, database: str, repeats: int) -> None:
    """Ask every question ``repeats`` times and print medians."""
    print("| question | median | worst | CPU of the client |\n|---|---|---|---|")
    async with Store(uri, database) as store:
        for name, ask in QUESTIONS.items():
            await ask(store.database)
            walls, cpus = [], []
            for _ in range(repeats):
                wall, cpu = time.perf_counter(), time.process_time()
                await ask(store.database)
                walls.append(time.perf_counter() - wall)
                cpus.append(time.process_time() - cpu)
            median, cpu = statistics.median(walls), statistics.median(cpus)
            print(f"| {name} | {median:.3f} s | {max(walls):.3f} s | {cpu:.3f} s |", flush=True)


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser("python -m tests.benchmarks.store.series", description=__doc__)
    parser.add_argument("--links", type=int, default=5_000_000, metavar="N", help="in the whole index")
    parser.add_argument("--backlinks", type=int, default=100_000, metavar="N", help="of them to the site asked about")
    parser.add_argument("--events", type=int, default=100_000, metavar="N", help="of these, in two years")
    parser.add_argument("--cache-gb", type=float, default=2.0, metavar="GB", help="of mongod")
    parser.add_argument("--repeats", type=int, default=5, metavar="N")
    options = parser.parse_args()
    with TemporaryDirectory(prefix="backlink-series-") as name:
        try:
            place = services.start(Path(name), ["MONGODB_URI"], mongod_cache_gb=options.cache_gb)
            populate(place["MONGODB_URI"], _DATABASE, Size(options.links, options.backlinks, options.events))
            asyncio.run(measure(place["MONGODB_URI"], _DATABASE, options.repeats))
        finally:
            services.stop(Path(name))


if __name__ == "__main__":
    main()
