"""Two real workers crawl a served web into a database of its own."""

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from pymongo import MongoClient
from pymongo.database import Database

from backlink_crawler import services
from tests.real_input.expected import Pair
from tests.web.process import WebProcess, web_process

_PROJECT = Path(__file__).parents[2]
_WORKERS = 2
_SETTINGS: Mapping[str, object] = {
    "ALLOW_PRIVATE_ADDRESSES": 1,
    "DEPTH_LIMIT": 0,
    "FRONTIER_HOST_CONCURRENCY": 8,
    "FRONTIER_HOST_DELAY": 0,
    "MAX_PAGES_PER_SITE": 0,
    "PROGRESS_SECONDS": 5,
}


@dataclass(slots=True)
class Crawled:
    """What two workers left behind."""

    pages: dict[str, dict[str, Any]] = field(default_factory=dict)
    """URL → its document in the index."""
    links: dict[Pair, dict[str, Any]] = field(default_factory=dict)
    """Pair → its document in the index (type and sites only)."""
    set_aside: list[dict[str, Any]] = field(default_factory=list)
    exit_codes: list[int] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    wall_seconds: float = 0.0
    """From the start of the workers to the end of the last one."""
    requests: Counter[str] = field(default_factory=Counter)
    """``host path`` → how often the server was asked for it."""
    complaints: list[str] = field(default_factory=list)
    """Lines of the workers' logs above INFO."""
    said: list[str] = field(default_factory=list)
    """The last line of each worker's log."""

    @property
    def fetching_seconds(self) -> float:
        """From the first page to the last, as the index dates them."""
        dates = [page["last_visited"] for page in self.pages.values()]
        return float((max(dates) - min(dates)).total_seconds()) if dates else 0.0


@dataclass(slots=True)
class _Worker:
    process: subprocess.Popen[bytes]
    log: Path

    @classmethod
    def started(cls, number: int, folder: Path, arguments: Sequence[str], settings: Mapping[str, object]) -> Self:
        log = folder / f"worker-{number}.log"
        log.unlink(missing_ok=True)
        options = [f"{name}={value}" for name, value in {**settings, "LOG_FILE": log}.items()]
        scrapy = Path(sys.executable).parent / "scrapy"
        command = [str(scrapy), "crawl", "seeds", *_each("-a", arguments), *_each("-s", options)]
        return cls(subprocess.Popen(command, cwd=_PROJECT), log)

    def wait(self) -> tuple[int, float]:
        """Return the exit code and the CPU seconds it took."""
        _, status, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        return self.process.returncode, usage.ru_utime + usage.ru_stime


def _each(option: str, values: Sequence[str]) -> list[str]:
    return [word for value in values for word in (option, value)]


def crawl(folder: Path, kind: str, web_arguments: Sequence[str], spider_arguments: Sequence[str]) -> Crawled:
    """Serve a web, crawl it with two workers, and return what the index holds then.

    :param folder: for logs, services and the hosts file.
    :param kind: names the crawl and its database.
    """
    with _local_services(folder) as local, web_process(folder, *web_arguments) as web:
        client: MongoClient[dict[str, Any]] = MongoClient(local.mongodb_uri, tz_aware=True)
        with client:
            database = f"real_{kind}"
            client.drop_database(database)
            settings = {
                **_SETTINGS,
                "CRAWL_ID": f"real-{kind}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}",
                "MONGODB_DATABASE": database,
                "MONGODB_URI": local.mongodb_uri,
                "NET_HOSTS_FILE": web.hosts_file,
                "REDIS_URL": local.redis_url,
            }
            crawled = _run(folder, spider_arguments, settings)
            _read_index(crawled, client[database])
        _read_log(crawled, web)
    return crawled


@contextmanager
def _local_services(folder: Path) -> Iterator[services.Services]:
    try:
        yield services.ensure(folder, redis_url=None, mongodb_uri=None)
    finally:
        services.stop(folder)


def _run(folder: Path, arguments: Sequence[str], settings: Mapping[str, object]) -> Crawled:
    crawled = Crawled()
    started = time.monotonic()
    workers = [_Worker.started(number, folder, arguments, settings) for number in range(1, _WORKERS + 1)]
    try:
        for worker in workers:
            code, seconds = worker.wait()
            crawled.exit_codes.append(code)
            crawled.cpu_seconds.append(seconds)
    finally:
        for worker in workers:
            worker.process.terminate()  # does nothing where it was waited for
    crawled.wall_seconds = time.monotonic() - started
    for worker in workers:
        lines = worker.log.read_text().splitlines()
        crawled.said += [line.partition(" INFO ")[2] for line in lines if "This worker:" in line]
        crawled.complaints += [line for line in lines if " INFO " not in line]
    return crawled


def _read_index(crawled: Crawled, database: Database[dict[str, Any]]) -> None:
    crawled.pages = {page["url"]: page for page in database["pages"].find()}
    wanted = ("source_url", "target_url", "link_type", "source_site", "target_site")
    links = database["links"].find({}, dict.fromkeys(wanted, 1))
    crawled.links = {(link["source_url"], link["target_url"]): link for link in links}
    crawled.set_aside = list(database["set_aside"].find())


def _read_log(crawled: Crawled, web: WebProcess) -> None:
    crawled.requests = Counter(f"{served.host}{served.path}" for served in web.log())
