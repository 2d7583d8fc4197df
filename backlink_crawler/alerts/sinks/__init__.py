"""Where alerts go: one thin shell per way out. None of them decides anything but what an answer means."""

from typing import Protocol

from backlink_crawler.alerts.alert import Alert
from backlink_crawler.alerts.courier import Answer
from backlink_crawler.alerts.digest import Digest


class OneByOne(Protocol):
    """A sink that is told each alert by itself."""

    async def send(self, alert: Alert) -> Answer:
        """Attempt once. Never raises for what a receiver does."""
        ...

    async def flush(self) -> None:
        """Make sure that what was accepted stays, before the position says so."""
        ...

    async def close(self) -> None:
        """Free what is held."""
        ...


class Grouped(Protocol):
    """A sink that is told many alerts in one message."""

    async def send(self, digest: Digest, *, key: str, brief: bool) -> Answer:
        """Attempt once. Never raises for what a receiver does.

        :param key: the same whenever the same digest is sent again.
        :param brief: numbers only, nothing that pages said.
        """
        ...

    async def close(self) -> None:
        """Free what is held."""
        ...
