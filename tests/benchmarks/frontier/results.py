"""The results as JSON: rows, date, machine and versions; no paths and no names of machines."""

import json
import os
import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tests.benchmarks.frontier.lab import Lab
from tests.benchmarks.frontier.rows import Measured, Row

_PACKAGES = ("scrapy", "scrapy-redis", "redis", "hiredis", "msgpack", "uvloop")


def machine(lab: Lab) -> Mapping[str, object]:
    """Return what the figures depend on."""
    cpuinfo = Path("/proc/cpuinfo").read_text()
    model = re.search(r"^model name\s*: (.+)$", cpuinfo, re.MULTILINE)
    memory = re.search(r"^MemTotal:\s+(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
    return {
        "cores": os.cpu_count(),
        "cpu": model[1] if model else platform.machine(),
        "memory_gb": round(int(memory[1]) / 2**20) if memory else None,
        "load": [round(load, 1) for load in os.getloadavg()],
        "server": lab.version(),
        "python": platform.python_version(),
        **{package: version(package) for package in _PACKAGES},
    }


def store(file: Path, rows: Sequence[Row], machine: Mapping[str, object], *, quick: bool) -> None:
    """Write the rows as they were measured."""
    result = {
        "date": datetime.now(UTC).date().isoformat(),
        "quick": quick,
        "machine": machine,
        "rows": [_plain(row) for row in rows],
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")


def _plain(row: Row) -> dict[str, object]:
    plain = asdict(row) | {"ours": _values(row.ours), "stock": _values(row.stock)}
    return {**plain, "better_by": None if row.ratio is None else round(row.ratio, 3)}


def _values(measured: Measured) -> dict[str, object]:
    return {
        "median": round(measured.median, 4),
        "values": [round(value, 4) for value in measured.values],
        "at_least": measured.at_least,
    }
