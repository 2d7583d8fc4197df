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
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get(MARK) == run:
                found.append(process)
        except (psutil.Error, OSError):  # gone in this moment, or somebody else's
            continue
    return found
