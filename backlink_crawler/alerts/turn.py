"""One turn of one sink: read what is new, tell it, write how far it was told.

The position is written after alerts are accepted, never before: a crash in between repeats them under the same ids, and
skips none.
"""

from collections.abc import AsyncIterator, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from backlink_crawler.alerts.alert import Alert
from backlink_crawler.alerts.bookmark import STREAMS, Bookmark, LostHold, Stream
from backlink_crawler.alerts.config import AlertsConfig, Rhythm
from backlink_crawler.alerts.courier import Answer, Courier, Delivery, NotTaken, Patience
from backlink_crawler.alerts.digest import Digest
from backlink_crawler.alerts.only import Only
from backlink_crawler.alerts.reading import Page, Reader
from backlink_crawler.alerts.schedule import is_due
from backlink_crawler.alerts.sinks import Grouped, OneByOne
from backlink_crawler.alerts.wording import line
from backlink_crawler.store import Store

GIVE_UP_AFTER = timedelta(days=1)
"""An alert that is refused (not: unanswered) for so long is set aside even if there is nothing else to be told."""
PROGRESS_SECONDS = 10.0

BUSY = "another run is telling this sink; should that one have died, the sink is free within 3 minutes"


@dataclass(slots=True)
class Result:
    """What a turn did."""

    told: int = 0
    aside: int = 0
    trouble: str | None = None
    """Why the sink was not told everything; ``None``: it was, up to now."""


@dataclass(frozen=True, slots=True)
class World:
    """What turns need of the world around them."""

    clock: Callable[[], datetime]
    patience: Patience
    say: Callable[[str], None]
    """Tells people, one line."""
    holder: str
    """Who runs this, unlike anybody else."""
    since: datetime | None = None
    """Where sinks begin that have no position yet; ``None``: now."""


@dataclass(frozen=True, slots=True)
class Audience:
    """A sink that can be told: who it is, what it wants, and the way to it."""

    name: str
    only: Only
    outlet: OneByOne | None = None
    group: Grouped | None = None
    rhythm: Rhythm | None = None
    """Of ``group``: when it is due; ``None``: whenever there is something."""


