"""What was tried and how it ended, against a small web whose counts were made by hand."""

import pytest

from backlink_crawler.reports.summary import Observed, Tried
from backlink_crawler.store import Store, StoreUnavailable, reads
from tests.reports.by_hand import SITE, day, store_web


async def test_what_was_tried_is_counted_by_outcome_and_error_status(mongodb_uri: str, mongodb_database: str) -> None:
    """Every page counts once, under its last outcome; errors by status; the last visit is the as-of time."""
    async with Store(mongodb_uri, mongodb_database) as store:
        await store_web(store)
        found = await reads.observed(store.database, [SITE])
    assert set(found.pages) == {
        Tried("ok", None, 6),
        Tried("redirect", None, 1),
        Tried("network_error", None, 1),
        Tried("blocked_by_robots", None, 2),
        Tried("http_error", 404, 1),
        Tried("http_error", 503, 1),
        Tried("http_error", 403, 1),
    }
    assert set(found.own_pages) == {Tried("ok", None, 1), Tried("http_error", 404, 1)}
    assert (found.sites, found.crawls, found.as_of) == (9, 1, day(6))


async def test_an_empty_index_was_not_observed(mongodb_uri: str, mongodb_database: str) -> None:
    """Before the first crawl there are no pages, no crawls and no as-of time."""
    async with Store(mongodb_uri, mongodb_database) as store:
        assert await reads.observed(store.database, [SITE]) == Observed([], [], 0, 0, None)


async def test_a_database_that_went_away_is_unavailable() -> None:
    """A read that MongoDB does not answer raises ``StoreUnavailable``, whose message is one line."""
    store = Store("mongodb://127.0.0.1:1", "gone", answer_within=0.1)
    try:
        with pytest.raises(StoreUnavailable, match="does not answer") as raised:
            async with store.answers():
                await reads.observed(store.database, [SITE])
        assert "\n" not in str(raised.value)
    finally:
        await store.close()
