"""How far a sink has been told of one stream.

A stream is ordered by the time at which things were written, and its writers have clocks of their own: something may
still appear behind what was read. So a position is two times and a memory. Up to ``floor`` everything is settled and
never read again. From there on the stream is read anew each turn, and what is done with is known by its id.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Self

_ID = 16
_ENTRY = 24
MAX_HANDLED = 100_000
"""Ids that are remembered, 24 bytes each; beyond, the window shrinks, so that the position stays one small document."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Position:
    """Where a sink stands in a stream."""

    floor: datetime
    upto: datetime
    handled: Mapping[bytes, datetime] = field(default_factory=dict)
    """Ids of what was told, set aside or not wanted since ``floor``, with where they stand in the stream."""

    @classmethod
    def start(cls, at: datetime) -> Self:
        """Return the position that is told what comes after ``at``."""
        return cls(at, at)

    def remembering(self, handled: Mapping[bytes, datetime]) -> "Position":
        """Return the position with more that is done with, while the reading goes on."""
        return Position(self.floor, self.upto, {**self.handled, **handled})

    def moved_to(self, upto: datetime, overlap: timedelta) -> "Position":
        """Return the position once everything readable up to ``upto`` is done with."""
        upto = max(upto, self.upto)
        floor = max(self.floor, upto - overlap)
        handled = {alert_id: at for alert_id, at in self.handled.items() if at > floor}
        if len(handled) > MAX_HANDLED:
            floor = sorted(handled.values())[len(handled) - MAX_HANDLED - 1]
            handled = {alert_id: at for alert_id, at in handled.items() if at > floor}
        return Position(floor, upto, handled)

    @classmethod
    def unpacked(cls, floor: datetime, upto: datetime, packed: bytes) -> Self:
        """Return the position whose ids :func:`pack` made into bytes."""
        entries = (packed[at : at + _ENTRY] for at in range(0, len(packed), _ENTRY))
        return cls(floor, upto, {e[:_ID]: _EPOCH + int.from_bytes(e[_ID:], "big") * _MILLISECOND for e in entries})


def pack(handled: Mapping[bytes, datetime]) -> bytes:
    """Return ids and times as entries of 16 bytes id and 8 bytes milliseconds since 1970; more may be appended."""
    return b"".join(
        alert_id + ((at - _EPOCH) // _MILLISECOND).to_bytes(_ENTRY - _ID, "big") for alert_id, at in handled.items()
    )
