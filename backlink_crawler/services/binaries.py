"""Finding a server's program: on ``PATH`` first, then inside an installed wheel. Nothing is imported or downloaded."""

import os
import platform
import shutil
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from backlink_crawler.services.failures import ServiceError


def find(programs: tuple[str, ...], wheel: str, *, setting: str, keep_in: Path, machine: str = "") -> Path:
    """The first of ``programs`` on ``PATH``, else the one in the distribution ``wheel``.

    ``keep_in`` is a folder for a copy (see ``runnable``), ``machine`` the architecture, by default this one's.
    Raises ``ServiceError`` that tells what to install, or which ``setting`` names a server instead.
    """
    if not sys.platform.startswith("linux"):
        raise ServiceError(f"{programs[0]} is started here on Linux only: set {setting} to a server you run")
    for program in programs:
        if found := shutil.which(program):
            return Path(found)
    if packed := _in_wheel(programs, wheel):
        return runnable(packed, keep_in)
    machine = machine or platform.machine()
    if machine != "x86_64":
        raise ServiceError(
            f"{programs[0]} is not on PATH, and its wheel is for x86-64 only (this machine: {machine}): "
            f"install {programs[0]} with the system's package manager, or set {setting} to a server you run"
        )
    raise ServiceError(f"{programs[0]} is not installed: pip install -r requirements-local.txt, or set {setting}")


def runnable(program: Path, keep_in: Path) -> Path:
    """The program itself, or a copy in ``keep_in`` where an installer dropped the permission to execute it.

    Site-packages may be read-only or another user's, so nothing is changed there.
    """
    if os.access(program, os.X_OK):
        return program
    copy = keep_in / program.name
    if not copy.exists() or copy.stat().st_size != program.stat().st_size:
        keep_in.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(program, copy)
        copy.chmod(0o700)
    return copy


def _in_wheel(programs: tuple[str, ...], wheel: str) -> Path | None:
    """The program in an installed distribution, found by its list of files: importing it could run anything."""
    try:
        files = distribution(wheel).files or []
    except PackageNotFoundError:
        return None
    return next((Path(str(file.locate())) for file in files if file.name in programs), None)
