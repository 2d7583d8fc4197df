"""CSV of an answer, for spreadsheets: a header line, then a line for each row with all its columns.

UTF-8, texts in quotes, lines end with LF (RFC 4180 otherwise). Times are ISO 8601 in UTC, tokens of a list have a blank
between them, flags are ``true`` and ``false``, what is not known is empty without quotes. A text that a spreadsheet
would compute begins with ``'``; what was observed does not fit into such a file and is told beside it.
"""

from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from backlink_crawler.reports.answer import Answer
from backlink_crawler.reports.formats.document import Surroundings
from backlink_crawler.reports.formats.harmless import harmless_cell, json_text
from backlink_crawler.reports.formats.rows import Column, batches, columns

_NOT_PLAIN = r"^[^0-9A-Za-z]|[^\x20-\x7e]"
"""What could be changed by ``harmless_cell``, said so that it is fast to look for; most texts are plain."""


class CommaSeparated:
    """A CSV file."""

    def __init__(self, out: BinaryIO, surroundings: Surroundings) -> None:
        self._out = out

    def add(self, answer: Answer) -> tuple[()]:
        """Write the rows of ``answer``."""
        found = columns(answer)
        schema = pa.schema([(column.name, _type(column)) for column in found])
        with pa_csv.CSVWriter(pa.PythonFile(self._out, "w"), schema) as writer:
            for batch in batches(answer):
                cells = [_cells(array, column) for array, column in zip(batch.columns, found, strict=True)]
                writer.write_batch(pa.record_batch(cells, schema=schema))
        return ()

    def close(self) -> None:
        """Nothing comes last."""


def _type(column: Column) -> pa.DataType:
    return column.type if column.kind in {"count", "number", "flag"} else pa.string()


def _cells(array: pa.Array, column: Column) -> pa.Array:
    if column.kind == "time":
        return pc.strftime(array.cast(pa.timestamp("s"), safe=False), "%Y-%m-%dT%H:%M:%SZ")
    if column.kind == "day":
        return array.cast(pa.string())
    if column.kind == "texts":
        array = pc.binary_join(array, " ")
    elif column.kind == "nested":
        array = pa.array([None if value is None else json_text(value) for value in array.to_pylist()], pa.string())
    elif column.kind != "text":
        return array
    wanted = pc.match_substring_regex(array, _NOT_PLAIN).fill_null(False)
    if not pc.any(wanted).as_py():
        return array
    harmless = pa.array([harmless_cell(text) for text in array.filter(wanted).to_pylist()], pa.string())
    return pc.replace_with_mask(array, wanted, harmless)
