"""The command ``python -m tests.benchmarks.wire``."""

import argparse
import json
import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.markdown import number, table
from tests.benchmarks.wire.candidates import CANDIDATES

_SECONDS = 180


@dataclass(frozen=True, slots=True)
class Case:
    """What is fetched, and how."""

    name: str
    scheme: str = "http"
    encoding: str = "identity"
    engine: bool = False
    last: int = 0
    """Pages a connection; 0: as many as the client likes."""
    hosts: int = 1
    pages: int = 3_000
    concurrency: int = 16


CASES = (
    Case("alone, plain"),
    Case("alone, TLS", scheme="https"),
    Case("alone, 10 pages a connection", last=10),
    Case("alone, 1 page a connection", last=1, pages=1_500),
    Case("alone, TLS, 10 pages a connection", scheme="https", last=10, pages=1_500),
    Case("alone, TLS, 1 page a connection", scheme="https", last=1, pages=500),
    Case("engine, plain", engine=True),
    Case("engine, TLS", scheme="https", engine=True),
    Case("engine, gzip", encoding="gzip", engine=True),
    Case("engine, br", encoding="br", engine=True),
    Case("engine, zstd", encoding="zstd", engine=True),
    Case("engine, TLS, gzip, 10 pages a connection", "https", "gzip", engine=True, last=10, pages=1_500),
    Case("engine, 2,000 hosts, 2 pages each", engine=True, hosts=2_000, pages=4_000, concurrency=64),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    parser = argparse.ArgumentParser(
        "python -m tests.benchmarks.wire",
        description="CPU milliseconds a page of several download handlers: rounds interleaved, medians.",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows as JSON as well")
    parser.add_argument("--rounds", type=int, default=5, help="of each case (%(default)s)")
    parser.add_argument("--only", default="", metavar="TEXT", help="cases whose name contains it")
    options = parser.parse_args(arguments)
    rows: list[dict[str, Any]] = []
    for case in CASES:
        if options.only in case.name:
            rows.append(_row(case, options.rounds))
            if options.json:  # after each case: whoever has seen enough may stop
                options.json.write_text(json.dumps({"rounds": options.rounds, "rows": rows}, indent=1) + "\n")
    print(_printed(rows, options.rounds))
    return 0


def _row(case: Case, rounds: int) -> dict[str, Any]:
    told: dict[str, list[dict[str, float]]] = defaultdict(list)
    with _server(case) as (ports, used):
        for _ in range(rounds):
            for candidate in CANDIDATES:
                told[candidate].append(_job(candidate, case, ports[case.scheme]))
    print(_told(case.name, told), file=sys.stderr)
    served = sum(figures["pages"] for rounds_told in told.values() for figures in rounds_told)
    return {
        "case": case.name,
        "server_ms": 1_000 * used["cpu"] / served,
        "candidates": {candidate: _median(figures) for candidate, figures in told.items()},
    }


def _told(case: str, told: dict[str, list[dict[str, float]]]) -> str:
    return f"{case}: " + ", ".join(f"{name} {number(_median(rounds)['ms'])}" for name, rounds in told.items())


def _median(rounds: Sequence[dict[str, float]]) -> dict[str, Any]:
    def middle(values: Iterator[float]) -> float:
        return statistics.median(values)

    return {
        "ms": middle(1_000 * each["cpu"] / each["pages"] for each in rounds),
        "all_ms": [round(1_000 * each["cpu"] / each["pages"], 3) for each in rounds],
        "busy": middle(each["cpu"] / each["wall"] for each in rounds),
        "grown_kb": middle(each["grown_kb"] for each in rounds),
    }


def _job(candidate: str, case: Case, port: int) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.benchmarks.wire.job", candidate, "--port", str(port)]
    for name in ("scheme", "encoding", "hosts", "pages", "concurrency"):
        command += [f"--{name}", str(getattr(case, name))]
    if case.engine:
        command.append("--engine")
    done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=True)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    if figures["pages"] != case.pages:
        raise RuntimeError(f"{candidate}, {case.name}: {figures['pages']} of {case.pages} pages\n{done.stderr[-2000:]}")
    return figures


@contextmanager
def _server(case: Case) -> Iterator[tuple[dict[str, int], dict[str, float]]]:
    """Serve ``case``; yields the ports, and a record that holds the server's CPU seconds afterwards."""
    command = [sys.executable, "-m", "tests.benchmarks.wire.server"]
    command += ["--hosts", str(case.hosts), "--last", str(case.last)]
    used: dict[str, float] = {}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline()), used
            process.stdin.close()
            used |= json.loads(process.stdout.readline())
        finally:
            process.kill()


def _printed(rows: Sequence[dict[str, Any]], rounds: int) -> str:
    body = [
        [
            row["case"],
            *(
                f"{number(row['candidates'][candidate]['ms'])} ({number(min(row['candidates'][candidate]['all_ms']))})"
                for candidate in CANDIDATES
            ),
            number(row["server_ms"]),
        ]
        for row in rows
    ]
    notes = [f"CPU ms a page of the client, median of {rounds} interleaved rounds; in brackets the least of them."]
    notes += [
        f"{row['case']}: resident memory grew by "
        + ", ".join(f"{name} {number(told['grown_kb'] / 1024)} MB" for name, told in row["candidates"].items())
        for row in rows
        if "hosts" in row["case"]
    ]
    return table(["case", *CANDIDATES, "server"], body, notes)


if __name__ == "__main__":
    sys.exit(main())
