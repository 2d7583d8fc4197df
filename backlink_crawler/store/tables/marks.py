"""What people decided, as a table, and beside the links that it is about."""

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc
from pymongo.asynchronous.database import AsyncDatabase

from backlink_crawler.annotations import KINDS, SubjectKind
from backlink_crawler.reports.dictionary import MARKS
from backlink_crawler.reports.question import Question
from backlink_crawler.reports.tables import TABLES
from backlink_crawler.store.annotations import COLLECTION
from backlink_crawler.store.documents import Document
from backlink_crawler.store.tables.arrow import chosen, table

NAMES = frozenset(column.name for column in MARKS)
"""Columns of a link that a decision fills."""

NEEDED = NAMES | {"kind", "key"}
"""Of the table of decisions, for putting them beside links."""

KEYS: Mapping[SubjectKind, str] = {
    "link": "link_id",
    "page": "source_url",
    "host": "source_host",
    "site": "source_site",
}
"""Kind of subject → the link's column that names it."""


async def marks(database: AsyncDatabase[Document], question: Question, columns: frozenset[str]) -> pa.Table:
    """Read all decisions."""
    return await table(database[COLLECTION], {}, chosen(TABLES["marks"], columns))


def beside(links: pa.Table, decided: pa.Table) -> pa.Table:
    """Return ``links`` with the columns of decisions: those about the narrowest subject that a link belongs to.

    :param links: with the columns of ``KEYS``.
    :param decided: what ``marks`` read: kind, key and all columns of decisions.
    """
    rows = pa.nulls(links.num_rows, pa.int64())
    for kind in KINDS:
        of_kind = decided.append_column("row", pa.array(range(decided.num_rows), pa.int64()))
        of_kind = of_kind.filter(pc.equal(of_kind["kind"], kind))
        keys = of_kind["key"].combine_chunks()
        places = pc.index_in(links[KEYS[kind]].combine_chunks(), _as_stored(kind, keys))
        rows = pc.coalesce(rows, pc.take(of_kind["row"].combine_chunks(), places))
    found = decided.select(list(NAMES)).take(rows)
    for name in sorted(NAMES):
        links = links.append_column(name, found[name])
    return links


def _as_stored(kind: SubjectKind, keys: pa.Array) -> pa.Array:
    if kind != "link":
        return keys
    return pa.array([bytes.fromhex(key) for key in keys.to_pylist()], pa.binary())


def keys_for(columns: frozenset[str]) -> frozenset[str]:
    """Return the columns of links that must be read for decisions to be put beside them."""
    return frozenset(KEYS.values()) if columns & NAMES else frozenset()
