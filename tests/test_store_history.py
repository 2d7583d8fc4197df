"""Reads of the past from a real MongoDB, against lives that were written down forwards."""

from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backlink_crawler.features import build_links
from backlink_crawler.history.series import DailySeries
from backlink_crawler.history.timeline import SiteChange, Step, settled, site_changes, steps
from backlink_crawler.records import Page, RawLink, Visit
from backlink_crawler.store import Store, history
from backlink_crawler.urls import link_id, url_id
from tests.lives import DAYS, START, TARGET, Act, Document, Life, life_of, webs

# Each example clears the collections first, so one database may serve them all.
on_one_database = settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
async def store(mongodb_uri: str, mongodb_database: str) -> AsyncIterator[Store]:
    async with Store(mongodb_uri, mongodb_database) as store:
        yield store


async def keep(store: Store, web: list[Life], pages: list[Document] | None = None) -> None:
    """Make ``web`` all that the index holds, among links and events that have nothing to do with ``TARGET``."""
    noise = [
        {**life.record, "_id": life.record["_id"][::-1], "target_site": "other.test"} for life in web if life.events
    ] + [{**life.record, "_id": life.record["_id"][1:], "source_site": TARGET} for life in web]
    told = [event for life in web for event in life.events]
    told += [{**event, "_id": event["_id"] + b"'", "target_site": "other.test"} for event in told]
    documents = {"links": [life.record for life in web] + noise, "link_events": told, "pages": pages or []}
    for name, of_web in documents.items():
        await store.database[name].delete_many({})
        if of_web:
            await store.database[name].insert_many(of_web)


@on_one_database
@given(web=webs(), hours=st.integers(-1, 24 * (DAYS + 16)))
async def test_links_at_are_as_they_were_written_down(store: Store, web: list[Life], hours: int) -> None:
    """Every link that had been found by then, and no other, in its state of then."""
    await keep(store, web)
    when = START + timedelta(hours=hours)
    told = {state["_id"]: state async for state in history.links_at(store.database, TARGET, when)}
    then = {life.record["_id"]: state for life in web if (state := life.at(when))}
    assert told.keys() == then.keys()
    for name in ("status", "lost_reason", "anchor", "follow", "region"):
        assert {id_: state[name] for id_, state in told.items()} == {id_: state[name] for id_, state in then.items()}


@on_one_database
@given(web=webs(most=12), first=st.integers(0, DAYS), length=st.integers(0, DAYS))
async def test_the_days_are_those_of_all_lives(store: Store, web: list[Life], first: int, length: int) -> None:
    """Births counted by MongoDB and lives told one by one give what telling every life gives."""
    await keep(store, web)
    since = START.date() + timedelta(days=first)
    series = DailySeries(since, since + timedelta(days=length))
    for life in web:
        series.add(life.record, settled(life.events))
    expected = list(series.days())
    assert await history.daily_series(store.database, TARGET, since, since + timedelta(days=length)) == expected


@on_one_database
@given(web=webs(sites=6), first=st.integers(0, 24 * DAYS), hours=st.integers(0, 24 * DAYS))
async def test_sites_come_and_go_with_their_links(store: Store, web: list[Life], first: int, hours: int) -> None:
    """Gained and lost sites are those that all lives together tell."""
    await keep(store, web)
    since = START + timedelta(hours=first)
    until = since + timedelta(hours=hours)
    lives: defaultdict[str, list[list[Step]]] = defaultdict(list)
    for life in web:
        lives[life.record["source_site"]].append(steps(life.record, settled(life.events)))
    expected = list(site_changes(lives, since, until))
    assert await history.site_changes(store.database, TARGET, since, until) == expected


# --- By hand -------------------------------------------------------------------------------------------------

NOTHING: frozenset[str] = frozenset()
LOSE = Act(24, NOTHING, "lose", back=False)


async def test_a_link_that_only_changed_while_it_was_lost_counts_on_no_day(store: Store) -> None:
    """Lost before the first day, it is not among the births, and its change makes it neither come nor go."""
    changed = Act(72, frozenset({"region", "rel"}), None, back=False)
    await keep(store, [life_of(0, 1, 0, "with_page", [LOSE, changed])])
    since = START.date() + timedelta(days=2)
    days = await history.daily_series(store.database, TARGET, since, since + timedelta(days=5))
    assert [told.parts for told in days] == [{}] * 6


async def test_a_site_with_one_link_goes_and_comes_with_it(store: Store) -> None:
    """Another site whose link stayed is gained once."""
    back = Act(48, NOTHING, None, back=True)
    await keep(store, [life_of(0, 1, 0, "with_page", [LOSE, back]), life_of(1, 2, 5, "on_known_page", [])])
    assert await history.site_changes(store.database, TARGET, START, START + timedelta(days=9)) == [
        SiteChange(START, "site_gained", "site1.test"),
        SiteChange(START + timedelta(hours=5), "site_gained", "site2.test"),
        SiteChange(START + timedelta(hours=24), "site_lost", "site1.test"),
        SiteChange(START + timedelta(hours=72), "site_gained", "site1.test"),
    ]


# --- One link ------------------------------------------------------------------------------------------------


def day(number: int) -> datetime:
    return datetime(2026, 3, number, 12, tzinfo=UTC)


A, B = "https://a.test/", f"https://{TARGET}/"


