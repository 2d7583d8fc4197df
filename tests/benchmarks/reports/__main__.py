"""The command ``python -m tests.benchmarks.reports``."""

import argparse
import signal
import sys
from importlib.metadata import version
from pathlib import Path
from types import FrameType

import uvloop

from tests.benchmarks.reports import measured
from tests.benchmarks.store import writing
from tests.benchmarks.store.lab import BenchmarkError, Lab, lab
from tests.benchmarks.store.results import machine, store
from tests.benchmarks.store.rows import Row, table
from tests.benchmarks.store.visits import LINKS_A_PAGE, Crawl

_BYTES_A_LINK = 1_400
"""On disk at the worst moment, the journal and an export included."""
_PACKAGES = ("duckdb", "pyarrow", "pymongoarrow")
_DESCRIPTION = """\
Measure what people wait for, on a mongod started here with the cache that a crawl gives it, in a folder that vanishes:
the summary of the site whose backlinks are nearest to 100,000, as a process and without its start, the gap between four
such sites, and the export of all links to Parquet; with CPU of both sides and peak memory of the command. Commands run
one after another; medians count. Everything stays on loopback. 5 million links take about 15 minutes on an idle machine
and 4 GB of disk; of fewer links, sites have as many fewer backlinks.

A row is held when its promise is kept; the exit status is 1 when one is not.
"""


def main() -> int:
    """Run the command; returns its exit status."""
    options = _parser().parse_args()
    signal.signal(signal.SIGTERM, _interrupt)
    crawl = Crawl(max(1, options.links // LINKS_A_PAGE))
    try:
        with lab(bytes_needed=options.links * _BYTES_A_LINK, folder=options.folder) as place:
            facts = {**machine(place), **{name: version(name) for name in _PACKAGES}}
            _say(f"storing {crawl.pages * LINKS_A_PAGE:,} links (mongod with {place.cache_gb} GB of cache) ...")
            uvloop.run(writing.grow(place, crawl))
            place.checkpoint()
            rows = measure(place, crawl, options.rounds)
    except BenchmarkError as error:
        print(f"bench-reports: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("bench-reports: interrupted; nothing was stored", file=sys.stderr)
        return 130
    print(table(rows))
    if options.json:
        store(options.json, rows, (), facts)
    return 0 if all(row.held for row in rows) else 1


def measure(place: Lab, crawl: Crawl, rounds: int) -> list[Row]:
    """Return the rows, of a database that holds the links of ``crawl``."""
    found = measured.sites(place, crawl)
    _say("reporting ...")
    rows = list(measured.reports(place, found, rounds))
    _say("exporting ...")
    return rows + list(measured.export(place, place.folder / "exported", rounds))


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m tests.benchmarks.reports",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--links", type=int, default=5_000_000, metavar="N", help="default: 5,000,000")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="of each measurement (default: 5)")
    parser.add_argument(
        "--folder", type=Path, metavar="FOLDER", help="where to put the data; default: for temporary files"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep what was measured")
    return parser


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