class Turn:
    """One turn; made anew for each."""

    def __init__(self, store: Store, config: AlertsConfig, audience: Audience, world: World) -> None:
        self._store = store
        self._config = config
        self._audience = audience
        self._world = world
        self._result = Result()
        self._said = world.clock()

    async def take(self) -> Result:
        """Take the turn.

        :raises StoreError: the index cannot be read or written.
        """
        world = self._world
        mark = await Bookmark.take(
            self._store, self._audience.name, holder=world.holder, clock=world.clock, since=world.since
        )
        if mark is None:
            self._result.trouble = BUSY
            return self._result
        try:
            self._greet(mark)
            await self._tell(mark)
        except LostHold:
            self._result.trouble = BUSY
        finally:
            await mark.release()
        return self._result

    def _greet(self, mark: Bookmark) -> None:
        start = mark.positions["events"].upto
        if mark.is_new:
            when = f"{start:%Y-%m-%d %H:%M} UTC"
            hint = "" if self._world.since else ", which is now; --since DATE at a sink's first run begins earlier"
            self._say(f"first run: tells what is recorded after {when}{hint}")
        elif self._world.since:
            self._say(f"goes on from {start:%Y-%m-%d %H:%M} UTC; --since counts at a sink's first run only")

    async def _tell(self, mark: Bookmark) -> None:
        now = self._world.clock()
        until = now - self._config.settle
        rhythm = self._audience.rhythm
        if self._audience.group is None:
            await self._one_by_one(mark, until)
        elif rhythm is None or is_due(mark.digest_at, now, rhythm.every, rhythm.at):
            await self._grouped(mark, self._audience.group, until, now)

    async def _pages(self, mark: Bookmark, until: datetime) -> AsyncIterator[Page]:
        reader = Reader(self._store, self._audience.only, mark.positions)
        for stream in STREAMS:
            async for page in reader.pages(stream, until):
                await mark.renew()
                yield page

    # --- one by one ---------------------------------------------------------------------------------------------

    async def _one_by_one(self, mark: Bookmark, until: datetime) -> None:
        stopped = None
        async for page in self._pages(mark, until):
            checkpoint = partial(self._keep, mark, page.stream)
            courier = Courier(partial(self._send, mark), checkpoint, self._world.patience, self._given_up(mark))
            stopped = await courier.deliver(page.wanted)
            if stopped:
                break
            await mark.advance(page.stream, page.handled, page.upto, self._config.overlap)
            self._progress(page)
        await self._note(mark, stopped)

    async def _send(self, mark: Bookmark, alert: Alert) -> Answer:
        await mark.renew()
        assert self._audience.outlet is not None
        return await self._audience.outlet.send(alert)

    async def _keep(self, mark: Bookmark, stream: Stream, delivery: Delivery) -> None:
        assert self._audience.outlet is not None
        await self._audience.outlet.flush()
        handled = {alert.id: alert.recorded for alert in (*delivery.told, *(entry.alert for entry in delivery.aside))}
        await mark.remember(stream, handled, delivery.aside, len(delivery.told))
        self._result.told += len(delivery.told)
        self._result.aside += len(delivery.aside)
        for alert, answer in delivery.aside:
            self._say(f"set aside, not told: {alert.id.hex()} {alert.kind} {line(alert)} ({answer.detail})")

    def _given_up(self, mark: Bookmark) -> Collection[bytes]:
        trouble = mark.trouble
        if trouble is None or trouble["kind"] != "refused":
            return ()
        return (bytes(trouble["alert"]),) if self._world.clock() - trouble["since"] >= GIVE_UP_AFTER else ()

    async def _note(self, mark: Bookmark, stopped: NotTaken | None) -> None:
        """Write where the sink stands still; how long is counted from the first time at the same alert."""
        if stopped is None:
            if mark.trouble is not None:
                await mark.note(None)
            return
        alert, answer = stopped
        before = mark.trouble
        same = before is not None and before["alert"] == alert.id and before["kind"] == answer.kind
        since = before["since"] if before is not None and same else self._world.clock()
        await mark.note({"alert": alert.id, "since": since, "kind": answer.kind, "why": answer.detail})
        verb = "refuses what it is sent" if answer.kind == "refused" else "takes nothing for now"
        self._result.trouble = f"{verb} ({answer.detail}), since {since:%Y-%m-%d %H:%M} UTC; nothing is lost, it waits"

    # --- many in one message ------------------------------------------------------------------------------------

    async def _grouped(self, mark: Bookmark, group: Grouped, until: datetime, now: datetime) -> None:
        before = mark.digest_at
        digest = Digest(since=before, until=now)
        ends: dict[Stream, tuple[dict[bytes, datetime], datetime]] = {}
        async for page in self._pages(mark, until):
            digest.add(page.wanted)
            handled, _ = ends.get(page.stream, ({}, before))
            ends[page.stream] = (handled | dict(page.handled), page.upto)
            self._progress(page)
        if len(digest):
            answer = await self._send_digest(mark, group, digest, before)
            if answer.kind != "accepted":
                await self._stand_still(mark, answer)
                return
            if answer.detail:
                self._say(answer.detail)
        await mark.send_off(ends, overlap=self._config.overlap, at=now, told=len(digest))
        self._result.told += len(digest)
        if mark.trouble is not None:
            await mark.note(None)

    async def _send_digest(self, mark: Bookmark, group: Grouped, digest: Digest, before: datetime) -> Answer:
        """Send it; where the receiver does not like what pages said, the numbers alone."""
        # The same position makes the same key: a digest that a crash repeats can be known by it.
        key = f"{self._audience.name} {before.isoformat()}"

        async def attempt(*, brief: bool) -> Answer:
            await mark.renew()
            return await group.send(digest, key=key, brief=brief)

        answer = await self._world.patience.insist(partial(attempt, brief=False))
        if answer.kind == "refused" and answer.content:
            self._say(f"the links themselves were refused ({answer.detail}); their numbers are sent")
            return await self._world.patience.insist(partial(attempt, brief=True))
        return answer

    async def _stand_still(self, mark: Bookmark, answer: Answer) -> None:
        since = self._world.clock() if mark.trouble is None else mark.trouble["since"]
        trouble: Mapping[str, Any] = {"alert": None, "since": since, "kind": answer.kind, "why": answer.detail}
        await mark.note(trouble)
        self._result.trouble = (
            f"not taken ({answer.detail}), since {since:%Y-%m-%d %H:%M} UTC; nothing is lost, it waits"
        )

    # --- telling people -----------------------------------------------------------------------------------------

    def _progress(self, page: Page) -> None:
        now = self._world.clock()
        if (now - self._said).total_seconds() >= PROGRESS_SECONDS:
            self._said = now
            self._say(f"{self._result.told:,} told so far; {page.stream} up to {page.upto:%Y-%m-%d %H:%M} UTC")

    def _say(self, text: str) -> None:
        self._world.say(f"{self._audience.name}: {text}")
