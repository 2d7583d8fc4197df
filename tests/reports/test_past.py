"""The past of a site's links: ``--history`` day by day, and ``--at`` the end of a day."""

import argparse
import asyncio
import csv
import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import openpyxl
import pyarrow.parquet as pq
import pytest
from pymongo import MongoClient
from scrapy.settings import Settings

from backlink_crawler.commands.report import Command
from backlink_crawler.history.series import end_of, start_of
from backlink_crawler.jobs import report
from backlink_crawler.jobs.defaults import REPORT_DAYS
from backlink_crawler.reports.view import views
from backlink_crawler.store import Store
from tests.reports.asking import Asking
from tests.reports.building import day, link, visit
from tests.reports.test_changes import LIFE, SHOP, A, B

Told = Callable[..., str]


@pytest.fixture(scope="module")
def index(mongodb_uri: str) -> Iterator[Settings]:
    """The index that holds ``LIFE`` of March 2026, as the settings of a command; read only."""
    name = f"past_{uuid4().hex}"

    async def fill() -> None:
        async with Store(mongodb_uri, name) as store:
            for visits in LIFE:
                await store.save_visits(visits)

    asyncio.run(fill())
    yield Settings({"MONGODB_URI": mongodb_uri, "MONGODB_DATABASE": name})
    with MongoClient[dict[str, object]](mongodb_uri) as client:
        client.drop_database(name)


@pytest.fixture
def asked(index: Settings) -> Asking:
    """Asks the same index on 20 March."""
    return Asking(index["MONGODB_URI"], index["MONGODB_DATABASE"], day(20))


def run(index: Settings, *arguments: str) -> int:
    """``scrapy report …`` in this process; returns its exit code."""
    parser, command = argparse.ArgumentParser(), Command()
    command.settings = index
    command.add_options(parser)
    try:
        return report.run(index, [], parser.parse_args(arguments))
    except SystemExit as end:
        return int(end.code or 0)


@pytest.fixture
def told(index: Settings, capsys: pytest.CaptureFixture[str]) -> Told:
    """What ``scrapy report shop.test …`` writes to stdout."""

    def said(*arguments: str, site: str = "shop.test") -> str:
        assert run(index, site, *arguments) == 0
        return capsys.readouterr().out

    return said


# --- Day by day ----------------------------------------------------------------------------------------------

MARCH = ("--history", "--since", "2026-03-01", "--until", "2026-03-20")

GOLDEN = """\
Links day by day: shop.test

Links to shop.test: 0 before 2026-03-01, 5 at the end of 2026-03-20; 1 new, 6 discovered with their
pages, 1 restored, 3 lost (0 of them moved to another page).
5 pages of 5 sites tried in 0 crawls, 4 seen; 20.0 % of what was tried was blocked or unknown
(server error 20.0 %).
shop.test itself was not crawled.
As of 2026-03-14 12:00 UTC, the last visit.
Links count where they point directly to what is asked for; redirects in between are not followed.
From 2026-03-01 to 2026-03-20 (UTC).
Live means not known to be lost: links whose page could not be looked at are among them. Moved ones
are among the lost. Days are UTC.
Days on which nothing changed are left out.

day          live   new   discovered   restored   lost   moved   live follow
────────────────────────────────────────────────────────────────────────────
2026-03-01      0     0            0          0      0       0             0
2026-03-02      5     0            5          0      0       0             5
2026-03-10      4     1            0          0      2       0             3
2026-03-12      6     0            1          1      0       0             5
2026-03-14      5     0            0          0      1       0             4
2026-03-20      5     0            0          0      0       0             4

6 rows
"""


def test_the_days_are_as_looked_at(told: Told) -> None:
    """The whole table, as a person found it good: days on which something changed, the first and the last."""
    assert told(*MARCH) == GOLDEN
    assert told("--view", *(word.removeprefix("--") if word == "--history" else word for word in MARCH)) == GOLDEN


