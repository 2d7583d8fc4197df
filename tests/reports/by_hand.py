"""A web of a few pages, whose counts were made by hand."""

from datetime import UTC, datetime

from backlink_crawler.records import Link, LinkType, Outcome, Page, Region, Visit
from backlink_crawler.store import Store
from backlink_crawler.urls import host_of, site_of

SITE = "shop.com"


def day(number: int) -> datetime:
    return datetime(2026, 3, number, 12, tzinfo=UTC)


def page(url: str, outcome: Outcome = "ok", status: int | None = None) -> Page:
    return Page(url, host_of(url), site_of(host_of(url)), outcome, http_status=status)


def link(
    source: str,
    target: str,
    anchor: str,
    region: Region,
    *,
    rel: tuple[str, ...] = (),
    page_says: str | None = None,
    link_type: LinkType = "text",
) -> Link:
    """A link as ``enrich`` builds it; ``page_says``: ``meta`` or ``header`` where the whole page is nofollow."""
    cause = "rel" if rel else page_says
    source_site, target_site = site_of(host_of(source)), site_of(host_of(target))
    return Link(
        source_url=source,
        source_host=host_of(source),
        source_site=source_site,
        href=target,
        target_url=target,
        target_host=host_of(target),
        target_site=target_site,
        scope="internal" if source_site == target_site else "external",
        link_type=link_type,
        anchor=anchor,
        anchor_source="text" if anchor else "none",
        rel=rel,
        nofollow="nofollow" in rel,
        ugc="ugc" in rel,
        sponsored="sponsored" in rel,
        follow=cause is None,
        nofollow_cause=cause,
        region=region,
        content_score=None,
        xpath="/html/body/a",
        ordinal=0,
        hidden=None,
        occurrences=1,
    )


A1, A2, B, C, D = (
    "https://a.com/1",
    "https://www.a.com/2",
    "https://b.github.io/",
    "https://c.github.io/",
    "http://d.org/p",
)
HOME, SALE, BLOG = "https://shop.com/", "https://shop.com/sale", "https://blog.shop.com/x"

WEB = [
    Visit(
        page(A1), day(1), links=[link(A1, HOME, "Shop", "content"), link(A1, SALE, "Sale", "footer", rel=("nofollow",))]
    ),
    Visit(page(A2), day(2), links=[link(A2, HOME, "Shop", "nav"), link(A2, "https://else.net/", "Shop", "nav")]),
    Visit(page(B), day(3), links=[link(B, HOME, "", "content", link_type="image")]),
    Visit(page(C), day(3), links=[link(C, BLOG, "Shop", "comment", rel=("ugc", "nofollow"))]),
    Visit(
        page(D),
        day(4),
        links=[link(D, SALE, "", "content", rel=("sponsored",)), link(D, HOME, "=1+1", "content", page_says="meta")],
    ),
    # The site itself: its own links are no backlinks, and what it links to is another site's business.
    Visit(page(HOME), day(4), links=[link(HOME, SALE, "Sale", "nav"), link(HOME, A1, "A", "nav")]),
    Visit(page(SALE, "http_error", 404), day(4)),
    # Seen again: dates move; the other link is gone.
    Visit(page(A1), day(6), links=[link(A1, HOME, "Shop", "content")]),
    Visit(page("https://a.com/old", "redirect", 301), day(1)),
    Visit(page("https://e.com/", "http_error", 503), day(1)),
    Visit(page("https://f.com/", "http_error", 403), day(1)),
    Visit(page("https://g.com/", "network_error"), day(1)),
    Visit(page("https://h.com/", "blocked_by_robots"), day(1)),
    Visit(page("https://h.com/2", "blocked_by_robots"), day(1)),
]


async def store_web(store: Store) -> None:
    """Store ``WEB``, as two batches, in a crawl."""
    await store.save_visits(WEB[:7])
    await store.save_visits(WEB[7:])
    await store.start_crawl("seeds-1", "seeds", {})
