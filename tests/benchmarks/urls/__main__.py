"""The command ``python -m tests.benchmarks.urls``."""

import argparse
import json
import lzma
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from tests.benchmarks.urls.ways import OURS, Way, ways
from tests.real_data import DATA, VARIABLE

LINKS = DATA / "labels" / "wcxb_dev.jsonl.xz"
BOUND = 3.0
"""Microseconds a reference may cost."""
_DESCRIPTION = """\
Measure the CPU time that identities of URLs cost, on the references of real pages with their page's address as base,
beside other ways. The ways take turns in each round; printed is the median of the rounds with the least and the most.
"""


class PageLinks(NamedTuple):
    """The references of one page as written, in document order."""

    url: str
    hrefs: list[str]


class Figures(NamedTuple):
    """What was found of one way."""

    microseconds: Sequence[float]
    """A reference; one number per round."""
    distinct: int
    """Different addresses over all pages; other ways than ours count ``mailto:`` and the like."""
    unstable: int
    """Of these, how many become another address when they go the same way again."""


def main() -> int:
    """Run the command; returns its exit status, 1 where the bound is not kept."""
    options = _parser().parse_args()
    if not LINKS.exists():
        print(f"bench-urls: no {LINKS}: set {VARIABLE}", file=sys.stderr)
        return 2
    pages = read(LINKS)
    figures = measure(ways(), pages, options.rounds)
    print(f"{sum(len(page.hrefs) for page in pages):,} references on {len(pages):,} pages, {options.rounds} rounds\n")
    print(table(figures))
    return 0 if median(figures[OURS].microseconds) <= BOUND else 1


def read(file: Path) -> list[PageLinks]:
    """Return the pages whose address is known."""
    with lzma.open(file, "rt", encoding="utf-8") as lines:
        entries = [entry for entry in map(json.loads, lines) if entry.get("url")]
    return [PageLinks(entry["url"], [link[1] for link in entry["links"]]) for entry in entries]


def measure(ways: Mapping[str, Way], pages: Sequence[PageLinks], rounds: int) -> dict[str, Figures]:
    """Return the figures of each way."""
    references = sum(len(page.hrefs) for page in pages)
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            began = time.process_time()
            for url, hrefs in pages:
                way(url, hrefs)
            times[name].append((time.process_time() - began) / references * 1e6)
    return {name: Figures(times[name], *_quality(way, pages)) for name, way in ways.items()}


def _quality(way: Way, pages: Sequence[PageLinks]) -> tuple[int, int]:
    found = {address for url, hrefs in pages for address in way(url, hrefs) if address is not None}
    unstable = sum(way(address, [address]) != [address] for address in found)
    return len(found), unstable


def table(figures: Mapping[str, Figures]) -> str:
    """Return a Markdown table; times are relative to ours of the same rounds."""
    ours = figures[OURS].microseconds
    lines = [
        "| way | µs a reference | least to most | times ours | distinct | not stable |",
        "|---|---|---|---|---|---|",
    ]
    for name, (times, distinct, unstable) in figures.items():
        ratio = median(mine / our for mine, our in zip(times, ours, strict=True))
        spread = f"{min(times):.2f} to {max(times):.2f}"
        lines.append(f"| {name} | {median(times):.2f} | {spread} | {ratio:.2f} | {distinct:,} | {unstable:,} |")
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.urls", description=_DESCRIPTION)
    parser.add_argument("--rounds", type=int, default=5, help="at least 5 for a figure to be quoted (5)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