@pytest.fixture
async def one_link(store: Store) -> Store:
    """A link that was lost and found again, on a page that was hidden once and is hidden now."""
    id_ = link_id(A, B)
    sites = {"source_site": "a.test", "target_site": TARGET, "source_url": A, "target_url": B}
    await store.database["links"].insert_one(
        {
            "_id": id_,
            "source_id": url_id(A),
            "target_id": url_id(B),
            **sites,
            "source_host": "a.test",
            "status": "live",
            "lost_at": None,
            "lost_reason": None,
            "first_seen": day(1),
            "last_seen": day(6),
            "follow": True,
            "region": "content",
            "anchor": "b",
            "rel": [],
            "found": "with_page",
            "revision": 4,
        }
    )
    told: Document = {
        "link_id": id_,
        **sites,
        "field": "status",
        "old": None,
        "new": None,
        "reason": None,
        "evidence": None,
    }
    told |= {"follow": True, "region": "content"}
    await store.database["link_events"].insert_many(
        [
            {**told, "_id": b"3", "event": "restored", "at": day(6), "revision": 3, "reason": "moved"},
            {**told, "_id": b"1", "event": "lost", "at": day(4), "revision": 2, "reason": "page_gone"},
            {**told, "_id": b"2", "event": "moved", "at": day(4), "revision": 2, "reason": "moved"},
            {**told, "_id": b"4", "event": "changed", "at": day(7), "revision": 4, "field": "anchor", "old": "a"},
        ]
    )
    await store.database["pages"].insert_one(
        {
            "_id": url_id(A),
            "url": A,
            "last_read": day(8),
            "last_visited": day(10),
            "unknown_since": day(9),
            "unknown_periods": [[day(2), day(3)]],
        }
    )
    return store


@pytest.mark.parametrize(
    ("when", "status", "since"),
    [
        (day(1), "live", None),
        (day(2), "unknown", day(2)),
        (day(3), "live", None),
        (day(4), "lost", None),
        (day(6), "live", None),
        (day(12), "unknown", day(9)),
    ],
)
async def test_a_hidden_page_makes_its_links_unknown(
    one_link: Store, when: datetime, status: str, since: datetime | None
) -> None:
    """``links_at`` joins when the source page could not be looked at."""
    (state,) = [state async for state in history.links_at(one_link.database, TARGET, when)]
    assert (state["status"], state["source_unknown_since"]) == (status, since)


async def test_the_life_of_one_link(one_link: Store) -> None:
    """Record, settled events in order, periods, and the resolved status and last sight."""
    told = await history.link_history(one_link.database, A, B)
    assert told is not None
    assert [event["event"] for event in told.events] == ["moved", "restored", "changed"]
    assert (told.status, told.last_seen) == ("unknown", day(8))
    assert told.unknown == [(day(2), day(3)), (day(9), None)]
    assert told.link["anchor"] == "b"


async def test_a_link_that_was_never_seen_has_no_life(one_link: Store) -> None:
    """Two URLs of which the index knows no link."""
    assert await history.link_history(one_link.database, B, A) is None


async def test_only_the_named_fields_travel(one_link: Store) -> None:
    """``fields`` keeps the rest of the record in MongoDB."""
    (state,) = [state async for state in history.links_at(one_link.database, TARGET, day(2), fields=["follow"])]
    assert state["follow"] is True
    assert "anchor" not in state


async def test_the_days_are_counted_from_the_index_alone(one_link: Store) -> None:
    """No link is read to count the births of a site that has many."""
    command = {"aggregate": "links", "pipeline": history.births_by_day(TARGET, day(1)), "cursor": {}}
    explained = str(await one_link.database.command({"explain": command, "verbosity": "queryPlanner"}))
    chosen, rejected, _ = explained.partition("'rejectedPlans'")
    assert rejected
    assert "PROJECTION_COVERED" in chosen
    assert "FETCH" not in chosen


# --- Written by real visits ----------------------------------------------------------------------------------


def visit(at: datetime, *links: tuple[str, bool]) -> Visit:
    """The page ``A`` with these targets, each followed or not."""
    page = Page(A, "a.test", "a.test", "ok", crawl_id=f"{at:%d}")
    raw = [
        RawLink(url, url, "a", "text", () if follow else ("nofollow",), "text", "content", "/html", number)
        for number, (url, follow) in enumerate(links)
    ]
    return Visit(page, at, links=build_links(page, raw, internal_too=False))


async def test_what_visits_wrote_is_read_back_as_it_was(store: Store) -> None:
    """Found, changed, lost and restored by visits of a page: each evening as the visit before it saw the page."""
    one, two = f"https://{TARGET}/1", f"https://{TARGET}/2"
    for seen in (
        visit(day(1), (one, True)),
        visit(day(3), (one, False), (two, True)),
        visit(day(5), (two, True)),
        visit(day(7), (one, True), (two, True)),
    ):
        await store.save_visits([seen])
    days = await history.daily_series(store.database, TARGET, day(1).date(), day(8).date())
    assert [(told.total.live, told.of(follow=True).live) for told in days] == [
        *((1, 1), (1, 1), (2, 1), (2, 1)),
        *((1, 1), (1, 1), (2, 2), (2, 2)),
    ]
    flows = [(told.total.discovered, told.total.new, told.total.lost, told.total.restored) for told in days[::2]]
    assert flows == [(1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1)]
    then = {link["target_url"]: link async for link in history.links_at(store.database, TARGET, day(4))}
    assert (then[one]["status"], then[one]["rel"], then[one]["nofollow"]) == ("live", ["nofollow"], True)
    assert (then[two]["status"], then[two]["follow"]) == ("live", True)
