"""What Linux knows of a process: who it is, whether it lives; starting one that outlives us, ending it politely."""

import os
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_children: set[int] = set()
"""Process ids of servers that this process started: if one ends while we live, it is ours to collect."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A process id is reused; together with the boot and the tick at which the process started it is not."""

    pid: int
    started: int
    """Clock ticks between boot and the start of the process."""
    boot: str

    def alive(self) -> bool:
        return self.boot == boot_id() and self.started == start_tick(self.pid)


def boot_id() -> str:
    """Another value after every boot; empty where the kernel does not tell."""
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return ""


def start_tick(pid: int) -> int | None:
    """When the process started, in clock ticks since boot; ``None`` for a dead one, a zombie included.

    Fields 3 and 22 of ``/proc/<pid>/stat``, counted after the last parenthesis: a program's name may hold anything.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    fields = stat.rpartition(b")")[2].split()
    return None if fields[0] in {b"Z", b"X"} else int(fields[19])


def spawn(command: list[str], *, folder: Path, log: Path, hold: int, libraries: str = "") -> int:
    """Start ``command`` in ``folder`` in a session of its own: no terminal, no signal and no pipe of ours reaches it.

    The child inherits the descriptor ``hold``, and the environment, except that mongod refuses an unknown locale, and
    that ``libraries`` are looked for in those folders first.
    Returns its process id; raises ``OSError`` where it cannot be run.
    """
    for pid in tuple(_children):
        collect(pid)
    with log.open("wb") as output:
        child = subprocess.Popen(  # noqa: S603 - a list, no shell; the program comes from PATH or an installed wheel
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=(hold,),
            start_new_session=True,
            env={**os.environ, "LC_ALL": "C", **({"LD_LIBRARY_PATH": libraries} if libraries else {})},
        )
    child.returncode = 0  # it is to outlive us: Popen shall not warn of that, and ``collect`` takes its exit code
    _children.add(child.pid)
    return child.pid


def collect(pid: int, *, wait: bool = False) -> int | None:
    """The exit code of a child of ours that has ended (negative: the signal), told once; ``None`` for any other."""
    if pid not in _children:
        return None
    try:
        ended, state = os.waitpid(pid, 0 if wait else os.WNOHANG)
    except ChildProcessError:  # collected by a program that waits for any child
        ended, state = pid, None
    if ended:
        _children.discard(pid)
    return os.waitstatus_to_exitcode(state) if ended and state is not None else None


def identify(pid: int) -> Identity:
    """The identity of a process that was just started; one that is gone already never reads as alive."""
    return Identity(pid, start_tick(pid) or -1, boot_id())


def terminate(process: Identity, *, seconds: float) -> bool:
    """SIGTERM, then wait up to ``seconds``: whether it has ended. It is never killed: its data is worth the wait."""
    if process.alive():
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGTERM)
    deadline = time.monotonic() + seconds
    while (process.alive() or _uncollected(process.pid)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not process.alive()


def _uncollected(pid: int) -> bool:
    """Whether it is a child of ours that has not quite ended: the threads of a zombie may still hold its files."""
    return pid in _children and collect(pid) is None
