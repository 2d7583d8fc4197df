"""What a sink is told: each thing once, nothing skipped, whatever happens in between."""

import asyncio
from datetime import timedelta

import pytest

from backlink_crawler.alerts.alert import DEFAULT_KINDS, Alert
from backlink_crawler.alerts.courier import Answer
from backlink_crawler.alerts.only import Only
from backlink_crawler.alerts.turn import BUSY, Turn
from backlink_crawler.store import Store
from tests.alerts.world import (
    CONFIG,
    NOON,
    SITE,
    Document,
    Hands,
    Listener,
    alert,
    audience,
    begin,
    event,
    link,
    minutes,
    turn,
    write,
)

OLD = "https://blog.org/old"
NEW = "https://blog.org/new"


async def test_a_first_run_begins_now_and_says_so(store: Store) -> None:
    """Nobody gets the alerts of the past unasked; what is recorded afterwards is told."""
    hands, listener = Hands(), Listener()
    await write(store, "link_events", [event(recorded=NOON - minutes(30))])
    await Turn(store, CONFIG, audience(listener), hands.world(since=None)).take()
    assert listener.took == []
    assert "first run: tells what is recorded after 2026-03-01 12:00 UTC, which is now" in hands.said[0]
    await write(store, "link_events", [event(source=NEW, recorded=NOON + minutes(1))])
    hands.now += minutes(10)
    await Turn(store, CONFIG, audience(listener), hands.world(since=None)).take()
    assert [told.source_url for told in listener.took] == [NEW]


async def test_since_counts_at_the_first_run_only(store: Store) -> None:
    """A cron line that keeps its --since repeats nothing, and is told why."""
    hands, listener = Hands(), Listener()
    await write(store, "link_events", [event(recorded=NOON - minutes(30))])
    for _ in range(2):
        await turn(store, hands, listener)
    assert len(listener.took) == 1
    assert "--since counts at a sink's first run only" in hands.said[-1]


async def test_events_settle_before_they_are_told(store: Store) -> None:
    """What may still be explained by what comes next waits for the settling time, and is told then."""
    hands, listener = Hands(), Listener()
    await write(store, "link_events", [event(recorded=NOON)])
    hands.now = NOON + minutes(4.9)
    await turn(store, hands, listener)
    assert listener.took == []
    hands.now = NOON + minutes(5)
    await turn(store, hands, listener)
    assert len(listener.took) == 1


async def test_a_loss_that_was_a_move_is_told_as_a_move(store: Store) -> None:
    """``lost`` and ``moved`` of one link and revision are one alert, also while the ``moved`` itself still settles."""
    hands, listener = Hands(), Listener()
    lost = event("lost", OLD, recorded=NOON)
    await write(store, "link_events", [lost, event("moved", OLD, recorded=NOON + minutes(4), at=NOON, new=NEW)])
    hands.now = NOON + minutes(6)
    await turn(store, hands, listener)
    assert listener.took == []
    hands.now = NOON + minutes(9)
    await turn(store, hands, listener)
    assert [(told.kind, told.new, told.replaces) for told in listener.took] == [("moved", NEW, lost["_id"])]


async def test_a_move_that_is_found_late_names_the_loss_that_was_told(store: Store) -> None:
    """After the settling time a loss has been told; the move says which alert it replaces."""
    hands, listener = Hands(NOON + minutes(10)), Listener()
    await write(store, "link_events", [event("lost", OLD, recorded=NOON)])
    await turn(store, hands, listener)
    await write(store, "link_events", [event("moved", OLD, recorded=NOON + minutes(20), at=NOON, new=NEW)])
    hands.now = NOON + minutes(30)
    await turn(store, hands, listener)
    lost, moved = listener.took
    assert (lost.kind, moved.kind, moved.replaces) == ("lost", "moved", lost.id)


async def test_an_event_that_appears_behind_the_position_is_told(store: Store) -> None:
    """A worker whose clock is slow, or who is late, writes before what was read: told as long as it is within the
    overlap, and nothing else is repeated."""
    hands, listener = Hands(NOON + minutes(90)), Listener()
    await write(store, "link_events", [event(source=OLD, recorded=NOON + minutes(80))])
    await turn(store, hands, listener)
    late = NOON + minutes(90) - CONFIG.settle - CONFIG.overlap + timedelta(milliseconds=1)
    await write(store, "link_events", [event(source=NEW, recorded=late)])
    await turn(store, hands, listener)
    assert [told.source_url for told in listener.took] == [OLD, NEW]
    hands.now += minutes(1)
    await turn(store, hands, listener)
    assert len(listener.took) == 2


