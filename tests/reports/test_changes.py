"""Links that came, went and changed: ``new``, ``lost``, ``changed`` and ``history``, on a web with a known life."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from backlink_crawler.history.series import start_of
from backlink_crawler.store import Store, history
from backlink_crawler.store.tables import stream
from tests.reports.asking import Asking, Reply
from tests.reports.building import day, link, visit

SHOP = "https://shop.test/"
A, B, C, D, E = (f"https://{name}.test/p" for name in "abcde")

LIFE = [
    [
        # Read for the first time: how old these links are is not known.
        visit(day(2), A, [link(A, SHOP), link(A, f"{SHOP}old"), link(A, f"{SHOP}nav", region="nav")]),
        visit(day(2), B, []),
        visit(day(2), C, [link(C, SHOP)]),
        visit(day(2), D, [link(D, SHOP)]),
    ],
    [
        # Of A one link is gone, one is nofollow and has another anchor; B, known without it, links now.
        visit(day(10), A, [link(A, SHOP, "Store", rel=("nofollow",)), link(A, f"{SHOP}nav", region="nav")]),
        visit(day(10), B, [link(B, SHOP)]),
        visit(day(10), C, outcome="http_error", http_status=410),
        # Not lost: it could not be looked at.
        visit(day(10), D, outcome="http_error", http_status=503),
    ],
    # C is back; the link of A goes once more.
    [visit(day(12), C, [link(C, SHOP)]), visit(day(12), E, [link(E, SHOP)])],
    [visit(day(14), B, [])],
]


@pytest.fixture
async def asked(mongodb_uri: str, mongodb_database: str) -> AsyncIterator[Asking]:
    """Asks the index that holds ``LIFE``, on 20 March."""
    async with Store(mongodb_uri, mongodb_database) as store:
        for visits in LIFE:
            await store.save_visits(visits)
        yield Asking(mongodb_uri, mongodb_database, day(20))


async def ask(asked: Asking, view: str, since: int | None = None, until: int | None = None) -> Reply:
    """Ask for days in March, both included."""
    limits: dict[str, Any] = {}
    if since:
        limits["since"] = start_of(day(since).date())
    if until:
        limits["until"] = start_of(day(until + 1).date())
    return await asked(view, "shop.test", **limits)


async def test_new_discovered_and_restored_are_told_apart(asked: Asking) -> None:
    """New only on a page known without it; together with its page discovered; back after a loss restored."""
    reply = await ask(asked, "new")
    assert {(row["appeared"], row["at"].day, row["source_url"], row["target_url"]) for row in reply.rows} == {
        ("discovered", 2, A, SHOP),
        ("discovered", 2, A, f"{SHOP}old"),
        ("discovered", 2, A, f"{SHOP}nav"),
        ("discovered", 2, C, SHOP),
        ("discovered", 2, D, SHOP),
        ("new", 10, B, SHOP),
        ("restored", 12, C, SHOP),
        ("discovered", 12, E, SHOP),
    }
    by_page = {(row["source_url"], row["target_url"], row["appeared"]): row for row in reply.rows}
    assert by_page[C, SHOP, "restored"]["lost_reason"] == "page_gone"
    assert by_page[B, SHOP, "new"]["status"] == "lost", "it was lost again on the 14th"
    assert by_page[D, SHOP, "discovered"]["status"] == "unknown"


async def test_lost_links_tell_why(asked: Asking) -> None:
    """Each with its reason and how long it lived; what is back, and what could not be seen, is not among them."""
    reply = await ask(asked, "lost")
    assert [
        (row["lost_at"].day, row["source_url"], row["target_url"], row["lost_reason"], row["days_lived"])
        for row in reply.rows
    ] == [(14, B, SHOP, "removed_from_html", 4), (10, A, f"{SHOP}old", "removed_from_html", 8)]
    assert "From 2026-02-19 to 2026-03-20 (UTC)." in reply.statements


async def test_a_loss_without_an_answer_shows_the_visits_that_failed(asked: Asking) -> None:
    """``unreachable`` comes with its evidence: each failed visit with its day and cause."""
    async with Store(asked.uri, asked.database) as store:
        for number in (12, 16, 19):
            failed = visit(day(number), D, outcome="http_error", http_status=503)
            failed.page.crawl_id = f"crawl-{number}"
            await store.save_visits([failed])
    (row,) = [row for row in (await ask(asked, "lost")).rows if row["source_url"] == D]
    assert (row["lost_reason"], row["page_http_status"]) == ("unreachable", 503)
    assert row["evidence"][-1] == "2026-03-19 http_error 503"
    assert len(row["evidence"]) >= 3


async def test_a_loss_that_is_a_move_tells_where_to(mongodb_uri: str, mongodb_database: str) -> None:
    """A link that goes to another page of its site is told once, as moved, with the page it stands on now."""
    old, new = "https://a.test/old", "https://a.test/new"
    moving = link(old, SHOP, "An anchor of some length")
    async with Store(mongodb_uri, mongodb_database) as store:
        await store.save_visits([visit(day(2), old, [moving]), visit(day(2), new, [])])
        await store.save_visits([visit(day(5), old, [])])
        await store.save_visits([visit(day(6), new, [link(new, SHOP, "An anchor of some length")])])
    (row,) = (await Asking(mongodb_uri, mongodb_database, day(20))("lost", "shop.test")).rows
    assert (row["source_url"], row["lost_reason"], row["became"]) == (old, "moved", new)


async def test_changed_links_tell_what_and_whether_it_matters(asked: Asking) -> None:
    """One row a field, with both values; turning nofollow is for the worse."""
    rows = (await ask(asked, "changed")).by("field")
    assert {name: (row["old"], row["new"], row["effect"]) for name, row in rows.items()} == {
        "anchor": ("Shop", "Store", None),
        "rel": ("", "nofollow", None),
        "follow": ("true", "false", "worse"),
        "nofollow_cause": (None, "rel", None),
    }
    assert {(row["source_url"], row["at"].day, row["anchor"]) for row in rows.values()} == {(A, 10, "Store")}


async def test_days_are_meant_whole(asked: Asking) -> None:
    """From the first moment of the first day to the last of the last one."""
    for view, since, until, rows in [
        ("new", 10, 10, 1),  # B
        ("new", 11, None, 2),  # C again, E
        ("new", None, 9, 5),  # the first visits
        ("lost", 11, None, 1),  # B
        ("lost", None, 9, 0),
        ("changed", 11, None, 0),
        ("changed", None, 10, 4),  # the last day is meant whole
    ]:
        assert len((await ask(asked, view, since, until)).rows) == rows, (view, since, until)


async def test_history_is_the_daily_series(asked: Asking) -> None:
    """30 days up to today, each with the numbers of the daily series, which its own tests hold to the truth."""
    rows = (await ask(asked, "history")).rows
    last = day(20).date()
    async with Store(asked.uri, asked.database, read_only=True) as store:
        days = await history.daily_series(store.database, "shop.test", last - timedelta(days=29), last)
    names = ("live", "new", "discovered", "restored", "lost", "moved")
    assert [row["day"] for row in rows] == [one.day for one in days]
    assert [tuple(row[name] for name in names) for row in rows] == [
        tuple(getattr(one.total, name) for name in names) for one in days
    ]
    # By hand: five found on the 2nd; on the 10th two went (A's old, C) and B's came; C's and E's on the 12th; B's went.
    told = {row["day"].day: row["live"] for row in rows if row["day"].month == 3}
    assert (told[1], told[2], told[10], told[12], told[14], told[20]) == (0, 5, 4, 6, 5, 5)
    assert rows[-1]["live_follow"] == 4, "all but A's, which is nofollow"
    assert (rows[-1]["live_nav"], rows[-1]["live_content"]) == (1, 4)


async def test_an_export_of_events_tells_values_as_texts(asked: Asking) -> None:
    """Values of any kind, also flags and tokens: none arrives empty because a column holds texts."""
    async with Store(asked.uri, asked.database, read_only=True) as store:
        rows = [row async for part in stream.events(store.database, stream.Selection()) for row in part.to_pylist()]
    told = {(row["event"], row["field"]): (row["old"], row["new"], row["evidence"]) for row in rows}
    assert told["changed", "follow"] == ("true", "false", None)
    assert told["changed", "rel"] == ("", "nofollow", None)
    assert told["restored", "status"] == ("lost", "live", ["lost on 2026-03-10"])
