"""A shared library that a bare system lacks, lent by a wheel that carries it.

mongod is linked to libcurl (for its key management, which is not used here), and a minimal Debian has none. The wheel
of pycurl holds a build under a name of its own; a link in the state folder gives it the name that mongod looks for.
"""

import ctypes
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

LIBRARY = "libcurl.so.4"
LENDER = "pycurl"


def library_path(program: Path, keep_in: Path) -> str:
    """Return the ``LD_LIBRARY_PATH`` with which ``program`` finds all it needs; empty where the system has it.

    :param keep_in: folder for the link; made when it is needed.
    """
    if program.name != "mongod" or _on_this_system(LIBRARY):
        return ""
    lent = _lent()
    if lent is None:
        return ""
    keep_in.mkdir(parents=True, exist_ok=True)
    link = keep_in / LIBRARY
    if not link.is_symlink() or link.readlink() != lent:
        link.unlink(missing_ok=True)
        link.symlink_to(lent)
    return f"{keep_in.resolve()}:{lent.parent}"


def _on_this_system(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _lent() -> Path | None:
    try:
        files = distribution(LENDER).files or []
    except PackageNotFoundError:
        return None
    stem = LIBRARY.partition(".")[0]
    return next((Path(str(file.locate())).resolve() for file in files if file.name.startswith(f"{stem}-")), None)