async def test_many_events_of_one_instant_are_all_told_once(store: Store) -> None:
    """One commit records thousands of events in the same millisecond: no page ends among them."""
    hands, listener = Hands(NOON + minutes(10)), Listener()
    many = [event(source=f"https://blog.org/{n}", recorded=NOON + timedelta(seconds=n // 700)) for n in range(1_500)]
    await write(store, "link_events", many)
    await turn(store, hands, listener)
    assert len(listener.took) == 1_500
    assert {told.id for told in listener.took} == {one["_id"] for one in many}
    await turn(store, hands, listener)
    assert len(listener.took) == 1_500


async def test_a_crash_before_the_position_is_written_repeats_under_the_same_id(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was sent and not remembered is sent again, with its id; nothing is skipped."""

    class Crash(BaseException):
        pass

    hands, listener = Hands(NOON + minutes(10)), Listener()
    await write(store, "link_events", [event(source=f"https://blog.org/{n}") for n in range(30)])

    async def crash() -> None:
        if len(listener.took) == 30:
            raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(listener, "flush", crash)
        with pytest.raises(Crash):
            await turn(store, hands, listener)
    first = [told.id for told in listener.took]
    await turn(store, hands, listener)
    again = [told.id for told in listener.took[len(first) :]]
    assert len(set(first)) == 30
    assert again == first[20:], "the checkpoint after 20 stands, the rest is repeated"


async def test_a_process_that_dies_holds_its_sink_for_three_minutes(store: Store) -> None:
    """Somebody else's run is respected while it lives and replaced when it does not."""
    hands, listener = Hands(NOON + minutes(10)), Listener()
    await begin(store, hands)
    await store.database["alert_positions"].update_one(
        {"_id": "s"}, {"$set": {"holder": "dead", "held_until": hands.now + minutes(3)}}
    )
    await write(store, "link_events", [event()])
    assert (await turn(store, hands, listener)).trouble == BUSY
    hands.now += minutes(3)
    assert (await turn(store, hands, listener)).trouble is None
    assert len(listener.took) == 1


async def test_two_runs_at_once_tell_each_thing_once(store: Store) -> None:
    """While one run is in the middle of sending, another one leaves the sink alone."""
    hands, second = Hands(NOON + minutes(10)), Listener()
    await begin(store, hands)
    await write(store, "link_events", [event(source=f"https://blog.org/{n}") for n in range(3)])
    results = []

    class Slow(Listener):
        async def send(self, alert: Alert) -> Answer:
            results.append(await turn(store, hands, second, holder="other"))
            return await super().send(alert)

    first = Slow()
    await turn(store, hands, first)
    assert len(first.took) == 3
    assert second.took == []
    assert {result.trouble for result in results} == {BUSY}


async def test_a_run_that_was_replaced_writes_nothing(store: Store) -> None:
    """A run that hung for too long finds another holder, stops, and does not touch the position."""
    hands = Hands(NOON + minutes(10))
    await begin(store, hands)
    await write(store, "link_events", [event(source=f"https://blog.org/{n}") for n in range(3)])
    other = Listener()

    class Hanging(Listener):
        async def send(self, alert: Alert) -> Answer:
            if not other.took:
                hands.now += minutes(5)
                await turn(store, hands, other, holder="other")
            return await super().send(alert)

    first = Hanging()
    result = await turn(store, hands, first)
    assert result.trouble == BUSY
    assert len(other.took) == 3
    assert len(first.took) == 1
    again = Listener()
    await turn(store, hands, again)
    assert again.took == []


async def test_a_cancelled_run_keeps_what_was_told_and_frees_the_sink(store: Store) -> None:
    """Ctrl-C in the middle: what passed a checkpoint is remembered, the next run need not wait."""
    hands, reached = Hands(NOON + minutes(10)), asyncio.Event()
    await begin(store, hands)
    await write(store, "link_events", [event(source=f"https://blog.org/{n}") for n in range(25)])

    class Stuck(Listener):
        async def send(self, alert: Alert) -> Answer:
            if len(self.took) == 22:
                reached.set()
                await asyncio.Event().wait()
            return await super().send(alert)

    stuck, listener = Stuck(), Listener()
    task = asyncio.create_task(turn(store, hands, stuck))
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await turn(store, hands, listener, holder="next")).trouble is None
    assert len(listener.took) == 5
    assert {told.id for told in stuck.took[:20]}.isdisjoint(told.id for told in listener.took)


async def test_a_sink_that_takes_nothing_is_told_all_of_it_later(store: Store) -> None:
    """A receiver that is down moves no position; when it is back everything arrives, in order."""
    hands = Hands(NOON + minutes(10))
    down = Listener(lambda alert: Answer("try_again", "HTTP 503"))
    await write(store, "link_events", [event(source=f"https://blog.org/{n}") for n in range(3)])
    result = await turn(store, hands, down)
    assert result.told == 0
    assert "HTTP 503" in str(result.trouble)
    listener = Listener()
    hands.now += timedelta(days=30)
    result = await turn(store, hands, listener)
    assert (len(listener.took), result.trouble) == (3, None)


async def test_an_alert_that_is_refused_alone_is_given_up_after_a_day(store: Store) -> None:
    """With nothing else to tell there is no witness; a refusal that lasts a day counts, silence never does."""
    hands = Hands(NOON + minutes(10))
    for answer, given_up in ((Answer("try_again", "HTTP 500"), 0), (Answer("refused", "HTTP 400"), 1)):
        listener = Listener(lambda alert, answer=answer: answer)  # type: ignore[misc]
        await store.database["link_events"].delete_many({})
        await write(store, "link_events", [event(recorded=hands.now - minutes(6))])
        assert (await turn(store, hands, listener)).aside == 0
        hands.now += timedelta(hours=23)
        assert (await turn(store, hands, listener)).aside == 0
        hands.now += timedelta(hours=2)
        result = await turn(store, hands, listener)
        assert result.aside == given_up
    position = await store.database["alert_positions"].find_one({"_id": "s"})
    assert position is not None
    assert [(entry["kind"], entry["why"]) for entry in position["aside"]] == [("lost", "HTTP 400")]
    assert position["trouble"] is None


@pytest.mark.parametrize(
    ("found", "only", "kind"),
    [
        ("with_new_page", DEFAULT_KINDS - {"site_gained"}, "found_on_new_page"),
        ("with_page", frozenset({"discovered"}), "discovered"),
        ("with_page", DEFAULT_KINDS - {"site_gained"}, None),
        ("on_known_page", DEFAULT_KINDS - {"site_gained"}, None),
    ],
    ids=["new page: new link", "discovered when asked for", "not told unasked", "has an event of its own"],
)
async def test_links_found_with_their_page(store: Store, found: str, only: frozenset[str], kind: str | None) -> None:
    """They have no event; they are told from their records, once."""
    hands, listener = Hands(NOON + minutes(10)), Listener()
    await write(store, "links", [link(found=found)])
    wants = Only(frozenset({SITE}), only)  # type: ignore[arg-type]
    for _ in range(2):
        await turn(store, hands, listener, wants)
        hands.now += minutes(1)
    assert listener.kinds == ([kind] if kind else [])


async def test_a_link_that_is_stored_late_is_told(store: Store) -> None:
    """Links stand in their stream by the time they were seen, and are written after it."""
    hands, listener = Hands(NOON + minutes(59)), Listener()
    await turn(store, hands, listener)
    await write(store, "links", [link(found="with_new_page", first_seen=NOON)])
    await turn(store, hands, listener, Only(frozenset({SITE}), frozenset({"found_on_new_page"})))
    assert listener.kinds == ["found_on_new_page"]


async def test_the_last_link_of_a_site_is_the_loss_of_the_site(store: Store) -> None:
    """``site_lost`` comes with the loss that leaves no live link, not with one before it, and once."""
    hands, listener = Hands(NOON + minutes(10)), Listener()
    first_seen = NOON - timedelta(days=50)
    lost: Document = {"status": "lost", "lost_reason": "removed_from_html", "revision": 2}
    await write(
        store, "links", [link(OLD, first_seen=first_seen, lost_at=NOON, **lost), link(NEW, first_seen=first_seen)]
    )
    await write(store, "link_events", [event("lost", OLD, recorded=NOON)])
    await turn(store, hands, listener)
    assert listener.kinds == ["lost"]
    later = NOON + minutes(20)
    await store.database["links"].update_one({"source_url": NEW}, {"$set": {**lost, "lost_at": later}})
    await write(store, "link_events", [event("lost", NEW, recorded=later)])
    hands.now = NOON + minutes(30)
    for _ in range(2):
        await turn(store, hands, listener)
    assert listener.kinds == ["lost", "lost", "site_lost"]
    site = listener.took[-1]
    assert (site.source_site, site.target_site, site.at, site.reason) == ("blog.org", SITE, later, "lost")


async def test_the_first_link_of_a_site_is_the_gain_of_the_site(store: Store) -> None:
    """``site_gained`` comes with the first live link, and not with the second."""
    hands, listener = Hands(NOON + minutes(10)), Listener()
    await write(store, "links", [link(OLD, first_seen=NOON, found="on_known_page")])
    await write(store, "link_events", [event("found_on_known_page", OLD, recorded=NOON, old=None, new="live")])
    await turn(store, hands, listener)
    later = NOON + minutes(20)
    await write(store, "links", [link(NEW, first_seen=later, found="on_known_page")])
    await write(store, "link_events", [event("found_on_known_page", NEW, recorded=later, old=None, new="live")])
    hands.now = NOON + minutes(30)
    await turn(store, hands, listener)
    assert listener.kinds == ["found_on_known_page", "site_gained", "found_on_known_page"]


async def test_a_site_is_gained_once_though_two_streams_show_it(store: Store) -> None:
    """An event and a record of the same moment make one ``site_gained``."""
    hands, listener = Hands(NOON + minutes(10)), Listener()
    await write(store, "links", [link(OLD, found="on_known_page"), link(NEW, found="with_page")])
    await write(store, "link_events", [event("found_on_known_page", OLD)])
    await turn(store, hands, listener, Only(frozenset({SITE}), frozenset({"site_gained"})))
    assert listener.kinds == ["site_gained"]


async def test_only_what_is_wanted_is_told_and_the_rest_is_not_asked_again(store: Store) -> None:
    """Other targets and links within the site are nobody's alert here."""
    hands, listener = Hands(NOON + minutes(10)), Listener()
    other, own = "https://other.com/", "https://www.shop.com/page"
    await write(store, "link_events", [event(), event(target=other), event(source=own)])
    result = await turn(store, hands, listener)
    assert (result.told, [told.source_url for told in listener.took]) == (1, ["https://blog.org/post"])


async def test_alerts_carry_what_the_record_knows(store: Store) -> None:
    """The anchor is not in the event; it comes from the link's record, where that exists."""
    hands, listener = Hands(NOON + minutes(10)), Listener()
    await write(store, "links", [link(OLD, anchor="Fine shop")])
    await write(store, "link_events", [event("changed", OLD, field="rel", old=[], new=["nofollow"]), event(source=NEW)])
    await turn(store, hands, listener, Only(frozenset({SITE}), frozenset({"changed", "lost"})))
    assert {told.source_url: told.anchor for told in listener.took} == {OLD: "Fine shop", NEW: None}


async def test_progress_is_told_on_long_work(store: Store) -> None:
    """Whoever waits sees how far it is."""
    hands = Hands(NOON + minutes(60))

    def slowly(_: Alert) -> None:
        hands.now += timedelta(seconds=0.05)

    listener = Listener(slowly)
    await write(
        store,
        "link_events",
        [event(source=f"https://blog.org/{n}", recorded=NOON + timedelta(seconds=n)) for n in range(900)],
    )
    await turn(store, hands, listener)
    assert any("500 told so far; events up to 2026-03-01 12:08 UTC" in said for said in hands.said)


async def test_reading_uses_indexes(store: Store) -> None:
    """Following the events never sorts or scans the collection."""
    query = {
        "recorded": {"$gt": NOON, "$lte": NOON + minutes(1)},
        "target_site": {"$in": [SITE]},
        "event": {"$in": ["lost"]},
    }
    await write(
        store,
        "link_events",
        [event(source=f"https://blog.org/{n}", target=f"https://t{n % 50}.com/") for n in range(200)],
    )
    plan = await store.database["link_events"].find(query).sort("recorded", 1).explain()
    stages = str(plan["queryPlanner"]["winningPlan"])
    assert "recorded_1" in stages
    assert "'SORT'" not in stages
    assert "COLLSCAN" not in stages


def test_the_test_alert_has_ids_of_16_bytes() -> None:
    """The ids of the tests have the length of real ones."""
    assert len(alert().id) == len(event()["_id"]) == 16
