"""How commands write to where they were started: a terminal, a pipe or a file."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from backlink_crawler.reports.formats.harmless import plain

PIPED_WIDTH = 100
"""Columns of a table that goes to no terminal."""


def width() -> int:
    """Return the columns of the terminal, or ``PIPED_WIDTH`` where there is none."""
    return shutil.get_terminal_size((PIPED_WIDTH, 24)).columns if sys.stdout.isatty() else PIPED_WIDTH


def colour() -> bool:
    """Return whether ANSI styles are seen and wanted (https://no-color.org)."""
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


def write(text: str) -> None:
    """Write UTF-8 whatever the locale; a reader that stops early (``| head``) is no error."""
    with stdout() as out:
        out.write(text.encode())


@contextmanager
def stdout() -> Iterator[BinaryIO]:
    """Hand out stdout for bytes; when its reader stops early (``| head``), so does the block, and that is no error."""
    try:
        yield sys.stdout.buffer
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes stdout once more when it ends: let that go nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def fail(command: str, why: str, exit_code: int) -> int:
    """Say on stderr, in one line, why ``command`` is not done as it was meant; return ``exit_code``."""
    print(f"scrapy {command}: {plain(why)}", file=sys.stderr, flush=True)
    return exit_code
