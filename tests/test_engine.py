"""The parts of Scrapy that are replaced because a page is one item and the frontier has spaced the requests."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, ClassVar, Self

import pytest
from scrapy import Request, Spider, signals
from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.crawler import AsyncCrawlerRunner, Crawler
from scrapy.http import Response
from scrapy.logformatter import LogFormatter
from scrapy.utils.test import get_crawler

from backlink_crawler.net.handler import GuardedHandler
from backlink_crawler.observe.totals import PageLogFormatter
from settings import base

PAGES = 20


class Answers(BaseDownloadHandler):
    """Answers everything after a turn of the loop, and remembers how many it answered at once."""

    most: ClassVar[int] = 0
    queued: ClassVar[int] = 0
    under_way: ClassVar[int] = 0

    async def download_request(self, request: Request) -> Response:
        """Answer, or break where the address says so."""
        cls = type(self)
        cls.under_way += 1
        cls.most = max(cls.most, cls.under_way)
        await asyncio.sleep(0.001)
        cls.under_way -= 1
        if request.url.endswith("/broken"):
            raise OSError("broken")
        return Response(request.url, body=b"x")


class Walk(Spider):
    """Yields two items and a request for a page, or breaks between two items."""

    name = "walk"

    async def start(self) -> AsyncIterator[Request]:
        for number in range(PAGES):
            yield Request(f"https://a.test/{number}", errback=self.failed)
        yield Request("https://a.test/broken", errback=self.failed)

    async def parse(self, response: Response, **_: Any) -> AsyncIterator[Any]:
        yield {"first": response.url}
        if response.url.endswith("/0"):
            raise ValueError("bad page")
        yield {"second": response.url}
        if response.url.endswith("/1"):
            yield Request("https://a.test/more")

    def failed(self, failure: Any) -> dict[str, str]:
        """Tell what failed."""
        return {"failed": failure.request.url}


class Order:
    """A pipeline that takes a while and remembers what was in it at once, and in which order it came."""

    came: ClassVar[list[dict[str, str]]] = []
    inside: ClassVar[list[str]] = []
    together: ClassVar[list[str]] = []

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls()

    async def process_item(self, item: dict[str, str]) -> dict[str, str]:
        (url,) = item.values()
        if url in self.inside:
            self.together.append(url)
        self.inside.append(url)
        self.came.append(item)
        await asyncio.sleep(0.001)
        self.inside.remove(url)
        return item


async def crawled(**settings: Any) -> Crawler:
    """One crawl inside this process, with the project's settings and no servers."""
    Answers.most = Answers.queued = 0
    Order.came.clear()
    Order.together.clear()
    given = {name: getattr(base, name) for name in dir(base) if name.isupper()}
    middlewares = {name: at for name, at in base.DOWNLOADER_MIDDLEWARES.items() if at is None}
    extensions = {name: at for name, at in base.EXTENSIONS.items() if "Totals" in name or "Runtime" in name or not at}
    alone = {
        "TWISTED_REACTOR_ENABLED": False,
        "ADDONS": {},
        "SCHEDULER": "scrapy.core.scheduler.Scheduler",
        "DOWNLOADER_MIDDLEWARES": middlewares,
        "DOWNLOAD_HANDLERS": {**base.DOWNLOAD_HANDLERS, "https": Answers},
        "EXTENSIONS": extensions,
        "ITEM_PIPELINES": {Order: 1},
        "CONCURRENT_REQUESTS_PER_DOMAIN": PAGES,
        "COMMANDS_MODULE": "",
        "SPIDER_MODULES": [],
    }
    runner = AsyncCrawlerRunner({**given, **alone, **settings})
    crawler = runner.create_crawler(Walk)
    errors: list[str] = []

    def spider_error(response: Response) -> None:
        errors.append(response.url)

    def left(request: Request) -> None:
        Answers.queued += 1

    crawler.signals.connect(spider_error, signals.spider_error)
    crawler.signals.connect(left, signals.request_left_downloader)
    await runner.crawl(crawler)
    assert errors == ["https://a.test/0"]
    return crawler


