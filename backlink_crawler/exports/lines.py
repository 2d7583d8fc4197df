"""Writing CSV and JSON lines, in which texts of strangers are harmless to spreadsheets, terminals and parsers."""

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol, Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from backlink_crawler.reports.formats.harmless import json_line

_BLANKS = r"[\t\n\r]"
_COMMANDS = (
    r"[\x00-\x1f\x7f-\x{9f}\x{61c}\x{200e}\x{200f}\x{2028}-\x{202e}\x{2066}-\x{2069}]"  # RE2; text has no surrogates
)
_FORMULA = r"^([\t\r\n]|[\s\x0b\x1c-\x1f\x{85}\p{Z}]*[=+\-@\x{ff1d}\x{ff0b}\x{ff0d}\x{ff20}])"
"""As ``formats.harmless`` has them, for whole columns."""


class Writer(Protocol):
    """What writes rows."""

    rows: int

    def write(self, rows: pa.Table) -> None:
        """Add rows."""


class CsvFile:
    """One CSV file (RFC 4180) with a header; tokens of a list are separated by blanks, nothing stands for null."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._path = path
        self._schema = pa.schema([_csv_field(field) for field in schema])
        self._file: BinaryIO | None = None
        self.rows = 0

    def __enter__(self) -> Self:
        self._file = self._path.open("wb")
        self._writer = pyarrow.csv.CSVWriter(
            self._file, self._schema, write_options=pyarrow.csv.WriteOptions(quoting_style="needed")
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        assert self._file is not None
        self._writer.close()
        self._file.close()

    def write(self, rows: pa.Table) -> None:
        """Add rows."""
        self.rows += rows.num_rows
        arrays = [csv_cells(rows[field.name]) for field in self._schema]
        self._writer.write_table(pa.table(arrays, schema=self._schema))


class JsonLinesFile:
    """One file with a JSON object a line, of all columns."""

    def __init__(self, path: Path, _schema: pa.Schema) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self.rows = 0

    def __enter__(self) -> Self:
        self._file = self._path.open("wb")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        assert self._file is not None
        self._file.close()

    def write(self, rows: pa.Table) -> None:
        """Add rows."""
        assert self._file is not None
        self.rows += rows.num_rows
        self._file.writelines(json_line(row).encode() for row in rows.to_pylist())


FILES: Mapping[str, type[CsvFile] | type[JsonLinesFile]] = {"csv": CsvFile, "jsonl": JsonLinesFile}


def _csv_field(field: pa.Field) -> pa.Field:
    textual = pa.types.is_list(field.type) or pa.types.is_timestamp(field.type)
    return pa.field(field.name, pa.string()) if textual else field


def csv_cells(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column as a spreadsheet may have it."""
    if pa.types.is_timestamp(column.type):
        return pc.strftime(column.cast(pa.timestamp("s", tz="UTC"), safe=False), "%Y-%m-%dT%H:%M:%SZ")
    if pa.types.is_list(column.type):
        column = pc.binary_join(column, " ")
    if not pa.types.is_string(column.type):
        return column
    risky = pc.match_substring_regex(column, _FORMULA)
    shown = pc.replace_substring_regex(
        pc.replace_substring_regex(column, _BLANKS, " "), _COMMANDS, "\N{REPLACEMENT CHARACTER}"
    )
    return pc.if_else(risky, pc.binary_join_element_wise("'", shown, ""), shown)
