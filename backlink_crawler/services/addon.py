"""The Scrapy add-on: settings that name no server get the local ones."""

from collections.abc import Collection
from pathlib import Path
from typing import Any, Protocol

from backlink_crawler.services.failures import ServiceError
from backlink_crawler.services.folder import start
from backlink_crawler.services.servers import SERVERS

ADDON_PRIORITY = 15
"""Scrapy's priority ``addon``: above the defaults, below what a project, a spider or ``-s`` says."""


class Settings(Protocol):
    """The part of ``scrapy.settings.Settings`` used here."""

    def get(self, name: str, default: Any = None) -> Any: ...
    def getbool(self, name: str, default: bool = False) -> bool: ...
    def getpriority(self, name: str) -> int | None: ...
    def set(self, name: str, value: Any, priority: int | str = "project") -> None: ...


class LocalServices:
    """Fills ``REDIS_URL`` and ``MONGODB_URI`` where they are unset, from the folder ``SERVICES_FOLDER``.

    Enabled by ``ADDONS = {"backlink_crawler.services.LocalServices": 100}``; ``SERVICES_EMBEDDED = False`` turns it
    off again. The folder defaults to the closest one upwards that holds ``scrapy.cfg``.
    """

    def update_settings(self, settings: Settings) -> None:
        """Called by Scrapy for each crawler. On failure the command ends: one line on stderr, exit code 1.

        ``SystemExit`` because it is what the asyncio loop lets through; any other exception is logged as a traceback
        of a task, and the command ends as if it had crawled nothing.
        """
        if not settings.getbool("SERVICES_EMBEDDED", True):
            return
        try:
            _fill(settings, [server.setting for server in SERVERS])
        except ServiceError as error:
            raise SystemExit(f"scrapy: {error}") from error


def fill(settings: Settings, *names: str) -> None:
    """What the add-on does, for commands that make no crawler and need only some of ``REDIS_URL``, ``MONGODB_URI``.

    Nothing happens unless ``SERVICES_EMBEDDED`` is on: a production setting that is missing must be seen to be
    missing. Raises ``ServiceError``.
    """
    if settings.getbool("SERVICES_EMBEDDED"):
        _fill(settings, names)


def services_folder(settings: Settings) -> Path:
    """``SERVICES_FOLDER``, or the closest folder upwards from here that holds ``scrapy.cfg``.

    Raises ``ServiceError`` where there is neither: a worker started elsewhere would get servers of its own, unnoticed.
    """
    named = settings.get("SERVICES_FOLDER")
    return Path(named).expanduser() if named else project_folder(Path.cwd())


def project_folder(inside: Path) -> Path:
    """The closest folder at or above ``inside`` that holds ``scrapy.cfg``. Raises ``ServiceError``."""
    for folder in (inside, *inside.parents):
        if (folder / "scrapy.cfg").is_file():
            return folder
    raise ServiceError(f"no scrapy.cfg in {inside} or above: go to the project, or set SERVICES_FOLDER")


def _fill(settings: Settings, names: Collection[str]) -> None:
    missing = [name for name in names if not settings.get(name)]
    if not missing:
        return
    for name, url in start(services_folder(settings), missing).items():
        standing = settings.getpriority(name)  # a project that says `REDIS_URL = None` left it open, not chose it
        settings.set(name, url, priority=max(ADDON_PRIORITY, standing or 0))
