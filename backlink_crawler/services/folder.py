"""A folder's pair of servers: started by whoever asks first, shared by everybody who asks, stopped by command."""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from backlink_crawler.services.home import Home, locked, trouble_explained
from backlink_crawler.services.launch import up
from backlink_crawler.services.processes import terminate
from backlink_crawler.services.servers import MONGODB, REDIS, SERVERS, machine_cache_gb

STATE_FOLDER = ".services"
STOP_SECONDS = 60.0
"""How long a server may take to write its data and end."""


@dataclass(frozen=True, slots=True)
class Services:
    """Where the two servers are."""

    redis_url: str
    mongodb_uri: str


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """One server of a folder as it is now; ``pid`` and ``url`` are ``None`` where it does not run."""

    name: Literal["redis", "mongodb"]
    running: bool
    pid: int | None
    url: str | None
    version: str | None
    """As the server itself tells it; ``None`` where it does not answer."""
    binary: str | None
    """The program last started; ``None`` where none ever was."""
    data: str
    size: int
    """Bytes the data takes on disk."""


@dataclass(frozen=True, slots=True)
class StopResult:
    """``still stopping``: asked to end, and not done within the time given; ask again or look at its log."""

    name: Literal["redis", "mongodb"]
    outcome: Literal["stopped", "not running", "still stopping"]
    pid: int | None


def ensure(
    folder: Path,
    *,
    redis_url: str | None,
    mongodb_uri: str | None,
    mongod_cache_gb: float | None = None,
    state_folder: str = STATE_FOLDER,
) -> Services:
    """The URLs to use: those given, else those of servers that run in ``folder``, started now if need be.

    See ``start`` for the other arguments. Raises ``ServiceError``.
    """
    given = {REDIS.setting: redis_url, MONGODB.setting: mongodb_uri}
    missing = [setting for setting, url in given.items() if not url]
    urls = given | start(folder, missing, mongod_cache_gb=mongod_cache_gb, state_folder=state_folder)
    return Services(redis_url=urls[REDIS.setting] or "", mongodb_uri=urls[MONGODB.setting] or "")


def start(
    folder: Path,
    settings: Collection[str],
    *,
    mongod_cache_gb: float | None = None,
    state_folder: str = STATE_FOLDER,
) -> dict[str, str]:
    """For each of ``settings`` (``REDIS_URL``, ``MONGODB_URI``) the URL of a server in ``folder``, started if need be.

    ``mongod_cache_gb`` (at least 0.25) only matters where mongod is started; ``None`` fits it to the machine.
    ``state_folder`` is relative to ``folder``, or absolute. Nothing is touched when no setting is named.
    Raises ``ServiceError``.
    """
    if not settings:
        return {}
    cache_gb = machine_cache_gb() if mongod_cache_gb is None else mongod_cache_gb
    state = folder.resolve() / state_folder
    with trouble_explained(state), locked(state):
        return {
            home.server.setting: home.server.url_at(up(home, cache_gb).port)
            for home in _homes(state)
            if home.server.setting in settings
        }


def status(folder: Path, *, state_folder: str = STATE_FOLDER) -> list[ServiceStatus]:
    """The servers of ``folder``, running or not. Starts, writes and waits for nothing. Raises ``ServiceError``."""
    state = folder.resolve() / state_folder
    with trouble_explained(state):
        return [_status_of(home) for home in _homes(state)]


def stop(folder: Path, *, seconds: float = STOP_SECONDS, state_folder: str = STATE_FOLDER) -> list[StopResult]:
    """Ask the servers of ``folder`` to write their data and end, and wait up to ``seconds`` for each.

    Only processes are signalled that the records prove to have been started here. Raises ``ServiceError``.
    """
    state = folder.resolve() / state_folder
    with trouble_explained(state):
        if not state.exists():
            return [StopResult(server.name, "not running", None) for server in SERVERS]
        with locked(state):
            return [_stop_one(home, seconds) for home in _homes(state)]


def _homes(state: Path) -> list[Home]:
    return [Home(server, state / server.name) for server in SERVERS]


def _status_of(home: Home) -> ServiceStatus:
    record = home.running()
    last = record or home.record()
    answer = home.server.ask(record.port) if record else None
    return ServiceStatus(
        name=home.server.name,
        running=record is not None,
        pid=record.process.pid if record else None,
        url=home.server.url_at(record.port) if record else None,
        version=answer.version if answer else None,
        binary=last.binary if last else None,
        data=str(home.data),
        size=_disk_usage(home.data),
    )


def _stop_one(home: Home, seconds: float) -> StopResult:
    record = home.running()
    if record is None:
        return StopResult(home.server.name, "not running", None)
    ended = terminate(record.process, seconds=seconds)
    return StopResult(home.server.name, "stopped" if ended else "still stopping", record.process.pid)


def _disk_usage(folder: Path) -> int:
    """Bytes on disk below ``folder``; files that vanish meanwhile count nothing."""
    total = 0
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            total += path.lstat().st_blocks * 512
    return total
