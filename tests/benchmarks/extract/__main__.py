"""The command ``python -m tests.benchmarks.extract``."""

import argparse
import gc
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks.extract.candidates import CANDIDATES, Reader
from tests.benchmarks.extract.page import URL, benchmark_page
from tests.benchmarks.extract.real_pages import ABSENT, RealPage, present, real_pages

_ROUNDS = 9
_SECONDS = 0.15
"""CPU time of one round on the benchmark's page."""

Row = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    parser = argparse.ArgumentParser(
        "python -m tests.benchmarks.extract",
        description="CPU milliseconds a page of several ways to read its links: medians, on one page and on real ones.",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows as JSON as well")
    parser.add_argument(
        "--every", type=int, default=12, metavar="N", help="of the real pages, every n-th (%(default)s)"
    )
    options = parser.parse_args(arguments)
    body = benchmark_page()
    rows = [_row(name, candidate.gives, candidate.read, body) for name, candidate in CANDIDATES.items()]
    pages = list(real_pages(options.every)) if present() else []
    if not pages:
        print(ABSENT, file=sys.stderr)
    for row in rows:
        row |= _on_real_pages(CANDIDATES[row["candidate"]].read, pages)
    _print(rows, len(body), pages)
    if options.json:
        options.json.write_text(
            json.dumps({"page_bytes": len(body), "real_pages": len(pages), "rows": rows}, indent=1) + "\n"
        )
    return 0


def _row(name: str, gives: str, read: Reader, body: bytes) -> Row:
    links = read(body, URL)
    times = _rounds(lambda: read(body, URL))
    return {"candidate": name, "gives": gives, "links": links, "ms": statistics.median(times), "least_ms": min(times)}


def _rounds(work: Callable[[], object]) -> list[float]:
    """Return milliseconds of CPU a call, one figure a round."""
    work()
    began = time.process_time()
    work()
    calls = max(3, int(_SECONDS / max(time.process_time() - began, 1e-6)))
    figures = []
    for _ in range(_ROUNDS):
        gc.collect()
        began = time.process_time()
        for _ in range(calls):
            work()
        figures.append((time.process_time() - began) / calls * 1_000)
    return figures


def _on_real_pages(read: Reader, pages: Sequence[RealPage]) -> Row:
    """Return milliseconds a page and a megabyte: each page once a round, so no page is warm."""
    if not pages:
        return {}
    figures = []
    links = 0
    for _ in range(5):
        gc.collect()
        began = time.process_time()
        links = sum(read(page.body, page.url) for page in pages)
        figures.append((time.process_time() - began) * 1_000)
    megabytes = sum(len(page.body) for page in pages) / 1e6
    middle = statistics.median(figures)
    return {"real_ms_a_page": middle / len(pages), "real_ms_a_megabyte": middle / megabytes, "real_links": links}


def _print(rows: Sequence[Row], size: int, pages: Sequence[RealPage]) -> None:
    print(f"One page of {size:,} bytes, and {len(pages)} real ones; CPU ms, medians of {_ROUNDS} and 5 rounds\n")
    print(f"{'':24}{'ms':>8}{'least':>8}{'links':>7}{'real: ms a page':>17}{'a MB':>8}{'links':>8}  gives")
    for row in rows:
        real = (
            f"{row['real_ms_a_page']:>17.2f}{row['real_ms_a_megabyte']:>8.1f}{row['real_links']:>8,}"
            if pages
            else f"{'':33}"
        )
        print(f"{row['candidate']:24}{row['ms']:>8.3f}{row['least_ms']:>8.3f}{row['links']:>7}{real}  {row['gives']}")


if __name__ == "__main__":
    sys.exit(main())
