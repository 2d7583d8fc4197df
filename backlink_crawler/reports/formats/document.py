"""What a format is: how a document is begun, what is added to it, what is said of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from backlink_crawler.reports.answer import Answer


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a document is written into, besides its file."""

    width: int = 100
    """Columns of the terminal."""
    colour: bool = False
    """ANSI styles of our own are seen and wanted."""
    folder: str | None = None
    """Where a format may keep files until it is closed; ``None``: where the system keeps such."""


class Document(Protocol):
    """What is being written."""

    def add(self, answer: Answer) -> Sequence[str]:
        """Write ``answer``; return what people have to be told of it that the document could not hold."""
        ...

    def close(self) -> None:
        """Write what comes last. The file stays open."""
        ...


@dataclass(frozen=True, slots=True)
class Format:
    """One format."""

    name: str
    suffixes: Sequence[str]
    """Of files that are of this format; empty: of none."""
    begin: Callable[[BinaryIO, Surroundings], Document]
    limit: int | None = None
    """Rows where nobody says how many; ``None``: all."""
    brief: bool = False
    """Spares people the rows that a view says little with (``View.omitted``)."""
    binary: bool = False
    """Nothing that a terminal can show."""
    several: bool = False
    """One document holds several answers."""
    states: bool = True
    """The document itself says what was observed."""
