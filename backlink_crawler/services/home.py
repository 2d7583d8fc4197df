"""The state folder on disk: who may touch it now, and what it tells of a server.

Layout, below ``.services/`` in the project folder::

    lock                  held (flock) while servers are looked up, started or stopped
    redis/ mongodb/       one home per server:
        server.json       the record: process identity, port, program, and the folder it was started in
        alive.lock        held by the server itself, through an inherited descriptor, for as long as it lives
        server.log        what it printed since its last start (server.log.1: the time before)
        data/             kept between runs

A record is believed when its process is alive (same id, same start tick, same boot) *and* belongs to this folder:
either it was written here, or ``alive.lock`` is held (the folder was moved while the server ran). So the record of a
dead process, of a reused id, or in a copied folder is replaced.
"""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from backlink_crawler.services.failures import ServiceError
from backlink_crawler.services.processes import Identity
from backlink_crawler.services.servers import Server


@dataclass(frozen=True, slots=True)
class Record:
    """What ``server.json`` tells of a server that was started."""

    process: Identity
    port: int
    binary: str
    folder: str


@dataclass(frozen=True, slots=True)
class Home:
    """One server's place in the state folder."""

    server: Server
    folder: Path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    def record(self) -> Record | None:
        """What was written last; ``None`` where nothing was, or nothing that can be understood."""
        try:
            told = json.loads((self.folder / "server.json").read_text())
            return Record(Identity(**told["process"]), int(told["port"]), told["binary"], told["folder"])
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None

    def write(self, record: Record) -> None:
        """Replace the record in one step: a reader sees the old one or the new one."""
        draft = self.folder / "server.json.new"
        draft.write_text(json.dumps(asdict(record), indent=1) + "\n")
        draft.replace(self.folder / "server.json")

    def running(self) -> Record | None:
        """The record, if its server is alive and this folder's."""
        record = self.record()
        if record is None or not record.process.alive():
            return None
        return record if record.folder == str(self.folder) or self._held() else None

    def _held(self) -> bool:
        try:
            with self.hold(seconds=0):
                return False
        except BlockingIOError:
            return True

    @contextmanager
    def hold(self, *, seconds: float) -> Iterator[int]:
        """``alive.lock`` as a descriptor to hand to a server.

        Raises ``BlockingIOError`` where another server has it, still, after ``seconds``.
        """
        descriptor = os.open(self.folder / "alive.lock", os.O_RDWR | os.O_CREAT, 0o600)
        deadline = time.monotonic() + seconds
        try:
            while not _try_lock(descriptor):
                if time.monotonic() >= deadline:
                    raise BlockingIOError(f"{self.folder} is in use")
                time.sleep(0.05)
            yield descriptor
        finally:
            os.close(descriptor)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def locked(state: Path) -> Iterator[None]:
    """The state folder, made if need be, for us alone; waits for whoever has it. Git is told to leave it alone."""
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (state / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (state / ".gitignore").exists():
            (state / ".gitignore").write_text("*\n")
        yield


@contextmanager
def trouble_explained(state: Path) -> Iterator[None]:
    """Whatever the file system refuses becomes a ``ServiceError`` that names the place and its owner."""
    try:
        yield
    except OSError as error:
        place = Path(error.filename or state)
        raise ServiceError(
            f"{place}{_owner(place)}: {error.strerror or error}; "
            "give it to the user who crawls (chown -R), or name another folder in SERVICES_FOLDER"
        ) from error


def _owner(place: Path) -> str:
    """Of the closest folder that we may look at; a ``sudo scrapy`` once is how these folders come to be root's."""
    for path in (place, *place.parents):
        try:
            return f" (owner: {path.owner()})"
        except (OSError, KeyError):
            continue
    return ""
