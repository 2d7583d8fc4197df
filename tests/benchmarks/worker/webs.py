"""The webs that are crawled, each served by a process of its own until its block ends."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from tests.benchmarks.worker import hosts_server
from tests.benchmarks.worker.lab import CACHE, PROJECT, BenchmarkError, Web, cpu_of
from tests.benchmarks.worker.server import name_of
from tests.benchmarks.worker.web import Size, write_web
from tests.real_data import DATA, VARIABLE
from tests.web.replay import ReplayContent, unpacked

_LABELS, _PAGES = DATA / "labels" / "wcxb_dev.jsonl.xz", DATA / "pages" / "wcxb_dev.tar.xz"


@contextmanager
def magazine(size: Size, *, tls: bool = False) -> Iterator[Web]:
    """Serve large pages of few sites (``web``), which are written where they are not there yet."""
    place = write_web(CACHE, size)
    scheme = "https" if tls else "http"
    starts = [f"{scheme}://{name_of(site)}/" for site in range(size.sites)]
    with TemporaryDirectory(prefix="bench-web-") as name:
        command = ["tests.benchmarks.worker.server", str(place), "--files", name, *(["--tls"] if tls else [])]
        with _process(*command) as (process, ready):
            yield Web(size.total, starts, int(ready), Path(name), process)


@contextmanager
def many_hosts(hosts: int) -> Iterator[Web]:
    """Serve a few small pages of each of very many sites (``hosts_server``)."""
    starts = [f"http://{hosts_server.name_of(host)}/" for host in range(hosts)]
    with (
        TemporaryDirectory(prefix="bench-web-") as name,
        _process("tests.benchmarks.worker.hosts_server", str(hosts), "--files", name) as (process, ready),
    ):
        yield Web(hosts * hosts_server.PAGES, starts, int(ready), Path(name), process)


@contextmanager
def real() -> Iterator[Web]:
    """Serve saved pages of about a thousand sites under their true addresses, http and https; none has a robots.txt.

    :raises BenchmarkError: they are not there.
    """
    if not _PAGES.exists():
        raise BenchmarkError(f"{_PAGES.name} is not there: {VARIABLE} names the folder of the real pages")
    pages = unpacked(_PAGES, CACHE / "real").resolve()
    urls = list(ReplayContent(_LABELS, pages).urls)
    with TemporaryDirectory(prefix="bench-web-") as name:
        files = Path(name)
        command = ["tests.web", "replay", "--index", str(_LABELS.resolve()), "--pages", str(pages)]
        written = ["--hosts-file", str(files / "hosts.json"), "--certificate", str(files / "certificate.pem")]
        with _process(*command, *written) as (process, _):
            yield Web(len(urls), urls, 0, files, process, given={"depth": "0"})


@contextmanager
def _process(module: str, *arguments: str) -> Iterator[tuple[psutil.Process, str]]:
    """Run a server; yields it with the line it prints when it is ready.

    :raises BenchmarkError: it ended instead.
    """
    command = [sys.executable, "-m", module, *arguments]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            ready = process.stdout.readline().strip()
            if not ready:
                raise BenchmarkError(f"the server of the web ended with {process.wait()}")
            yield psutil.Process(process.pid), ready
        finally:
            process.terminate()


def load_note(web: Web, size: Size) -> str:
    """Return what a load generator gets from the magazine's server, and what a page costs it."""
    before = cpu_of(web.server)
    command = [sys.executable, "-m", "tests.benchmarks.worker.load", str(web.port), str(size.sites), str(size.pages)]
    ended = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    got: Mapping[str, float] = json.loads(ended.stdout)
    cost = (cpu_of(web.server) - before) / got["pages"] * 1e6
    return f"the server: {got['pages'] / got['seconds']:,.0f} pages/s to a load generator, {cost:.0f} µs of CPU a page"
