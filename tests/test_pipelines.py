"""The stages before the store: what is dropped, what is bounded, what is counted."""

from datetime import UTC, datetime

from scrapy.utils.test import get_crawler

from backlink_crawler.records import MAX_LINKS, MAX_URL, Page, RawLink, Visit
from pipelines.normalise import Normalise


def raw(url: str | None, href: str = "x") -> RawLink:
    return RawLink(href, url, "", "none", (), "text", "content", "", 0)


async def normalised(*links: RawLink) -> tuple[Visit, int]:
    crawler = get_crawler()
    visit = Visit(Page("http://a.test/", "a.test", "a.test", "ok"), datetime(2030, 1, 1, tzinfo=UTC), list(links))
    assert crawler.stats is not None
    return await Normalise.from_crawler(crawler).process_item(visit), crawler.stats.get_value("links/not_web", 0)


async def test_links_that_are_no_web_addresses_are_counted_and_dropped() -> None:
    """mailto and the like are known to have been there, and go no further."""
    visit, dropped = await normalised(raw(None), raw("http://b.test/"), raw(None))
    assert ([link.url for link in visit.raw_links], dropped) == (["http://b.test/"], 2)


async def test_a_page_is_truncated_by_targets_not_by_elements() -> None:
    """An index that links twenty thousand times to a few pages is kept whole."""
    many = [raw(f"http://b.test/{n % 500}") for n in range(2 * MAX_LINKS)]
    visit, _ = await normalised(*many, raw("http://c.test/"))
    assert (visit.page.truncated, len(visit.raw_links)) == (False, 2 * MAX_LINKS + 1)


async def test_targets_are_bounded() -> None:
    """Beyond 10,000 targets the first are kept with all their occurrences, and the page says so."""
    many = [raw(f"http://b.test/{n}") for n in range(MAX_LINKS + 5)]
    visit, _ = await normalised(*many, raw("http://b.test/0"))
    assert (visit.page.truncated, len(visit.raw_links)) == (True, MAX_LINKS + 1)


async def test_what_is_written_is_bounded() -> None:
    """An attribute of megabytes is stored up to the length of a URL."""
    visit, _ = await normalised(raw("http://b.test/", "y" * 10_000))
    assert len(visit.raw_links[0].href) == MAX_URL
