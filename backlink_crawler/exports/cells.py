"""Columns as files have them: ids as hexadecimal text, times with their zone, the meaning beside the name."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from backlink_crawler.exports.star import Table
from backlink_crawler.reports.dictionary import Column, arrow_schema

_HEX = np.frombuffer("".join(f"{byte:02x}" for byte in range(256)).encode(), np.uint16)
"""Byte → its two digits."""
_UTC = pa.timestamp("ms", tz="UTC")


def file_schema(table: Table) -> pa.Schema:
    """Return the schema that files of ``table`` have: with every column's meaning in its metadata."""
    plain = arrow_schema(table.columns)
    fields = [
        pa.field(column.name, _type(column, plain.field(number).type), metadata=_metadata(table, column))
        for number, column in enumerate(table.columns)
    ]
    return pa.schema(fields, {"table": table.name, "row": table.row, "key": " ".join(table.key)})


def _type(column: Column, plain: pa.DataType) -> pa.DataType:
    return {"id": pa.string(), "time": _UTC}.get(column.kind, plain)


def _metadata(table: Table, column: Column) -> dict[str, str]:
    told = {"meaning": column.meaning}
    return told | ({"names": table.joins[column.name]} if column.name in table.joins else {})


def as_files_have_them(rows: pa.Table, columns: Sequence[Column], schema: pa.Schema) -> pa.Table:
    """Return rows of the dictionary's kinds as ``schema`` has them."""
    arrays = [
        hexadecimal(rows[column.name]) if column.kind == "id" else rows[column.name].cast(schema.field(number).type)
        for number, column in enumerate(columns)
    ]
    return pa.table(arrays, schema=schema)


def hexadecimal(ids: pa.ChunkedArray) -> pa.Array:
    """Return ids as text; all but null have 16 bytes, others become null too."""
    whole = ids.combine_chunks()
    lengths = pc.binary_length(whole)
    if pc.all(pc.equal(lengths, 16)).as_py() is not True or whole.null_count:
        # A record that somebody else wrote: told apart, and slower.
        return pa.array([v.hex() if v is not None and len(v) == 16 else None for v in whole.to_pylist()], pa.string())
    number = len(whole)
    first, last = (np.frombuffer(whole.buffers()[1], np.int32)[whole.offset + at] for at in (0, number))
    digits = _HEX[np.frombuffer(whole.buffers()[2], np.uint8)[first:last]]
    offsets = np.arange(0, 32 * (number + 1), 32, dtype=np.int32)
    return pa.StringArray.from_buffers(number, pa.py_buffer(offsets), pa.py_buffer(digits))
