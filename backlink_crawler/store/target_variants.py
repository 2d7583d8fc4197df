"""Reads of targets that lead to other addresses, so that a report tells spellings of one page together.

Costs what there is of them: the pages of the site that redirect or name another canonical address.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from backlink_crawler.reports.targets import way_from
from backlink_crawler.store.documents import Document
from backlink_crawler.urls import url_id

_FACTS = dict.fromkeys(("url", "outcome", "chain", "chain_end", "canonical_url"), 1)
_ELSEWHERE: Mapping[str, Any] = {
    "$or": [
        {"outcome": "redirect", "chain": {"$exists": True}},
        {"outcome": "ok", "canonical_url": {"$gt": ""}, "$expr": {"$ne": ["$canonical_url", "$url"]}},
    ]
}
_BATCH = 5_000
_ROUNDS = 10
"""Of reading the pages that the last ones lead to."""


async def ways_of(database: AsyncDatabase[Document], site: str) -> dict[str, tuple[str, ...]]:
    """Return URL → way to its canonical address (``reports.targets.way_from``), of pages of ``site`` that have one."""
    pages = {page["url"]: page async for page in database["pages"].find({"site": site, **_ELSEWHERE}, _FACTS)}
    urls = list(pages)
    ways = {url: way_from(url, pages) for url in urls}
    for _ in range(_ROUNDS):
        missing = {way[-1] for way in ways.values() if way and way[-1] not in pages}
        if not missing:
            break
        pages |= await _pages(database, missing)
        ways = {url: way_from(url, pages) for url in urls}
    return {url: way for url, way in ways.items() if way}


async def _pages(database: AsyncDatabase[Document], urls: Iterable[str]) -> dict[str, Document]:
    """Return the stored pages; empty documents for those never asked for."""
    pages: dict[str, Document] = {url: {} for url in urls}
    ids = [url_id(url) for url in pages]
    for part in _parts(ids):
        pages |= {page["url"]: page async for page in database["pages"].find({"_id": {"$in": part}}, _FACTS)}
    return pages


def _parts(ids: Sequence[bytes]) -> list[list[bytes]]:
    return [list(ids[start : start + _BATCH]) for start in range(0, len(ids), _BATCH)]
