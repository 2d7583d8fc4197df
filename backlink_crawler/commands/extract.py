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
from scrapy.commands import ScrapyCommand
from scrapy.http import HtmlResponse, Response
from scrapy.settings import BaseSettings
from twisted.python.failure import Failure

from backlink_crawler.commands import _terminal
from backlink_crawler.features import build_links
from backlink_crawler.net.introduction import introduce
from backlink_crawler.preflight import follow_suffixes
from backlink_crawler.records import Link, Page, Visit
from backlink_crawler.reports.formats import console_for, json_line, plain
from backlink_crawler.spiders.observation import observe_failure, observe_response
from backlink_crawler.store import StoreError
from backlink_crawler.urls import normalise

FILES_URL = "http://example/"
"""Address of a file that is given none."""


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
        """Leave out what belongs to a crawl; robots.txt, address guard, size and time stay."""
        super().update_settings(settings)
        for name in ("ADDONS", "EXTENSIONS", "ITEM_PIPELINES"):
            settings.set(name, {}, priority="spider")
        settings.set("SCHEDULER", "scrapy.core.scheduler.Scheduler", priority="spider")
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


class Command(ScrapyCommand):
    """Print the links and facts of one page."""

    requires_project = True
    default_settings = {"LOG_ENABLED": False}  # noqa: RUF012 - Scrapy's own declaration

    def syntax(self) -> str:
        return "FILE|URL [--page] [--table] [--external] [--url URL]"

    def short_desc(self) -> str:
        return "Show what the crawler sees on one page"

    def long_desc(self) -> str:
        return (
            "Prints one JSON line per target of the page's links, with every field of a link record (docs/records.md); "
            "--page prints the facts of the page instead, --table what fits a screen. A URL is asked for once, as a "
            "crawl would: robots.txt is obeyed, private addresses are refused, redirects are shown and not followed. "
            "A FILE ('-' reads standard input) is taken for an HTML page at --url. Nothing is stored and no "
            "server is needed. Exit codes: 0 the page was read; 1 it could not be (the reason is on stderr); 2 wrong "
            "usage. Examples: scrapy extract https://example.com/blog/ --table; scrapy extract page.html --url "
            "https://example.com/a | jq .target_url"
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("page", metavar="FILE|URL", help="an http(s) address, a file, or - for standard input")
        parser.add_argument("--page", dest="facts", action="store_true", help="print the page's facts, not its links")
        parser.add_argument("--table", action="store_true", help="print for eyes, not for programs")
        parser.add_argument("--external", action="store_true", help="only links to other sites")
        parser.add_argument("--url", metavar="URL", help=f"address of a file (default: {FILES_URL})")
        parser.add_argument(
            "--content-type", metavar="TYPE", default="text/html", help="of a file (default: text/html)"
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if args:  # Scrapy lets unknown options through
            self._fail(2, f"unknown argument {args[0]!r}")
            return
        assert self.settings is not None
        is_url = opts.page.lower().startswith(("http://", "https://"))
        url = normalise(opts.page if is_url else opts.url or FILES_URL)
        if url is None or (is_url and opts.url):
            self._fail(2, "--url is the address of a file" if url else f"{opts.url or opts.page!r} is no web address")
            return
        try:
            follow_suffixes(self.settings)
            visit = self._asked(url) if is_url else _read(opts.page, url, opts.content_type)
        except StoreError as error:
            self._fail(1, str(error))
            return
        except OSError as error:
            self._fail(1, f"{opts.page} cannot be read: {error.strerror or error}")
            return
        self._show(visit, opts)

    def _asked(self, url: str) -> Visit:
        process = self.crawler_process
        assert process is not None
        PageSpider.visits.clear()
        process.crawl(PageSpider, url=url)
        process.start()
        if not PageSpider.visits:
            raise OSError("no request was made (LOG_ENABLED=1 tells more)")
        return PageSpider.visits[0]

    def _show(self, visit: Visit, opts: argparse.Namespace) -> None:
        page = visit.page
        links = build_links(page, visit.raw_links, internal_too=not opts.external)
        if opts.facts:
            _terminal.write(_facts_table(page) if opts.table else json_line(_values(page)))
        else:
            _terminal.write(_links_table(links) if opts.table else "".join(json_line(_values(link)) for link in links))
        if page.outcome == "redirect":
            print(f"scrapy extract: {plain(page.url)} redirects to {plain(str(page.redirect_to))}", file=sys.stderr)
        elif page.outcome != "ok":
            self._fail(1, f"{page.url}: {page.outcome} ({page.reason or page.http_status or page.content_type})")

    def _fail(self, exit_code: int, why: str) -> None:
        print(f"scrapy extract: {plain(why)}", file=sys.stderr)
        self.exitcode = exit_code


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
    console_for(text, width=_terminal.width(), colour=_terminal.colour()).print(table)
    return "".join(f"{line.rstrip()}\n" for line in text.getvalue().splitlines())
