"""The files of exports: what they say of themselves, what they do to texts, and that they are whole or not there."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.dataset as ds
import pytest
from bson import decode_all
from hypothesis import given
from hypothesis import strategies as st
from pymongo import AsyncMongoClient

from backlink_crawler.exports import dictionary, manifest, places
from backlink_crawler.exports.cells import as_files_have_them, file_schema, hexadecimal
from backlink_crawler.exports.lines import csv_cells
from backlink_crawler.exports.manifest import Manifest, WrongManifest
from backlink_crawler.exports.parquet import NO_MONTH, Limits, PartitionedParquet
from backlink_crawler.exports.star import TABLES
from backlink_crawler.records import Link, LinkEvent, Page
from backlink_crawler.reports.dictionary import arrow_schema
from backlink_crawler.reports.formats.harmless import harmless_cell
from backlink_crawler.store.documents import Document
from backlink_crawler.store.tables import replies
from tests.crawling import PROJECT
from tests.exports.conftest import Export

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@given(st.lists(st.binary(min_size=16, max_size=16) | st.none() | st.just(b"short"), min_size=1))
def test_ids_are_hexadecimal(ids: list[bytes | None]) -> None:
    """Every id as text; what is no id is null, and does not shift its neighbours. Slices too."""
    whole = pa.chunked_array([pa.array([b"x" * 16, *ids], pa.binary()).slice(1)])
    assert hexadecimal(whole).to_pylist() == [i.hex() if i is not None and len(i) == 16 else None for i in ids]


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"]))
        | st.sampled_from(["=1+1", " =x", "\t-", "a\x1b[0m", "\uff1dx"])
    )
)
def test_texts_are_as_harmless_as_in_reports(texts: list[str]) -> None:
    """Whole columns at once come to what a report's cells come to."""
    assert csv_cells(pa.chunked_array([pa.array(texts, pa.string())])).to_pylist() == [harmless_cell(t) for t in texts]


KEPT_BACK = {
    "links": {"revision"},  # the store's own
    "pages": {
        *("charset", "truncated", "region_rules", "etag", "last_modified"),  # the crawler's own
    },
    "events": set(),
}


@pytest.mark.parametrize(("table", "record"), [("links", Link), ("pages", Page), ("events", LinkEvent)])
def test_every_field_is_a_column(table: str, record: type) -> None:
    """What is recorded is exported, but for what is named here."""
    columns = {column.name for column in TABLES[table].columns}
    assert set(record.__slots__) - columns == KEPT_BACK[table] & set(record.__slots__)  # type: ignore[attr-defined]


def test_the_dictionary_is_complete() -> None:
    """Every column of every table has its type and a meaning, in both files and in Parquet's own metadata."""
    told = json.loads(dictionary.as_json())
    text = dictionary.as_markdown()
    assert [table["table"] for table in told["tables"]] == list(TABLES)
    for table in told["tables"]:
        schema = file_schema(TABLES[table["table"]])
        section = text.partition(f"\n## {table['table']}\n")[2].partition("\n## ")[0]
        assert [column["name"] for column in table["columns"]] == schema.names
        for column in table["columns"]:
            assert column["meaning"]
            field = schema.field(column["name"])
            assert field.metadata[b"meaning"].decode() == column["meaning"]
            assert column["type"] == str(field.type)
            assert f"| `{column['name']}` | {field.type} | {column['meaning']}" in section
            if column["names"]:
                other, _, key = column["names"].partition(".")
                assert key in TABLES[other].key
        assert set(table["key"]) <= set(schema.names)


MONTHS = ds.partitioning(pa.schema([("month", pa.string())]), flavor="hive")
TIMES = [None, *(datetime(2026, month, 5, hour, tzinfo=UTC) for month in (1, 2, 12) for hour in (0, 23))]


@given(st.lists(st.lists(st.sampled_from(TIMES), max_size=9), max_size=9))
def test_months(written: list[list[datetime | None]]) -> None:
    """Rows in any order come back, each in the folder of its month, however small row groups and files are."""
    table = TABLES["events"]
    columns, schema = table.columns, file_schema(table)
    number = 0
    expected = {}
    limits = Limits(row_group=3, file_rows=6, waiting_bytes=4_000)
    with TemporaryDirectory() as name:
        folder = Path(name) / "events"
        with PartitionedParquet(folder, schema, "at", limits) as writer:
            for times in written:
                rows = []
                for at in times:
                    number += 1
                    rows.append({"event_id": number.to_bytes(16, "big"), "at": at.replace(tzinfo=None) if at else None})
                    expected[f"{number:032x}"] = f"{at:%Y-%m}" if at else None
                writer.write(as_files_have_them(pa.Table.from_pylist(rows, arrow_schema(columns)), columns, schema))
        assert writer.rows == number
        found = ds.dataset(folder, format="parquet", partitioning=MONTHS).to_table() if number else None
        by_id = dict(zip(found["event_id"].to_pylist(), found["month"].to_pylist(), strict=True)) if found else {}
        assert by_id == expected
        assert all(NO_MONTH in file or "month=2026-" in file for file in writer.files())


