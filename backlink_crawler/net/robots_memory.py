"""The robots.txt files that a worker has at hand: bounded in number, in bytes and in age."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from backlink_crawler.net.robots_rules import RobotsRules

KEPT_SECONDS = 86_400
"""RFC 9309 §2.4: not used for longer than 24 hours."""
MOST_ORIGINS = 10_000
MOST_BYTES = 64 * 1024 * 1024
"""Of all readings, about. The mean of real files is 13 KB, the largest 10 MB."""
_KEEPING = 600
"""Bytes that a reading takes whatever it says, besides its rules."""
_TEXT = 60
"""Bytes of an address besides its characters."""


@dataclass(frozen=True, slots=True)
class Read:
    """What came of reading one file."""

    rules: RobotsRules
    age: float = 0.0
    """Seconds since it was read from the wire."""
    from_wire: bool = False
    """This worker has just sent a request to the origin for it."""
    addresses: tuple[str, ...] = ()
    """Where it downloaded the file from: robots.txt of the origin, and what that redirects to. Empty: another worker
    has read the file, and what it says is known without the sitemaps."""


@dataclass(slots=True)
class _Kept:
    reading: asyncio.Future[Read]
    until: float = float("inf")
    weight: int = 0


class RobotsMemory:
    """Readings by origin, the least recently asked for forgotten first; a failed one is forgotten at once.

    A reading may be under way: who asks meanwhile waits for it too.
    """

    def __init__(
        self, clock: Callable[[], float], *, most_origins: int = MOST_ORIGINS, most_bytes: int = MOST_BYTES
    ) -> None:
        self._clock = clock
        self._most_origins = most_origins
        self._most_bytes = most_bytes
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self.weight = 0
        """Bytes of all that is kept, about."""

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, origin: str) -> asyncio.Future[Read] | None:
        """Return the reading of ``origin``, unless there is none or it is too old."""
        kept = self._kept.get(origin)
        if kept is None or self._clock() >= kept.until:
            return None
        self._kept.move_to_end(origin)
        return kept.reading

    def put(self, origin: str, reading: asyncio.Future[Read]) -> None:
        """Keep ``reading`` instead of what there was."""
        self._forget(origin)
        kept = self._kept[origin] = _Kept(reading)
        reading.add_done_callback(lambda _: self._settle(origin, kept))
        self._shrink()

    def _settle(self, origin: str, kept: _Kept) -> None:
        """Only now it is known how large and how old a reading is, or that it failed."""
        if self._kept.get(origin) is not kept:
            return
        if kept.reading.cancelled() or kept.reading.exception() is not None:
            self._forget(origin)
            return
        read = kept.reading.result()
        # A task would keep its ended coroutine, and what that held, for the day.
        kept.reading = kept.reading.get_loop().create_future()
        kept.reading.set_result(read)
        kept.until = self._clock() + KEPT_SECONDS - read.age
        kept.weight = _weight_of(read)
        self.weight += kept.weight
        self._shrink()

    def _forget(self, origin: str) -> None:
        kept = self._kept.pop(origin, None)
        if kept is not None:
            self.weight -= kept.weight

    def _shrink(self) -> None:
        while len(self._kept) > self._most_origins or (self.weight > self._most_bytes and len(self._kept) > 1):
            self._forget(next(iter(self._kept)))


def _weight_of(read: Read) -> int:
    """Return the bytes that ``read`` takes, about."""
    addresses = (*read.addresses, *read.rules.sitemaps)
    return _KEEPING + read.rules.weight + sum(_TEXT + len(address) for address in addresses)
