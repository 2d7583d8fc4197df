"""Alerts as lines: appended to a file as JSON, or shown to people."""

import errno
import fcntl
import os
from collections.abc import Callable
from pathlib import Path

from backlink_crawler.alerts import record, wording
from backlink_crawler.alerts.alert import Alert
from backlink_crawler.alerts.courier import ACCEPTED, Answer


class FileSink:
    """JSON lines. The file is opened for each line, so that it may be rotated at any time."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def send(self, alert: Alert) -> Answer:
        """Append one line."""
        try:
            append_line(self._path, record.body(alert))
        except OSError as error:
            return Answer("try_again", error.strerror or type(error).__name__)
        return ACCEPTED

    async def flush(self) -> None:
        """Wait until the disk has the lines."""
        if not self._path.exists():
            return
        descriptor = os.open(self._path, os.O_WRONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    async def close(self) -> None:
        """Nothing is held between lines."""


def append_line(path: Path, line: bytes) -> None:
    """Append ``line`` whole or not at all, beside other writers.

    It goes in one write under a lock. What a crash or a full disk left of a line stays a line of its own.

    :raises OSError: it could not be written; the next one begins on a new line.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o640)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        size = os.fstat(descriptor).st_size
        torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        whole = b"\n" * torn + line + b"\n"
        written = os.write(descriptor, whole)
        if written != len(whole):
            os.ftruncate(descriptor, size)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    finally:
        os.close(descriptor)


class ConsoleSink:
    """Lines for people."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write

    async def send(self, alert: Alert) -> Answer:
        """Write one line."""
        self._write(shown(alert))
        return ACCEPTED

    async def flush(self) -> None:
        """Lines are seen as they are written."""

    async def close(self) -> None:
        """Nothing is held."""


def shown(alert: Alert) -> str:
    """Return the line that people see: when, what, where."""
    return f"{alert.at:%Y-%m-%d %H:%M}  {alert.kind:<19}  {wording.line(alert)}\n"
