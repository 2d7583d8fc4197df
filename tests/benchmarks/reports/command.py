"""Running ``scrapy`` commands, and what that takes: with the start of a process, and without it."""

import argparse
import contextlib
import io
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from resource import struct_rusage
from tempfile import TemporaryFile

from scrapy.settings import Settings

from tests.benchmarks.store.lab import DATABASE, BenchmarkError, Lab

_PROJECT = Path(__file__).parents[3]
_HIGH_WATER = re.compile(r"^VmHWM:\s+(\d+) kB", re.MULTILINE)
_LOOK_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Spent:
    """What one run took."""

    wall: float
    client: float
    """CPU seconds of the command, all threads."""
    server: float
    """CPU seconds of mongod."""
    memory: float
    """MB, the most at any time."""


def process(lab: Lab, *arguments: str) -> Spent:
    """Run a command as people do.

    :raises BenchmarkError: it failed.
    """
    command = [sys.executable, "-m", "scrapy", *arguments, "-s", f"MONGODB_URI={lab.uri}", "--database", DATABASE]
    environment = {**os.environ, "SCRAPY_SETTINGS_MODULE": "settings.testing"}
    before, began = lab.server_cpu(), time.perf_counter()
    with TemporaryFile() as told:
        started = subprocess.Popen(command, cwd=_PROJECT, env=environment, stdout=told, stderr=subprocess.STDOUT)
        status, usage, memory = _ended(started.pid)
        started.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - began
        if started.returncode:
            told.seek(0)
            raise BenchmarkError(f"scrapy {' '.join(arguments)}: {told.read().decode(errors='replace')[-500:]}")
    return Spent(wall, usage.ru_utime + usage.ru_stime, lab.server_cpu() - before, memory / 1_024)


def _ended(pid: int) -> tuple[int, struct_rusage, int]:
    """Return a process's status, what it used, and the most kilobytes it held.

    The last from ``/proc``: the kernel's account of a process begins with what its parent held before ``exec``.
    """
    status_file, memory = Path(f"/proc/{pid}/status"), 0
    while True:
        if found := _HIGH_WATER.search(status_file.read_text()):
            memory = int(found[1])
        ended, status, usage = os.wait4(pid, os.WNOHANG)
        if ended:
            return status, usage, memory
        time.sleep(_LOOK_SECONDS)


def without_start(lab: Lab, name: str, *arguments: str) -> float:
    """Run a command in this process, where everything is imported; return the seconds.

    :raises BenchmarkError: it failed.
    """
    settings = Settings({"MONGODB_URI": lab.uri, "MONGODB_DATABASE": DATABASE})
    settings.setmodule("settings.testing", priority="default")
    command = import_module(f"backlink_crawler.commands.{name}").Command()
    command.settings = settings
    parser = argparse.ArgumentParser(conflict_handler="resolve")
    command.add_options(parser)
    opts, rest = parser.parse_known_args([*arguments, "--database", DATABASE])
    run: Callable[[Settings, Sequence[str], argparse.Namespace], int]
    run = import_module(f"backlink_crawler.jobs.{name}").run
    told = io.TextIOWrapper(io.BytesIO(), "utf-8")
    with contextlib.redirect_stdout(told):
        began = time.perf_counter()
        code = run(settings, rest, opts)
        wall = time.perf_counter() - began
    if code:
        raise BenchmarkError(f"scrapy {name} {' '.join(arguments)}: exit code {code}")
    return wall
