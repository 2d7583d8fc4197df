"""The data dictionary that lies beside an export: every table with every column, its type and its meaning."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from backlink_crawler.exports.cells import file_schema
from backlink_crawler.exports.star import TABLES, Table

_READING = (
    "Every export is a folder exported=TIME of its table, complete once it is there. A later export with --since "
    "holds only what is new or changed: of rows with the same key the one in the latest folder counts. Ids are "
    "hexadecimal text, times UTC."
)
_LATEST = """\
-- DuckDB: the latest row of each key, of all exports
SELECT * FROM read_parquet('{name}/*/{files}', hive_partitioning = true)
QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY exported DESC) = 1;"""


def as_json() -> str:
    """Return it for programs."""
    return json.dumps({"reading": _READING, "tables": [_told(table) for table in TABLES.values()]}, indent=1) + "\n"


def _told(table: Table) -> Mapping[str, Any]:
    return {
        "table": table.name,
        "row": table.row,
        "key": list(table.key),
        "partitioned_by_month_of": table.month_of,
        "since": table.changed or None,
        "columns": [
            {
                "name": column.name,
                "type": str(field.type),
                "meaning": column.meaning,
                "names": table.joins.get(column.name),
            }
            for column, field in zip(table.columns, file_schema(table), strict=True)
        ],
    }


def as_markdown() -> str:
    """Return it for people."""
    parts = ["# Data dictionary", _READING]
    for table in TABLES.values():
        parts += [f"## {table.name}", f"A row is {table.row}. Key: {_names(table.key)}."]
        parts += [f"Partitioned by the month of `{table.month_of}`."] if table.month_of else []
        parts += [f"With `--since`: {table.changed}."] if table.changed else []
        lines = ["| column | type | meaning |", "|---|---|---|"]
        for column, field in zip(table.columns, file_schema(table), strict=True):
            names = f" (names `{table.joins[column.name]}`)" if column.name in table.joins else ""
            lines.append(f"| `{column.name}` | {field.type} | {column.meaning}{names} |")
        files = "*/*.parquet" if table.month_of else "*.parquet"
        query = _LATEST.format(name=table.name, files=files, key=", ".join(table.key))
        parts += ["\n".join(lines), f"```sql\n{query}\n```"]
    return "\n\n".join(parts) + "\n"


def _names(columns: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in columns)
