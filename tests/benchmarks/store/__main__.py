"""The command ``python -m tests.benchmarks.store``."""

import argparse
import signal
import sys
from pathlib import Path
from types import FrameType

import uvloop

from tests.benchmarks.store import reading, writing
from tests.benchmarks.store.lab import BenchmarkError, Lab, lab
from tests.benchmarks.store.results import machine, store
from tests.benchmarks.store.rows import Row, table
from tests.benchmarks.store.visits import LINKS_A_PAGE, Crawl
from tests.benchmarks.store.writing import Point

_BYTES_A_LINK = 1_000
"""On disk at the worst moment, the journal included."""
_DESCRIPTION = """\
Measure the link index on a mongod started here, with the cache that a crawl gives it, in a folder that vanishes:
new links a second while the data outgrows the cache, unchanged and changed re-visits, bytes on disk, the first 100
backlinks of a site, a year's daily series. Everything stays on loopback. 5 million links take about 6 minutes on an
idle machine and 4 GB of disk.

A row is held when its promise is kept; the exit status is 1 when one is not.
"""


def main() -> int:
    """Run the command; returns its exit status."""
    options = _parser().parse_args()
    signal.signal(signal.SIGTERM, _interrupt)
    crawl = Crawl(max(1, options.links // LINKS_A_PAGE))
    try:
        with lab(bytes_needed=options.links * _BYTES_A_LINK, folder=options.folder) as place:
            facts = machine(place)
            rows, growth = uvloop.run(_measure(place, crawl))
    except BenchmarkError as error:
        print(f"bench-store: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("bench-store: interrupted; nothing was stored", file=sys.stderr)
        return 130
    print(table(rows))
    if options.json:
        store(options.json, rows, growth, facts)
    return 0 if all(row.held for row in rows) else 1


async def _measure(place: Lab, crawl: Crawl) -> tuple[list[Row], list[Point]]:
    _say(f"storing {crawl.pages * LINKS_A_PAGE:,} links (mongod with {place.cache_gb} GB of cache) ...")
    growth = await writing.grow(place, crawl)
    rows = list(writing.growth_rows(growth))
    _say("visiting again ...")
    rows += await writing.visit_again(place, crawl)
    _say("measuring the disk, reading ...")
    rows += reading.disk(place)
    rows += reading.first_backlinks(place, crawl)
    rows += await reading.series(place, crawl)
    return rows, growth


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m tests.benchmarks.store",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--links", type=int, default=5_000_000, metavar="N", help="default: 5,000,000")
    parser.add_argument(
        "--folder", type=Path, metavar="FOLDER", help="where to put the data; default: for temporary files"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep what was measured")
    return parser


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
