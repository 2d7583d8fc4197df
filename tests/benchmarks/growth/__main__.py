"""The command ``python -m tests.benchmarks.growth``."""

import argparse
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tests.benchmarks.growth import results, seeding
from tests.benchmarks.growth.results import Grown, Row
from tests.benchmarks.worker import contenders
from tests.benchmarks.worker.lab import BenchmarkError, Stores, Web, stores
from tests.benchmarks.worker.turns import Entry, crawled
from tests.benchmarks.worker.web import Size
from tests.benchmarks.worker.webs import magazine

_DESCRIPTION = """\
Crawl the same web beside 10,000, 100,000 and a million known URLs, in turn, and print one table. Everything stays on
loopback, on a Valkey and a mongod started here.

The known URLs wait on hosts that were asked to rest, so none is fetched; the pages of the web and their links are
looked up among them, admitted beside them and leased beside them. Redis and MongoDB are empty before each crawl.
"""


def main() -> int:
    """Run the command; returns its exit status."""
    options = _parser().parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    rows = [Row(known) for known in sorted(options.known)]
    try:
        with stores() as place, magazine(Size(options.sites, options.pages)) as web:
            _measure(rows, place, _stopped(web), options)
    except BenchmarkError as error:
        print(f"bench-growth: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("bench-growth: interrupted; nothing was stored", file=sys.stderr)
        return 130
    notes = [f"{web.pages:,} pages each; the known URLs wait on {options.hosts:,} hosts"]
    print(results.table(rows, notes))
    if options.json:
        results.store(options.json, rows, {"web": {"pages": web.pages, "known_hosts": options.hosts}, "notes": notes})
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m tests.benchmarks.growth",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--rounds", type=int, default=3, help="crawls of each size, in turn (%(default)s)")
    parser.add_argument("--known", type=int, nargs="+", default=[10_000, 100_000, 1_000_000], metavar="URLS")
    parser.add_argument("--hosts", type=int, default=1_000, help="on which they wait (%(default)s)")
    parser.add_argument("--sites", type=int, default=20, help="of the web that is crawled (%(default)s)")
    parser.add_argument("--pages", type=int, default=100, help="of each of its sites (%(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the figures")
    return parser


def _stopped(web: Web) -> Web:
    """Return the web as one that is crawled only so far: a crawl with hosts that rest would wait for them."""
    settings = {"CLOSESPIDER_ITEMCOUNT": web.pages, "FRONTIER_MAX_HOST_WAIT": seeding.REST_SECONDS}
    return replace(web, settings={**web.settings, **settings})


def _measure(rows: Sequence[Row], place: Stores, web: Web, options: argparse.Namespace) -> None:
    for _ in range(options.rounds):
        for row in rows:
            place.empty()
            empty = place.redis_bytes()
            seeding.fill(place.redis_url, contenders.CRAWL_ID, row.known, options.hosts)
            before = place.redis_bytes()
            run = crawled(Entry(contenders.ours(), web, 1, f"{row.known:,} known"), place)
            row.crawls.append(Grown(run, empty, before, place.redis_bytes()))


if __name__ == "__main__":
    sys.exit(main())
