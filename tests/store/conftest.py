"""An empty store for each test, in a database that its module makes once."""

from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import uuid4

import pytest
from pymongo import MongoClient

from backlink_crawler.store import Store
from backlink_crawler.store.schema import COLLECTIONS


@pytest.fixture(scope="module")
def shared_database(mongodb_uri: str) -> Iterator[str]:
    """The name of a database of this module."""
    name = f"test_{uuid4().hex}"
    yield name
    with MongoClient[dict[str, Any]](mongodb_uri) as client:
        client.drop_database(name)


@pytest.fixture
async def store(mongodb_uri: str, shared_database: str) -> AsyncIterator[Store]:
    """An open store, empty."""
    async with Store(mongodb_uri, shared_database) as opened:
        for collection in COLLECTIONS:
            if collection.name != "meta":
                await opened.database[collection.name].delete_many({})
        yield opened
