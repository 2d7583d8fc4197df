"""Which links of a page are walked, by the spiders that walk: their start lists decide, once for each host."""

from datetime import UTC, datetime

import pytest
from scrapy.utils.test import get_crawler

from backlink_crawler.records import Page, RawLink, Visit
from backlink_crawler.spiders.competitors import CompetitorsSpider
from backlink_crawler.spiders.seeds import SeedsSpider
from backlink_crawler.spiders.walking import WalkingSpider
from backlink_crawler.urls import host_of, site_of

OFFERED = (
    "https://b.test/",
    "https://b.test/blog",
    "https://b.test/blog/post?x=/shop/",
    "https://b.test/blogger/",
    "https://b.test/shop/?blog/",
    "https://b.test:8443/blog/",
    "https://www.b.test/blog/",
    "https://sub.b.test/blog/",
    "https://c.test/blog/",
)


def visit(url: str, depth: int, links: tuple[str, ...] = OFFERED) -> Visit:
    """Return a page that links twice to everything, once with a form."""
    host = host_of(url)
    raw = [
        RawLink(to, to, "", "none", (), kind, "content", "", 0)
        for kind in ("form", "text", "image")
        for to in (*links, url)
    ]
    raw.append(RawLink("mailto:x", None, "", "none", (), "text", "content", "", 0))
    return Visit(Page(url, host, site_of(host), "ok", depth=depth), datetime(2030, 1, 1, tzinfo=UTC), raw_links=raw)


def spider(kind: type[WalkingSpider], **arguments: str) -> WalkingSpider:
    """Return a spider with arguments as people give them."""
    return kind.from_crawler(get_crawler(kind, settings_dict={"CONTACT": "a@b.test"}), **arguments)


@pytest.mark.parametrize(
    ("arguments", "walked", "why"),
    [
        ({"domains": "https://b.test/blog/"}, (1, 2, 5, 6), "a path: itself and what is under it, with the www twin"),
        ({"domains": "https://b.test/blog/,https://b.test/shop/"}, (1, 2, 4, 5, 6), "two paths"),
        ({"domains": "b.test"}, (0, 1, 2, 3, 4, 5, 6), "a host, on any port"),
        ({"domains": "b.test,https://b.test/blog/"}, (0, 1, 2, 3, 4, 5, 6), "a host, whatever path of it is named too"),
        ({"domains": "b.test", "subdomains": "1"}, (0, 1, 2, 3, 4, 5, 6, 7), "with what is below it"),
        ({"domains": "c.test"}, (8,), "another host"),
    ],
)
def test_seeds(arguments: dict[str, str], walked: tuple[int, ...], why: str) -> None:
    """A walk stays on the hosts and under the paths that were named, and offers each address once."""
    found = list(spider(SeedsSpider, **arguments).children(visit("https://b.test/blog/start", depth=1)))
    assert [child.url for child in found] == [OFFERED[number] for number in walked], why
    assert {(child.depth, child.band, child.site_budget) for child in found} == {(2, 2, 0)}


@pytest.mark.parametrize(
    ("page", "depth", "walked"),
    [
        ("https://rival.test/", 0, {"rival.test": (1, 0), "b.test": (2, 7)}),
        ("https://rival.test/deep", 3, {"rival.test": (1, 0), "b.test": (3, 7)}),
        ("https://b.test/x", 1, {"rival.test": (1, 0), "b.test": (3, 7)}),
        ("https://c.test/x", 1, {"rival.test": (1, 0)}),
    ],
)
def test_competitors(page: str, depth: int, walked: dict[str, tuple[int, int]]) -> None:
    """Competitors are walked whole and first; sites around them with a few pages, and what those link to not at all."""
    walker = spider(CompetitorsSpider, sites="rival.test", probe="7")
    links = ("https://rival.test/a", "https://b.test/a", "https://b.test/b")
    found = list(walker.children(visit(page, depth, links)))
    assert {site_of(host_of(child.url)): (child.band, child.site_budget) for child in found} == walked