def test_days_are_left_out_where_there_are_such_and_nobody_wants_all(told: Told) -> None:
    """It is said only where it is so; ``--limit 0`` shows every day, and without ``--limit`` none is cut off."""
    both = told("--history", "--since", "2026-03-01", "--until", "2026-03-02")
    assert "left out" not in both
    assert "\n2026-03-01 " in both
    everyone = told(*MARCH, "--limit", "0")
    assert "left out" not in everyone
    assert everyone.endswith("\n20 rows\n")
    assert told(*MARCH, "--limit", "2").endswith("\n2 of 6 rows; --limit 0 shows all\n")
    assert "2026-03-02" in told(*MARCH, "--columns", "day,live")


async def test_a_day_on_which_links_only_changed_is_not_quiet(asked: Asking) -> None:
    """A link that turns nofollow changes no sum, and is seen."""
    quiet = {
        row["day"].day: row["quiet"] for row in (await asked("history", "shop.test")).rows if row["day"].month == 3
    }
    assert [number for number, value in quiet.items() if not value] == [2, 10, 12, 14, 20]
    async with Store(asked.uri, f"{asked.database}_nofollow") as store:
        try:
            await store.save_visits([visit(day(2), A, [link(A, SHOP)])])
            await store.save_visits([visit(day(5), A, [link(A, SHOP, rel=("nofollow",))])])
            rows = (await Asking(asked.uri, store.database.name, day(9))("history", "shop.test")).rows
        finally:
            await store.database.client.drop_database(store.database.name)
    assert [row["day"].day for row in rows if not row["quiet"]] == [8, 2, 5, 9]  # 8 February is the first of 30 days


