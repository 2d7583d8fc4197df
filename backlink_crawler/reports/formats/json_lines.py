"""JSON lines of an answer, for programs: the facts first, then a line for each row with all its columns."""

from typing import BinaryIO

from backlink_crawler.reports.answer import Answer
from backlink_crawler.reports.formats.document import Surroundings
from backlink_crawler.reports.formats.harmless import json_line
from backlink_crawler.reports.formats.rows import records


class JsonLines:
    """JSON lines."""

    def __init__(self, out: BinaryIO, surroundings: Surroundings) -> None:
        self._out = out

    def add(self, answer: Answer) -> tuple[()]:
        """Write the facts and the rows of ``answer``."""
        facts = {"section": "observation", "rows": answer.total, "statements": answer.statements, **answer.facts}
        self._out.write(json_line(facts).encode())
        for record in records(answer):
            self._out.write(json_line(record).encode())
        return ()

    def close(self) -> None:
        """Nothing comes last."""
