"""An empty index for each test."""

from collections.abc import AsyncIterator

import pytest

from backlink_crawler.store import Store


@pytest.fixture
async def store(mongodb_uri: str, mongodb_database: str) -> AsyncIterator[Store]:
    """An index of its own, as ``Store.open`` makes it."""
    async with Store(mongodb_uri, mongodb_database) as store:
        yield store
