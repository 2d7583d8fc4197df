"""The results as JSON: rows, growth, date, machine and versions; no paths and no names of machines."""

import json
import os
import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tests.benchmarks.store.lab import Lab
from tests.benchmarks.store.rows import Row
from tests.benchmarks.store.writing import Point

_PACKAGES = ("pymongo", "zstandard", "uvloop")


def machine(lab: Lab) -> Mapping[str, object]:
    """Return what the figures depend on; ``load`` is that of the minutes before, of others included."""
    cpuinfo = Path("/proc/cpuinfo").read_text()
    model = re.search(r"^model name\s*: (.+)$", cpuinfo, re.MULTILINE)
    memory = re.search(r"^MemTotal:\s+(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
    return {
        "cores": os.cpu_count(),
        "cpu": model[1] if model else platform.machine(),
        "memory_gb": round(int(memory[1]) / 2**20) if memory else None,
        "cache_gb": lab.cache_gb,
        "load": [round(load, 1) for load in os.getloadavg()],
        "server": lab.version(),
        "python": platform.python_version(),
        **{package: version(package) for package in _PACKAGES},
    }


def store(file: Path, rows: Sequence[Row], growth: Sequence[Point], machine: Mapping[str, object]) -> None:
    """Write what was measured."""
    result = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine,
        "rows": [asdict(row) | {"value": round(row.value, 4)} for row in rows],
        "growth": [{name: round(value, 4) for name, value in asdict(point).items()} for point in growth],
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
