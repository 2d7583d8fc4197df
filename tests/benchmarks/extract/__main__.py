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
from tests.benchmarks.markdown import number, table

_ROUNDS = 9
_REAL_ROUNDS = 5
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
    print(_printed(rows, len(body), pages))
    if options.json:
        options.json.write_text(
            json.dumps({"page_bytes": len(body), "real_pages": len(pages), "rows": rows}, indent=1) + "\n"
        )
    return 0


def _row(name: str, gives: str, read: Reader, body: bytes) -> Row:
    links = read(body, URL)
    times = _rounds(lambda: read(body, URL))
    middle = statistics.median(times)
    return {
        "candidate": name,
        "gives": gives,
        "links": links,
        "ms": middle,
        "least_ms": min(times),
        "mb_per_s": len(body) / middle / 1_000,
    }


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
    """Return milliseconds a page, 100 KB and 100 links: each page once a round, so no page is warm."""
    if not pages:
        return {}
    figures = []
    links = 0
    for _ in range(_REAL_ROUNDS):
        gc.collect()
        began = time.process_time()
        links = sum(read(page.body, page.url) for page in pages)
        figures.append((time.process_time() - began) * 1_000)
    middle = statistics.median(figures)
    return {
        "real_ms_a_page": middle / len(pages),
        "real_ms_per_100_kb": middle / (sum(len(page.body) for page in pages) / 1e5),
        "real_ms_per_100_links": middle / max(links / 100, 1),
        "real_links": links,
    }


def _printed(rows: Sequence[Row], size: int, pages: Sequence[RealPage]) -> str:
    header = ["", "ms", "MB/s", "links"]
    if pages:
        header += ["real pages: ms a page", "per 100 KB", "per 100 links", "links"]
    body = []
    for row in rows:
        cells = [row["candidate"], number(row["ms"]), number(row["mb_per_s"]), f"{row['links']:,}"]
        if pages:
            cells += [number(row[f"real_ms_{name}"]) for name in ("a_page", "per_100_kb", "per_100_links")]
            cells.append(f"{row['real_links']:,}")
        body.append([*cells, row["gives"]])
    notes = [
        f"CPU time of all threads. One page of {size:,} bytes, medians of {_ROUNDS} rounds"
        + (f"; {len(pages)} real pages, medians of {_REAL_ROUNDS}" if pages else ""),
    ]
    return table([*header, "gives"], body, notes)


if __name__ == "__main__":
    sys.exit(main())
