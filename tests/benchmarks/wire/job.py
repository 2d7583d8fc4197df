"""One measurement in a process of its own: fetch pages with one candidate, print what it took as one line of JSON."""

import argparse
import asyncio
import gc
import json
import resource
import sys
import time
from collections.abc import AsyncIterator
from typing import Any

import scrapy
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response
from scrapy.settings import Settings
from scrapy.utils.misc import build_from_crawler, load_object
from scrapy.utils.reactor import install_reactor
from scrapy.utils.test import get_crawler

from settings import base
from tests.benchmarks.wire.candidates import CANDIDATES
from tests.benchmarks.wire.server import addresses

_HEADERS = {
    **base.DEFAULT_REQUEST_HEADERS,
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "User-Agent": "backlink_crawler/bench",
}
_NEEDED_BY_OTHERS = ("defaultheaders.DefaultHeadersMiddleware", "downloadtimeout.DownloadTimeoutMiddleware")
"""Off in a crawl, where our handler does their work."""


class _Clock:
    """What this process has used since the first request was made."""

    def __init__(self) -> None:
        gc.collect()
        self._began = time.perf_counter()
        self._cpu = _cpu()
        self._resident = _resident()
        self.pages = 0
        self.bytes = 0

    def figures(self) -> dict[str, float]:
        gc.collect()
        return {
            "pages": self.pages,
            "bytes": self.bytes,
            "cpu": _cpu() - self._cpu,
            "wall": time.perf_counter() - self._began,
            "grown_kb": _resident() - self._resident,
        }


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _resident() -> int:
    with open("/proc/self/status", encoding="ascii") as lines:  # noqa: PTH123 - no folder of ours
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def _urls(options: argparse.Namespace) -> list[str]:
    hosts = addresses(options.hosts)
    return [
        f"{options.scheme}://{hosts[number % len(hosts)]}:{options.port}/{options.encoding}/{number}"
        for number in range(options.pages)
    ]


def _settings(options: argparse.Namespace) -> Settings:
    chosen = Settings({name: getattr(base, name) for name in dir(base) if name.isupper()})
    handler = CANDIDATES[options.candidate]
    handlers = {"http": handler, "https": handler, "data": None, "file": None, "ftp": None, "s3": None}
    middlewares = {name: at for name, at in base.DOWNLOADER_MIDDLEWARES.items() if name.startswith("scrapy.")}
    for name in _NEEDED_BY_OTHERS:
        del middlewares[f"scrapy.downloadermiddlewares.{name}"]
    if handler.startswith("scrapy."):
        middlewares["scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware"] = 590
    chosen.update(
        {
            "ALLOW_PRIVATE_ADDRESSES": True,
            "DOWNLOAD_VERIFY_CERTIFICATES": False,
            "CONCURRENT_REQUESTS": options.concurrency,
            "CONCURRENT_REQUESTS_PER_DOMAIN": options.concurrency if options.hosts == 1 else 4,
            "ADDONS": {},
            "EXTENSIONS": {"scrapy.extensions.logstats.LogStats": None},
            "ITEM_PIPELINES": {},
            "SCHEDULER": "scrapy.core.scheduler.Scheduler",
            "DUPEFILTER_CLASS": "scrapy.dupefilters.BaseDupeFilter",
            "COMMANDS_MODULE": "",
            "SPIDER_MODULES": [],
            "DOWNLOADER": "scrapy.core.downloader.Downloader",
            "DOWNLOAD_HANDLERS": handlers,
            "DOWNLOADER_MIDDLEWARES": middlewares,
            "DEFAULT_REQUEST_HEADERS": _HEADERS,
            "LOG_LEVEL": "ERROR",
        }
    )
    return chosen


async def _alone(options: argparse.Namespace) -> dict[str, float]:
    """Drive the handler itself, without an engine: what is left is the client."""
    crawler = get_crawler(settings_dict=dict(_settings(options)))
    crawler._apply_settings()
    handler = build_from_crawler(load_object(CANDIDATES[options.candidate]), crawler)
    waiting = iter(_urls(options))
    clock = _Clock()

    async def fetch() -> None:
        for url in waiting:
            response = await handler.download_request(scrapy.Request(url, headers=_HEADERS))
            clock.pages += response.status == 200
            clock.bytes += len(response.body)

    await asyncio.gather(*(fetch() for _ in range(options.concurrency)))
    figures = clock.figures()
    await handler.close()
    return figures


def _run_alone(options: argparse.Namespace) -> dict[str, float]:
    install_reactor("twisted.internet.asyncioreactor.AsyncioSelectorReactor", "uvloop.Loop")
    from twisted.internet import reactor

    done: dict[str, Any] = {}

    async def run() -> None:
        try:
            done.update(await _alone(options))
        finally:
            reactor.stop()  # type: ignore[misc]

    task = asyncio.get_event_loop().create_task(run())
    reactor.run()  # type: ignore[misc]
    task.result()
    return done


class _Fetcher(scrapy.Spider):
    """Asks for pages and looks at nothing but their length."""

    name = "fetcher"
    options: argparse.Namespace
    clock: _Clock

    async def start(self) -> AsyncIterator[scrapy.Request]:
        type(self).clock = _Clock()
        for url in _urls(self.options):
            yield scrapy.Request(url, dont_filter=True, errback=self.failed)

    def parse(self, response: Response) -> None:
        self.clock.pages += 1
        self.clock.bytes += len(response.body)

    def failed(self, failure: Any) -> None:
        print(failure.value, file=sys.stderr)


def _run_in_engine(options: argparse.Namespace) -> dict[str, float]:
    _Fetcher.options = options
    process = AsyncCrawlerProcess(_settings(options))
    process.crawl(_Fetcher)
    process.start()
    return _Fetcher.clock.figures()


def main() -> None:
    """Run one measurement."""
    parser = argparse.ArgumentParser()
    parser.add_argument("candidate", choices=CANDIDATES)
    parser.add_argument("--engine", action="store_true")
    parser.add_argument("--scheme", default="http")
    parser.add_argument("--encoding", default="identity")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--hosts", type=int, default=1)
    parser.add_argument("--pages", type=int, default=2_000)
    parser.add_argument("--concurrency", type=int, default=16)
    options = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    print(json.dumps((_run_in_engine if options.engine else _run_alone)(options)))


if __name__ == "__main__":
    main()
