"""Reading history backwards, against lives that were written down forwards."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backlink_crawler.history.series import Counts, DailySeries, Day, Part, end_of, start_of
from backlink_crawler.history.timeline import (
    Period,
    SiteChange,
    Standing,
    Step,
    settled,
    site_changes,
    state_at,
    steps,
    unknown_periods,
)
from tests.lives import DAYS, START, Document, Life, webs

FIRST = START.date()
LAST = FIRST + timedelta(days=DAYS + 7)
COMPARED = ("status", "lost_at", "lost_reason", "anchor", "rel", "nofollow", "follow", "region")

moments = st.integers(-24, 24 * (DAYS + 16)).map(lambda hours: START + timedelta(hours=hours, minutes=30))


def day(number: int, hour: int = 12) -> datetime:
    return datetime(2026, 3, number, hour, tzinfo=UTC)


def link(**values: Any) -> Document:
    """A followed link in the content, found with its page on the 2nd, live unless told otherwise."""
    return {
        "_id": b"1",
        "first_seen": day(2),
        "last_seen": day(2),
        "found": "with_page",
        "status": "live",
        "lost_at": None,
        "lost_reason": None,
        "follow": True,
        "region": "content",
        "anchor": "a",
        "rel": [],
        **values,
    }


def event(kind: str, revision: int, at: datetime, **values: Any) -> Document:
    return {
        "link_id": b"1",
        "event": kind,
        "revision": revision,
        "at": at,
        "field": "status",
        "old": None,
        "new": None,
        "reason": None,
        "evidence": None,
        "follow": True,
        "region": "content",
        **values,
    }


LOST = event("lost", 2, day(5), reason="page_gone")
MOVED = event("moved", 2, day(5), reason="moved", field="source_url")


# --- Tables --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("events", "kinds"),
    [
        ([LOST, MOVED], ["moved"]),  # the same loss, explained
        ([MOVED, LOST], ["moved"]),  # in whatever order they are read
        ([LOST], ["lost"]),
        ([MOVED], ["moved"]),  # it came instead of a lost
        ([LOST, {**MOVED, "revision": 4}], ["lost", "moved"]),  # another loss
        ([LOST, {**MOVED, "link_id": b"2"}], ["lost", "moved"]),  # another link
        ([{**LOST, "event": "retargeted"}, MOVED], ["retargeted", "moved"]),  # only a lost is replaced
        ([], []),
    ],
)
def test_a_move_takes_the_place_of_its_loss(events: list[Document], kinds: list[str]) -> None:
    """Of a loss that a move explains, readers see the move alone."""
    assert [told["event"] for told in settled(events)] == kinds


@pytest.mark.parametrize(
    ("page", "periods"),
    [
        (None, []),  # never visited by this index
        ({}, []),  # could always be looked at
        ({"unknown_since": day(3)}, [(day(3), None)]),
        ({"unknown_periods": [[day(1), day(2)]]}, [(day(1), day(2))]),
        ({"unknown_periods": [[day(1), day(2)]], "unknown_since": day(3)}, [(day(1), day(2)), (day(3), None)]),
    ],
)
def test_a_page_tells_when_it_could_not_be_looked_at(page: Document | None, periods: list[Period]) -> None:
    """Closed periods and the open one, in order."""
    assert unknown_periods(page) == periods


LIFE = [LOST, event("restored", 3, day(8), reason="page_gone", evidence={"lost_at": day(5)})]
HIDDEN: list[Period] = [(day(3), day(4)), (day(6), day(7)), (day(9), None)]


@pytest.mark.parametrize(
    ("when", "status", "lost_at"),
    [
        (day(1), None, None),  # not found yet
        (day(2, 11), None, None),
        (day(2), "live", None),  # in the moment it was found
        (day(3), "unknown", None),  # the first visit that saw nothing
        (day(4), "live", None),  # seen again
        (day(5), "lost", day(5)),
        (day(6), "lost", day(5)),  # lost stays lost while its page is hidden
        (day(8), "live", None),
        (day(9, 13), "unknown", None),  # still hidden
    ],
)
def test_a_link_is_found_hidden_lost_and_restored(when: datetime, status: str | None, lost_at: datetime | None) -> None:
    """The status at each time of one life, boundaries included."""
    state = state_at(link(), LIFE, when, HIDDEN)
    assert (state and (state["status"], state["lost_at"])) == (status and (status, lost_at))


@pytest.mark.parametrize(
    ("last_seen", "when", "known"),
    [
        (day(4), day(6), day(4)),  # nothing later has overwritten it
        (day(4), day(4), day(4)),
        (day(6), day(4), None),  # when it was seen before that is not kept
    ],
)
def test_a_last_seen_that_was_overwritten_is_not_made_up(
    last_seen: datetime, when: datetime, known: datetime | None
) -> None:
    """The past has a ``last_seen`` only where the record still tells it."""
    state = state_at(link(last_seen=last_seen), [], when)
    assert state is not None
    assert state["last_seen"] == known


def test_a_chain_that_ended_elsewhere_is_no_part_of_the_record() -> None:
    """``final_target_url`` has events and no field: undoing it adds none."""
    changed = event("changed", 2, day(5), field="final_target_url", old="http://x.test/", new="http://y.test/")
    state = state_at(link(), [changed], day(3))
    assert state is not None
    assert "final_target_url" not in state


def test_commits_count_in_their_order_not_by_their_clocks() -> None:
    """A restoration that was committed after a loss, with an earlier time, takes effect with the loss, not before."""
    skewed = [event("lost", 2, day(5, 12)), event("restored", 3, day(5, 11), reason="page_gone")]
    live = Standing(True, True, "content")
    lost = Standing(False, True, "content")
    assert steps(link(), skewed) == [
        Step(day(2), None, live),
        Step(day(5, 12), live, lost),
        Step(day(5, 12), lost, live),
    ]


def test_a_year_without_events_is_told_too() -> None:
    """Every day is there, and a day on which nothing happened keeps the number of the day before."""
    series = DailySeries(date(2026, 1, 1), date(2026, 12, 31))
    series.add(link(), [])
    days = list(series.days())
    assert len(days) == 365
    assert [found.total.live for found in days[58:62]] == [0, 0, 1, 1]
    assert days[60].total == Counts(live=1, discovered=1)
    assert days[-1].of(follow=True, region="content").live == 1
    assert days[-1].of(follow=False) == Counts()


@pytest.mark.parametrize(
    ("found", "counts"),
    [
        ("with_page", Counts(live=1, discovered=1)),  # its age is not known
        ("on_known_page", Counts(live=1, new=1)),
        ("with_new_page", Counts(live=1, new=1)),  # the page is new, so the link is
    ],
)
def test_new_links_and_those_that_were_only_discovered_are_told_apart(found: str, counts: Counts) -> None:
    """What was found together with an old page is not called new."""
    series = DailySeries(day(2).date(), day(2).date())
    series.add(link(found=found), [])
    assert [told.total for told in series.days()] == [counts]


# --- Properties ----------------------------------------------------------------------------------------------


def days_of(web: list[Life], since: date, until: date) -> list[Day]:
    series = DailySeries(since, until)
    for life in web:
        # As the store does: events before the first day are not read.
        series.add(life.record, settled(told for told in life.events if told["at"] >= start_of(since)))
    return list(series.days())


def snapshots(web: list[Life], at: datetime) -> Counter[Part]:
    """Live links by part, as they were written down."""
    known = [state for life in web if (state := life.at(at)) and state["status"] == "live"]
    return Counter(Part(state["follow"], state["region"]) for state in known)


@given(webs(), moments)
def test_the_past_is_as_it_was_written_down(web: list[Life], when: datetime) -> None:
    """Undoing events gives every link as it was at any time, also where only later events are read."""
    for life in web:
        for events in (life.events, [told for told in life.events if told["at"] > when]):
            state = state_at(life.record, events, when)
            then = life.at(when)
            assert (state is None) == (then is None)
            assert state is None or then is None or [state[n] for n in COMPARED] == [then[n] for n in COMPARED]


@given(webs(), moments, st.randoms())
def test_neither_the_order_of_events_nor_a_stale_record_matters(
    web: list[Life], when: datetime, chance: Random
) -> None:
    """Events may be read in any order, and a record from before its last commits gives the same past."""
    for life in web:
        shuffled = chance.sample(life.events, len(life.events))
        assert steps(life.record, settled(shuffled)) == steps(life.record, settled(life.events))
        stale = chance.choice(life.past)
        if when < stale.at:
            told, meant = (state_at(record, life.events, when) for record in (stale.record, life.record))
            assert (told is None) == (meant is None)
            assert told is None or meant is None or [told[n] for n in COMPARED] == [meant[n] for n in COMPARED]


@given(webs(), st.integers(0, DAYS), st.integers(0, DAYS))
def test_every_day_counts_what_was_live_in_its_end(web: list[Life], first: int, length: int) -> None:
    """Day by day and part by part the series is what snapshots of each evening say, whatever days are asked for."""
    since = FIRST + timedelta(days=first)
    for told in days_of(web, since, since + timedelta(days=length)):
        live = {part: counts.live for part, counts in told.parts.items() if counts.live}
        assert live == snapshots(web, end_of(told.day))


@given(webs())
def test_every_day_balances(web: list[Life]) -> None:
    """Live is what was live before, plus what came, minus what went: in all and in each part."""
    before: Counter[Part] = Counter()
    for told in days_of(web, FIRST, LAST):
        for part, c in told.parts.items():
            assert c.live == before[part] + c.new + c.discovered + c.restored - c.lost + c.changed
            assert c.lost >= c.moved
        total = told.total
        assert total.live == sum(before.values()) + total.new + total.discovered + total.restored - total.lost
        assert total.changed == 0
        before = Counter({part: counts.live for part, counts in told.parts.items()})


@given(webs())
def test_what_came_and_went_is_counted_on_its_day(web: list[Life]) -> None:
    """Births, losses, moves and restorations of each day are those that were written down."""
    expected: Counter[tuple[date, str]] = Counter()
    for life in web:
        found = "discovered" if life.record["found"] == "with_page" else "new"
        expected[life.past[0].at.date(), found] += 1
        for before, after in zip(life.past, life.past[1:], strict=False):
            was, is_now = before.record["status"], after.record["status"]
            if was != is_now:
                expected[after.at.date(), "lost" if is_now == "lost" else "restored"] += 1
            expected[after.at.date(), "moved"] += after.moved
    told = Counter(
        {
            (day_.day, name): getattr(day_.total, name)
            for day_ in days_of(web, FIRST, LAST + timedelta(days=14))
            for name in ("new", "discovered", "lost", "moved", "restored")
        }
    )
    assert +told == +expected


@given(webs(), st.integers(0, DAYS))
def test_counting_turns_alone_is_the_same(web: list[Life], first: int) -> None:
    """Links whose follow and region stayed need no record beyond their birth: the short way gives the same days."""
    since = FIRST + timedelta(days=first)
    whole, short = DailySeries(since, LAST), DailySeries(since, LAST)
    for life in web:
        record = life.record
        turns = [
            told
            for told in settled(life.events)
            if told["at"] >= start_of(since) and told["event"] in {"lost", "moved", "retargeted", "restored"}
        ]
        now = {**record, "follow": True, "region": "content"}
        turns = [{**told, "follow": True, "region": "content"} for told in turns]
        whole.add(now, turns)
        if record["status"] == "live" or record["lost_at"] >= start_of(since):
            short.add_births(record["first_seen"].date(), record["found"], Part(True, "content"))
        if turns:
            short.add_turns(turns)
    assert list(whole.days()) == list(short.days())


def changes_written_down(web: list[Life], since: datetime, until: datetime) -> list[SiteChange]:
    """When each site began and ceased to have a live link, found by looking at every moment at which anything was."""
    found = []
    for site in {life.record["source_site"] for life in web}:
        links = [life for life in web if life.record["source_site"] == site]
        linking = False
        for at in sorted({commit.at for life in links for commit in life.past}):
            states = [state for life in links if (state := life.at(at))]
            if linking != (linking := any(state["status"] == "live" for state in states)) and since <= at < until:
                found.append(SiteChange(at, "site_gained" if linking else "site_lost", site))
    return sorted(found)


@given(webs(), moments, st.integers(0, 24 * DAYS))
def test_a_site_links_while_any_of_its_links_does(web: list[Life], since: datetime, hours: int) -> None:
    """Gained and lost sites are the ends of the union of the live times of their links."""
    until = since + timedelta(hours=hours)
    lives: dict[str, list[list[Step]]] = {}
    for life in web:
        lives.setdefault(life.record["source_site"], []).append(steps(life.record, settled(life.events)))
    assert list(site_changes(lives, since, until)) == changes_written_down(web, since, until)
