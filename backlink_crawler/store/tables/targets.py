"""Pages that are dead or redirect, ours and others', with the links to them; pages of ours; all that was read.

A page tells itself how it is, so only pages that were visited are among them.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
from pymongo.asynchronous.database import AsyncDatabase

from backlink_crawler.reports.dictionary import LINKS, PAGES, arrow_schema
from backlink_crawler.reports.question import Question
from backlink_crawler.store.documents import Document
from backlink_crawler.store.tables.arrow import chosen, table

_IDS = 1_000
"""In one filter."""
_AT_ONCE = 4

_NOT_FINE: Sequence[Mapping[str, Any]] = (
    {"outcome": {"$in": ["redirect", "http_error", "network_error", "certificate_error"]}},
    {"soft_404": True},
)
_DEAD: Sequence[Mapping[str, Any]] = (
    {"outcome": "http_error", "http_status": {"$in": [404, 410]}},
    {"outcome": "network_error", "reason": "dns"},
    {"outcome": "redirect", "final_outcome": "http_error", "final_status": {"$in": [404, 410]}},
    {"outcome": "redirect", "final_soft_404": True},
    # Looks at every page that was read: the one part of this that no index answers.
    {"outcome": "ok", "soft_404": True},
)


async def own_pages(database: AsyncDatabase[Document], question: Question, columns: frozenset[str]) -> pa.Table:
    """Read the pages of the sites asked for."""
    return await _pages(database, {"site": {"$in": list(question.sites)}}, columns)


async def broken_pages(database: AsyncDatabase[Document], question: Question, columns: frozenset[str]) -> pa.Table:
    """Read those pages of the sites asked for that are dead, redirect, or did not answer."""
    return await _pages(database, _broken(question), columns)


async def dead_pages(database: AsyncDatabase[Document], question: Question, columns: frozenset[str]) -> pa.Table:
    """Read the dead pages of other sites."""
    return await _pages(database, _dead(question), columns)


async def seen_pages(database: AsyncDatabase[Document], question: Question, columns: frozenset[str]) -> pa.Table:
    """Read all pages of other sites that were read: this looks at the whole index."""
    return await _pages(database, {"outcome": "ok", "site": {"$nin": list(question.sites)}}, columns)


def _broken(question: Question) -> Mapping[str, Any]:
    return {"site": {"$in": list(question.sites)}, "$or": _NOT_FINE}


def _dead(question: Question) -> Mapping[str, Any]:
    return {"$or": [{**kind, "site": {"$nin": list(question.sites)}} for kind in _DEAD]}


async def _pages(database: AsyncDatabase[Document], match: Mapping[str, Any], columns: frozenset[str]) -> pa.Table:
    return await table(database["pages"], match, chosen(PAGES, columns), key="page_id")


async def links_to(
    database: AsyncDatabase[Document], pages: pa.Table, question: Question, columns: frozenset[str]
) -> pa.Table:
    """Read the live links to these pages, save those from their own sites and from the sites asked for.

    :param pages: columns ``page_id`` and ``site``.
    """
    by_site: dict[str, list[bytes]] = {}
    for id_, site in zip(pages["page_id"].to_pylist(), pages["site"].to_pylist(), strict=True):
        by_site.setdefault(site, []).append(id_)
    own = list(question.sites)
    matches: list[Mapping[str, Any]] = []
    for site, ids in by_site.items():
        from_others = {"target_site": site, "source_site": {"$nin": [site, *own]}, "status": "live"}
        matches += [
            {**from_others, "target_id": {"$in": ids[start : start + _IDS]}} for start in range(0, len(ids), _IDS)
        ]
    wanted = chosen(LINKS, columns)
    turn = asyncio.Semaphore(_AT_ONCE)

    async def part(match: Mapping[str, Any]) -> pa.Table:
        async with turn:
            return await table(database["links"], match, wanted, key="link_id", hint=_BY_TARGET)

    parts = await asyncio.gather(*map(part, matches))
    return pa.concat_tables([arrow_schema(wanted).empty_table(), *parts])


_BY_TARGET = {"target_site": 1, "target_id": 1}
"""The index."""
