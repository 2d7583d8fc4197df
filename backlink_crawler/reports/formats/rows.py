"""Rows as formats are handed them: few kinds of columns, each with its meaning, no value that a file cannot hold."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from backlink_crawler.reports.answer import Answer
from backlink_crawler.reports.dictionary import EVENTS, LINKS, PAGES, RESOLVED
from backlink_crawler.reports.view import View

Kind = Literal["text", "texts", "count", "number", "flag", "time", "day", "nested"]

_TYPES: Mapping[Kind, pa.DataType] = {
    "text": pa.string(),
    "texts": pa.list_(pa.string()),
    "count": pa.int64(),
    "number": pa.float64(),
    "flag": pa.bool_(),
    "time": pa.timestamp("ms"),
    "day": pa.date32(),
}

_KNOWN = {column.name: column.meaning for table in (EVENTS, PAGES, LINKS, RESOLVED) for column in table}
_PREFIXED = {
    f"{end}_{column.name}": f"of the {end} page: {column.meaning}" for end in ("source", "target") for column in PAGES
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an answer."""

    name: str
    kind: Kind
    type: pa.DataType
    """As formats are handed it: that of the kind; ``nested``: as the engine answers."""
    meaning: str
    """Empty where neither the view nor the data dictionary tells it."""


def columns(answer: Answer) -> Sequence[Column]:
    """Return the columns of ``answer``, in their order."""
    found = []
    for field in answer.rows.schema:
        kind = _kind(field.type)
        found.append(Column(field.name, kind, _TYPES.get(kind, field.type), meaning(answer.view, field.name)))
    return found


def meaning(view: View, name: str) -> str:
    """Return what a column means: what the view says of it, else the data dictionary; empty where neither does."""
    for told in (view.meanings, _KNOWN, _PREFIXED):
        if name in told:
            return told[name]
    return ""


def batches(answer: Answer) -> Iterator[pa.RecordBatch]:
    """Yield the rows of ``answer`` as batches of the types of :func:`columns`. Times are UTC.

    Numbers that are none (NaN, infinite) are null, as a file for programs cannot tell them; bytes are hexadecimal.
    """
    wanted = columns(answer)
    schema = pa.schema([(column.name, column.type) for column in wanted])
    for batch in answer.rows:
        arrays = [_plain(array, column) for array, column in zip(batch.columns, wanted, strict=True)]
        yield pa.record_batch(arrays, schema=schema)


def records(answer: Answer) -> Iterator[dict[str, Any]]:
    """Yield the rows of ``answer`` one by one, as name → value."""
    for batch in batches(answer):
        yield from batch.to_pylist()


def _kind(type_: pa.DataType) -> Kind:
    kinds: Sequence[tuple[Kind, bool]] = (
        ("texts", pa.types.is_list(type_) and pa.types.is_string(type_.value_type)),
        # Sums of integers are decimals without places.
        ("count", pa.types.is_integer(type_) or (pa.types.is_decimal(type_) and type_.scale == 0)),
        ("number", pa.types.is_floating(type_) or pa.types.is_decimal(type_)),
        ("flag", pa.types.is_boolean(type_)),
        ("time", pa.types.is_timestamp(type_)),
        ("day", pa.types.is_date(type_)),
        ("nested", pa.types.is_nested(type_)),
    )
    return next((kind for kind, fits in kinds if fits), "text")


def _plain(array: pa.Array, column: Column) -> pa.Array:
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if column.kind == "text" and not pa.types.is_string(array.type):
        return pa.array([_text(value) for value in array.to_pylist()], pa.string())
    if column.kind == "number":
        array = array.cast(pa.float64())
        return pc.if_else(pc.is_finite(array), array, pa.scalar(None, pa.float64()))
    # A part of a millisecond is no news; whatever zone the engine names, the moment is the same.
    return array.cast(column.type, safe=column.kind != "time")


def _text(value: object) -> str | None:
    if value is None:
        return None
    return value.hex() if isinstance(value, bytes) else str(value)
