"""Databases of schema 2: the indexes of this version are made, and the one that they replace goes."""

from collections.abc import Iterator
from typing import Any

import pytest
from pymongo import IndexModel, MongoClient

from backlink_crawler.store import Store, StoreError, migrations
from backlink_crawler.store.migrations import from_2_to_3
from backlink_crawler.store.schema import COLLECTIONS
from tests.store.faults import Crash
from tests.test_migrations import B, C, contents, migrate, migrating, seen

REPLACED = ("target_site", "source_site", "status", "lost_at", "first_seen", "found", "follow", "region")


@pytest.fixture
async def old(mongodb_uri: str, mongodb_database: str) -> str:
    """A database of schema 2 with a page in it."""
    async with Store(mongodb_uri, mongodb_database) as store:
        await store.save_visits([seen("http://a.test/1", B, C, on=1)])
    with MongoClient[dict[str, Any]](mongodb_uri) as client:
        database = client[mongodb_database]
        for collection, names in (("pages", ("facts", "redirects")), ("links", ("backlinks",))):
            for name in names:
                database[collection].drop_index(name)
        database["links"].create_indexes([IndexModel([(field, 1) for field in REPLACED])])
        database["meta"].update_one({"_id": "schema"}, {"$set": {"schema": 2}})
    return mongodb_database


def indexes(uri: str, name: str) -> dict[str, set[str]]:
    with MongoClient[dict[str, Any]](uri) as client:
        return {collection.name: set(client[name][collection.name].index_information()) for collection in COLLECTIONS}


EXPECTED = {
    collection.name: {"_id_", *(index.document["name"] for index in collection.indexes)} for collection in COLLECTIONS
}


async def test_indexes_are_those_of_this_version(mongodb_uri: str, old: str) -> None:
    """The documents stay as they are, and a second migration finds nothing to do."""
    before = contents(mongodb_uri, old)
    async with migrating(mongodb_uri, old) as store:
        plan = await migrations.plan(store)
    assert plan.steps == {2: {"indexes": 4}}  # three to make, one to drop
    with pytest.raises(StoreError, match="has schema 2, this program has 3"):
        async with Store(mongodb_uri, old):
            pass
    await migrate(mongodb_uri, old)
    assert indexes(mongodb_uri, old) == EXPECTED
    after = contents(mongodb_uri, old)
    assert {**after, "meta": None} == {**before, "meta": None}
    async with migrating(mongodb_uri, old) as store:
        assert (await migrations.plan(store)).is_empty


async def test_a_crash_between_any_two_parts(mongodb_uri: str, old: str) -> None:
    """An interrupted migration is refused by a crawl, and finished by running it again."""
    for number in range(5):  # before each of three indexes, before the drop, before the versions are written
        calls = iter(range(number, -1, -1))

        def stop(*_: object, left: Iterator[int] = calls) -> None:
            if next(left) == 0:
                raise Crash

        with pytest.raises(Crash):
            await migrate(mongodb_uri, old, stop)
        with pytest.raises(StoreError, match="To finish it: scrapy migrate"):
            async with Store(mongodb_uri, old):
                pass
    await migrate(mongodb_uri, old)
    assert indexes(mongodb_uri, old) == EXPECTED


def test_the_step_names_the_index_it_drops() -> None:
    """The name is the one that MongoDB made up for schema 2's index of links."""
    assert IndexModel([(field, 1) for field in REPLACED]).document["name"] == from_2_to_3._REPLACED
