"""Where a document goes: to stdout, or to a file that is there only once it is whole."""

import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from backlink_crawler.jobs import terminal


@contextmanager
def opened(path: str | None) -> Iterator[BinaryIO]:
    """Open ``path`` for writing; ``None`` or ``-``: stdout.

    A file is written beside its place and renamed when the block ends: until then, and for ever when it fails, what was
    there before stays. A device or a pipe is written to as it is.

    :raises OSError: it cannot be written.
    """
    if path is None or path == "-":
        with terminal.stdout() as out:
            yield out
    elif _is_special(place := Path(os.path.realpath(path))):
        with place.open("wb") as out:
            yield out
    else:
        with whole(place) as out:
            yield out


@contextmanager
def whole(place: Path) -> Iterator[BinaryIO]:
    """Open a file that gets its name, and takes the place of another, when the block ends well; else it vanishes.

    :raises OSError: it cannot be written.
    """
    descriptor, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name[:100]}.", suffix=".part")
    part = Path(name)
    try:
        with open(descriptor, "wb") as out:  # noqa: PTH123 - a descriptor
            yield out
            out.flush()
            # A file that is renamed before its bytes are on disk may be empty after a crash.
            os.fsync(out.fileno())
        part.chmod(_mode(place))
        part.replace(place)
    except BaseException:
        with suppress(FileNotFoundError):
            part.unlink()
        raise


def to_terminal(path: str | None) -> bool:
    """Return whether ``path`` is a screen that somebody looks at."""
    return (path is None or path == "-") and sys.stdout.isatty()


def _mode(place: Path) -> int:
    """Permissions of the file that is replaced, or those that a new one gets."""
    with suppress(FileNotFoundError):
        return stat.S_IMODE(place.stat().st_mode)
    mask = os.umask(0o077)
    os.umask(mask)
    return 0o666 & ~mask


def _is_special(place: Path) -> bool:
    return place.exists() and not place.is_file()
