"""Where it is measured: one Valkey and one mongod of the benchmark's own, a served web, and measured process trees."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
from pymongo import MongoClient
from redis import Redis

from backlink_crawler import services

PROJECT = Path(__file__).parents[3]
CACHE = PROJECT / ".benchmarks"
DATABASE = "bench"
LIMIT_SECONDS = 900
"""A crawler that takes longer on the web is not measured."""
_SAMPLE_SECONDS = 0.1


class BenchmarkError(Exception):
    """It cannot be measured; the message says why."""


@dataclass(frozen=True, slots=True)
class Web:
    """A served web, seen from outside."""

    pages: int
    """What a crawl finds."""
    starts: Sequence[str]
    """Where one starts, so that it finds all of it."""
    port: int
    files: Path
    server: psutil.Process
    given: Mapping[str, str] = field(default_factory=dict)
    """What the spider has to be told besides: argument → value."""
    settings: Mapping[str, object] = field(default_factory=dict)
    """And the worker: setting → value."""

    @property
    def scheme(self) -> str:
        """Of all pages; where a web has both, of the first."""
        return self.starts[0].partition(":")[0]

    @property
    def hosts_file(self) -> Path:
        """Where the names of the sites are really dialled."""
        return self.files / "hosts.json"

    @property
    def certificate(self) -> Path:
        """What the sites show over TLS; PEM."""
        return self.files / "certificate.pem"


@dataclass(frozen=True, slots=True)
class Used:
    """What one run took. CPU in seconds, memory in MB (resident, all processes of the tree at once)."""

    wall: float
    cpu_of_each: tuple[float, ...]
    """Of each process that was started, with its descendants."""
    redis_cpu: float
    mongodb_cpu: float
    server_cpu: float
    memory: float
    sockets: int
    """Most that the tree had open at once."""

    @property
    def cpu(self) -> float:
        """Of all processes."""
        return sum(self.cpu_of_each)


class Stores:
    """One Valkey and one mongod, emptied between runs."""

    def __init__(self, folder: Path) -> None:
        found = services.ensure(folder, redis_url=None, mongodb_uri=None)
        self.redis_url, self.mongodb_uri = found.redis_url, found.mongodb_uri
        pids = {one.name: one.pid for one in services.status(folder)}
        self._redis = Redis.from_url(self.redis_url)
        self._mongodb = psutil.Process(pids["mongodb"])

    def empty(self) -> None:
        """Drop what the last run wrote."""
        self._redis.flushall()
        with MongoClient[dict[str, object]](self.mongodb_uri) as mongo:
            mongo.drop_database(DATABASE)

    def redis_bytes(self) -> int:
        """Return what Valkey holds for its data, without the buffers of clients and of the log on disk."""
        memory = self._redis.info("memory")
        return int(memory["used_memory"] - memory["mem_clients_normal"] - memory["mem_aof_buffer"])

    def cpu(self) -> tuple[float, float]:
        """Return the CPU seconds that Valkey and mongod have used so far."""
        redis = self._redis.info("cpu")  # to the microsecond; the kernel's table knows hundredths of a second
        return float(redis["used_cpu_user"] + redis["used_cpu_sys"]), cpu_of(self._mongodb)


@contextmanager
def stores() -> Iterator[Stores]:
    """Start both; stop them and remove the folder whatever happens."""
    with TemporaryDirectory(prefix="bench-worker-") as name:
        try:
            yield Stores(Path(name))
        finally:
            services.stop(Path(name))


def measured(
    commands: Sequence[Sequence[str]], web: Web, stores: Stores, where: Path, environment: Mapping[str, str], log: Path
) -> Used:
    """Run commands beside each other to their ends; their process trees are what is measured.

    CPU is what the kernel accounts to each process and to all descendants it has waited for.

    :param where: the folder they run in
    :raises BenchmarkError: one ended with another status than 0, or not within ``LIMIT_SECONDS``.
    """
    before, server_before, start = stores.cpu(), cpu_of(web.server), time.monotonic()
    with log.open("wb") as output:
        processes = [
            subprocess.Popen(command, cwd=where, env={**os.environ, **environment}, stdout=output, stderr=output)
            for command in commands
        ]
        try:
            cpu, peak, sockets = _wait(processes)
        finally:
            for process in processes:
                _end_tree(process)
    wall, after = time.monotonic() - start, stores.cpu()
    if failed := [process.returncode for process in processes if process.returncode]:
        raise BenchmarkError(f"ended with {failed[0]}:\n{log.read_text(errors='replace')[-2_000:]}")
    redis, mongodb = (now - then for now, then in zip(after, before, strict=True))
    return Used(wall, cpu, redis, mongodb, cpu_of(web.server) - server_before, peak / 1e6, sockets)


def _wait(processes: Sequence[subprocess.Popen[bytes]]) -> tuple[tuple[float, ...], int, int]:
    """Return CPU seconds of each process, and peak bytes and sockets of all, which run to their ends."""
    cpu, peak, most, alive = dict.fromkeys(processes, 0.0), 0, 0, list(processes)
    limit = time.monotonic() + LIMIT_SECONDS
    while alive:
        if time.monotonic() > limit:
            raise BenchmarkError(f"not done within {LIMIT_SECONDS} s")
        memory, sockets = map(sum, zip(*(_held(process.pid) for process in alive), strict=True))
        peak, most = max(peak, memory), max(most, sockets)
        time.sleep(_SAMPLE_SECONDS)
        for process in list(alive):
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                process.returncode = os.waitstatus_to_exitcode(status)
                cpu[process] = usage.ru_utime + usage.ru_stime
                alive.remove(process)
    return tuple(cpu.values()), peak, most


def _held(pid: int) -> tuple[int, int]:
    """Return the resident bytes and the open sockets of a process and its descendants."""
    memory = sockets = 0
    with suppress(psutil.Error):
        top = psutil.Process(pid)
        for process in (top, *top.children(recursive=True)):
            with suppress(psutil.Error, OSError):
                memory += process.memory_info().rss
                sockets += _sockets(process.pid)
    return memory, sockets


def _sockets(pid: int) -> int:
    count = 0
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):  # closed meanwhile
            count += str(descriptor.readlink()).startswith("socket:")
    return count


def _end_tree(process: subprocess.Popen[bytes]) -> None:
    """Kill what still runs, where the benchmark was interrupted."""
    if process.returncode is None:
        with suppress(psutil.Error):
            for child in psutil.Process(process.pid).children(recursive=True):
                child.kill()
        process.send_signal(signal.SIGKILL)
        process.wait()


def cpu_of(process: psutil.Process) -> float:
    """Return the CPU seconds that a process has used so far."""
    times = process.cpu_times()
    return float(times.user + times.system)


def machine() -> Mapping[str, object]:
    """Return what the figures depend on, without paths and names."""
    cpuinfo = Path("/proc/cpuinfo").read_text()
    model = re.search(r"^model name\s*: (.+)$", cpuinfo, re.MULTILINE)
    return {
        "cores": os.cpu_count(),
        "cpu": model[1] if model else "unknown",
        "memory_gb": round(psutil.virtual_memory().total / 2**30),
        "load": [round(load, 1) for load in os.getloadavg()],
        "python": sys.version.split()[0],
    }


def lines(file: Path) -> Iterator[dict[str, object]]:
    """Yield the objects of a file of JSON lines."""
    with file.open() as opened:
        for line in opened:
            yield json.loads(line)
