"""The figures of each size: medians, how the largest compares with the smallest, the JSON that is kept."""

import json
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks import markdown
from tests.benchmarks.markdown import number
from tests.benchmarks.worker.lab import machine
from tests.benchmarks.worker.results import Run

HEADER = (
    "URLs known before",
    "rounds",
    "pages/s",
    "CPU ms/page",
    "spread",
    "memory MB",
    "Redis ms/page",
    "MongoDB ms/page",
    "Redis MB before",
    "bytes a known URL",
    "Redis MB more after",
)


@dataclass(frozen=True, slots=True)
class Grown:
    """One crawl beside a frontier of some size; bytes are what Valkey holds for its data."""

    run: Run
    redis_empty: int
    redis_before: int
    redis_after: int


@dataclass(frozen=True, slots=True)
class Row:
    """All crawls beside so many known URLs."""

    known: int
    crawls: list[Grown] = field(default_factory=list)

    def median(self, value: Callable[[Grown], float]) -> float:
        """Return the median over the rounds."""
        return statistics.median(map(value, self.crawls))

    def cells(self) -> tuple[str, ...]:
        """Return what stands under ``HEADER``."""
        costs = [worker_cpu(crawl) for crawl in self.crawls]
        return (
            f"{self.known:,}",
            str(len(self.crawls)),
            number(self.median(speed)),
            number(statistics.median(costs)),
            f"{number(min(costs))}-{number(max(costs))}",
            *(number(self.median(value)) for value in (memory, redis_cpu, mongodb_cpu)),
            number(self.median(lambda crawl: crawl.redis_before / 1e6)),
            number(self.median(lambda crawl: (crawl.redis_before - crawl.redis_empty) / self.known)),
            number(self.median(lambda crawl: (crawl.redis_after - crawl.redis_before) / 1e6)),
        )


def speed(crawl: Grown) -> float:
    """Pages a second. Where sizes differ in it, the servers' own work between requests differs as well."""
    return crawl.run.stored.pages / crawl.run.used.wall


def worker_cpu(crawl: Grown) -> float:
    """CPU of the worker, milliseconds a page."""
    return crawl.run.per_page(crawl.run.used.cpu)


def memory(crawl: Grown) -> float:
    """Peak resident memory of the worker, MB."""
    return crawl.run.used.memory


def redis_cpu(crawl: Grown) -> float:
    """CPU of Valkey, milliseconds a page."""
    return crawl.run.per_page(crawl.run.used.redis_cpu)


def mongodb_cpu(crawl: Grown) -> float:
    """CPU of mongod, milliseconds a page."""
    return crawl.run.per_page(crawl.run.used.mongodb_cpu)


COMPARED: Mapping[str, Callable[[Grown], float]] = {
    "worker CPU": worker_cpu,
    "worker memory": memory,
    "Redis CPU": redis_cpu,
    "MongoDB CPU": mongodb_cpu,
}


def ratios(rows: Sequence[Row]) -> Mapping[str, float]:
    """Return what the largest size costs over what the smallest does: 1 is flat."""
    first, last = rows[0], rows[-1]
    return {name: round(last.median(value) / first.median(value), 3) for name, value in COMPARED.items()}


def table(rows: Sequence[Row], notes: Sequence[str]) -> str:
    """Return a Markdown table with the notes below it."""
    told = ", ".join(f"{name} {number(ratio)}" for name, ratio in ratios(rows).items())
    compared = f"{rows[-1].known:,} over {rows[0].known:,} known URLs, 1 is flat: {told}"
    return markdown.table(HEADER, [row.cells() for row in rows], [compared, *notes])


def store(file: Path, rows: Sequence[Row], facts: Mapping[str, object]) -> None:
    """Write every crawl as it was measured."""
    kept = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine(),
        **facts,
        "ratios": dict(ratios(rows)),
        "results": [{"known": row.known, "crawls": [asdict(crawl) for crawl in row.crawls]} for row in rows],
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
