"""Databases that are to be re-keyed, in small batches."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from pymongo import MongoClient

from backlink_crawler import suffixes
from backlink_crawler.store.migrations.identities import counting, rekeying
from tests.identities.older import CASES, IN_ORDER, Document, write_version_1


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few pages take several batches, as millions do."""
    monkeypatch.setattr(rekeying, "_UNITS", 5)
    monkeypatch.setattr(rekeying, "_LINKS", 4)
    monkeypatch.setattr(counting, "_BATCH", 2)


@pytest.fixture
def other_database(mongodb_uri: str) -> Iterator[str]:
    name = f"test_{uuid4().hex}"
    yield name
    with MongoClient[Document](mongodb_uri) as client:
        client.drop_database(name)


@pytest.fixture
async def old(mongodb_uri: str, mongodb_database: str) -> str:
    """A database of version 1 with all the cases."""
    await write_version_1(mongodb_uri, mongodb_database, IN_ORDER)
    return mongodb_database


@pytest.fixture
async def small(mongodb_uri: str, mongodb_database: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database of version 1 with pages to rename and to merge, links to merge, to lose and to bring back."""
    monkeypatch.setattr(rekeying, "_LINKS", 6)
    names = ("a page is", "another spelling after a gap", "two pages are one, a link is on the older")
    numbers = [list(CASES).index(name) for name in names]
    sites = tuple(f"http://a{number}.test/" for number in numbers)
    await write_version_1(mongodb_uri, mongodb_database, [one for one in IN_ORDER if one.url.startswith(sites)])
    return mongodb_database


LIST = (
    "// VERSION: 2030-01-01_00-00-00_UTC\n// ===BEGIN ICANN DOMAINS===\ncom\ntest\n// ===END ICANN DOMAINS===\n"
    "// ===BEGIN PRIVATE DOMAINS===\npages.test\n// ===END PRIVATE DOMAINS===\n"
)


@pytest.fixture
def with_pages(tmp_path: Path) -> suffixes.SuffixList:
    """A list by which a.pages.test and b.pages.test are two sites."""
    path = tmp_path / "list.dat"
    path.write_text(LIST, "utf-8")
    return suffixes.read(path)
