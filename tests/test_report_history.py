"""Reports of the past: the words, the formats, and the options of the command."""

import asyncio
import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from backlink_crawler.history.series import Counts, Day, Part
from backlink_crawler.jobs.defaults import REPORT_DAYS
from backlink_crawler.reports.formats import history as history_formats
from backlink_crawler.reports.history import NEEDED, HistoryReport, Totals, history_report, past_report
from backlink_crawler.reports.summary import Backlinks
from backlink_crawler.store import Store
from tests.lives import START, TARGET, Life, webs

PROJECT = Path(__file__).parent.parent
FOLLOWED, FOOTER = Part(True, "content"), Part(False, "footer")
DAYS = [
    Day(date(2026, 3, 1), {FOLLOWED: Counts(live=1_199, discovered=9, new=1)}),
    Day(date(2026, 3, 2), {FOLLOWED: Counts(live=1_199)}),
    Day(date(2026, 3, 3), {FOLLOWED: Counts(live=1_198, changed=-1), FOOTER: Counts(live=1, changed=1)}),
    Day(date(2026, 3, 4), {FOLLOWED: Counts(live=1_196, restored=1, lost=3, moved=2), FOOTER: Counts(live=1)}),
]


def told(asked: str = "") -> HistoryReport:
    return history_report("shop.com", DAYS, asked=asked)


# --- Day by day ----------------------------------------------------------------------------------------------

GOLDEN = """\
Backlinks of shop.com from 2026-03-01 to 2026-03-04

Links to shop.com: 1,189 before 2026-03-01, 1,197 at the end of 2026-03-04; 1
new, 9 discovered with their pages, 1 restored, 3 lost (2 of them moved to
another page).
Live means not known to be lost: links whose page could not be looked at are
among them. Days are UTC.
Days on which nothing changed are left out.

day           live   new   discovered   restored   lost   moved   follow
────────────────────────────────────────────────────────────────────────
2026-03-01   1,199     1            9          0      0       0    1,199
2026-03-03   1,199     0            0          0      0       0    1,198
2026-03-04   1,197     0            0          1      3       2    1,196
"""


def test_the_table_is_as_looked_at() -> None:
    """The whole table at 80 columns, as a person found it good."""
    assert history_formats.table(told(), width=80) == GOLDEN


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_the_table_fits(width: int) -> None:
    """No line is wider than asked for, and colours come only where asked for."""
    text = history_formats.table(told(), width=width)
    assert max(map(len, text.splitlines())) <= width
    assert "2026-03-01   1,199" in text
    assert "…" not in text
    assert ("   follow\n" in text) == (width >= 80)
    assert "\x1b" not in text
    assert "\x1b[" in history_formats.table(told(), width=width, colour=True)


def test_csv_has_the_documented_columns_and_every_day() -> None:
    """One line a day, also for days without change, with the regions as they were that day."""
    rows = list(csv.DictReader(io.StringIO(history_formats.csv_text(told()))))
    assert ",".join(rows[0]) in (history_formats.__doc__ or "")
    assert [row["day"] for row in rows] == ["2026-03-01", "2026-03-02", "2026-03-03", "2026-03-04"]
    assert (rows[2]["live"], rows[2]["live_follow"], rows[2]["live_footer"]) == ("1199", "1198", "1")
    assert (rows[3]["lost"], rows[3]["moved"], rows[3]["restored"]) == ("3", "2", "1")


def test_json_lines_tell_the_facts_and_the_parts() -> None:
    """The first line says what follows; each day adds up from its parts."""
    facts, *days = map(json.loads, history_formats.jsonl(told(asked="www.shop.com")).splitlines())
    assert (facts["section"], facts["site"], facts["live_before"], facts["live"]) == ("history", "shop.com", 1189, 1197)
    assert facts["statements"][0] == "www.shop.com belongs to the site shop.com, which this is about."
    assert [day["live"] for day in days] == [sum(part["live"] for part in day["parts"]) for day in days]
    assert days[2]["parts"][0] == {
        "follow": True,
        "region": "content",
        "live": 1198,
        "changed": -1,
        "new": 0,
        "discovered": 0,
        "restored": 0,
        "lost": 0,
        "moved": 0,
    }


# --- One day -------------------------------------------------------------------------------------------------


def totals(links: list[dict[str, Any]]) -> Backlinks:
    found = Totals("shop.com")
    for link in links:
        found.add(link)
    return found.backlinks()


def link(page: str, status: str = "live", **values: Any) -> dict[str, Any]:
    return {
        "source_id": page.encode(),
        "source_url": f"https://a.com/{page}",
        "source_host": "a.com",
        "source_site": "a.com",
        "follow": True,
        "status": status,
        "lost_reason": None,
        "first_seen": datetime(2026, 3, 1, tzinfo=UTC),
        "source_unknown_since": None,
        **values,
    }


