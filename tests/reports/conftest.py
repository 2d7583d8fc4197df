"""Indexes to ask: the synthetic web, once a test process, and whatever a test stores itself."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from pymongo import MongoClient

from tests.reports.asking import Asking
from tests.reports.indexed_web import AT, IndexedWeb, index_web
from tests.web.synthetic import synthetic_web


@pytest.fixture(scope="session")
def synthetic_index(mongodb_uri: str) -> Iterator[IndexedWeb]:
    """The whole synthetic web (52 sites) as an index. Read only: every test of the process shares it."""
    name = f"synthetic_{uuid4().hex}"
    yield asyncio.run(index_web(synthetic_web(huge=1 << 10), mongodb_uri, name))
    with MongoClient[dict[str, object]](mongodb_uri) as client:
        client.drop_database(name)


@pytest.fixture
def ask_synthetic(synthetic_index: IndexedWeb) -> Asking:
    """Asks views of the synthetic web, a day after it was read."""
    return Asking(synthetic_index.uri, synthetic_index.database, AT + timedelta(days=1))


@pytest.fixture
def asking(mongodb_uri: str, mongodb_database: str) -> Callable[[datetime], Asking]:
    """Asks views of the test's own database, at a time that the test names."""
    return lambda now: Asking(mongodb_uri, mongodb_database, now)
