"""JSON lines of an answer: the facts first, then a line for each row with all its columns."""

from typing import BinaryIO

from backlink_crawler.reports.answer import Answer
from backlink_crawler.reports.formats.harmless import json_line


def write(answer: Answer, out: BinaryIO) -> None:
    """Write ``answer`` to ``out``."""
    out.write(json_line({"section": "observation", **answer.facts}).encode())
    for batch in answer.rows:
        for row in batch.to_pylist():
            out.write(json_line(row).encode())
