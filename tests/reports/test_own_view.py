"""Views of one's own: a file of SQL instead of a name."""

import argparse
import asyncio
import gc
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from pymongo import MongoClient
from scrapy.settings import Settings

from backlink_crawler.commands.report import Command
from backlink_crawler.jobs import report
from backlink_crawler.store import Store
from tests.reports.building import day, link, visit

A, B = "https://a.test/1", "https://b.test/"
SHOP = "https://shop.test/"

OWN = """\
-- Regions by referring domain
-- columns: region, links
-- sort: -links, region
-- note: Counted by hand.
-- column links: how many
SELECT region, count(*) AS links, count(DISTINCT source_site) AS sites
FROM backlinks
WHERE status = 'live'
GROUP BY region
"""

Report = Callable[..., int]


@pytest.fixture(scope="module")
def index(mongodb_uri: str) -> Iterator[Settings]:
    """Three links from two sites, as the settings of a command."""
    name = f"own_{uuid4().hex}"

    async def fill() -> None:
        async with Store(mongodb_uri, name) as store:
            found = [link(A, SHOP), link(A, f"{SHOP}2", region="nav")]
            await store.save_visits([visit(day(1), A, found), visit(day(1), B, [link(B, SHOP)])])

    asyncio.run(fill())
    yield Settings({"MONGODB_URI": mongodb_uri, "MONGODB_DATABASE": name})
    with MongoClient[dict[str, object]](mongodb_uri) as client:
        client.drop_database(name)


@pytest.fixture
def run(index: Settings, tmp_path: Path) -> Report:
    """``scrapy report shop.test --view FILE.sql …``, where the file holds ``sql``."""

    def report_of(sql: str | bytes | None, *arguments: str) -> int:
        file = tmp_path / "own.sql"
        if sql is not None:
            file.write_bytes(sql if isinstance(sql, bytes) else sql.encode())
        parser, command = argparse.ArgumentParser(), Command()
        command.settings = index
        command.add_options(parser)
        return report.run(index, [], parser.parse_args(["shop.test", "--view", str(file), *arguments]))

    return report_of


@pytest.mark.parametrize("sql", [OWN, f"{OWN};\n", "\ufeff" + OWN, OWN.replace("\n", "\r\n")])
def test_a_file_is_a_view_like_any(run: Report, sql: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Its head says how it is shown, its SQL which rows there are; as editors save it and people end SQL."""
    assert run(sql, "--format", "jsonl") == 0
    facts, *rows = map(json.loads, capsys.readouterr().out.splitlines())
    assert rows == [{"region": "content", "links": 2, "sites": 2}, {"region": "nav", "links": 1, "sites": 1}]
    assert facts["statements"][-1] == "Counted by hand."
    assert facts["statements"][0].startswith("2 pages of 2 sites tried")
    assert run(None, "--where", "links > 1") == 0
    table = capsys.readouterr().out
    assert table.startswith("Regions by referring domain: shop.test\n")
    assert table.endswith("\ncontent       2\n\n1 row\n")


def test_a_view_that_spares_people_rows(run: Report, capsys: pytest.CaptureFixture[str]) -> None:
    """A table has all others, however many, and says that some are left out; programs get every row."""
    head = "-- Numbers\n-- sort: n\n-- omit small: Small ones are left out.\n"
    assert run(f"{head}SELECT x AS n, x < 3 AS small FROM range(28) t (x)") == 0
    table = capsys.readouterr().out
    assert "\nSmall ones are left out.\n" in table
    assert table.endswith("\n25 rows\n")
    assert run(None, "--format", "jsonl") == 0
    told = capsys.readouterr().out
    assert len(told.splitlines()) == 1 + 28
    assert "left out" not in told
    assert run(None, "--group", "small") == 0
    assert "left out" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        (None, "own.sql: No such file or directory"),
        ("", "view 'own.sql' begins with no title: its first line should be '-- What it shows'"),
        ("SELECT 1 AS n", "view 'own.sql' begins with no title"),
        (b"-- T\nSELECT '\xff'", "own.sql: its text is not UTF-8"),
        ("-- T\n" + "-- x\n" * 200_001, "own.sql: more than 1,000,000 bytes"),
        ("-- T\n", "view 'own.sql' should be one SELECT below its head, and is not"),
        ("-- T\nDROP TABLE links", "view 'own.sql' should be one SELECT below its head, and is not"),
        ("-- T\nSELECT 1; SELECT 2", "view 'own.sql' should be one SELECT below its head, and is not"),
        ("-- T\nSELECT 1 AS n) SELECT 2 --", "view 'own.sql': syntax error at or near \")\""),
        ("-- T\nSELEC 1", "view 'own.sql': syntax error at or near \"SELEC\""),
        (
            "-- T\nSELECT nothing FROM backlinks",
            "view 'own.sql': Binder Error: Referenced column \"nothing\" not found",
        ),
        ("-- T\nFROM nowhere", "view 'own.sql': Catalog Error: Table with name nowhere does not exist!"),
        ("-- T\nFROM read_csv('/etc/passwd')", "file system operations are disabled"),
        ("-- T\nFROM read_text('https://127.0.0.1:1/')", "file system operations are disabled"),
        ("-- T\nSELECT error('no ' || source_site) AS n FROM backlinks", "no "),  # seen only when it runs
        ("-- T\n-- sort: m\nSELECT 1 AS n", "no column 'm'"),
        ("-- T\n-- days: many\nSELECT 1 AS n", "view 'own.sql': days: 'many' is not a number of days"),
        ("-- T\n-- needs: luck\nSELECT 1 AS n", "view 'own.sql' needs 'luck', which is nothing that can be asked"),
        ("-- T\n-- needs: versus\nSELECT 1 AS n", "view 'own.sql' needs --versus"),
        ("-- T\n-- opening: words\nSELECT 1 AS n", "view 'own.sql' opens with 'words'. There are: totals, "),
        ("-- T\n-- omit luck: Some.\nSELECT 1 AS n", "view 'own.sql' has no column 'luck'. There are: n"),
        ("-- T\n-- omit n: Some.\nSELECT 1 AS n", "view 'own.sql' omits rows by 'n', which is no flag"),
        ("-- T\n-- dated: luck\nSELECT 1 AS n", "view 'own.sql' has no column 'luck'"),
        ("-- T\n-- address n: luck\nSELECT 1 AS n", "view 'own.sql' has no column 'luck'"),
    ],
)
def test_a_file_that_is_no_view(run: Report, sql: str | None, why: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2 and one line that says what is wrong; nothing else is read, written or run."""
    assert run(sql) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert why in told.err


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("name", ["csv", "jsonl", "parquet", "xlsx", "html"])
def test_a_value_that_cannot_be_told(
    run: Report, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A mistake that shows only in a late row is told like any, and leaves no half file."""
    out = tmp_path / "out"
    sql = "-- Late\nSELECT CASE WHEN x = 50000 THEN error('late') ELSE x END AS n FROM range(60000) t (x)"
    assert run(sql, "--format", name, "--out", str(out), "--limit", "0") == 2
    assert capsys.readouterr().err.endswith("scrapy report: Invalid Input Error: late\n")
    assert not out.exists()
    gc.collect()  # XlsxWriter leaves it to the collector to close the rows of a workbook that is given up


def test_a_group_that_names_no_view(run: Report, capsys: pytest.CaptureFixture[str]) -> None:
    """It is told when somebody asks for it."""
    assert run("-- T\n-- group g: nowhere\nSELECT 1 AS n", "--group", "g") == 2
    assert "names 'nowhere' for --group g, and there is no such view" in capsys.readouterr().err
