"""Files and folders that are there when they are complete, and not before.

They are written beside their place, under a hidden name that says whose process it is, and renamed at the end. What a
process that was killed left is known by that name, and removed by the next one.
"""

import os
import platform
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_HERE = platform.node()
_LEFT = re.compile(rf"\..+\.{re.escape(_HERE)}\.(\d+)\.partial")
"""Of this machine: whether a process of another one runs, nobody can tell."""


@contextmanager
def completed(place: Path) -> Iterator[Path]:
    """Yield a path to write a file or a folder to; at the end of the block it is ``place``.

    Where the block fails, or the process is told to stop, nothing is left. A file that is there already is replaced, a
    folder never.

    :raises OSError: it cannot be written, or ``place`` is a folder that is there.
    """
    beside = place.with_name(f".{place.name}.{_HERE}.{os.getpid()}.partial")
    try:
        yield beside
        if beside.is_dir():
            for path in beside.rglob("*"):
                _synced(path)
        _synced(beside)
        beside.replace(place)
        _synced(place.parent)
    finally:
        _remove(beside)


def leftovers(folder: Path) -> list[Path]:
    """Return what exports that did not end have left in ``folder``; those that still run are left out."""
    if not folder.is_dir():
        return []
    found = [(path, _LEFT.fullmatch(path.name)) for path in folder.iterdir()]
    return sorted(path for path, match in found if match and not _runs(int(match[1])))


def remove(left: Path) -> None:
    """Remove what :func:`leftovers` found."""
    _remove(left)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _synced(path: Path) -> None:
    """Have it on disk before its name says that it is complete."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _runs(pid: int) -> bool:
    if pid == os.getpid():
        return False  # an earlier process had this number: in a container it is often the same
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
