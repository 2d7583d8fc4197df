"""Crawls that take turns: each round all of them, so that what else happens on the machine meets all alike."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.worker.contenders import Contender, variables
from tests.benchmarks.worker.lab import PROJECT, BenchmarkError, Stores, Web, measured
from tests.benchmarks.worker.results import Result, Run


@dataclass(frozen=True, slots=True)
class Entry:
    """One crawler on one web, so many times."""

    contender: Contender
    web: Web
    rounds: int
    where: str = ""
    """What tells its row from others of the crawler."""

    @property
    def name(self) -> str:
        """Of its row."""
        return f"{self.contender.name}{', ' if self.where else ''}{self.where}"


def in_turn(entries: Sequence[Entry], place: Stores, notes: list[str]) -> list[Result]:
    """Run all of them; one that fails is left out of the table, and ``notes`` says why.

    :raises BenchmarkError: of the first one, without which there is nothing to compare with.
    """
    runs: dict[str, list[Run]] = {one.name: [] for one in entries}
    out: set[str] = set()
    for turn in range(max(one.rounds for one in entries)):
        for one in entries:
            if turn >= one.rounds or one.name in out:
                continue
            try:
                place.empty()
                runs[one.name].append(crawled(one, place))
            except BenchmarkError as error:
                if one is entries[0]:
                    raise
                out.add(one.name)
                notes.append(f"{one.name} was not measured: {error}")
    return [Result(one.name, one.web.pages, runs[one.name]) for one in entries if runs[one.name]]


def crawled(entry: Entry, place: Stores) -> Run:
    """Crawl once, in stores as they are.

    :raises BenchmarkError: it cannot be, or was not brought to its end.
    """
    one, web = entry.contender, entry.web
    if web.scheme == "https" and not one.tls:
        raise BenchmarkError("it cannot be told to accept a certificate made at run time")
    with TemporaryDirectory(prefix="bench-run-") as folder:
        output = Path(folder) / "output.jl"
        commands = one.commands(web, place, output)
        where = PROJECT if one.in_project else Path(folder)
        used = measured(commands, web, place, where, variables(web, place), Path(folder) / "log.txt")
        run = Run(used, one.stored(place, output))
    print(
        f"  {entry.name}: {run.stored.pages:,} pages in {used.wall:.1f} s, {run.per_page(used.cpu):.2f} ms of CPU each",
        file=sys.stderr,
        flush=True,
    )
    return run
