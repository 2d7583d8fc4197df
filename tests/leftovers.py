"""Which processes a test run would leave behind: all it starts, and all those start, carry its mark."""

import os

import psutil

MARK = "BACKLINK_TEST_RUN"
"""Environment variable with the folder of the run. It is inherited, also by servers that leave their parents."""


def end_leftovers(run: str, patience: float = 5) -> list[str]:
    """End what a run left behind and return its command lines.

    :param run: the value of ``MARK`` in its environment
    :param patience: seconds that a process about to end by itself may take
    """
    _, left = psutil.wait_procs(_marked(run), timeout=patience)
    commands = []
    for process in left:
        try:
            commands.append(" ".join(process.cmdline()))
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(left, timeout=patience)
    return commands


def _marked(run: str) -> list[psutil.Process]:
    """Return the processes of a run. What is older than this process is none of them, whatever it carries."""
    if not run:
        raise ValueError("a run has a name")
    started = psutil.Process().create_time()
    found = []
    for process in psutil.process_iter():
        try:
            if process.create_time() < started or process.pid == os.getpid() or _mark_of(process) != run:
                continue
            # Python's own, which ends with this interpreter.
            if not any("multiprocessing.resource_tracker" in part for part in process.cmdline()):
                found.append(process)
        except (psutil.Error, OSError):  # gone in this moment, or somebody else's
            continue
    return found


def _mark_of(process: psutil.Process) -> str | None:
    return process.environ().get(MARK)
