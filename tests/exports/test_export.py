"""``scrapy export`` on a real MongoDB: what the files hold is what the index holds."""

import asyncio
import csv
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from pymongo import MongoClient

from backlink_crawler.exports.parquet import PartitionedParquet
from backlink_crawler.exports.star import TABLES
from backlink_crawler.history.revisiting import Patience
from backlink_crawler.records import Visit
from backlink_crawler.store import Store
from backlink_crawler.store.tables import replies
from tests.crawling import Crawling
from tests.exports.conftest import Export
from tests.test_migrations import FIRST, B, C, contents, seen

Row = dict[str, Any]


def rows_of(folder: Path, key: str) -> dict[str, Row]:
    """All rows under a folder, as a reader of Hive partitions has them; the latest export of each key counts."""
    found = ds.dataset(folder, format="parquet", partitioning="hive").to_table().to_pylist()
    return {row[key]: row for row in sorted(found, key=lambda row: str(row.get("exported", "")))}


def as_exported(document: Mapping[str, Any]) -> Row:
    """A document with ids as text and tokens as a list."""
    return {name: value.hex() if isinstance(value, bytes) else value for name, value in document.items()}


def only_export(root: Path, table: str) -> Path:
    (folder,) = (root / table).glob("exported=*")
    return folder


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thirty links take several replies, as millions do."""
    monkeypatch.setattr(replies, "WHOLE", 7)


def test_links_are_those_of_the_view(mongodb_uri: str, index: str, exporting: Export, tmp_path: Path) -> None:
    """Every column of every link, with ``status`` and ``last_seen`` as the view ``backlinks`` resolves them."""
    assert exporting("links", "--out", str(tmp_path)) == 0
    exported = rows_of(tmp_path / "links", "link_id")
    expected = {link["_id"].hex(): as_exported(link) for link in contents(mongodb_uri, index)["backlinks"]}
    assert exported.keys() == expected.keys()
    for key, row in exported.items():
        for column in TABLES["links"].columns:
            name = "_id" if column.name == "link_id" else column.name
            assert row[column.name] == expected[key].get(name), column.name
    assert {row["status"] for row in exported.values()} == {"live", "lost", "unknown"}


def test_the_other_tables(mongodb_uri: str, index: str, exporting: Export, tmp_path: Path) -> None:
    """Pages and events are their collections; sites are counted; links name pages that are there."""
    for table in ("pages", "events", "sites", "links"):
        assert exporting(table, "--out", str(tmp_path)) == 0
    stored = contents(mongodb_uri, index)
    for table, collection, key in (("pages", "pages", "page_id"), ("events", "link_events", "event_id")):
        exported = rows_of(tmp_path / table, key)
        expected = {one["_id"].hex(): as_exported(one) for one in stored[collection]}
        assert exported.keys() == expected.keys()
        for name, row in exported.items():
            for column in TABLES[table].columns[1:]:
                value = expected[name].get(column.name)
                if column.name == "evidence" and value:
                    assert row["evidence"]  # in words
                else:
                    assert row[column.name] == value, column.name
    sites = rows_of(tmp_path / "sites", "site")
    first = {site["_id"]: site["first_visited"] for site in stored["sites"]}
    assert {name: row["first_visited"] for name, row in sites.items()} == first
    for name, row in sites.items():
        pages = [page for page in stored["pages"] if page["site"] == name]
        assert (row["pages"], row["pages_ok"]) == (len(pages), sum(page["outcome"] == "ok" for page in pages))
    page_ids = rows_of(tmp_path / "pages", "page_id").keys()
    assert {row["source_id"] for row in rows_of(tmp_path / "links", "link_id").values()} <= page_ids


def test_days(index: str, exporting: Export, tmp_path: Path) -> None:
    """Every day follows from the one before it, in each part; the days are those that were asked for."""
    asked = ("--target", "b.test", "--since", "2026-01-01", "--until", "2026-01-10")
    assert exporting("daily", "--out", str(tmp_path), *asked) == 0
    rows = ds.dataset(tmp_path / "daily", format="parquet", partitioning="hive").to_table().to_pylist()
    live: dict[tuple[bool, str], int] = {}
    for row in sorted(rows, key=lambda row: row["day"]):
        part = (row["follow"], row["region"])
        came = row["new"] + row["discovered"] + row["restored"] - row["lost"] + row["changed"]
        assert row["live"] == live.get(part, 0) + came
        live[part] = row["live"]
    assert {row["target_site"] for row in rows} == {"b.test"}
    # Ten pages link to it, each from its first visit on.
    assert sum(row["discovered"] for row in rows) == 10


@pytest.mark.parametrize(
    ("scope", "wanted"),
    [
        (("--target", "http://c.test/x"), {"target_site": "c.test"}),
        (("--source", "z.test"), {"source_site": "z.test"}),
        (("--target", "b.test", "--source", "z.test"), {"target_site": "b.test", "source_site": "z.test"}),
    ],
)
def test_scope(
    mongodb_uri: str, index: str, exporting: Export, tmp_path: Path, scope: Sequence[str], wanted: Row
) -> None:
    """Only links of these sites; the manifest says whose."""
    assert exporting("links", "--out", str(tmp_path), *scope) == 0
    with MongoClient[Row](mongodb_uri) as client:
        expected = {link["_id"].hex() for link in client[index]["links"].find(wanted)}
    assert rows_of(tmp_path / "links", "link_id").keys() == expected
    told = json.loads((only_export(tmp_path, "links") / "_manifest.json").read_text())
    assert told["target_sites"] == [v for k, v in wanted.items() if k == "target_site"]
    assert told["source_sites"] == [v for k, v in wanted.items() if k == "source_site"]
    assert told["rows"] == len(expected)


def test_since_a_day(mongodb_uri: str, index: str, exporting: Export, tmp_path: Path) -> None:
    """Links found or lost since then, and those that something happened to: each once."""
    since = FIRST + timedelta(days=5)
    with MongoClient[Row](mongodb_uri, tz_aware=True) as client:
        # As if it had been written when it happened.
        client[index]["link_events"].update_many({}, [{"$set": {"recorded": "$at"}}])
    stored = contents(mongodb_uri, index)
    told = {event["link_id"] for event in stored["link_events"] if event["recorded"] >= since}
    expected = {
        link["_id"].hex()
        for link in stored["links"]
        if link["first_seen"] >= since or (link["lost_at"] and link["lost_at"] >= since) or link["_id"] in told
    }
    assert 0 < len(expected) < len(stored["links"])
    for table in ("links", "pages", "events"):
        assert exporting(table, "--out", str(tmp_path), "--since", f"{since:%Y-%m-%d}") == 0
    table = ds.dataset(tmp_path / "links", format="parquet", partitioning="hive").to_table()
    assert sorted(table["link_id"].to_pylist()) == sorted(expected)
    pages = {page["_id"].hex() for page in stored["pages"] if page["last_visited"] >= since}
    assert rows_of(tmp_path / "pages", "page_id").keys() == pages
    events = {event["_id"].hex() for event in stored["link_events"] if event["recorded"] >= since}
    assert rows_of(tmp_path / "events", "event_id").keys() == events


async def _visit(uri: str, database: str, *targets: str) -> None:
    visit = seen("http://a.test/1", *targets, on=0)
    now = datetime.now(UTC)
    async with Store(uri, database, patience=Patience()) as store:
        await store.save_visits([Visit(visit.page, now.replace(microsecond=0), links=visit.links, token=9)])


def test_going_on_from_the_last_export(mongodb_uri: str, index: str, exporting: Export, tmp_path: Path) -> None:
    """A later export holds what changed; the latest rows of both are what a new full export has."""
    lake, whole = tmp_path / "lake", tmp_path / "whole"
    tables = (("links", "link_id"), ("pages", "page_id"), ("events", "event_id"))
    for table, _ in tables:
        assert exporting(table, "--out", str(lake)) == 0
    # Of three links one stays as it is, one goes and comes back as nofollow, one is new.
    asyncio.run(_visit(mongodb_uri, index, B, "http://new.test/"))
    asyncio.run(_visit(mongodb_uri, index, B, C + "!", "http://new.test/"))
    for table, key in tables:
        assert exporting(table, "--out", str(lake), "--since", "last") == 0
        assert exporting(table, "--out", str(whole)) == 0
        merged, fresh = rows_of(lake / table, key), rows_of(whole / table, key)
        for rows in (merged, fresh):
            for row in rows.values():
                row.pop("exported"), row.pop("month")
        if table == "links":  # an unchanged link of a page that was read again: pages tell
            for row in (*merged.values(), *fresh.values()):
                row["last_seen"] = None
        assert merged == fresh
        first, second = sorted((lake / table).glob("exported=*"))
        told = [json.loads((folder / "_manifest.json").read_text()) for folder in (first, second)]
        assert told[1]["since"] < told[0]["until"]  # late writers
        if table != "events":  # all of these were recorded just now
            assert told[1]["rows"] < told[0]["rows"]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("links", "--since", "last"), "there is no export of links"),
        (("links", "--since", "last", "--format", "csv"), "goes on from the manifest"),
        (("sites", "--since", "last"), "goes on from the manifest"),
        (("daily",), "daily needs --target"),
        (("daily", "--target", "a.test", "--source", "b.test"), "leave out --source"),
        (("links", "--until", "2026-01-01"), "--until goes with daily"),
        (("links", "--since", "2999-01-01"), "has not come yet"),
        (("daily", "--target", "a.test", "--since", "2026-02-01", "--until", "2026-01-01"), "is after --until"),
        (("links", "--target", "???"), "'???'"),
        (("links", "--wrong"), "unknown argument '--wrong'"),
    ],
)
def test_wrong_usage(
    mongodb_database: str,
    exporting: Export,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: Sequence[str],
    why: str,
) -> None:
    """One line says what is wrong, and nothing is written."""
    assert exporting(*arguments, "--out", str(tmp_path / "out")) == 2
    assert why in capsys.readouterr().err
    assert not list(tmp_path.glob("out/*/exported=*"))


def test_another_scope_does_not_go_on(
    index: str, exporting: Export, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What an export of one site left out would be missing for ever in one of all that goes on from it."""
    assert exporting("links", "--out", str(tmp_path), "--target", "b.test") == 0
    assert exporting("links", "--out", str(tmp_path), "--since", "last") == 2
    assert "--target of b.test" in capsys.readouterr().err


