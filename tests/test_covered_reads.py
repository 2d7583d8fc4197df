"""Reads that an index answers alone: links and pages lie scattered, and each document would be a read of its own."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.monitoring import CommandListener, CommandStartedEvent

from backlink_crawler.reports.question import Question, Scope
from backlink_crawler.store import Store, tables
from backlink_crawler.store.schema import BACKLINKS, PAGE_FACTS
from tests.test_migrations import seen

NOW = datetime(2026, 3, 1, tzinfo=UTC)
LINKS = frozenset({*BACKLINKS})
PAGES = frozenset({*PAGE_FACTS} - {"_id"} | {"page_id"})
SHOP, OLD = "http://shop.test/", "http://shop.example/"


class Heard(CommandListener):
    """The filters that MongoDB was asked for."""

    def __init__(self) -> None:
        self.finds: list[Mapping[str, Any]] = []

    def started(self, event: CommandStartedEvent) -> None:
        if event.command_name == "find":
            self.finds.append(
                {key: event.command[key] for key in ("find", "filter", "projection", "hint") if key in event.command}
            )

    def succeeded(self, event: object) -> None:
        """Nothing to note."""

    failed = succeeded


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
async def database(
    mongodb_uri: str, mongodb_database: str, heard: Heard
) -> AsyncIterator[AsyncDatabase[dict[str, Any]]]:
    """Pages of sites all over the alphabet that link to a shop; one site redirects to it."""
    pages = ("http://0.test/", "http://azure.test/", "http://green.test/", "http://z.test/", "http://shop.test/own")
    async with Store(mongodb_uri, mongodb_database) as store:
        await store.save_visits([seen(url, SHOP, OLD, on=1) for url in pages])
        await store.save_visits([seen(OLD, on=2, outcome="redirect", http_status=301, redirect_to=SHOP)])
    async with AsyncMongoClient[dict[str, Any]](mongodb_uri, tz_aware=True, event_listeners=[heard]) as client:
        yield client[mongodb_database]


async def documents_read(database: AsyncDatabase[dict[str, Any]], heard: Heard) -> Mapping[str, int]:
    """By collection, of everything that was asked for."""
    read: dict[str, int] = {}
    for find in list(heard.finds):
        told = await database.command("explain", find, verbosity="executionStats")
        read[find["find"]] = read.get(find["find"], 0) + told["executionStats"]["totalDocsExamined"]
    return read


async def test_counts_read_no_document(database: AsyncDatabase[dict[str, Any]], heard: Heard) -> None:
    """All columns of the indexes together are answered by them; the one document is the redirect to the shop."""
    needed = {"links_in": LINKS, "source_pages": PAGES, "target_pages": PAGES}
    found = await tables.read(database, Question(("shop.test",), NOW), needed)
    rows = found["links_in"].to_pylist()
    # Each of four pages links to the shop, and to what redirects there.
    assert sorted((row["source_site"], row["matched"]) for row in rows) == sorted(
        (site, matched) for site in ("0.test", "azure.test", "green.test", "z.test") for matched in ("direct", "final")
    )
    assert {row["anchor"] for row in rows} == {SHOP, OLD}
    assert found["source_pages"].num_rows == 4
    assert {row["host"] for row in found["source_pages"].to_pylist()} == {row["source_site"] for row in rows}
    # Which index it is, is not left to what the planner thinks of the moment.
    assert {find.get("hint") for find in heard.finds} == {"backlinks", "facts", None}
    assert await documents_read(database, heard) == {"links": 0, "pages": 1}


@pytest.mark.parametrize(
    ("columns", "scope", "place"),
    [
        ({"source_url"}, "site", ""),  # no index holds URLs
        ({"link_id", "anchor"}, "site", ""),
        ({"anchor"}, "host", "shop.test"),  # nor hosts
        ({"anchor"}, "url", SHOP),
        ({"anchor"}, "prefix", SHOP),
    ],
)
async def test_other_columns_are_read_from_documents(
    database: AsyncDatabase[dict[str, Any]], columns: set[str], scope: Scope, place: str
) -> None:
    """What the indexes do not hold is there all the same."""
    question = Question(("shop.test",), NOW, scope, place)
    found = await tables.read(database, question, {"links_in": frozenset({*columns, "source_site"})})
    rows = found["links_in"].to_pylist()
    assert {row["source_site"] for row in rows} == {"0.test", "azure.test", "green.test", "z.test"}
    assert all(row[name] for row in rows for name in columns)
