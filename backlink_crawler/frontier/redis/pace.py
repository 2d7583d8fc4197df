"""What a worker says of itself in the registry: leases in hand, pages finished, pages a second."""

import time
from collections.abc import Callable

import msgpack

WINDOW = 10.0
"""Seconds over which the rate is taken."""


class Pace:
    """Counts one worker's finished pages."""

    def __init__(self, clock: Callable[[], float] | None = None) -> None:
        self._clock = clock or time.monotonic
        self._since = self._clock()
        self._pages_then = 0
        self._rate = 0.0
        self.pages = 0

    @property
    def rate(self) -> float:
        """Pages a second over the last whole window; 0 in the first one."""
        passed = self._clock() - self._since
        if passed >= WINDOW:
            self._rate = (self.pages - self._pages_then) / passed
            self._since, self._pages_then = self._clock(), self.pages
        return self._rate

    def sign_of_life(self, leases: int) -> bytes:
        """Pack it for the registry; ``read`` is the way back."""
        packed: bytes = msgpack.packb((leases, self.pages, self.rate))
        return packed


def read(packed: bytes) -> tuple[int, int, float]:
    """Return leases, pages and pages a second."""
    leases, pages, rate = msgpack.unpackb(packed)
    return leases, pages, rate
