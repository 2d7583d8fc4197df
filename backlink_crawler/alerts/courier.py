"""What becomes of an alert that is not taken. Sending, waiting and remembering are arguments.

An alert is tried a few times with growing pauses. One that is not taken even so is either poisoned itself, or nothing
goes through. The alerts after it tell: where the receiver takes one of them, the failed alert is tried a last time and
then set aside, for people to see; where it takes none, the sink stops at this alert and goes on from it next time. So
an alert is never skipped because a receiver is down, and one that a receiver chokes on holds nothing up.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Literal, NamedTuple

from backlink_crawler.alerts.alert import Alert
from backlink_crawler.alerts.schedule import LONGEST_DELAY, delays

WITNESSES = 10
"""Alerts after a failed one that are tried to see whether anything goes through."""
CHECKPOINT = 20
"""Alerts that are sent between two writes of the position: what a crash repeats at most."""


class Answer(NamedTuple):
    """What a receiver said."""

    kind: Literal["accepted", "try_again", "refused"]
    detail: str = ""
    """Why not, for people: without addresses or secrets."""
    retry_after: float | None = None
    """Seconds that the receiver asked to wait."""
    content: bool = False
    """Refused for what the message holds: less may be taken."""


ACCEPTED = Answer("accepted")


class NotTaken(NamedTuple):
    """An alert and why it could not be delivered."""

    alert: Alert
    answer: Answer


@dataclass(slots=True)
class Delivery:
    """What came of a sequence of alerts, since the last checkpoint."""

    told: list[Alert] = field(default_factory=list)
    aside: list[NotTaken] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.told) + len(self.aside)


Checkpoint = Callable[[Delivery], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Patience:
    """How attempts are spaced."""

    sleep: Callable[[float], Awaitable[None]]
    random: Callable[[], float]

    async def insist(self, attempt: Callable[[], Awaitable[Answer]]) -> Answer:
        """Attempt until it is accepted, refused or hopeless for now; ``Retry-After`` counts up to a minute."""
        answer = await attempt()
        for delay in delays(self.random):
            if answer.kind != "try_again":
                break
            await self.sleep(max(delay, min(answer.retry_after or 0.0, LONGEST_DELAY)))
            answer = await attempt()
        return answer


class Courier:
    """Brings alerts to one receiver, one by one, in order."""

    def __init__(
        self,
        send: Callable[[Alert], Awaitable[Answer]],
        checkpoint: Checkpoint,
        patience: Patience,
        given_up: Collection[bytes] = (),
    ) -> None:
        """Prepare.

        :param checkpoint: keeps what came of some alerts; called every few alerts and at the end.
        :param given_up: ids that were refused for so long that they are set aside without a witness.
        """
        self._send = send
        self._checkpoint = checkpoint
        self._patience = patience
        self._given_up = given_up
        self._open = Delivery()
        self._done: set[bytes] = set()

    async def deliver(self, alerts: Sequence[Alert]) -> NotTaken | None:
        """Deliver ``alerts``; return the one at which the sink stops, or ``None``."""
        stopped = None
        for index, alert in enumerate(alerts):
            if alert.id not in self._done:
                stopped = await self._bring(alert, alerts[index + 1 :])
            if stopped:
                break
        await self._keep(at_least=1)
        return stopped

    async def _bring(self, alert: Alert, later: Sequence[Alert]) -> NotTaken | None:
        """Tell one alert or set it aside; return it where neither may be done."""
        answer = await self._patience.insist(partial(self._send, alert))
        if answer.kind == "accepted":
            await self._told(alert)
        elif await self._another_is_taken(later):
            if answer.kind == "try_again":  # the receiver may have been down until now
                answer = await self._send(alert)
            await (self._told(alert) if answer.kind == "accepted" else self._set_aside(alert, answer))
        elif answer.kind == "refused" and alert.id in self._given_up:
            await self._set_aside(alert, answer)
        else:
            return NotTaken(alert, answer)
        return None

    async def _another_is_taken(self, later: Sequence[Alert]) -> bool:
        """Try later ones until one is accepted; those refused before it share the blame and are set aside as well."""
        refused: list[NotTaken] = []
        for witness in islice((alert for alert in later if alert.id not in self._done), WITNESSES):
            answer = await self._send(witness)
            if answer.kind == "refused":
                refused.append(NotTaken(witness, answer))
            if answer.kind == "accepted":
                await self._told(witness)
                for entry in refused:
                    await self._set_aside(*entry)
                return True
        return False

    async def _told(self, alert: Alert) -> None:
        self._open.told.append(alert)
        self._done.add(alert.id)
        await self._keep(at_least=CHECKPOINT)

    async def _set_aside(self, alert: Alert, answer: Answer) -> None:
        self._open.aside.append(NotTaken(alert, answer))
        self._done.add(alert.id)
        await self._keep(at_least=CHECKPOINT)

    async def _keep(self, *, at_least: int) -> None:
        if len(self._open) >= at_least:
            delivery, self._open = self._open, Delivery()
            await self._checkpoint(delivery)
