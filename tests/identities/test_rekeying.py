"""A re-keying that is interrupted, goes another way or meets what was left open."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from backlink_crawler import urls
from backlink_crawler.store import Store, StoreError, migrations
from backlink_crawler.store.migrations.identities import Rules
from backlink_crawler.urls import normalise, site_of
from tests.crawling import Crawling
from tests.identities.older import (
    B,
    C,
    Contents,
    Seen,
    U,
    contents,
    migrate,
    normalise_1,
    put,
    server,
    told,
    unstamped,
    visit,
    write_version_1,
)
from tests.store.faults import WHERE, Crash, Where, crashed


async def test_what_is_to_be_done_is_counted(mongodb_uri: str, old: str) -> None:
    """A dry run writes nothing and tells what the migration does then."""
    before = contents(mongodb_uri, old)
    store = Store(mongodb_uri, old, program=migrations.NAME)
    counts, aside = await migrations.outstanding(store, lambda *_: None)
    await store.close()
    assert contents(mongodb_uri, old) == before
    await migrate(mongodb_uri, old)
    after = contents(mongodb_uri, old)
    for kind in ("pages", "links"):
        assert counts[f"{kind} merged into others"] == len(before[kind]) - len(after[kind])
        gone = {one["_id"] for one in before[kind]} - {one["_id"] for one in after[kind]}
        assert counts[f"{kind} under another id"] == len(gone)
    assert not aside


async def test_a_crash_at_any_write(mongodb_uri: str, small: str) -> None:
    """An interrupted re-keying is refused by a crawl; run again, it ends as if it had not been interrupted.

    Each write in one of the ways in which it can end; in every one where the environment has ``EVERY_INTERLEAVING``.
    """
    before = contents(mongodb_uri, small)
    await migrate(mongodb_uri, small)
    expected = unstamped(contents(mongodb_uri, small))
    number = 0
    while True:
        every = WHERE if "EVERY_INTERLEAVING" in os.environ else [WHERE[number % len(WHERE)]]
        done = [await _finished_after(mongodb_uri, small, before, expected, number, where) for where in every]
        if not all(done):
            break
        number += 1
    assert number >= 15
    with server(mongodb_uri) as client:
        assert not {"rekeying", "rekeyed"} & set(client[small].list_collection_names())
        assert "source_id_1" not in client[small]["links"].index_information()


async def _finished_after(uri: str, name: str, before: Contents, expected: Contents, number: int, where: Where) -> bool:
    """Crash at a write and run again; return whether there was such a write."""
    put(uri, name, before)
    if not await crashed(number, where, migrate(uri, name)):
        return False
    with pytest.raises(StoreError, match="To finish it: scrapy migrate"):
        async with Store(uri, name):
            pass
    await migrate(uri, name)
    assert unstamped(contents(uri, name)) == expected, (number, where)
    return True


async def test_a_crash_between_any_two_parts(mongodb_uri: str, small: str) -> None:
    """The same for what is no bulk write: the looking, indexes, sites."""
    before = contents(mongodb_uri, small)
    await migrate(mongodb_uri, small)
    expected = unstamped(contents(mongodb_uri, small))
    number = 0
    while True:
        put(mongodb_uri, small, before)
        calls = iter(range(number, -1, -1))

        def stop(*_: object, left: Iterator[int] = calls) -> None:
            if next(left, None) == 0:
                raise Crash

        try:
            await migrate(mongodb_uri, small, progress=stop)
        except Crash:
            await migrate(mongodb_uri, small)
            assert unstamped(contents(mongodb_uri, small)) == expected, number
            number += 1
        else:
            break
    assert number >= 8


async def test_rules_that_change_half_way(mongodb_uri: str, small: str) -> None:
    """What was half re-keyed to some rules is brought to others as a whole."""
    versions: dict[str, int | str] = {"url_rules": 2, "suffixes": urls.suffixes_version()}
    # The pages are the same by both: what lies aside of one is not to be taken for what the other made.
    secure = Rules(lambda url: url.replace("http://c.test", "https://c.test"), site_of, {**versions, "url_rules": 3})
    plain = Rules(lambda url: normalise(url.replace("https:", "http:")), site_of, versions)
    before = contents(mongodb_uri, small)
    await migrate(mongodb_uri, small)
    expected = contents(mongodb_uri, small)
    for number in range(1, 8):
        put(mongodb_uri, small, before)
        assert await crashed(number, "after", migrate(mongodb_uri, small, secure))
        await migrate(mongodb_uri, small, plain)
        found = contents(mongodb_uri, small)
        for collection in ("pages", "links", "link_events"):
            assert told(found, collection) == told(expected, collection), number


async def test_a_commit_that_was_open(mongodb_uri: str, mongodb_database: str) -> None:
    """What a worker that died still had to write is written first."""
    await write_version_1(mongodb_uri, mongodb_database, [Seen(U, 1, [B, C])])
    async with _as_version_1(mongodb_uri, mongodb_database), Store(mongodb_uri, mongodb_database) as store:
        assert await crashed(1, "before", store.save_visits([visit(Seen(U, 5, [B]), normalise_1)]))
    await migrate(mongodb_uri, mongodb_database)
    after = contents(mongodb_uri, mongodb_database)
    assert "pending" not in after["pages"][0]
    assert {link["target_url"]: link["status"] for link in after["links"]} == {B: "live", C: "lost"}
    assert [event["event"] for event in after["link_events"]] == ["lost"]


@asynccontextmanager
async def _as_version_1(uri: str, name: str) -> AsyncIterator[None]:
    """Let a worker of these tests write what version 1 wrote."""
    with server(uri) as client:
        client[name]["meta"].update_one({"_id": "schema"}, {"$set": {"url_rules": 2}})
        yield
        client[name]["meta"].update_one({"_id": "schema"}, {"$set": {"url_rules": 1}})


def test_the_command(crawling: Crawling, small: str) -> None:
    """What is to be done is told in numbers, and done."""
    checked = crawling.run("migrate", "--dry-run")
    assert checked.code == 3, checked.err
    assert "Rules of URLs: 1 to 2." in checked.out
    assert "1 pages merged into others" in checked.out
    done = crawling.run("migrate", "--force")
    assert done.code == 0, done.err
    assert "pages re-keyed: 3 of 3" in done.err
    assert "nothing to do" in done.out


async def test_newer_rules_are_refused(mongodb_uri: str, small: str) -> None:
    """A database of a later program is left alone."""
    with server(mongodb_uri) as client:
        client[small]["meta"].update_one({"_id": "schema"}, {"$set": {"url_rules": 99}})
    with pytest.raises(StoreError, match="update the program"):
        await migrate(mongodb_uri, small)
