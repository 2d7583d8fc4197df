"""Telling how far long work is: on stderr, so that it never mixes with what a command writes."""

import sys
import time
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

_TOLD_EVERY = 5.0
"""Seconds."""


class Progress:
    """Bars on a terminal, else a line when a kind of work ends and every few seconds."""

    def __init__(self) -> None:
        self._told = time.monotonic()
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._bars = Bars(*columns, console=Console(stderr=True)) if sys.stderr.isatty() else None
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        if self._bars:
            self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bars:
            self._bars.stop()

    def __call__(self, what: str, done: int, whole: int | None) -> None:
        """Tell that ``done`` of ``whole`` are done; ``None``: nobody knows of how many."""
        if self._bars:
            task = self._tasks.get(what)
            if task is None:
                task = self._tasks[what] = self._bars.add_task(what, total=whole)
            self._bars.update(task, completed=done, total=whole)
            return
        now = time.monotonic()
        if (whole is not None and done >= whole) or now - self._told >= _TOLD_EVERY:
            self._told = now
            of = f" of {whole:,}" if whole is not None else ""
            print(f"{what}: {done:,}{of}", file=sys.stderr, flush=True)
