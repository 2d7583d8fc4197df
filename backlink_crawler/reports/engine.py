"""The engine: DuckDB in memory answers SQL over tables that are handed to it. No files, no network, no settings.

First the planner is asked which columns of which tables a question needs (``needed``); the caller reads these from the
index and hands them over (``fill``); then the question is answered (``answer``).
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import duckdb
import pyarrow as pa

from backlink_crawler.reports.dictionary import arrow_schema
from backlink_crawler.reports.question import Question
from backlink_crawler.reports.tables import TABLES
from backlink_crawler.reports.view import macros, relations

_SANDBOX: Mapping[str, Any] = {
    "enable_external_access": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "preserve_insertion_order": False,
}
_TIMES = ("now", "since", "until", "at")
_BATCH_ROWS = 10_000


Needed = Mapping[str, frozenset[str]]
"""Table → the columns of it that are read."""


class EngineError(ValueError):
    """SQL that cannot be answered; the message is for whoever wrote it."""


class Engine:
    """One question's database: empty tables at first, with every relation over them."""

    def __init__(self, question: Question, *, threads: int = 2) -> None:
        self._connection = duckdb.connect(config={**_SANDBOX, "threads": threads})
        for name, value in question.variables().items():
            kind = "::TIMESTAMP" if name in _TIMES else "::VARCHAR[]" if isinstance(value, list) else ""
            self._connection.execute(f'SET VARIABLE "{name}" = $1{kind}', [value])
        self._connection.execute("SET lock_configuration = true")
        for name, columns in TABLES.items():
            self._register(name, arrow_schema(columns).empty_table())
            # Under its own name a column tells the planner's reader which table it belongs to.
            shown = ", ".join(f'"{name}.{column.name}" AS "{column.name}"' for column in columns)
            self._connection.execute(f'CREATE VIEW {name} AS SELECT {shown} FROM "{name}.read"')
        for sql in macros().values():
            self._rows(sql)
        for name, sql in relations().items():
            self._rows(f"CREATE VIEW {name} AS {sql}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._connection.close()

    def fill(self, tables: Mapping[str, pa.Table]) -> None:
        """Put these in the place of the empty tables of their names; columns that were not read are null."""
        for name, table in tables.items():
            schema = arrow_schema(TABLES[name])
            arrays = [
                table[field.name].cast(field.type)
                if field.name in table.column_names
                else pa.nulls(table.num_rows, field.type)
                for field in schema
            ]
            self._register(name, pa.table(arrays, schema=schema))

    def needed(self, sql: str) -> Needed:
        """Return table → columns that answering ``sql`` reads, as the planner says; other tables are absent.

        :raises EngineError: it is no SQL, or names what there is not.
        """
        found = defaultdict(set)
        rows = self._rows(f"EXPLAIN (FORMAT json) {sql}")
        for column in _projections(json.loads(rows[0][1])):
            table, _, name = column.partition(".")
            found[table].add(name)
        return {table: frozenset(names) for table, names in found.items()}

    def answer(self, sql: str) -> pa.RecordBatchReader:
        """Return the rows of ``sql`` as a stream of batches; the next statement ends it.

        :raises EngineError: it is no SQL, or names what there is not; also while the stream is read, where a value of a
            later row cannot be told.
        """
        try:
            reader = self._connection.sql(sql).to_arrow_reader(_BATCH_ROWS)
        except duckdb.Error as error:
            raise EngineError(str(error)) from error
        return pa.RecordBatchReader.from_batches(reader.schema, _batches(reader))

    def columns(self, sql: str) -> Mapping[str, str]:
        """Return name → DuckDB type of each column of ``sql``, in their order.

        :raises EngineError: it is no SQL, or names what there is not.
        """
        return {row[0]: row[1] for row in self._rows(f"DESCRIBE {sql}")}

    def count(self, sql: str) -> int:
        """Return how many rows ``sql`` has."""
        return int(self._rows(f"SELECT count(*) FROM ({sql}\n)")[0][0])

    def tree(self, sql: str) -> Mapping[str, Any]:
        """Return ``sql`` as DuckDB's parser reads it; nothing is run, and no name has to exist."""
        tree: Mapping[str, Any] = json.loads(self._rows("SELECT json_serialize_sql($1)", [sql])[0][0])
        return tree

    def _rows(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        try:
            # All of them: a result that is left open keeps the connection.
            return self._connection.execute(sql, parameters).fetchall()
        except duckdb.Error as error:
            raise EngineError(str(error)) from error

    def _register(self, name: str, table: pa.Table) -> None:
        self._connection.register(f"{name}.read", table.rename_columns([f"{name}.{c}" for c in table.column_names]))


def _batches(reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    try:
        yield from reader
    except (OSError, pa.ArrowException) as error:
        raise EngineError(str(error)) from error


def _projections(plan: object) -> Iterator[str]:
    """Yield the columns that scans of a plan read."""
    if isinstance(plan, list):
        for node in plan:
            yield from _projections(node)
    elif isinstance(plan, dict):
        if plan.get("name", "").endswith("ARROW_SCAN"):
            read = plan["extra_info"].get("Projections", [])
            yield from [read] if isinstance(read, str) else read
        yield from _projections(plan.get("children", []))
