"""Where the machine's time went: how many cores each process kept busy, and how many were left."""

import os
import statistics
from collections.abc import Callable, Sequence

from tests.benchmarks import markdown
from tests.benchmarks.markdown import number
from tests.benchmarks.worker.results import Result, Run


def table(results: Sequence[Result]) -> str:
    """Return a Markdown table: a row for each process, a column for each result."""
    processes = max(len(run.used.cpu_of_each) for result in results for run in result.runs)
    rows = [(f"worker process {n + 1}", _worker(n)) for n in range(processes)]
    rows += [
        ("Valkey", lambda run: run.used.redis_cpu / run.used.wall),
        ("mongod", lambda run: run.used.mongodb_cpu / run.used.wall),
        ("server of the web", lambda run: run.used.server_cpu / run.used.wall),
        (f"left free of {cores()}, or in use by others", _free),
    ]
    body = [(name, *(number(_median(result, value)) for result in results)) for name, value in rows]
    return markdown.table(("cores in use", *(result.name for result in results)), body, [])


def notes(results: Sequence[Result]) -> list[str]:
    """Return a line for each result after the first: how much faster and how much dearer it is, and what was free."""
    return [
        f"{other.name}: {number(other.speed / first.speed)} times the pages/s of {first.name}, "
        f"{number(other.cpu / first.cpu)} times the CPU a page; {number(_median(first, _free))} of {cores()} cores "
        f"were left free or in use by others beside the one, {number(_median(other, _free))} beside the other"
        for first in results[:1]
        for other in results[1:]
    ]


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0))


def _worker(place: int) -> Callable[[Run], float]:
    def busy(run: Run) -> float:
        return sum(run.used.cpu_of_each[place : place + 1]) / run.used.wall

    return busy


def _free(run: Run) -> float:
    used = run.used
    return cores() - (used.cpu + used.redis_cpu + used.mongodb_cpu + used.server_cpu) / used.wall


def _median(result: Result, value: Callable[[Run], float]) -> float:
    return statistics.median(map(value, result.runs))
