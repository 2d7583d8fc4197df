"""Two real workers crawl a served web into a database of its own."""

import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from pymongo import MongoClient
from pymongo.database import Database

from backlink_crawler import services
from tests.real_input.expected import Pair
from tests.real_input.states import State
from tests.web.process import WebProcess, web_process
from tests.web.reply import Served

_PROJECT = Path(__file__).parents[2]
_WORKERS = 2
_SETTINGS: Mapping[str, object] = {
    "ALLOW_PRIVATE_ADDRESSES": 1,
    "DEPTH_LIMIT": 0,
    "DOWNLOAD_VERIFY_CERTIFICATES": 0,
    "FRONTIER_HOST_CONCURRENCY": 8,
    "FRONTIER_HOST_DELAY": 0,
    "FRONTIER_RETRY_DELAY": 0.1,
    "MAX_PAGES_PER_SITE": 0,
    "PROGRESS_SECONDS": 5,
}


_WANTED = (
    *("source_url", "target_url", "wrapped_url", "source_site", "target_site"),
    *("found", "first_seen", "last_seen", "status", "lost_at", "lost_reason", "content_score", "occurrences"),
)


@dataclass(slots=True)
class Crawled:
    """What two workers left behind."""

    crawl_id: str = ""
    pages: dict[str, dict[str, Any]] = field(default_factory=dict)
    """URL → its document in the index."""
    links: dict[Pair, dict[str, Any]] = field(default_factory=dict)
    """Pair → its document in the index (sites, status and state only)."""
    events: list[dict[str, Any]] = field(default_factory=list)
    """What this crawl has told of links."""
    set_aside: list[dict[str, Any]] = field(default_factory=list)
    exit_codes: list[int] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    wall_seconds: float = 0.0
    """From the start of the workers to the end of the last one."""
    served: list[Served] = field(default_factory=list)
    """What the server was asked for."""
    complaints: list[str] = field(default_factory=list)
    """Lines of the workers' logs above INFO."""
    said: list[str] = field(default_factory=list)
    """The last line of each worker's log."""

    @property
    def requests(self) -> Counter[str]:
        """``host path`` → how often the server was asked for it."""
        return Counter(f"{served.host}{served.path}" for served in self.served)

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
    def started(cls, number: int, folder: Path, spider: Sequence[str], settings: Mapping[str, object]) -> Self:
        log = folder / f"worker-{number}.log"
        log.unlink(missing_ok=True)
        options = [f"{name}={value}" for name, value in {**settings, "LOG_FILE": log}.items()]
        scrapy = Path(sys.executable).parent / "scrapy"
        command = [str(scrapy), "crawl", *spider, *_each("-s", options)]
        return cls(subprocess.Popen(command, cwd=_PROJECT), log)

    def wait(self) -> tuple[int, float]:
        """Return the exit code and the CPU seconds it took."""
        _, status, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        return self.process.returncode, usage.ru_utime + usage.ru_stime


def _each(option: str, values: Sequence[str]) -> list[str]:
    return [word for value in values for word in (option, value)]


@dataclass(slots=True)
class Session:
    """A served web and a database of its own, for one crawl after another."""

    folder: Path
    """For the logs."""
    name: str
    """Of the crawls."""
    web: WebProcess
    database: Database[dict[str, Any]]
    settings: Mapping[str, object]
    workers: int

    def crawl(self, *spider: str, **settings: object) -> Crawled:
        """Crawl with all workers, and return what the index holds then.

        :param spider: its name and arguments, as ``scrapy crawl`` takes them.
        """
        before = len(self.web.log())
        crawl_id = f"{self.name}-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}"
        crawled = _run(self.folder, spider, {**self.settings, **settings, "CRAWL_ID": crawl_id}, self.workers)
        crawled.crawl_id = crawl_id
        _read_index(crawled, self.database)
        of_crawl = {"visit": {"$regex": f"^{re.escape(crawl_id)}/"}}
        crawled.events = list(self.database["link_events"].find(of_crawl))
        crawled.served = self.web.log()[before:]
        return crawled


def crawl(folder: Path, kind: str, web_arguments: Sequence[str], spider_arguments: Sequence[str]) -> Crawled:
    """Serve a web, crawl it with two workers, and return what the index holds then.

    :param folder: for logs, services and the hosts file.
    :param kind: names the crawl and its database.
    """
    with session(folder, kind, web_arguments) as opened:
        return opened.crawl("seeds", *_each("-a", spider_arguments))


@contextmanager
def session(
    folder: Path,
    kind: str,
    web_arguments: Sequence[str],
    given: services.Services | None = None,
    workers: int = _WORKERS,
) -> Iterator[Session]:
    """Serve a web and open an empty database until the block ends.

    :param folder: for logs, services and the hosts file.
    :param kind: names the crawls and their database.
    :param given: servers that run already; by default some are started, and stopped afterwards.
    """
    with ExitStack() as stack:
        local = given or stack.enter_context(_local_services(folder))
        web = stack.enter_context(web_process(folder, *web_arguments))
        client: MongoClient[dict[str, Any]] = stack.enter_context(MongoClient(local.mongodb_uri, tz_aware=True))
        database = f"real_{kind}"
        settings = {
            **_SETTINGS,
            "MONGODB_DATABASE": database,
            "MONGODB_URI": local.mongodb_uri,
            "NET_HOSTS_FILE": web.hosts_file,
            "REDIS_URL": local.redis_url,
        }
        client.drop_database(database)
        if given is not None:
            stack.callback(client.drop_database, database)
        yield Session(folder, f"real-{kind}", web, client[database], settings, workers)


@contextmanager
def _local_services(folder: Path) -> Iterator[services.Services]:
    try:
        yield services.ensure(folder, redis_url=None, mongodb_uri=None)
    finally:
        services.stop(folder)


def _run(folder: Path, spider: Sequence[str], settings: Mapping[str, object], count: int) -> Crawled:
    crawled = Crawled()
    started = time.monotonic()
    workers = [_Worker.started(number, folder, spider, settings) for number in range(1, count + 1)]
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
        lines = worker.log.read_text().splitlines() if worker.log.exists() else []
        crawled.said += [line.partition(" INFO ")[2] for line in lines if "This worker:" in line]
        crawled.complaints += [line for line in lines if " INFO " not in line]
    return crawled


def _read_index(crawled: Crawled, database: Database[dict[str, Any]]) -> None:
    crawled.pages = {page["url"]: page for page in database["pages"].find()}
    links = database["links"].find({}, dict.fromkeys((*_WANTED, *State._fields), 1))
    # The independent reading tells what stands on a page: a redirector, where the index holds what it leads to.
    crawled.links = {(link["source_url"], link.get("wrapped_url") or link["target_url"]): link for link in links}
    crawled.set_aside = list(database["set_aside"].find())
