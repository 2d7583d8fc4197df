"""The command ``python -m tests.benchmarks.frontier``."""

import argparse
import signal
import sys
from pathlib import Path
from types import FrameType

from tests.benchmarks.frontier import capacity, crash, crawl, fairness, memory, politeness
from tests.benchmarks.frontier.lab import BenchmarkError, Lab, lab
from tests.benchmarks.frontier.results import machine, store
from tests.benchmarks.frontier.rows import Row, table

FAMILIES = {module.FAMILY: module.rows for module in (memory, crawl, politeness, fairness, crash, capacity)}
RESULTS = Path(__file__).parents[1] / "results" / "frontier.json"

_DESCRIPTION = """\
Measure the shared frontier beside stock scrapy-redis: the same Valkey (started here, in a folder that vanishes), the
same spider, the same settings, one table of Markdown. Everything stays on loopback. Takes about 20 minutes.

  memory      bytes of Redis per seen and per queued URL and per known host
  crawl       round trips and blocking calls per page; time of a crawl with Redis near and far
  politeness  requests a second to one host by 1, 2 and 4 workers
  fairness    when small sites are served beside a site with a million known URLs
  crash       pages lost and repeated when one of two workers is killed
  capacity    claim and finish: CPU of Redis and of the client, and the pages a second that one Redis carries

A row is held when its promise is kept; the exit status is 1 when one is not.
"""


def main() -> int:
    """Run the command; returns its exit status."""
    options = _parser().parse_args()
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with lab(quick=options.quick) as place:
            rows = _measure(place, options.only or list(FAMILIES))
            facts = machine(place)
    except BenchmarkError as error:
        print(f"bench-frontier: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("bench-frontier: interrupted; nothing was stored", file=sys.stderr)
        return 130
    print(table(rows))
    if options.json:
        store(options.json, rows, facts, quick=options.quick)
    return 0 if all(row.held for row in rows) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m tests.benchmarks.frontier",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--only", action="append", choices=list(FAMILIES), metavar="NAME", help="one family of rows; may be repeated"
    )
    parser.add_argument("--quick", action="store_true", help="small sizes, no repeats, a minute: whether it works")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help=f"keep the rows; the published ones are in results/{RESULTS.name}"
    )
    return parser


def _measure(place: Lab, wanted: list[str]) -> list[Row]:
    rows = []
    for name in wanted:
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        for row in FAMILIES[name](place):
            rows.append(row)
            print("  " + " | ".join(row.cells()), file=sys.stderr, flush=True)
    return rows


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
