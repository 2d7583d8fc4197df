"""What becomes of an alert that is not taken: each case by the receiver's script."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backlink_crawler.alerts.alert import Alert
from backlink_crawler.alerts.courier import CHECKPOINT, Answer, Courier, Delivery, NotTaken
from tests.alerts.world import Hands, alert

OK, LATER, NO = Answer("accepted"), Answer("try_again", "HTTP 500"), Answer("refused", "HTTP 400")


@dataclass
class Lab:
    """A receiver that answers each alert by its own script, then accepts; and what was kept."""

    script: dict[int, list[Answer]] = field(default_factory=dict)
    always: dict[int, Answer] = field(default_factory=dict)
    sent: list[int] = field(default_factory=list)
    told: list[int] = field(default_factory=list)
    aside: list[int] = field(default_factory=list)
    checkpoints: list[int] = field(default_factory=list)
    hands: Hands = field(default_factory=Hands)

    async def send(self, one: Alert) -> Answer:
        number = int.from_bytes(one.id, "big")
        self.sent.append(number)
        if number in self.always:
            return self.always[number]
        return self.script[number].pop(0) if self.script.get(number) else OK

    async def keep(self, delivery: Delivery) -> None:
        self.checkpoints.append(len(delivery))
        self.told += [int.from_bytes(one.id, "big") for one in delivery.told]
        self.aside += [int.from_bytes(entry.alert.id, "big") for entry in delivery.aside]

    async def deliver(self, number: int, given_up: Collection[bytes] = ()) -> NotTaken | None:
        courier = Courier(self.send, self.keep, self.hands.world().patience, given_up)
        return await courier.deliver([alert(n) for n in range(number)])


async def test_alerts_go_in_order_and_are_kept_every_few() -> None:
    """One after the other; a crash can repeat no more than a checkpoint's worth."""
    lab = Lab()
    assert await lab.deliver(45) is None
    assert lab.sent == lab.told == list(range(45))
    assert lab.checkpoints == [CHECKPOINT, CHECKPOINT, 5]


async def test_a_failure_that_passes_is_outlasted() -> None:
    """Attempts are spaced wider and wider, and the alert arrives in its place."""
    lab = Lab(script={1: [LATER, LATER, LATER]})
    assert await lab.deliver(3) is None
    assert lab.told == [0, 1, 2]
    assert lab.hands.pauses == [0.75, 1.5, 3.0]


async def test_retry_after_counts_up_to_a_minute() -> None:
    """A receiver may ask for patience, not for a day of it within one turn."""
    lab = Lab(script={0: [Answer("try_again", "", 20.0), Answer("try_again", "", 86_400.0)]})
    await lab.deliver(1)
    assert lab.hands.pauses == [20.0, 60.0]


@pytest.mark.parametrize(
    ("bad", "calls"),
    [(NO, [1, 2]), (LATER, [1, 1, 1, 1, 1, 2, 1])],
    ids=["refused: not repeated", "failing: tried a last time once another was taken"],
)
async def test_one_poisoned_alert_holds_nothing_up(bad: Answer, calls: list[int]) -> None:
    """Where the next one is taken, the alert is to blame: set aside, and the others arrive once each."""
    lab = Lab(always={1: bad})
    assert await lab.deliver(5) is None
    assert lab.sent == [0, *calls, 3, 4]
    assert lab.told == [0, 2, 3, 4]
    assert lab.aside == [1]


async def test_a_receiver_that_comes_back_in_between_loses_nothing() -> None:
    """An alert whose attempts ran out just before the receiver was back is told after its witness, not set aside."""
    lab = Lab(script={1: [LATER] * 5})
    assert await lab.deliver(4) is None
    assert lab.aside == []
    assert lab.told == [0, 2, 1, 3]


@pytest.mark.parametrize("answer", [LATER, NO])
async def test_a_receiver_that_takes_nothing_stops_the_sink(answer: Answer) -> None:
    """Without a witness nothing is set aside, and no more than ten others are bothered."""
    lab = Lab(always=dict.fromkeys(range(1, 50), answer))
    stopped = await lab.deliver(50)
    assert stopped == NotTaken(alert(1), answer)
    assert (lab.told, lab.aside) == ([0], [])
    assert len(set(lab.sent)) == 1 + 1 + 10


async def test_several_poisoned_alerts_in_a_row_are_set_aside() -> None:
    """As long as a later one is taken."""
    lab = Lab(always=dict.fromkeys(range(2, 9), NO))
    assert await lab.deliver(12) is None
    assert sorted(lab.aside) == list(range(2, 9))
    assert sorted(lab.told) == [0, 1, *range(9, 12)]


async def test_the_last_alert_has_no_witness() -> None:
    """It waits; unless it was refused for so long that it is given up."""
    lab = Lab(always={2: NO})
    assert await lab.deliver(3) == NotTaken(alert(2), NO)
    lab = Lab(always={2: NO})
    assert await lab.deliver(3, given_up=[alert(2).id]) is None
    assert lab.aside == [2]
    lab = Lab(always={2: LATER})
    assert await lab.deliver(3, given_up=[alert(2).id]) == NotTaken(alert(2), LATER), "silence is no refusal"


@given(
    st.lists(st.lists(st.sampled_from([OK, LATER, NO]), max_size=8), min_size=1, max_size=30),
    st.sets(st.integers(0, 29)),
)
async def test_nothing_is_lost_or_told_twice(scripts: list[list[Answer]], poisoned: set[int]) -> None:
    """Whatever the receiver does: what was accepted is kept as told, once; set aside only what it never accepted;
    and all before the alert at which the sink stops is done with."""
    lab = Lab(dict(enumerate(scripts)), dict.fromkeys(poisoned, NO))
    stopped = await lab.deliver(len(scripts))
    accepted: defaultdict[int, int] = defaultdict(int)
    for number in lab.told:
        accepted[number] += 1
    assert all(times == 1 for times in accepted.values())
    assert set(lab.told).isdisjoint(lab.aside)
    assert poisoned.isdisjoint(lab.told)
    last = len(scripts) if stopped is None else int.from_bytes(stopped.alert.id, "big")
    assert set(range(last)) <= {*lab.told, *lab.aside}
    assert last not in {*lab.told, *lab.aside}
