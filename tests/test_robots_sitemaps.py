"""Sitemaps that robots.txt files name: noted in a real index, which may be away."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from scrapy.utils.test import get_crawler

from backlink_crawler.net import sitemaps
from backlink_crawler.net.robots_rules import RobotsRules
from backlink_crawler.net.sitemaps import SitemapNotes
from backlink_crawler.spiders.seeds import SeedsSpider
from backlink_crawler.store import Store, StoreUnavailable
from backlink_crawler.store.sitemaps import NamedSitemaps, note_sitemaps

NOWHERE = "mongodb://127.0.0.1:1"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
async def store(mongodb_uri: str, mongodb_database: str) -> AsyncIterator[Store]:
    """An empty index."""
    async with Store(mongodb_uri, mongodb_database) as store:
        yield store


async def noted(store: Store) -> dict[str, list[str]]:
    """Return host → sitemaps as stored."""
    return {note["_id"]: note["urls"] async for note in store.database["sitemaps"].find()}


async def test_notes_are_of_the_last_reading(store: Store) -> None:
    """They are replaced, also by none; the first time stays; a host that never named any has no document."""
    later = NOON.replace(hour=13)
    hosts = {"a.blog.example.co.uk": ("https://x.test/1",), "silent.test": ()}
    await note_sitemaps(store.database, [NamedSitemaps(host, urls, NOON) for host, urls in hosts.items()])
    await note_sitemaps(store.database, [NamedSitemaps("a.blog.example.co.uk", (), later)])
    assert await store.database["sitemaps"].find().to_list() == [
        {
            "_id": "a.blog.example.co.uk",
            "site": "example.co.uk",
            "urls": [],
            "first_seen": NOON,
            "last_seen": later,
        }
    ]


Notes = Callable[[str], SitemapNotes]


@pytest.fixture
def notes(mongodb_database: str) -> Notes:
    """Make the extension for an index at an address."""

    def make(uri: str) -> SitemapNotes:
        given = {"MONGODB_URI": uri, "MONGODB_DATABASE": mongodb_database}
        patience = 0.3 if uri == NOWHERE else 20
        return SitemapNotes(get_crawler(SeedsSpider, given), patience_at_stop=patience)

    return make


async def test_what_is_noted(notes: Notes, store: Store, mongodb_uri: str) -> None:
    """Identities, resolved against the file; of every host on the way that has it as its robots.txt; of no other."""
    writer = notes(mongodb_uri)
    rules = RobotsRules(sitemaps=["/map.xml", "https://B.test:443/%7Emap#x", "mailto:a@b.test", "/map.xml"])
    addresses = ("https://a.test/robots.txt", "https://www.a.test/robots.txt", "https://cdn.test/x/robots.txt")
    writer.robots_read(rules=rules, addresses=addresses)
    writer.robots_read(rules=rules, addresses=())
    await writer.spider_closed(SeedsSpider())
    assert await noted(store) == {
        host: [f"https://{host}/map.xml", "https://b.test/~map"] for host in ("a.test", "www.a.test")
    }


async def test_notes_wait_while_mongodb_is_away(
    notes: Notes, store: Store, mongodb_uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing stops and nothing is lost: they are written when it is back, also those that came meanwhile."""
    attempts: list[int] = []

    async def away_at_first(database: Any, named: Sequence[NamedSitemaps]) -> None:
        attempts.append(len(named))
        if len(attempts) == 1:
            told("2.test")
            raise StoreUnavailable("MongoDB does not answer")
        await note_sitemaps(database, named)

    def told(host: str) -> None:
        writer.robots_read(rules=RobotsRules(sitemaps=["/s"]), addresses=(f"https://{host}/robots.txt",))

    monkeypatch.setattr(sitemaps, "note_sitemaps", away_at_first)
    monkeypatch.setattr(sitemaps, "_FIRST_PAUSE", 0.01)
    writer = notes(mongodb_uri)
    told("0.test")
    told("1.test")
    await writer.spider_closed(SeedsSpider())
    assert attempts == [2, 3]
    assert await noted(store) == {f"{n}.test": [f"https://{n}.test/s"] for n in range(3)}


async def test_a_worker_that_stops_does_not_wait_for_ever(notes: Notes, caplog: pytest.LogCaptureFixture) -> None:
    """It says what was not noted, and goes."""
    writer = notes(NOWHERE)
    writer.robots_read(rules=RobotsRules(sitemaps=["/s"]), addresses=("https://a.test/robots.txt",))
    async with asyncio.timeout(3):
        await writer.spider_closed(SeedsSpider())
    assert "sitemaps of 1 hosts are not noted" in caplog.text


async def test_what_waits_is_bounded(notes: Notes, monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest are kept."""
    monkeypatch.setattr(sitemaps, "MOST_WAITING", 10)
    writer = notes(NOWHERE)
    for n in range(50):
        writer.robots_read(rules=RobotsRules(sitemaps=["/s"]), addresses=(f"https://{n}.test/robots.txt",))
    assert writer.waiting == [f"{n}.test" for n in range(40, 50)]
    await writer.spider_closed(SeedsSpider())
