"""The command ``python -m tests.benchmarks.worker``."""

import argparse
import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType

from tests.benchmarks.worker import contenders
from tests.benchmarks.worker.contenders import Contender
from tests.benchmarks.worker.lab import PROJECT, BenchmarkError, Stores, Web, measured, served, stores
from tests.benchmarks.worker.results import TOLERANCE, Result, Run, moved, ratios, store, table
from tests.benchmarks.worker.web import EXTERNAL, LINKS, Size

RESULTS = Path(__file__).parents[1] / "results"
_DESCRIPTION = f"""\
Crawl one web with this worker and with others, in turn, and print one table. Everything stays on loopback.

The web: sites on loopback, pages of about 44 KB (median), {LINKS} links each of which {EXTERNAL} to other sites, gzip.
Each crawler follows the links of the sites and stores what it finds. This worker runs with its default settings and a
host delay of 0, on a Valkey and a mongod started here. CPU is that of the crawler's processes, start included.
The other crawlers are installed into .benchmarks/venv on first use. Slow ones crawl a smaller web.
"""


def main() -> int:
    """Run the command; returns its exit status."""
    options = _parser().parse_args()
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        results, notes = _quick(options) if options.quick else _full(options)
    except BenchmarkError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("bench: interrupted; nothing was stored", file=sys.stderr)
        return 130
    print(table(results, notes))
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
    parser.add_argument("--rounds", type=int, default=5, help="crawls of each crawler, in turn (%(default)s)")
    parser.add_argument("--slow-rounds", type=int, default=3, help="of each slow one (%(default)s)")
    parser.add_argument("--sites", type=int, default=50)
    parser.add_argument("--pages", type=int, default=200, help="of each site (%(default)s)")
    parser.add_argument("--slow-pages", type=int, default=20, help="of each site, for slow crawlers (%(default)s)")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--tls", action="store_true", help="over TLS; this worker alone verifies certificates")
    parser.add_argument("--workers", type=int, default=1, help="processes of this worker, of one crawl (%(default)s)")
    parser.add_argument("--only", action="append", metavar="NAME", help="crawlers whose name contains it; repeatable")
    parser.add_argument("--quick", action="store_true", help="three crawlers on a tenth of the web, compared with FILE")
    parser.add_argument("--baseline", type=Path, metavar="FILE", default=RESULTS / "worker-quick.json")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the figures")
    return parser


def _full(options: argparse.Namespace) -> tuple[list[Result], list[str]]:
    """Measure everybody, each round all of them."""
    everyone = [contenders.ours(options.workers), *contenders.peers()]
    chosen = [one for one in everyone if not options.only or any(part in one.name for part in options.only)]
    size = Size(options.sites, options.pages, options.seed)
    small = Size(options.sites, options.slow_pages, options.seed)
    with ExitStack() as stack:
        place = stack.enter_context(stores())
        webs = {False: stack.enter_context(served(size, tls=options.tls))}
        if any(one.slow for one in chosen):
            webs[True] = stack.enter_context(served(small, tls=options.tls))
        notes = [_server_note(webs[False])] if not options.tls else []
        rounds = {one.name: options.slow_rounds if one.slow else options.rounds for one in chosen}
        return _in_turn(chosen, webs, place, rounds, notes)


def _quick(options: argparse.Namespace) -> tuple[list[Result], list[str]]:
    """Measure ours, the loop and plain Scrapy on a tenth of the web."""
    loop, plain, *_ = contenders.peers()
    chosen = [contenders.ours(1), loop, plain]
    with stores() as place, served(Size(options.sites, max(options.pages // 10, 1), options.seed)) as web:
        rounds = {chosen[0].name: 3, loop.name: 3, plain.name: 1}
        return _in_turn(chosen, {False: web, True: web}, place, rounds, [])


def _in_turn(
    chosen: Sequence[Contender], webs: dict[bool, Web], place: Stores, rounds: dict[str, int], notes: list[str]
) -> tuple[list[Result], list[str]]:
    runs: dict[str, list[Run]] = {one.name: [] for one in chosen}
    out: set[str] = set()
    for turn in range(max(rounds.values())):
        for one in chosen:
            if turn >= rounds[one.name] or one.name in out:
                continue
            try:
                runs[one.name].append(_run(one, webs[one.slow], place))
            except BenchmarkError as error:
                if one is chosen[0]:
                    raise
                out.add(one.name)
                notes.append(f"{one.name} was not measured: {error}")
    return [Result(one.name, webs[one.slow].size.total, runs[one.name]) for one in chosen if runs[one.name]], notes


def _run(one: Contender, web: Web, place: Stores) -> Run:
    if web.scheme == "https" and not one.tls:
        raise BenchmarkError("it cannot be told to accept a certificate made at run time")
    place.empty()
    with TemporaryDirectory(prefix="bench-run-") as folder:
        output = Path(folder) / "output.jl"
        commands = one.commands(web, place, output)
        environment, log = contenders.variables(web, place), Path(folder) / "log.txt"
        where = PROJECT if one.in_project else Path(folder)
        used = measured(commands, web, place, where, environment, log)
        run = Run(used, one.stored(place, output))
    print(
        f"  {one.name}: {run.stored.pages:,} pages in {used.wall:.1f} s, {run.per_page(used.cpu):.2f} ms of CPU a page",
        file=sys.stderr,
        flush=True,
    )
    return run


def _server_note(web: Web) -> str:
    """Return what a load generator gets from the server, and what a page costs it."""
    before = web.server.cpu_times()
    command = [sys.executable, "-m", "tests.benchmarks.worker.load"]
    numbers = [str(web.port), str(web.size.sites), str(web.size.pages)]
    ended = subprocess.run([*command, *numbers], cwd=PROJECT, capture_output=True, text=True, check=True)
    got, after = json.loads(ended.stdout), web.server.cpu_times()
    cost = (after.user + after.system - before.user - before.system) / got["pages"] * 1e6
    return f"the server: {got['pages'] / got['seconds']:,.0f} pages/s to a load generator, {cost:.0f} µs of CPU a page"


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


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
