"""Conditional requests: which pages are asked about, and that the index is asked once for many."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from scrapy import Request
from scrapy.exceptions import NotConfigured
from scrapy.utils.test import get_crawler

from backlink_crawler.frontier.contract import Lease
from backlink_crawler.net.conditional import ConditionalMiddleware
from backlink_crawler.records import Outcome, Page, Visit
from backlink_crawler.spiders.recheck import RecheckSpider
from backlink_crawler.spiders.seeds import SeedsSpider
from backlink_crawler.spiders.verify import VerifySpider
from backlink_crawler.store import Store, due
from backlink_crawler.store.due import Validators
from backlink_crawler.urls import host_of, site_of

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DATE = "Sun, 01 Mar 2026 10:00:00 GMT"


def url_of(name: str) -> str:
    return f"http://blog.test/{name}"


def visit(name: str, outcome: Outcome = "ok", hour: int = 12, **facts: Any) -> Visit:
    """A visit of the page of this name."""
    url = url_of(name)
    return Visit(Page(url, host_of(url), site_of(host_of(url)), outcome, **facts), NOON.replace(hour=hour))


VISITS = [
    visit("tagged", etag='W/"1"'),
    visit("dated", last_modified=DATE),
    visit("both", etag='"b"', last_modified=DATE),
    visit("silent"),
    visit("walled", etag='"1"', wall="login"),
    visit("gone", "http_error", http_status=404, etag='"1"'),
    visit("noindex", etag='"1"', indexable=False, indexable_cause="header"),
    visit("nofollow", etag='"1"', nofollow=True, nofollow_cause="header"),
    visit("long-ago", hour=9, etag='"1"'),
    visit("lost", etag='"1"'),
    visit("lost", "network_error", 13),
    visit("broken", etag='"1"\r\nX-Evil: yes'),
]
EXPECTED = {
    url_of("tagged"): Validators('W/"1"', None),
    url_of("dated"): Validators(None, DATE),
    url_of("both"): Validators('"b"', DATE),
    url_of("broken"): Validators('"1"\r\nX-Evil: yes', None),
}


@pytest.fixture
async def store(mongodb_uri: str, mongodb_database: str) -> AsyncIterator[Store]:
    """An index that holds ``VISITS``."""
    async with Store(mongodb_uri, mongodb_database) as store:
        await store.save_visits(VISITS)
        yield store


def lease(attempt: int = 1) -> Lease:
    """A claim of some page."""
    return Lease("http://blog.test/x", "blog.test", "blog.test", 0, 0, 1, attempt)


def middleware(store: Store, uri: str) -> ConditionalMiddleware:
    """The middleware of a recheck of the same index."""
    settings = {"MONGODB_URI": uri, "MONGODB_DATABASE": store.database.name, "RECHECK_MAX_DAYS": 36_500}
    crawler = get_crawler(RecheckSpider, settings)
    spider = RecheckSpider()
    spider.conditional = True
    crawler.spider = spider
    return ConditionalMiddleware(crawler)


async def test_only_pages_that_were_read_whole_are_asked_about(store: Store) -> None:
    """Those last seen ok, without a wall and not unknown since, lately, and not under a robots header."""
    urls = [*(visit.page.url for visit in VISITS), url_of("new")]
    assert await due.validators(store.database, urls, whole_since=NOON.replace(hour=10)) == EXPECTED


async def test_pages_in_flight_share_one_read(store: Store, mongodb_uri: str) -> None:
    """Of many requests handed out together each gets its own headers, after one read of the index."""
    asking = middleware(store, mongodb_uri)
    requests = {name: Request(url_of(name), meta={"lease": lease()}) for name in ("tagged", "dated", "both", "lost")}
    await asyncio.gather(*(asking.process_request(request) for request in requests.values()))
    assert asking.reads == 1
    sent = {
        name: {key.decode(): value[0].decode() for key, value in request.headers.items()}
        for name, request in requests.items()
    }
    assert sent == {
        "tagged": {"If-None-Match": 'W/"1"'},
        "dated": {"If-Modified-Since": DATE},
        "both": {"If-None-Match": '"b"', "If-Modified-Since": DATE},
        "lost": {},
    }
    await asking.spider_closed(RecheckSpider())


async def test_a_validator_cannot_smuggle_a_header(store: Store, mongodb_uri: str) -> None:
    """What could end a header line is not sent; robots.txt and second attempts are read whole."""
    asking = middleware(store, mongodb_uri)
    request = Request(url_of("broken"), meta={"lease": lease()})
    robots = Request(url_of("tagged"))
    again = Request(url_of("tagged"), meta={"lease": lease(attempt=2)})
    await asyncio.gather(*(asking.process_request(one) for one in (request, robots, again)))
    assert not any(one.headers for one in (request, robots, again))
    await asking.spider_closed(RecheckSpider())


async def test_an_index_that_is_away_costs_nothing_but_bytes(store: Store) -> None:
    """Pages are asked for whole, and the crawl goes on."""
    asking = middleware(store, "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=50")
    asking._store = Store("mongodb://127.0.0.1:1", "none", answer_within=0.05)
    request = Request(url_of("tagged"), meta={"lease": lease()})
    await asking.process_request(request)
    assert not request.headers
    await asking.spider_closed(RecheckSpider())


@pytest.mark.parametrize("spider", [SeedsSpider, VerifySpider])
def test_walking_and_verifying_read_pages_whole(spider: type) -> None:
    """A 304 has no links to walk on, and a verdict on a paid link is not left to a server's word."""
    crawler = get_crawler(spider, {"MONGODB_URI": "mongodb://127.0.0.1:1", "MONGODB_DATABASE": "none"})
    crawler.spider = spider()
    with pytest.raises(NotConfigured):
        ConditionalMiddleware(crawler)
