"""Workers that write while sinks are told: whatever the order, each thing is told once."""

from datetime import timedelta
from random import Random

import pytest

from backlink_crawler.alerts.alert import Alert
from backlink_crawler.alerts.courier import Answer
from backlink_crawler.alerts.only import Only
from backlink_crawler.store import Store
from tests.alerts.world import CONFIG, NOON, SITE, Hands, Listener, event, link, minutes, turn, write

WANTED = Only(frozenset({SITE}), frozenset({"lost", "found_on_new_page"}))


@pytest.mark.parametrize("seed", range(6))
async def test_late_writers_failing_receivers_and_replaced_runs(store: Store, seed: int) -> None:
    """Writers are late by up to the overlap, receivers fail at random, runs end and begin: nothing is skipped, and
    without a crash nothing is repeated."""
    random = Random(seed)
    hands = Hands()
    down = False

    def answer(_: Alert) -> Answer | None:
        return Answer("try_again", "HTTP 503") if down or random.random() < 0.1 else None

    listener = Listener(answer)
    written = 0
    for step in range(60):
        lateness = CONFIG.overlap * random.random() * random.choice([0, 0, 0.95])
        # At most what was read when it is written: the position is the settling time behind the clock.
        when = hands.now - lateness
        number = random.randrange(0, 40)
        sources = [f"https://blog.org/{seed}/{step}/{n}" for n in range(number)]
        if number and random.random() < 0.5:
            await write(store, "link_events", [event(source=source, recorded=when) for source in sources])
            written += number
        elif number:
            found = [link(source, found="with_new_page", first_seen=when) for source in sources]
            await write(store, "links", found)
            written += number
        down = random.random() < 0.2
        await turn(store, hands, listener, WANTED, holder=f"run-{random.randrange(3)}")
        hands.now += timedelta(minutes=random.choice([0, 1, 7, 40]))
    down = False
    listener.answer = lambda _: None
    hands.now += minutes(30)
    await turn(store, hands, listener, WANTED)
    assert len(listener.took) == written
    assert len({told.id for told in listener.took}) == written
    assert hands.now > NOON
