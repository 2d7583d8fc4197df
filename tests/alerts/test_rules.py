"""The pure rules: who wants what, when something is due, how far a sink has been told."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backlink_crawler.alerts.alert import DEFAULT_KINDS, KINDS, Alert, from_link
from backlink_crawler.alerts.digest import Digest
from backlink_crawler.alerts.only import Only
from backlink_crawler.alerts.position import MAX_HANDLED, Position, pack
from backlink_crawler.alerts.record import body, record
from backlink_crawler.alerts.schedule import ATTEMPTS, Every, delays, is_due, last_boundary, pause
from tests.alerts.world import NOON, SITE, alert, link, minutes

TARGETS = frozenset({SITE})
YEAR = datetime(2026, 1, 1)  # noqa: DTZ001 - hypothesis adds the zone


@pytest.mark.parametrize(
    ("only", "fields", "wanted"),
    [
        ({}, {}, True),
        ({}, {"target_site": "other.com"}, False),
        ({}, {"source_site": SITE}, False),  # a link within the site is no backlink
        ({"events": frozenset({"moved"})}, {}, False),
        ({"events": DEFAULT_KINDS}, {"kind": "discovered"}, False),
        ({"fields": frozenset({"rel"})}, {"kind": "changed", "field": "anchor"}, False),
        ({"fields": frozenset({"rel"})}, {"kind": "changed", "field": "rel"}, True),
        ({"fields": frozenset({"rel"})}, {"kind": "lost"}, True),  # says which changes, not which events
        ({"follow": True}, {"follow": False}, False),
        ({"follow": True}, {"follow": True}, True),
        ({"follow": True}, {"kind": "site_lost", "follow": None}, True),  # has no such thing
        # A followed link that turns nofollow is the very news.
        ({"follow": True}, {"kind": "changed", "field": "follow", "old": True, "new": False, "follow": False}, True),
        ({"follow": True}, {"kind": "changed", "field": "anchor", "follow": False}, False),
        ({"regions": frozenset({"content"})}, {"region": "footer"}, False),
        (
            {"regions": frozenset({"content"})},
            {"kind": "changed", "field": "region", "old": "content", "new": "footer", "region": "footer"},
            True,
        ),
    ],
)
def test_who_wants_what(only: dict[str, Any], fields: dict[str, Any], wanted: bool) -> None:
    """All conditions have to be met."""
    assert Only(TARGETS, **only).wants(alert(**fields)) is wanted


def test_what_has_to_be_read_follows_from_what_is_wanted() -> None:
    """Sites are derived from links, so asking for sites alone reads what makes them."""
    assert Only(TARGETS, frozenset({"lost"})).stored_events == ["lost"]
    assert Only(TARGETS, frozenset({"lost"})).found == []
    gained = Only(TARGETS, frozenset({"site_gained"}))
    assert gained.stored_events == ["found_on_known_page", "restored"]
    assert gained.found == ["with_new_page", "with_page"]


@pytest.mark.parametrize(
    ("now", "every", "at", "boundary"),
    [
        ("2026-03-04T12:30", "hour", "00:10", "2026-03-04T12:10"),
        ("2026-03-04T12:05", "hour", "00:10", "2026-03-04T11:10"),
        ("2026-03-04T12:30", "day", "07:00", "2026-03-04T07:00"),
        ("2026-03-04T07:00", "day", "07:00", "2026-03-04T07:00"),
        ("2026-03-04T06:59", "day", "07:00", "2026-03-03T07:00"),
        ("2026-03-04T12:30", "week", "07:00", "2026-03-02T07:00"),  # a Wednesday; weeks begin on Monday
        ("2026-03-02T06:00", "week", "07:00", "2026-02-23T07:00"),
    ],
)
def test_digests_are_due_by_the_calendar(now: str, every: Every, at: str, boundary: str) -> None:
    """The last moment at which one was due."""
    instants = [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (now, boundary)]
    assert last_boundary(instants[0], every, time.fromisoformat(at)) == instants[1]


@given(
    st.datetimes(YEAR, YEAR + timedelta(days=365), timezones=st.just(UTC)),
    st.sampled_from(["hour", "day", "week"]),
    st.times().map(lambda at: at.replace(second=0, microsecond=0)),
)
def test_a_boundary_is_met_once(now: datetime, every: Every, at: time) -> None:
    """It is never in the future nor further back than a period, and what was sent at it is not due again."""
    boundary = last_boundary(now, every, at)
    period = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}[every]
    assert timedelta(0) <= now - boundary < period
    assert not is_due(now, now, every, at)
    assert is_due(boundary - timedelta(seconds=1), now, every, at)
    assert is_due(now, now + period, every, at)


def test_a_job_that_starts_a_little_earlier_each_day_skips_none() -> None:
    """A distance of a day from the last digest would skip every second one."""
    last = datetime(2026, 3, 1, 7, 0, 5, tzinfo=UTC)
    for day in range(2, 9):
        now = datetime(2026, 3, day, 7, 0, 5, tzinfo=UTC) - timedelta(milliseconds=100 * day)
        assert is_due(last, now, "day", time(0))
        last = now


def test_pauses_grow_and_are_spread() -> None:
    """Doubled each time, the upper half by chance, with a bound."""
    assert list(delays(lambda: 1.0)) == [1.0, 2.0, 4.0, 8.0]
    assert list(delays(lambda: 0.0)) == [0.5, 1.0, 2.0, 4.0]
    assert len(list(delays(lambda: 0.5))) == ATTEMPTS - 1
    assert max(delays(lambda: 1.0, attempts=50)) == 60.0
    assert pause(0, 60.0, lambda: 0.0) == 60.0
    assert [pause(n, 60.0, lambda: 1.0) for n in (1, 2, 3, 4, 1_000)] == [120.0, 240.0, 480.0, 900.0, 900.0]


instants = st.integers(0, 10_000).map(lambda seconds: NOON + timedelta(seconds=seconds))
handled = st.dictionaries(st.binary(min_size=16, max_size=16), instants, max_size=50)


@given(handled, instants, st.integers(1, 7_200))
def test_a_position_forgets_only_what_is_not_read_again(
    ids: dict[bytes, datetime], upto: datetime, overlap: int
) -> None:
    """Everything after the floor is remembered, the floor never goes back, and storing it changes nothing."""
    before = Position.start(NOON).remembering(ids)
    after = before.moved_to(upto, timedelta(seconds=overlap))
    assert after.handled == {key: at for key, at in ids.items() if at > after.floor}
    assert after.floor == max(NOON, upto - timedelta(seconds=overlap))
    assert Position.unpacked(after.floor, after.upto, pack(after.handled)) == after
    assert after.moved_to(NOON, timedelta(seconds=1)).floor >= after.floor


def test_a_position_stays_small() -> None:
    """Beyond its bound it gives up the oldest part of its window, and reads that no more."""
    ids = {n.to_bytes(16, "big"): NOON + timedelta(milliseconds=n) for n in range(1, MAX_HANDLED + 11)}
    position = Position.start(NOON).remembering(ids).moved_to(NOON + minutes(5), minutes(60))
    assert len(position.handled) == MAX_HANDLED
    assert position.floor == NOON + timedelta(milliseconds=10)
    assert len(pack(position.handled)) == 24 * MAX_HANDLED


@given(st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from("ab"), st.integers(0, 500)), max_size=200))
def test_a_digest_counts_all_and_shows_the_first(facts: list[tuple[Any, str, int]]) -> None:
    """Groups add up to what was taken in; what is shown is the earliest of each."""
    digest = Digest(since=NOON, until=NOON, shown=3)
    alerts = [alert(n, kind=kind, target_site=site) for kind, site, n in facts]
    for one in alerts:
        digest.add([one])
    groups = list(digest.groups())
    assert sum(group.number for group in groups) == len(digest) == len(alerts)
    for group in groups:
        own = [one for one in alerts if (one.target_site, one.kind) == (group.target_site, group.kind)]
        assert list(group.shown) == sorted(own, key=lambda one: (one.at, one.id))[:3]
        assert group.hidden == group.number - len(group.shown)


def test_ids_of_links_without_event_differ_by_kind() -> None:
    """The same link is another alert as a discovery than as a new link, and the same id every time."""
    new, old = from_link(link(found="with_new_page")), from_link(link(found="with_page"))
    assert new.id != old.id
    assert from_link(link(found="with_page", first_seen=NOON + minutes(1))).id == old.id


def test_an_alert_as_json() -> None:
    """Times in UTC, ids in hexadecimal, absent things null, on one line of ASCII."""
    told = record(alert(1, replaces=b"\x02" * 16, new=["nofollow"]))
    assert told["id"] == "0" * 31 + "1"
    assert told["timestamp"] == "2026-03-01T12:01:00.000Z"
    assert told["data"]["replaces"] == "02" * 16
    assert told["data"]["visit"] is None
    hostile: Alert = alert(anchor="é\x1b[2J\u2028\ud800\n")
    assert body(hostile).isascii()
    assert b"\n" not in body(hostile)
    assert b"\x1b" not in body(hostile)
