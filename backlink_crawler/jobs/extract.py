"""``scrapy extract FILE|URL``: what the crawler sees on one page."""

import argparse
import io
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text
from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import HtmlResponse, Response
from scrapy.settings import BaseSettings, Settings
from scrapy.spiderloader import DummySpiderLoader
from twisted.python.failure import Failure

from backlink_crawler.features import build_links
from backlink_crawler.jobs import terminal
from backlink_crawler.jobs.defaults import EXTRACT_URL
from backlink_crawler.net.introduction import introduce
from backlink_crawler.records import Link, Page, Visit
from backlink_crawler.reports.formats.console import console_for
from backlink_crawler.reports.formats.harmless import json_line, plain
from backlink_crawler.spiders.observation import observe_failure, observe_response
from backlink_crawler.suffix_setting import follow_suffixes
from backlink_crawler.suffixes import SuffixListError
from backlink_crawler.urls import normalise


class PageSpider(Spider):
    """Asks for one page, with the guards and manners of a crawl and without its frontier and its index."""

    name = "page"
    visits: ClassVar[list[Visit]] = []
    """What came of it; a class attribute, as Scrapy keeps the spider to itself."""

    def __init__(self, url: str, **arguments: Any) -> None:
        super().__init__(self.name, **arguments)
        self._url = url

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """Say who asks."""
        super().update_settings(settings)
        introduce(settings)

    async def start(self) -> AsyncIterator[Request]:
        """Ask."""
        yield Request(self._url, callback=self._seen, errback=self._failed, meta={"html_only": True})

    def _seen(self, response: Response) -> None:
        self.visits.append(observe_response(response, datetime.now(UTC)))

    def _failed(self, failure: Failure) -> None:
        error = failure.value
        assert error is not None
        self.visits.append(observe_failure(Request(self._url), error, datetime.now(UTC)))


def run(settings: Settings, args: Sequence[str], opts: argparse.Namespace) -> int:
    """Print what is seen on ``opts.page``, which is asked for where it is an address."""
    if args:  # Scrapy lets unknown options through
        return _fail(f"unknown argument {args[0]!r}", 2)
    is_url = opts.page.lower().startswith(("http://", "https://"))
    url = normalise(opts.page if is_url else opts.url or EXTRACT_URL)
    if url is None or (is_url and opts.url):
        return _fail("--url is the address of a file" if url else f"{opts.url or opts.page!r} is no web address", 2)
    try:
        follow_suffixes(settings)
        visit = _asked(url, settings) if is_url else _read(opts.page, url, opts.content_type)
    except SuffixListError as error:
        return _fail(str(error), 1)
    except OSError as error:
        return _fail(f"{opts.page} cannot be read: {error.strerror or error}", 1)
    return _show(visit, opts)


def _fail(why: str, exit_code: int) -> int:
    return terminal.fail("extract", why, exit_code)


def _asked(url: str, settings: Settings) -> Visit:
    _leave_out_crawl(settings)
    process = AsyncCrawlerProcess(settings)
    PageSpider.visits.clear()
    process.crawl(PageSpider, url=url)
    process.start()
    if not PageSpider.visits:
        raise OSError("no request was made (LOG_ENABLED=1 tells more)")
    return PageSpider.visits[0]


def _leave_out_crawl(settings: Settings) -> None:
    """Leave out what belongs to a crawl, before it is imported; robots.txt, address guard, size and time stay."""
    for name in ("ADDONS", "EXTENSIONS", "ITEM_PIPELINES"):
        settings.set(name, {}, priority="spider")
    settings.set("SCHEDULER", "scrapy.core.scheduler.Scheduler", priority="spider")
    settings.set("SPIDER_LOADER_CLASS", DummySpiderLoader, priority="spider")


def _show(visit: Visit, opts: argparse.Namespace) -> int:
    page = visit.page
    links = build_links(page, visit.raw_links, internal_too=not opts.external)
    if opts.facts:
        terminal.write(_facts_table(page) if opts.table else json_line(_values(page)))
    else:
        terminal.write(_links_table(links) if opts.table else "".join(json_line(_values(link)) for link in links))
    if page.outcome == "redirect":
        return _fail(f"{page.url} redirects to {page.redirect_to}", 0)
    if page.outcome != "ok":
        return _fail(f"{page.url}: {page.outcome} ({page.reason or page.http_status or page.content_type})", 1)
    return 0


def _read(name: str, url: str, content_type: str) -> Visit:
    body = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    response = HtmlResponse(url, body=body, headers={"Content-Type": content_type})
    return observe_response(response, datetime.now(UTC))


def _values(record: Page | Link) -> dict[str, object]:
    return {each.name: getattr(record, each.name) for each in fields(record)}


_COLUMNS: Mapping[str, Callable[[Link], str]] = {
    "anchor": lambda link: link.anchor or f"({link.link_type})",
    "target": lambda link: link.target_url,
    "scope": lambda link: link.scope,
    "region": lambda link: link.region,
    "follow": lambda link: "yes" if link.follow else f"no ({link.nofollow_cause})",
    "placement": lambda link: link.placement_type or "",
    "hidden": lambda link: link.hidden or "",
    "weight": lambda link: f"{link.weight:.1%}" if link.weight is not None else "",
}
_WIDE = ("anchor", "target")


def _links_table(links: Sequence[Link]) -> str:
    table = Table(box=SIMPLE_HEAD, expand=True, pad_edge=False, show_edge=False)
    for name in _COLUMNS:
        ratio = 2 if name == "target" else 1 if name in _WIDE else None
        table.add_column(name, no_wrap=True, overflow="ellipsis", ratio=ratio)
    for link in links:
        table.add_row(*(Text(plain(cell(link))) for cell in _COLUMNS.values()))
    return _printed(table)


def _facts_table(page: Page) -> str:
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, value in _values(page).items():
        if value not in (None, ""):
            table.add_row(Text(name, style="bold"), Text(plain(str(value))))
    return _printed(table)


def _printed(table: Table) -> str:
    text = io.StringIO()
    console_for(text, width=terminal.width(), colour=terminal.colour()).print(table)
    return "".join(f"{line.rstrip()}\n" for line in text.getvalue().splitlines())