def test_totals_of_a_day_keep_live_unknown_and_lost_apart() -> None:
    """Live links are counted by page, host and site; the others only by why they are not live."""
    links = [
        link("1"),
        link("1", follow=False, first_seen=datetime(2026, 2, 1, tzinfo=UTC)),
        link("2", source_host="b.a.com"),
        link("3", "unknown", source_unknown_since=datetime(2026, 3, 5, tzinfo=UTC)),
        link("4", "unknown", source_unknown_since=datetime(2026, 3, 4, tzinfo=UTC)),
        link("5", "lost", lost_reason="page_gone"),
        link("6", "lost", lost_reason="retargeted"),
        link("7", "lost", lost_reason="page_gone"),
    ]
    report = past_report("shop.com", date(2026, 3, 9), totals(links))
    assert report.statements == (
        "At the end of 2026-03-09 links to shop.com stood on 2 pages of 1 referring domain (2 hosts): 3 backlinks, "
        "2 followed; the first was seen 2026-02-01.",
        "2 more could not be looked at again since 2026-03-04 or later: neither live nor lost.",
        "3 more are lost (page gone 2, pointing elsewhere 1).",
        "This is what had been seen by then; what was found later is not counted.",
    )
    (row,) = report.sections["total"]
    assert (row.backlinks, row.follow, row.last_seen, row.example) == (3, 2, None, "https://a.com/1")
    assert (report.facts["backlinks"], report.facts["backlinks_unknown"], report.facts["backlinks_lost"]) == (3, 2, 3)


def test_a_day_before_the_first_link_says_so() -> None:
    """Nothing known by then is an answer without rows."""
    report = past_report("shop.com", date(2020, 1, 1), totals([]), asked="https://shop.com/x")
    assert report.statements[:2] == (
        "https://shop.com/x belongs to the site shop.com, which this is about.",
        "At the end of 2020-01-01 no link to shop.com was known to be live.",
    )
    assert report.sections == {}


@given(webs())
def test_totals_do_not_depend_on_the_order_of_links(web: list[Life]) -> None:
    """Links are read in whatever order MongoDB has them."""
    links = [{**life.record, "source_unknown_since": None} for life in web]
    assert totals(links) == totals(links[::-1])


# --- The command ---------------------------------------------------------------------------------------------

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def report(mongodb_uri: str, mongodb_database: str) -> Command:
    """``scrapy report ...`` in a process of its own, on an index with one link that was found, lost and restored."""

    async def fill() -> None:
        site = {
            "source_site": "a.test",
            "target_site": TARGET,
            "source_url": "https://a.test/",
            "source_host": "a.test",
        }
        facts = {**site, "follow": True, "region": "content", "revision": 3, "source_id": b"p", "rel": []}
        async with Store(mongodb_uri, mongodb_database) as store:
            link = {"_id": b"l", **facts, "found": "with_page", "first_seen": START, "last_seen": START}
            await store.database["links"].insert_one({**link, "status": "live", "lost_at": None, "lost_reason": None})
            event = {**facts, "link_id": b"l", "field": "status", "reason": "page_gone", "evidence": None}
            lost = {**event, "_id": b"1", "event": "lost", "revision": 2, "at": START + timedelta(days=2)}
            back = {**event, "_id": b"2", "event": "restored", "revision": 3, "at": START + timedelta(days=4)}
            await store.database["link_events"].insert_many([lost, back])

    asyncio.run(fill())

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "scrapy", "report", TARGET, *arguments],
            cwd=PROJECT,
            env={**os.environ, "MONGODB_URI": mongodb_uri, "MONGODB_DATABASE": mongodb_database},
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )

    return run


def test_the_command_tells_the_past_from_the_index(report: Command) -> None:
    """``--at`` and ``--history`` in every format, from records to text."""
    done = report("--at", "2026-03-03")
    assert (done.returncode, done.stderr) == (0, "")
    assert "no link to shop.test was known to be live.\n1 more is lost (page gone 1)." in done.stdout
    done = report("--at", "2026-03-02", "--format", "csv")
    assert '"total","shop.test",1,1,1,"2026-03-01T00:00:00Z","","https://a.test/"\n' in done.stdout
    assert "1 backlink, 1 followed" in done.stderr
    done = report("--history", "--since", "2026-03-01", "--until", "2026-03-05", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [(row["live"], row["discovered"], row["lost"], row["restored"]) for row in rows] == [
        ("1", "1", "0", "0"),
        ("1", "0", "0", "0"),
        ("0", "0", "1", "0"),
        ("0", "0", "0", "0"),
        ("1", "0", "0", "1"),
    ]
    done = report("--history", "--format", "jsonl")
    facts, *days = map(json.loads, done.stdout.splitlines())
    assert (len(days), facts["live"]) == (REPORT_DAYS, days[-1]["live"])


TOMORROW = str(datetime.now(UTC).date() + timedelta(days=2))


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--at", "2026-03-01", "--history"), "--at tells one day and --history many: use one of them"),
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
def test_days_that_make_no_question_are_refused(report: Command, arguments: tuple[str, ...], why: str) -> None:
    """Exit code 2 and a line that says what is wrong, before anything is read."""
    done = report(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert why in done.stderr


def test_totals_name_the_fields_they_need() -> None:
    """What ``--at`` asks of MongoDB is what is counted, besides dates and status."""
    read = {*NEEDED, "status", "first_seen", "source_unknown_since"}
    found = Totals("shop.com")
    for status in ("live", "unknown", "lost"):
        at = START
        found.add({name: value for name, value in link("1", status, source_unknown_since=at).items() if name in read})
    counted = found.backlinks()
    assert (counted.pages, counted.unknown, sum(counted.lost.values())) == (1, 1, 1)
