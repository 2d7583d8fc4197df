"""A sink's position as it is stored, held by one run at a time: no write succeeds for a run that lost it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from backlink_crawler.alerts.courier import NotTaken
from backlink_crawler.alerts.position import Position, pack
from backlink_crawler.store import Store, event_stream

Stream = Literal["events", "links"]
STREAMS: tuple[Stream, ...] = get_args(Stream)

HELD = timedelta(minutes=3)
"""How long a position stays taken without a sign of life: longer than one attempt and the pause after it."""
KEPT_ASIDE = 100
"""Alerts set aside whose reasons are kept."""

Document = Mapping[str, Any]


class LostHold(Exception):
    """Another run has taken the position."""


@dataclass(slots=True)
class Bookmark:
    """The position of one sink, while this run holds it."""

    store: Store
    sink: str
    holder: str
    clock: Callable[[], datetime]
    positions: dict[Stream, Position]
    digest_at: datetime
    """Up to when the last digest went."""
    trouble: Document | None
    """At which alert the sink stands still, since when, and why."""
    is_new: bool
    _renewed: datetime

    @classmethod
    async def take(
        cls, store: Store, sink: str, *, holder: str, clock: Callable[[], datetime], since: datetime | None
    ) -> "Bookmark | None":
        """Take the position; ``None``: another run has it.

        :param since: where it begins if there is none yet; ``None``: now.
        """
        now = clock()
        async with store.answers():
            held = await event_stream.hold(store.database, sink, holder, now, now + HELD)
        if held is None:
            return None
        if "started" in held:
            positions = {stream: _position(held[stream]) for stream in STREAMS}
            return cls(store, sink, holder, clock, positions, held["digest_at"], held.get("trouble"), False, now)
        start = now if since is None else since
        mark = cls(store, sink, holder, clock, dict.fromkeys(STREAMS, Position.start(start)), start, None, True, now)
        first: dict[str, Any] = {stream: _stored(position) for stream, position in mark.positions.items()}
        await mark._write({"$set": {"started": now, "digest_at": start, "told": 0, **first}})
        return mark

    async def renew(self) -> None:
        """Show that this run lives; costs nothing when it has just done so.

        :raises LostHold: another run took the position.
        """
        now = self.clock()
        if now - self._renewed >= HELD / 6:
            self._renewed = now
            await self._write({"$set": {"held_until": now + HELD}})

    async def remember(
        self, stream: Stream, handled: Mapping[bytes, datetime], aside: Sequence[NotTaken], told: int
    ) -> None:
        """Write that some of a stream is done with, while the rest of its page is not."""
        self.positions[stream] = self.positions[stream].remembering(handled)
        changes: dict[str, Any] = {"$push": {f"{stream}.handled": pack(handled)}, "$inc": {"told": told}}
        if aside:
            notes = [_aside(entry, self.clock()) for entry in aside]
            changes["$push"]["aside"] = {"$each": notes, "$slice": -KEPT_ASIDE}
        await self._write(changes)

    async def advance(
        self, stream: Stream, handled: Mapping[bytes, datetime], upto: datetime, overlap: timedelta
    ) -> None:
        """Write that a stream is done with up to a time."""
        self.positions[stream] = self.positions[stream].remembering(handled).moved_to(upto, overlap)
        await self._write({"$set": {stream: _stored(self.positions[stream])}})

    async def send_off(
        self,
        ends: Mapping[Stream, tuple[Mapping[bytes, datetime], datetime]],
        *,
        overlap: timedelta,
        at: datetime,
        told: int,
    ) -> None:
        """Write that a digest went: both streams at once."""
        for stream, (handled, upto) in ends.items():
            self.positions[stream] = self.positions[stream].remembering(handled).moved_to(upto, overlap)
        stored: dict[str, Any] = {stream: _stored(self.positions[stream]) for stream in ends}
        self.digest_at = at
        await self._write({"$set": {**stored, "digest_at": at}, "$inc": {"told": told}})

    async def note(self, trouble: Document | None) -> None:
        """Write at which alert the sink stands still, or that it does not."""
        self.trouble = trouble
        await self._write({"$set": {"trouble": trouble, "turned": self.clock()}})

    async def release(self) -> None:
        """Let others take the position."""
        async with self.store.answers():
            changes = {"$unset": {"holder": "", "held_until": ""}}
            await event_stream.update_held(self.store.database, self.sink, self.holder, changes)

    async def _write(self, changes: Mapping[str, Mapping[str, Any]]) -> None:
        async with self.store.answers():
            if not await event_stream.update_held(self.store.database, self.sink, self.holder, changes):
                raise LostHold


async def stored_positions(store: Store, sink: str, start: datetime) -> dict[Stream, Position]:
    """Return where a sink stands, or would begin, without holding it."""
    async with store.answers():
        stored = await event_stream.position_of(store.database, sink)
    if stored is None or "started" not in stored:
        return dict.fromkeys(STREAMS, Position.start(start))
    return {stream: _position(stored[stream]) for stream in STREAMS}


def _stored(position: Position) -> Document:
    return {"floor": position.floor, "upto": position.upto, "handled": [pack(position.handled)]}


def _position(stored: Document) -> Position:
    return Position.unpacked(stored["floor"], stored["upto"], b"".join(map(bytes, stored["handled"])))


def _aside(entry: NotTaken, now: datetime) -> Document:
    return {"id": entry.alert.id, "kind": entry.alert.kind, "at": now, "why": entry.answer.detail}
