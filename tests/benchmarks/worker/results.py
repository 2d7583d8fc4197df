"""The figures: runs of a contender, their medians, the table, the JSON that is kept, and what has moved since."""

import json
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks import markdown
from tests.benchmarks.markdown import number
from tests.benchmarks.worker.contenders import Stored
from tests.benchmarks.worker.lab import Used, machine

HEADER = (
    "crawler",
    "pages x rounds",
    "pages/s",
    "CPU ms/page",
    "spread",
    "Redis ms/page",
    "MongoDB ms/page",
    "server ms/page",
    "memory MB",
    "sockets",
    "links stored",
    "anchor",
    "rel",
    "region",
)
TOLERANCE = 0.15
"""Share by which a ratio may grow before ``bench-quick`` fails."""
_SMALL = 0.03
"""Ratios to the loop below this are the noise of the clock, a few hundredths of a millisecond."""


@dataclass(frozen=True, slots=True)
class Run:
    """One crawl of the web by one contender."""

    used: Used
    stored: Stored

    def per_page(self, seconds: float) -> float:
        """Return milliseconds a page."""
        return seconds / max(self.stored.pages, 1) * 1_000


@dataclass(frozen=True, slots=True)
class Result:
    """All runs of one contender, on a web of ``pages``."""

    name: str
    pages: int
    runs: Sequence[Run]

    @property
    def complete(self) -> bool:
        """Whether every run found every page."""
        return all(run.stored.pages == self.pages for run in self.runs)

    def median(self, value: Callable[[Run], float]) -> float:
        """Return the median over the runs."""
        return statistics.median(map(value, self.runs))

    @property
    def cpu(self) -> float:
        """CPU of the crawler, milliseconds a page."""
        return self.median(lambda run: run.per_page(run.used.cpu))

    @property
    def redis(self) -> float:
        """CPU of Valkey, milliseconds a page."""
        return self.median(lambda run: run.per_page(run.used.redis_cpu))

    @property
    def mongodb(self) -> float:
        """CPU of mongod, milliseconds a page."""
        return self.median(lambda run: run.per_page(run.used.mongodb_cpu))

    @property
    def server(self) -> float:
        """CPU of the server of the web, milliseconds a page."""
        return self.median(lambda run: run.per_page(run.used.server_cpu))

    @property
    def speed(self) -> float:
        """Pages a second, from the start of the processes to the end of the last one."""
        return self.median(lambda run: run.stored.pages / run.used.wall)

    @property
    def memory(self) -> float:
        """Peak resident memory of the process tree, MB."""
        return self.median(lambda run: run.used.memory)

    def cells(self) -> tuple[str, ...]:
        """Return what stands under ``HEADER``."""
        costs = [run.per_page(run.used.cpu) for run in self.runs]
        stored = self.runs[-1].stored
        return (
            self.name,
            f"{self.pages:,} x {len(self.runs)}" + ("" if self.complete else f" ({stored.pages:,} found)"),
            number(self.speed),
            number(self.cpu),
            f"{number(min(costs))}-{number(max(costs))}",
            number(self.redis),
            number(self.mongodb),
            number(self.server),
            number(self.memory),
            number(self.median(lambda run: run.used.sockets)),
            *(f"{count:,}" for count in stored[1:]),
        )


def table(results: Sequence[Result], notes: Sequence[str]) -> str:
    """Return a Markdown table with the notes below it."""
    return markdown.table(HEADER, [result.cells() for result in results], notes)


def store(file: Path, results: Sequence[Result], facts: Mapping[str, object]) -> None:
    """Write every run as it was measured."""
    kept = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine(),
        **facts,
        "ratios": dict(ratios(results)),
        "results": [
            {
                "name": result.name,
                "pages": result.pages,
                "complete": result.complete,
                "runs": [_rounded(asdict(run.used)) | {"stored": run.stored._asdict()} for run in result.runs],
            }
            for result in results
        ],
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")


def _rounded(figures: Mapping[str, float | tuple[float, ...]]) -> dict[str, object]:
    return {
        name: [round(one, 4) for one in value] if isinstance(value, tuple) else round(value, 4)
        for name, value in figures.items()
    }


def ratios(results: Sequence[Result]) -> Mapping[str, float]:
    """Return what should not depend on the machine: the first contender's costs over those of the others."""
    ours, *others = results
    told = {f"worker CPU / {other.name}": ours.cpu / other.cpu for other in others}
    if others:
        first = others[0]
        told[f"Redis CPU / {first.name}"] = ours.redis / first.cpu
        told[f"MongoDB CPU / {first.name}"] = ours.mongodb / first.cpu
    return {name: round(value, 4) for name, value in told.items()}


def moved(now: Mapping[str, float], kept: Mapping[str, float], tolerance: float = TOLERANCE) -> tuple[list[str], bool]:
    """Return a line for each ratio, and whether one has grown beyond the tolerance."""
    told, worse = [], False
    for name, value in now.items():
        if name not in kept:
            told.append(f"{name}: {number(value)} (not kept before)")
            continue
        change = value / kept[name] - 1 if kept[name] else 0.0
        grown = change > tolerance and value - kept[name] > _SMALL
        verdict = "WORSE" if grown else "better" if change < -tolerance else "as kept"
        told.append(f"{name}: {number(value)}, kept {number(kept[name])}, {change:+.0%}: {verdict}")
        worse = worse or grown
    return told, worse
