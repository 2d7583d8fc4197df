"""The rows: a summary, a gap and an export, each several times; medians count."""

import shutil
import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.benchmarks.reports.command import Spent, process, without_start
from tests.benchmarks.store.lab import Lab
from tests.benchmarks.store.rows import Row, at_least, at_most
from tests.benchmarks.store.visits import Crawl

SECONDS = 2.0
LINKS_A_SECOND = 100_000
MEMORY_MB = 500
_BACKLINKS = 100_000
"""Of the site that is summed up, where there are 5 million links; of fewer, as many fewer."""
_WHOLE = 5_000_000
_RANKS = range(200)
"""Among these the biggest sites are."""


def sites(lab: Lab, crawl: Crawl) -> list[tuple[str, int]]:
    """Return the four sites whose backlinks are nearest to 100,000, with their number, the nearest first."""
    links = lab.database["links"]
    wanted = _BACKLINKS * links.estimated_document_count() / _WHOLE
    counted = [
        (site, links.count_documents({"target_site": site, "source_site": {"$ne": site}}, hint="backlinks"))
        for site in dict.fromkeys(crawl.target_site(rank) for rank in _RANKS)
    ]
    return sorted(counted, key=lambda one: abs(one[1] - wanted))[:4]


def reports(lab: Lab, found: Sequence[tuple[str, int]], rounds: int) -> Iterator[Row]:
    """Yield what the summary of the first site takes, and its gap to the others."""
    (site, backlinks), *others = found
    yield from _report(lab, f"summary of {backlinks:,} backlinks", [site], rounds)
    versus = ",".join(name for name, _ in others)
    of = " + ".join(f"{number:,}" for _, number in found)
    asked = [site, "--view", "gap", "--versus", versus, "--min", "2", "--limit", "100"]
    yield from _report(lab, f"gap of 4 sites ({of})", asked, rounds)


def _report(lab: Lab, what: str, asked: Sequence[str], rounds: int) -> Iterator[Row]:
    runs = [process(lab, "report", *asked) for _ in range(rounds)]
    inside = [without_start(lab, "report", *asked) for _ in range(rounds + 1)][1:]
    slowest = f"the slowest {max(run.wall for run in runs):.2f} s"
    yield at_most("reports", what, _median(runs, "wall"), "s", SECONDS, slowest)
    yield at_most("reports", f"{what}, without the start", statistics.median(inside), "s", SECONDS)
    yield Row("reports", f"{what}, CPU of client", _median(runs, "client"), "s")
    yield Row("reports", f"{what}, CPU of mongod", _median(runs, "server"), "s")
    yield at_most("reports", f"{what}, peak memory", max(run.memory for run in runs), "MB", MEMORY_MB)


def export(lab: Lab, folder: Path, rounds: int) -> Iterator[Row]:
    """Yield what an export of all links to Parquet takes."""
    links = lab.database["links"].estimated_document_count()
    runs, written = [], 0
    for _ in range(rounds):
        try:
            runs.append(process(lab, "export", "links", "--out", str(folder)))
            written = sum(path.stat().st_size for path in folder.rglob("*.parquet"))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    what = f"export of {links:,} links to Parquet"
    slowest = f"the slowest {min(links / run.wall for run in runs):,.0f} links/s"
    yield at_least("export", what, links / _median(runs, "wall"), "links/s", LINKS_A_SECOND, slowest)
    for who, name in (("client", "client"), ("mongod", "server")):
        yield Row("export", f"{what}, CPU of {who}", 1e6 * _median(runs, name) / links, "µs a link")
    yield at_most("export", f"{what}, peak memory", max(run.memory for run in runs), "MB", MEMORY_MB)
    yield Row("export", f"{what}, on disk", written / links, "bytes a link")


def _median(runs: Sequence[Spent], name: str) -> float:
    return float(statistics.median(getattr(run, name) for run in runs))