def test_csv_has_every_day(index: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """A line a day, also for days without change, with the regions as they were that day; the words are on stderr."""
    assert run(index, "shop.test", *MARCH, "--format", "csv") == 0
    out, err = capsys.readouterr()
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [row["day"] for row in rows] == [f"2026-03-{number:02}" for number in range(1, 21)]
    names = ("live", "live_follow", "live_content", "live_nav", "live_footer", "lost", "restored")
    assert [rows[9][name] for name in names] == ["4", "3", "3", "1", "0", "2", "0"]
    assert err.startswith("Links to shop.test: 0 before 2026-03-01, 5 at the end of 2026-03-20; 1 new")
    assert "left out" not in err


def test_facts_and_parts(told: Told) -> None:
    """Programs get the sums; by part each day adds up, and what turned from one part to another is told of both."""
    facts, *days = map(json.loads, told(*MARCH, "--format", "jsonl", site="www.shop.test").splitlines())
    assert facts["statements"][0] == "www.shop.test belongs to the site shop.test, which this is about."
    sums = ("since", "until", "live_before", "live", "new", "discovered", "restored", "lost", "moved")
    assert [facts[name] for name in sums] == ["2026-03-01", "2026-03-20", 0, 5, 1, 6, 1, 3, 0]
    _, *parts = map(json.loads, told(*MARCH, "--group", "part", "--format", "jsonl").splitlines())
    for name in sums[3:]:
        by_day = dict.fromkeys((row["day"] for row in days), 0)
        for row in parts:
            by_day[row["day"]] += row[name]
        assert list(by_day.values()) == [row[name] for row in days]
    turned = {(row["follow"], row["region"]): row["changed"] for row in parts if row["day"] == "2026-03-10"}
    assert turned == {(True, "content"): -1, (False, "content"): 1, (True, "nav"): 0}


def test_without_days_it_is_the_last_ones(told: Told) -> None:
    """As many as the help says, today included; the facts agree with the last."""
    facts, *days = map(json.loads, told("--history", "--format", "jsonl").splitlines())
    assert (len(days), facts["live"]) == (REPORT_DAYS, days[-1]["live"])
    assert days[-1]["day"] == facts["until"]


async def test_days_of_a_part_of_a_site_are_not_made_up(asked: Asking) -> None:
    """Days are known of whole sites: a narrower scope is not passed off as answered."""
    reply = await asked("history", "shop.test", scope="url", place=SHOP)
    assert "Days are known of the whole site shop.test only, and told of that." in reply.statements
    assert not any("only the address" in said for said in reply.statements)


# --- One day -------------------------------------------------------------------------------------------------


def test_a_day_keeps_live_unknown_and_lost_apart(told: Told) -> None:
    """Live links are counted by page, host and site; the others only by why they are not live."""
    said = " ".join(told("--at", "2026-03-10").split())
    assert (
        "At the end of 2026-03-10 links to shop.test stood on 2 pages of 2 referring domains (2 hosts): 3 backlinks, "
        "2 followed; the first was seen 2026-03-02. "
        "1 more could not be looked at again since 2026-03-10: neither live nor lost. "
        "2 more are lost (page gone 1, removed from the page 1). "
    ) in said
    assert "This is what had been seen by then; what was found later is not counted." in said


@pytest.mark.parametrize("name", ["jsonl", "csv", "parquet", "xlsx", "html", "table"])
def test_a_day_in_every_format(index: Settings, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same rows in each: what the links had in common, as it was then (A's was nofollow by then, B's was there)."""
    file = tmp_path / f"day.{name}"
    assert run(index, "shop.test", "--at", "2026-03-10", "--format", name, "--out", str(file)) == 0
    expected = [
        ("total", "shop.test", 3, 2, 2),
        ("status", "live", 3, 2, 2),
        ("status", "lost", 2, 2, 2),
        ("status", "unknown", 1, 1, 1),
        ("lost_reason", "page_gone", 1, 1, 1),
        ("lost_reason", "removed_from_html", 1, 1, 1),
        ("follow", "follow", 2, 2, 2),
        ("follow", "nofollow (rel)", 1, 1, 0),
        ("link_type", "text", 3, 2, 2),
        ("region", "content", 2, 2, 1),
        ("region", "nav", 1, 1, 1),
        ("referring_domain", "a.test", 2, 1, 1),
        ("referring_domain", "b.test", 1, 1, 1),
    ]
    columns = ("section", "name", "backlinks", "referring_domains", "follow")
    rows: list[dict[str, Any]]
    if name == "jsonl":
        facts, *rows = map(json.loads, file.read_text().splitlines())
        assert (facts["at"], facts["backlinks"], facts["backlinks_unknown"]) == ("2026-03-10", 3, 1)
        assert facts["backlinks_lost_by_reason"] == {"page_gone": 1, "removed_from_html": 1}
        assert rows[0]["example"] == A
    elif name == "csv":
        rows = list(csv.DictReader(io.StringIO(file.read_text())))
        expected = [tuple(map(str, row)) for row in expected]  # type: ignore[misc]  # texts all of them
        assert "At the end of 2026-03-10" in capsys.readouterr().err
    elif name == "parquet":
        rows = pq.read_table(file).to_pylist()
    else:
        text = file.read_text() if name != "xlsx" else _texts(file)
        assert "At the end of 2026-03-10 links to shop.test" in " ".join(text.split())
        assert all(str(row[1]) in text for row in expected)
        return
    assert [tuple(row[column] for column in columns) for row in rows] == expected


def _texts(file: Path) -> str:
    book = openpyxl.load_workbook(file)
    return "\n".join(str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row)


@pytest.mark.parametrize(
    ("number", "live", "lost"),
    [(1, 0, 0), (2, 5, 0), (9, 5, 0), (11, 3, 2), (12, 5, 1), (14, 4, 2)],
)
async def test_a_day_is_told_at_its_end(asked: Asking, number: int, live: int, lost: int) -> None:
    """What happened on it is counted, what happened after it is not."""
    facts = (await asked("past", "shop.test", at=end_of(day(number).date()))).facts
    assert (facts["backlinks"], facts["backlinks_lost"]) == (live, lost)
    assert facts["backlinks_unknown"] == (1 if number >= 10 else 0)


def test_a_day_before_the_first_link_says_so(told: Told) -> None:
    """Nothing known by then is an answer without rows."""
    facts, *rows = map(json.loads, told("--at", "2020-01-01", "--format", "jsonl", site=SHOP + "x").splitlines())
    assert rows == []
    assert facts["statements"][:2] == [
        "https://shop.test/x belongs to the site shop.test, which this is about.",
        "At the end of 2020-01-01 no link to shop.test was known to be live.",
    ]


@pytest.mark.parametrize(
    ("scope", "place", "backlinks"),
    [
        ("site", "", 5),
        ("url", SHOP, 3),
        ("prefix", f"{SHOP}o", 1),
        ("host", "shop.test", 5),
        ("host", "www.shop.test", 0),
    ],
)
async def test_a_day_of_a_part_of_a_site(asked: Asking, scope: str, place: str, backlinks: int) -> None:
    """Only links to what is asked for are counted."""
    facts = (await asked("past", "shop.test", at=end_of(day(2).date()), scope=scope, place=place)).facts
    assert facts["backlinks"] == backlinks


# --- Several sites -------------------------------------------------------------------------------------------


async def test_links_between_our_own_sites_are_nobodys(mongodb_uri: str, mongodb_database: str) -> None:
    """Of several sites all links from others count, day by day and at the end of a day; those between them never."""
    other = "https://brand.test/"
    async with Store(mongodb_uri, mongodb_database) as store:
        await store.save_visits(
            [
                visit(day(2), A, [link(A, SHOP), link(A, other)]),
                visit(day(3), B, [link(B, other)]),
                visit(day(2), other, [link(other, SHOP)]),
                visit(day(2), SHOP, [link(SHOP, other)]),
            ]
        )
        await store.save_visits([visit(day(5), other, []), visit(day(5), A, [link(A, SHOP)])])
    ask, sites = Asking(mongodb_uri, mongodb_database, day(9)), ("shop.test", "brand.test")
    reply = await ask("history", "shop.test", sites=sites, since=start_of(day(1).date()))
    assert reply.column("live") == [0, 2, 3, 3, 2, 2, 2, 2, 2]
    assert reply.column("lost") == [0, 0, 0, 0, 1, 0, 0, 0, 0]
    assert reply.statements[0].startswith("Links to shop.test, brand.test: 0 before 2026-03-01, 2 at the end of")
    for number, live in [(4, 3), (5, 2)]:
        reply = await ask("past", "shop.test", sites=sites, at=end_of(day(number).date()))
        assert reply.facts["backlinks"] == live


# --- What makes no question ----------------------------------------------------------------------------------

TOMORROW = str(datetime.now(UTC).date() + timedelta(days=2))


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--at", "2026-03-01", "--history"), "--at tells one day and --history many: use one of them"),
        (("--at", "2026-03-01", "--view", "anchors"), "--at is the view past: not with --view anchors"),
        (("--history", "--view", "anchors"), "--history is the view history: not with --view anchors"),
        (("--view", "past"), "view 'past' needs --at"),
        (("--since", "2026-03-01"), "--since and --until are not for the view 'summary'"),
        (("--view", "coverage", "--until", "2026-03-01"), "--since and --until are not for the view 'coverage'"),
        (("--at", "2026-03-01", "--until", "2026-03-01"), "--until goes with --history"),
        (("--at", TOMORROW), "has not come yet; today is "),
        (("--history", "--until", TOMORROW), "has not come yet; today is "),
        (("--history", "--since", "2026-03-02", "--until", "2026-03-01"), "2026-03-02 is after --until 2026-03-01"),
        (("--at", "yesterday"), "'yesterday' is not a day. Example: 2026-03-01"),
        (("--at", "2026-02-30"), "'2026-02-30' is not a day"),
        (("--at", "0001-01-01"), "'0001-01-01' is before the Web (1990-01-01 or later)"),
    ],
)
def test_days_that_make_no_question_are_refused(
    index: Settings, arguments: tuple[str, ...], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2 and a line that says what is wrong, before anything is read."""
    assert run(index, "shop.test", *arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert why in said.err


def test_only_history_leaves_rows_out() -> None:
    """A view that spares people rows says which, and of which flag."""
    assert {name: view.omission for name, view in views().items() if view.omitted} == {
        "history": "Days on which nothing changed are left out."
    }