def test_manifests_come_back() -> None:
    """What is written is read; the last one counts, and another question is refused."""
    one = Manifest("links", ("link_id",), None, NOON, ("a.test",), (), 5, ("x.parquet",), 3)
    two = Manifest("links", ("link_id",), NOON, NOON + timedelta(hours=2), ("a.test",), (), 1, (), 3)
    read = [manifest.read(json.loads(json.dumps(m.told()))) for m in (two, one)]
    assert read == [two, one]
    assert manifest.latest(read, two) == two
    assert two.next_since == NOON + timedelta(hours=1)
    assert manifest.latest([], two) is None
    with pytest.raises(WrongManifest, match="say the same, or another"):
        manifest.latest(read, Manifest("links", ("link_id",), None, NOON, (), ()))
    for broken in ({}, {**one.told(), "until": None}, {**one.told(), "until": "2026-03-01"}, {**one.told(), "x": 1}):
        with pytest.raises(WrongManifest, match="no manifest"):
            manifest.read(broken)


KILLED = """
import os, signal, sys
from pathlib import Path
from backlink_crawler.exports.places import completed
with completed(Path(sys.argv[1])) as beside:
    beside.mkdir()
    (beside / "part-00000.parquet").write_bytes(b"half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_export_leaves_nothing_that_looks_complete(
    index: str, exporting: Export, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Readers see nothing of it; the next export names what it left, and removes it."""
    folder = tmp_path / "links"
    folder.mkdir()
    place = folder / "exported=20260301T000000000Z"
    killed = subprocess.run([sys.executable, "-c", KILLED, place], cwd=PROJECT, check=False)
    assert killed.returncode == -9
    (left,) = folder.iterdir()
    assert not place.exists()
    assert ds.dataset(folder, format="parquet", partitioning="hive").files == []
    assert places.leftovers(folder) == [left]
    assert exporting("links", "--out", str(tmp_path)) == 0
    assert f"{left} was left by an export that did not end: removed" in capsys.readouterr().err
    assert not left.exists()


def test_a_place_that_is_there(tmp_path: Path) -> None:
    """A folder is never replaced; a block that fails leaves what was there."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "mine").touch()
    with pytest.raises(OSError, match="folder"), places.completed(tmp_path / "folder") as beside:
        beside.mkdir()
    (tmp_path / "file").write_text("old")
    with pytest.raises(UnicodeEncodeError), places.completed(tmp_path / "file") as beside:
        beside.write_text("new\udc00", "utf-8")
    assert (tmp_path / "file").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


@pytest.mark.parametrize("number", [0, 1, 10, 11, 1_234])
async def test_replies_are_taken_as_they_came(
    mongodb_uri: str, mongodb_database: str, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """All documents, in their order, whatever their number makes of the names in a reply's array; no cursor is left."""
    monkeypatch.setattr(replies, "WHOLE", 1_005)
    async with AsyncMongoClient[Document](mongodb_uri) as client:
        collection = client[mongodb_database]["links"]
        documents = [{"_id": n, "text": "x" * (n % 7), "none": None, "nested": {"a": [n]}} for n in range(number)]
        if documents:
            await collection.insert_many(documents)
        found = [doc async for raw in replies.as_sent(collection, {}) for doc in decode_all(raw)]
        assert found == documents
        monkeypatch.setattr(replies, "WHOLE", 500)  # so that there is more than what is read ahead
        some = replies.as_sent(collection, {"_id": {"$gte": 1}})
        async for raw in some:
            assert decode_all(raw)[0]["_id"] == 1
            break
        await some.aclose()
        idle: list[Document] = [
            {"$currentOp": {"idleCursors": True}},
            {"$match": {"type": "idleCursor", "ns": collection.full_name}},
        ]
        assert await (await client.admin.aggregate(idle)).to_list() == []