def test_an_export_that_fails_leaves_nothing(
    index: str, exporting: Export, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full after the first rows: exit 1, and neither a folder nor a part of one."""
    write = PartitionedParquet.write

    def fills_up(self: PartitionedParquet, rows: pa.Table) -> None:
        if self.rows:
            raise OSError(28, "No space left on device")
        write(self, rows)

    monkeypatch.setattr(PartitionedParquet, "write", fills_up)
    assert exporting("links", "--out", str(tmp_path)) == 1
    assert "No space left on device" in capsys.readouterr().err
    assert list((tmp_path / "links").iterdir()) == []


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_files(mongodb_uri: str, index: str, exporting: Export, tmp_path: Path, form: str) -> None:
    """Every row comes back as it was; a file that was there is replaced, and nothing else is left."""
    place = tmp_path / f"links.{form}"
    place.write_text("earlier")
    assert exporting("links", "--out", str(place), "--format", form) == 0
    with place.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file)) if form == "csv" else [json.loads(line) for line in file]
    expected = {link["_id"].hex(): link for link in contents(mongodb_uri, index)["backlinks"]}
    assert {row["link_id"] for row in rows} == expected.keys()
    for row in rows:
        link = expected[row["link_id"]]
        assert list(row) == [column.name for column in TABLES["links"].columns]
        assert (row["target_url"], row["status"]) == (link["target_url"], link["status"])
        assert row["first_seen"] == f"{link['first_seen']:%Y-%m-%dT%H:%M:%SZ}"
        assert row["rel"] == (" ".join(link["rel"]) if form == "csv" else list(link["rel"]))
        assert row["follow"] in (link["follow"], str(link["follow"]).lower())
    assert list(tmp_path.iterdir()) == [place]


def test_the_command(crawling: Crawling, index: str, tmp_path: Path) -> None:
    """As people type it: rows and place on stdout, how far it is on stderr."""
    done = crawling.run("export", "pages", "--out", str(tmp_path / "lake"))
    assert done.code == 0, done.err
    folder = only_export(tmp_path / "lake", "pages")
    assert done.out == f"15 rows of pages: {folder}\n"
    assert done.err == "pages: 15 of 15\n"
    (file,) = folder.rglob("*.parquet")
    assert pq.read_schema(file).field("title").metadata[b"meaning"] == b"its title"
