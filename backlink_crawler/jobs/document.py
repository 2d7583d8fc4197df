"""Writing answers as a document: in which format, and where it goes."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from backlink_crawler.jobs import terminal
from backlink_crawler.jobs.output import opened, to_terminal
from backlink_crawler.reports.answer import Answer
from backlink_crawler.reports.formats import document
from backlink_crawler.reports.formats.harmless import plain
from backlink_crawler.reports.formats.registry import FORMATS, format_of


class WrongFormat(ValueError):
    """There is no such format, or it cannot go there; the message is one line that says what to do."""


@dataclass(frozen=True, slots=True)
class Written:
    """A document that answers are added to."""

    format: document.Format
    document: document.Document

    def add(self, answer: Answer) -> None:
        """Write ``answer``; what the document cannot say itself goes to stderr."""
        if not self.format.states:
            print(*map(plain, answer.statements), sep="\n", file=sys.stderr)
        for note in self.document.add(answer):
            print(plain(note), file=sys.stderr)


def chosen(name: str | None, out: str | None) -> document.Format:
    """Return the format that is named; where none is, that of the file ``out`` by its suffix.

    :raises WrongFormat: nothing tells the format, or it is none for a terminal.
    """
    form = FORMATS[name] if name else format_of(out) if out else None
    if form is None and out not in {None, "-"}:
        suffixes = ", ".join(suffix for each in FORMATS.values() for suffix in each.suffixes)
        raise WrongFormat(f"--out {out}: its name does not tell the format ({suffixes}): say it with --format")
    form = form or FORMATS["table"]
    if form.binary and to_terminal(out):
        raise WrongFormat(f"--format {form.name} is nothing for a terminal: add --out FILE{form.suffixes[0]}")
    return form


@contextmanager
def begun(form: document.Format, out: str | None) -> Iterator[Written]:
    """Begin a document in the file ``out`` (``None``: stdout); it is complete when the block ends.

    :raises OSError: it cannot be written.
    """
    screen = to_terminal(out)
    with opened(out) as file, tempfile.TemporaryDirectory(prefix="backlink-report-") as folder:
        surroundings = document.Surroundings(
            width=terminal.width() if screen else terminal.PIPED_WIDTH,
            colour=screen and terminal.colour(),
            folder=folder,
        )
        written = Written(form, form.begin(file, surroundings))
        yield written
        written.document.close()
