"""The command ``python -m tests.benchmarks.worker``."""

import argparse
import json
import signal
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from tests.benchmarks.markdown import number
from tests.benchmarks.worker import balance, contenders
from tests.benchmarks.worker.lab import BenchmarkError, stores
from tests.benchmarks.worker.results import TOLERANCE, Result, moved, ratios, store, table
from tests.benchmarks.worker.turns import Entry, in_turn
from tests.benchmarks.worker.web import EXTERNAL, LINKS, Size
from tests.benchmarks.worker.webs import load_note, magazine, many_hosts, real

RESULTS = Path(__file__).parents[1] / "results"
_DESCRIPTION = f"""\
Crawl one web with this worker and with others, in turn, and print one table. Everything stays on loopback.

The web (magazine): sites on loopback, pages of 44 KB (median) with {LINKS} links, {EXTERNAL} to other sites; gzip.
Each crawler follows the links of the sites and stores what it finds. This worker runs with its default settings and a
host delay of 0, on a Valkey and a mongod started here. CPU is that of the crawler's processes, start included.
The other crawlers are installed into .benchmarks/venv on first use. Slow ones crawl a smaller web.

Two more webs are for this worker alone, with its default settings beside CRAWL_PROFILE=broad. hosts: three pages of
2 KB on each of very many sites. real: saved pages of about a thousand sites, over TLS where they were.
"""


def main() -> int:
    """Run the command; returns its exit status."""
    options = _parser().parse_args()
    signal.signal(signal.SIGTERM, _interrupt)
    notes: list[str] = []
    try:
        results = (_quick if options.quick else _WEBS[options.web])(options, notes)
    except BenchmarkError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("bench: interrupted; nothing was stored", file=sys.stderr)
        return 130
    ours = [result for result in results if result.name.startswith("this worker")] if options.workers > 1 else []
    notes += balance.notes(ours)
    print(table(results, notes))
    if ours:
        print(f"\n{balance.table(ours)}")
    if options.json:
        store(options.json, results, {"web": vars_of(options), "notes": notes})
    return _compare(results, options) if options.quick and not options.json else 0


def vars_of(options: argparse.Namespace) -> dict[str, object]:
    """Return what the run was asked to do."""
    return {name: value for name, value in vars(options).items() if name not in {"json", "only", "baseline"}}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m tests.benchmarks.worker",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--web", choices=sorted(_WEBS), default="magazine", help="what is crawled (%(default)s)")
    parser.add_argument("--hosts", type=int, nargs="+", default=[1_000, 5_000, 10_000], help="of the web hosts")
    parser.add_argument("--rounds", type=int, default=5, help="crawls of each crawler, in turn (%(default)s)")
    parser.add_argument("--slow-rounds", type=int, default=3, help="of each slow one (%(default)s)")
    parser.add_argument("--sites", type=int, default=50)
    parser.add_argument("--pages", type=int, default=200, help="of each site (%(default)s)")
    parser.add_argument("--slow-pages", type=int, default=20, help="of each site, for slow crawlers (%(default)s)")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--tls", action="store_true", help="over TLS; this worker alone verifies certificates")
    parser.add_argument("--workers", type=int, default=1, help="measure also so many of this worker, of one crawl")
    parser.add_argument("--only", action="append", metavar="NAME", help="crawlers whose name contains it; repeatable")
    parser.add_argument("--quick", action="store_true", help="three crawlers on a tenth of the web, compared with FILE")
    parser.add_argument("--baseline", type=Path, metavar="FILE", default=RESULTS / "worker-quick.json")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the figures")
    return parser


def _magazine(options: argparse.Namespace, notes: list[str]) -> list[Result]:
    """Measure everybody on large pages of few sites."""
    workers = [contenders.ours(), *([contenders.ours(options.workers)] if options.workers > 1 else [])]
    everyone = [*workers, *contenders.peers()]
    chosen = [one for one in everyone if not options.only or any(part in one.name for part in options.only)]
    size = Size(options.sites, options.pages, options.seed)
    with ExitStack() as stack:
        place = stack.enter_context(stores())
        large = small = stack.enter_context(magazine(size, tls=options.tls))
        if any(one.slow for one in chosen):
            few = Size(options.sites, options.slow_pages, options.seed)
            small = stack.enter_context(magazine(few, tls=options.tls))
        if not options.tls:
            notes.append(load_note(large, size))
        entries = [
            Entry(one, small, options.slow_rounds) if one.slow else Entry(one, large, options.rounds) for one in chosen
        ]
        return in_turn(entries, place, notes)


def _quick(options: argparse.Namespace, notes: list[str]) -> list[Result]:
    """Measure ours, the loop and plain Scrapy on a tenth of the web."""
    loop, plain, *_ = contenders.peers()
    with stores() as place, magazine(Size(options.sites, max(options.pages // 10, 1), options.seed)) as web:
        rounds = ((contenders.ours(), 3), (loop, 3), (plain, 1))
        return in_turn([Entry(one, web, count) for one, count in rounds], place, notes)


def _hosts(options: argparse.Namespace, notes: list[str]) -> list[Result]:
    """Measure this worker on a few small pages of each of very many hosts, by default and as ``broad``."""
    everyone = contenders.ours(), contenders.ours(profile="broad")
    with ExitStack() as stack:
        place = stack.enter_context(stores())
        entries = []
        for hosts in options.hosts:
            web = stack.enter_context(many_hosts(hosts))
            entries += [Entry(one, web, options.rounds, f"{hosts:,} hosts") for one in everyone]
        results = in_turn(entries, place, notes)
    for which, one in enumerate(everyone):
        few, *_, many = results[which :: len(everyone)]
        each = (many.memory - few.memory) / (max(options.hosts) - min(options.hosts)) * 1_000
        notes.append(f"{one.name}: {number(each)} MB per 1,000 hosts more")
    return results


def _real(options: argparse.Namespace, notes: list[str]) -> list[Result]:
    """Measure this worker on saved pages of about a thousand sites, by default and as ``broad``."""
    with stores() as place, real() as web:
        everyone = contenders.ours(), contenders.ours(profile="broad")
        return in_turn([Entry(one, web, options.rounds) for one in everyone], place, notes)


def _compare(results: Sequence[Result], options: argparse.Namespace) -> int:
    if not options.baseline.exists():
        print(f"bench: {options.baseline.name} is not there to compare with", file=sys.stderr)
        return 2
    told, worse = moved(ratios(results), json.loads(options.baseline.read_text())["ratios"])
    print(f"\nAgainst {options.baseline.name}, tolerance {TOLERANCE:.0%}:")
    print("\n".join(f"- {line}" for line in told))
    incomplete = [result.name for result in results if not result.complete]
    for name in incomplete:
        print(f"- {name} did not find every page")
    return 1 if worse or incomplete else 0


_WEBS = {"magazine": _magazine, "hosts": _hosts, "real": _real}


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
