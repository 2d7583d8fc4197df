"""The synthetic web as an index, without a wire, so that it costs seconds.

Each page is rendered, becomes a visit as a response does (``spiders.observation``) and is stored as the pipelines store
it. That a crawl over the wire comes to the same is the promise of ``test_crawl``.
"""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv4Address

from scrapy.http import HtmlResponse

from backlink_crawler.features import build_links
from backlink_crawler.records import Page, Visit
from backlink_crawler.spiders.observation import observe_response
from backlink_crawler.store import Store
from backlink_crawler.urls import host_of, site_of
from tests.web.plan import PagePlan, Web
from tests.web.render import replies
from tests.web.truth import Expected, crawl_all

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
"""When every page was visited."""
SITES_PER_SUBNET = 4

_ANSWERED = frozenset({"ok", "redirect", "http_error", "not_html"})
_BATCH = 100


@dataclass(frozen=True, slots=True)
class IndexedWeb:
    """A web, what is true of it, and where its index is."""

    web: Web
    truth: Expected
    uri: str
    database: str


async def index_web(web: Web, uri: str, database: str) -> IndexedWeb:
    """Store a visit of every page of ``web`` that a crawl of everything reaches."""
    truth = crawl_all(web)
    visits = [visit_of(web, url) for url in truth.pages]
    async with Store(uri, database) as store:
        await store.start_crawl("synthetic", "seeds", {})
        for start in range(0, len(visits), _BATCH):
            await store.save_visits(visits[start : start + _BATCH])
    return IndexedWeb(web, truth, uri, database)


def visit_of(web: Web, url: str) -> Visit:
    """Return what a visit of one page of ``web`` comes to."""
    plan = web.page(url)
    if plan.outcomes[0] in _ANSWERED:
        visit = _answered(plan, address_of(web, url))
    else:
        visit = Visit(Page(url, host_of(url), site_of(host_of(url)), plan.outcomes[0]), AT)
    visit.page.crawl_id = "synthetic"
    raw = [link for link in visit.raw_links if link.url is not None]
    visit.links, visit.raw_links = build_links(visit.page, raw, internal_too=False), []
    return visit


def address_of(web: Web, url: str) -> IPv4Address:
    """Return the address that a page is read from: one a site, in the order of the plan, some sites to a /24."""
    number = [site.name for site in web.sites].index(web.site_of(url))
    return IPv4Address(f"203.0.{number // SITES_PER_SUBNET}.{number % SITES_PER_SUBNET + 1}")


def _answered(plan: PagePlan, address: IPv4Address) -> Visit:
    reply = replies(plan)[-1]
    body = gzip.decompress(reply.body) if plan.gzip else reply.body
    headers = dict(_headers(reply.head))
    return observe_response(
        HtmlResponse(plan.url, status=reply.status, headers=headers, body=body, ip_address=address), AT
    )


def _headers(head: bytes) -> Iterator[tuple[str, list[str]]]:
    """Yield each header once, with all its values."""
    found: dict[str, list[str]] = {}
    for line in head.decode("latin-1").split("\r\n")[1:]:
        name, colon, value = line.partition(": ")
        if colon:
            found.setdefault(name, []).append(value)
    yield from found.items()
