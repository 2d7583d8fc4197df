"""Where it is measured: one Valkey of the benchmark's own, one folder, and processes that end with their block."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from redis import Redis

from backlink_crawler import services
from tests.web.reply import Served

PROJECT = Path(__file__).parents[3]
GRACE_SECONDS = 30.0
"""How long a worker may take to drain."""


class BenchmarkError(Exception):
    """It cannot be measured; the message says why."""


@dataclass(slots=True)
class Lab:
    """One Valkey and one folder; ``quick`` asks for small sizes."""

    folder: Path
    redis_url: str
    client: "Redis"
    quick: bool = False
    _names: Iterator[int] = field(default_factory=lambda: iter(range(1_000_000)))

    def path(self, name: str) -> Path:
        """Return a path in the folder that nothing else uses."""
        return self.folder / f"{next(self._names)}-{name}"

    def fresh(self) -> None:
        """Empty the server, also its log on disk."""
        self.client.flushall()
        self.client.bgrewriteaof()
        wait_for(lambda: not any(self._aof(name) for name in ("rewrite_in_progress", "rewrite_scheduled")), 60)

    def used_memory(self) -> int:
        """Return the bytes the server holds for its data, once that stands still.

        Without the buffers of clients and of the log on disk; tables that are being resized are waited for.
        """
        last = -1
        while True:
            memory = self._info("memory")
            used = int(memory["used_memory"] - memory["mem_clients_normal"] - memory["mem_aof_buffer"])
            if abs(used - last) < 1024:
                return used
            last = used
            time.sleep(0.3)

    def cpu_seconds(self) -> float:
        """Return what all threads of the server have used so far."""
        cpu = self._info("cpu")
        return float(cpu["used_cpu_user"] + cpu["used_cpu_sys"])

    def version(self) -> str:
        """Return the server's name and version."""
        server = self._info("server")
        valkey = server.get("valkey_version")
        return f"Valkey {valkey}" if valkey else f"Redis {server['redis_version']}"

    def _aof(self, name: str) -> bool:
        return bool(self._info("persistence")[f"aof_{name}"])

    def _info(self, section: str) -> Mapping[str, Any]:
        return dict(self.client.info(section))


@contextmanager
def lab(*, quick: bool = False) -> Iterator[Lab]:
    """Start the server; stop it and remove the folder whatever happens."""
    with TemporaryDirectory(prefix="bench-frontier-") as name:
        folder = Path(name)
        try:
            url = services.start(folder, ["REDIS_URL"])["REDIS_URL"]
            with Redis.from_url(url) as client:
                # Nothing is to happen behind the measurement's back: neither rewriting the log nor freeing later.
                client.config_set("auto-aof-rewrite-percentage", 0)
                client.config_set("lazyfree-lazy-user-del", "no")
                client.config_set("lazyfree-lazy-user-flush", "no")
                yield Lab(folder, url, client, quick)
        finally:
            services.stop(folder)


@dataclass(frozen=True, slots=True)
class Web:
    """A served web, seen from outside."""

    hosts_file: Path
    log_file: Path

    def requests(self) -> list[Served]:
        """Return the requests so far, in order of arrival."""
        return [Served(*json.loads(line)) for line in self.log_file.read_text().split("\n")[:-1]]

    def pages(self) -> list[Served]:
        """Return those for pages; robots.txt is none."""
        return [request for request in self.requests() if request.path != "/robots.txt"]


@contextmanager
def web(lab: Lab, hosts: Sequence[str], *, pages: int, seeds: int = 1, links: bool = True) -> Iterator[Web]:
    """Serve numbered pages from a process of its own until the block ends."""
    served = Web(lab.path("hosts.json"), lab.path("requests.jsonl"))
    options = ["--pages", str(pages), "--seeds", str(seeds), *(() if links else ("--no-links",))]
    files = ["--hosts-file", str(served.hosts_file), "--log", str(served.log_file)]
    with helper("tests.benchmarks.frontier.web", *hosts, *options, *files):
        yield served


@contextmanager
def helper(module: str, *arguments: str) -> Iterator[str]:
    """Run a module as a process until the block ends; the first line it prints says that it is ready."""
    command = [sys.executable, "-m", module, *arguments]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            ready = process.stdout.readline().strip()
            if not ready:
                raise BenchmarkError(f"{module} ended with {process.wait()}")
            yield ready
        finally:
            end(process)


@dataclass(slots=True)
class Worker:
    """One ``scrapy crawl`` process."""

    process: "subprocess.Popen[bytes]"
    meter_file: Path
    ledger_file: Path
    log_file: Path

    def up(self) -> bool:
        """Whether the spider has opened.

        :raises BenchmarkError: the process has ended.
        """
        if self.process.poll() is not None and not self.meter_file.exists():
            raise BenchmarkError(f"a worker ended with {self.process.returncode}:\n{self.words()}")
        return self.meter_file.exists()

    def ended(self) -> bool:
        """Whether the process has ended."""
        return self.process.poll() is not None

    def kill(self) -> None:
        """End it with -9, where what it would still do is of no interest."""
        self.process.kill()

    def words(self) -> str:
        """Return the end of its log."""
        return self.log_file.read_text()[-2_000:] if self.log_file.exists() else ""

    def stored(self) -> list[str]:
        """Return the URLs of the visits that came home."""
        return self.ledger_file.read_text().split("\n")[:-1] if self.ledger_file.exists() else []

    def meter(self) -> Mapping[str, int]:
        """Return what ``meter.Meter`` has counted, once the worker has ended."""
        text = self.meter_file.read_text() if self.meter_file.exists() else ""
        if not text:
            raise BenchmarkError(f"a worker ended without its counts:\n{self.words()}")
        counts: Mapping[str, int] = json.loads(text)
        return counts


@contextmanager
def worker(lab: Lab, settings_module: str, spider: str, start: str, settings: Mapping[str, object]) -> Iterator[Worker]:
    """Start a crawling process; it is told to end with the block, and killed where it does not."""
    files = lab.path("meter.json"), lab.path("ledger.txt"), lab.path("worker.log")
    given = {"METER_FILE": files[0], "LEDGER_FILE": files[1], "LOG_FILE": files[2], **settings}
    options = [part for name, value in given.items() for part in ("-s", f"{name}={value}")]
    command = [sys.executable, "-m", "scrapy", "crawl", spider, "-a", f"urls={start}", *options]
    with subprocess.Popen(
        command,
        cwd=PROJECT,
        env={"PATH": "/usr/bin:/bin", "SCRAPY_SETTINGS_MODULE": settings_module, "PYTHONWARNINGS": "ignore"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield Worker(process, *files)
        finally:
            end(process)


def end(process: "subprocess.Popen[Any]") -> None:
    """Ask a process of ours to end, wait, and kill it where it does not."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
        except BaseException:
            process.kill()
            raise


def wait_for(condition: Callable[[], bool], seconds: float, every: float = 0.05) -> bool:
    """Wait until ``condition`` holds; returns whether it did in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True