@pytest.mark.parametrize("more", [{}, {"CONCURRENT_ITEMS": 2}], ids=["in turn", "Scrapy's queue"])
async def test_items_requests_and_errors_arrive(more: dict[str, Any]) -> None:
    """Whatever a callback yields is taken: items, requests, an error after an item, the answer of an errback."""
    await crawled(**more)
    urls = {f"https://a.test/{number}" for number in range(PAGES)} | {"https://a.test/more"}
    assert {item["first"] for item in Order.came if "first" in item} == urls
    assert {item["second"] for item in Order.came if "second" in item} == urls - {"https://a.test/0"}
    assert [item for item in Order.came if "failed" in item] == [{"failed": "https://a.test/broken"}]


async def test_items_of_a_page_go_one_by_one() -> None:
    """The second item of a page enters the pipelines when the first has left them."""
    await crawled()
    assert not Order.together


@pytest.mark.parametrize("room", [1, 3])
async def test_the_downloader_takes_no_more_than_it_has_room_for(room: int) -> None:
    """CONCURRENT_REQUESTS holds although requests wait in no queue."""
    await crawled(CONCURRENT_REQUESTS=room)
    assert Answers.most == room


@pytest.mark.parametrize(
    "wish",
    [
        {"DOWNLOAD_DELAY": 0.001},
        {"DOWNLOAD_SLOTS": {"a.test": {"delay": 0.001}}},
        {"AUTOTHROTTLE_ENABLED": True, "AUTOTHROTTLE_START_DELAY": 0.001},
    ],
    ids=lambda wish: next(iter(wish)),
)
async def test_scrapys_own_spacing_still_works(wish: dict[str, Any]) -> None:
    """Somebody who asks for Scrapy's own pauses gets Scrapy's own queues, which tell of each request that leaves them;
    nobody else's requests are in one."""
    await crawled(**wish)
    assert Answers.queued == PAGES + 2
    engine = (await crawled()).engine
    assert engine is not None
    assert (Answers.queued, engine.downloader.slots) == (0, {}), "nothing is kept of a host"


async def test_totals_are_scrapys() -> None:
    """How a crawl went is told under the names that Scrapy's own statistics have."""
    stats = (await crawled()).stats.get_stats()
    assert stats["finish_reason"] == "finished"
    assert stats["finish_time"] >= stats["start_time"]
    assert stats["elapsed_time_seconds"] > 0
    assert stats["spider_exceptions/ValueError"] == 1


@pytest.mark.parametrize(("level", "told"), [("DEBUG", True), ("INFO", False)])
def test_lines_for_pages_are_made_where_they_are_printed(level: str, told: bool) -> None:
    """Scrapy's "Crawled (200)" is there for who debugs, and costs nobody else anything."""
    crawler = get_crawler(settings_dict={"LOG_LEVEL": level})
    formatter = PageLogFormatter.from_crawler(crawler)
    assert isinstance(formatter, LogFormatter)
    line = formatter.crawled(Request("https://a.test/"), Response("https://a.test/"), Spider("any"))
    assert (line is not None) is told


async def test_headers_of_all_requests() -> None:
    """The handler says what DEFAULT_REQUEST_HEADERS and USER_AGENT say; a request may say otherwise."""
    seen: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1")
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    given = {"USER_AGENT": "us/1", "DEFAULT_REQUEST_HEADERS": {"Accept": "a/b", "X-Off": None}}
    handler = GuardedHandler(get_crawler(settings_dict={"ALLOW_PRIVATE_ADDRESSES": True, **given}))
    try:
        await handler.download_request(Request(url))
        await handler.download_request(Request(url, headers={"accept": "c/d", "If-None-Match": '"x"'}))
    finally:
        await handler.close()
        server.close()
    plain, own = (head.decode().splitlines()[1:-1] for head in seen)
    assert sorted(line for line in plain if not line.startswith("Host")) == ["Accept: a/b", "User-Agent: us/1"]
    assert {line for line in own if not line.startswith("Host")} >= {"Accept: c/d", 'If-None-Match: "x"'}
    assert "Accept: a/b" not in own
