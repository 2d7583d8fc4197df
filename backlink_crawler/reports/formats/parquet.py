"""Parquet of an answer, for query engines: columns keep their kinds, and their meanings are metadata of the fields.

Times are UTC and say so. The file's own metadata has ``title``, ``statements`` and ``facts`` (JSON).
"""

from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from backlink_crawler.reports.answer import Answer
from backlink_crawler.reports.formats.document import Surroundings
from backlink_crawler.reports.formats.harmless import json_text
from backlink_crawler.reports.formats.rows import Column, batches, columns

MEANING = b"description"
"""Key of a field's metadata."""
_GROUP_ROWS = 60_000
"""Rows of a row group: so many are held until it is written."""


class Parquet:
    """A Parquet file."""

    def __init__(self, out: BinaryIO, surroundings: Surroundings) -> None:
        self._out = out

    def add(self, answer: Answer) -> tuple[()]:
        """Write the rows of ``answer``."""
        schema = pa.schema(map(_field, columns(answer))).with_metadata(
            {
                b"title": answer.title.encode(),
                b"statements": json_text(list(answer.statements)).encode(),
                b"facts": json_text(dict(answer.facts)).encode(),
            }
        )
        with pq.ParquetWriter(self._out, schema, compression="zstd") as writer:
            group, rows = list[pa.RecordBatch](), 0
            for batch in batches(answer):
                group.append(batch)
                rows += batch.num_rows
                if rows >= _GROUP_ROWS:
                    writer.write_table(pa.Table.from_batches(group).cast(schema))
                    group, rows = [], 0
            if group:
                writer.write_table(pa.Table.from_batches(group).cast(schema))
        return ()

    def close(self) -> None:
        """Nothing comes last."""


def _field(column: Column) -> pa.Field:
    type_ = pa.timestamp("ms", tz="UTC") if column.kind == "time" else column.type
    return pa.field(column.name, type_, metadata={MEANING: column.meaning.encode()} if column.meaning else None)
