"""Who links to competitors: sites, and what is asked of some of these sites.

Which sites link to a site is read from the index ``backlinks`` by skipping from site to site, so it costs what there
are sites and not what there are links. Only of the sites that a view wants are links counted.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa
from pymongo.asynchronous.database import AsyncDatabase

from backlink_crawler.reports.dictionary import LINKS, Column, arrow_schema
from backlink_crawler.reports.question import Question
from backlink_crawler.reports.tables import TABLES
from backlink_crawler.store.documents import Document
from backlink_crawler.store.tables.arrow import chosen, table

Late = Callable[[AsyncDatabase[Document], Sequence[Column], str, Sequence[str]], Awaitable[pa.Table]]
"""Reads columns of the links to one site from some sites."""

_SITES = 2_000
"""Source sites in one filter."""
_AT_ONCE = 4
_TOLD = ("resource_list", "directory", "forum", "testimonial", "author_bio")
"""Types of placement that tell a page others may stand on too."""


async def linking_sites(database: AsyncDatabase[Document], question: Question, columns: frozenset[str]) -> pa.Table:
    """Read which sites have live links to each of the sites asked for and of their competitors."""
    targets = (*question.sites, *question.versus)
    return pa.concat_tables(await asyncio.gather(*(_linking(database, target) for target in targets)))


async def _linking(database: AsyncDatabase[Document], target: str) -> pa.Table:
    pipeline: list[Mapping[str, Any]] = [
        {"$match": {"target_site": target, "status": "live"}},
        {"$group": {"_id": "$source_site"}},
        {"$project": {"_id": 0, "source_site": "$_id", "target_site": {"$literal": target}}},
    ]
    return await table(database["links"], pipeline, TABLES["linking_sites"])


async def links_versus(database: AsyncDatabase[Document], question: Question, columns: frozenset[str]) -> pa.Table:
    """Read the live links to competitors that say something by their place, or stand beside a brand term."""
    terms = _any_of((*question.brands, *question.sites))
    beside = [{name: {"$regex": terms, "$options": "i"}} for name in _TEXTS]
    match = {
        "target_site": {"$in": list(question.versus)},
        "source_site": {"$nin": [*question.versus, *question.sites]},
        "status": "live",
        "$or": [{"placement_type": {"$in": list(_TOLD)}}, *beside],
    }
    return await table(database["links"], match, chosen(LINKS, columns), key="link_id")


_TEXTS = ("anchor", "heading", "text_before", "text_after")


def _any_of(terms: Iterable[str]) -> str:
    """Return a regular expression of these terms, whatever stands between their words."""
    return "|".join(r"[\W_]+".join(re.findall(r"[^\W_]+", term)) for term in terms)


async def counted(
    database: AsyncDatabase[Document], columns: Sequence[Column], target: str, sources: Sequence[str]
) -> pa.Table:
    """Count the live links from ``sources`` to ``target`` by site and follow."""
    pipeline: list[Mapping[str, Any]] = [
        {"$match": {"target_site": target, "source_site": {"$in": sources}, "status": "live"}},
        {
            "$group": {
                "_id": {"source_site": "$source_site", "follow": "$follow"},
                "links": {"$sum": 1},
                "first_seen": {"$min": "$first_seen"},
            }
        },
        {
            "$project": {
                "_id": 0,
                "source_site": "$_id.source_site",
                "follow": "$_id.follow",
                "target_site": {"$literal": target},
                "links": 1,
                "first_seen": 1,
            }
        },
    ]
    return await table(database["links"], pipeline, columns)


async def examples(
    database: AsyncDatabase[Document], columns: Sequence[Column], target: str, sources: Sequence[str]
) -> pa.Table:
    """Read one live link from each of ``sources`` to ``target``, the one that has been there longest."""
    values = {column.name: {"$first": f"${column.name}"} for column in columns if column.name != "source_site"}
    pipeline: list[Mapping[str, Any]] = [
        {"$match": {"target_site": target, "source_site": {"$in": sources}, "status": "live"}},
        # The order of the index: so MongoDB reads one link of each site.
        {"$sort": {"target_site": 1, "source_site": 1, "status": 1, "lost_at": 1, "first_seen": 1}},
        {"$group": {"_id": "$source_site", **values}},
    ]
    return await table(database["links"], pipeline, columns, key="source_site")


async def profiles(
    database: AsyncDatabase[Document], columns: Sequence[Column], target: str, sources: Sequence[str]
) -> pa.Table:
    """Count by address the live links from ``sources`` to the social network ``target``, buttons to share left out."""
    match = {"target_site": target, "source_site": {"$in": sources}, "status": "live"}
    pipeline: list[Mapping[str, Any]] = [
        {"$match": {**match, "placement_type": {"$ne": "share_button"}}},
        {"$group": {"_id": {"source_site": "$source_site", "target_url": "$target_url"}, "links": {"$sum": 1}}},
        {
            "$project": {
                "_id": 0,
                "source_site": "$_id.source_site",
                "target_url": "$_id.target_url",
                "target_site": {"$literal": target},
                "links": 1,
            }
        },
    ]
    return await table(database["links"], pipeline, columns)


_LATE: Mapping[str, Late] = {
    "gap_links": counted,
    "shared_links": counted,
    "gap_examples": examples,
    "social_links": profiles,
}


async def of_pairs(database: AsyncDatabase[Document], name: str, columns: frozenset[str], pairs: pa.Table) -> pa.Table:
    """Read a table of what links pairs of sites.

    :param pairs: columns ``source_site`` and ``target_site``.
    """
    wanted = chosen(TABLES[name], columns | {"source_site", "target_site"})
    by_target: dict[str, list[str]] = {}
    for source, target in zip(pairs["source_site"].to_pylist(), pairs["target_site"].to_pylist(), strict=True):
        by_target.setdefault(target, []).append(source)
    turn = asyncio.Semaphore(_AT_ONCE)

    async def part(target: str, sources: Sequence[str]) -> pa.Table:
        async with turn:
            return await _LATE[name](database, wanted, target, sources)

    parts = await asyncio.gather(
        *(
            part(target, sources[start : start + _SITES])
            for target, sources in by_target.items()
            for start in range(0, len(sources), _SITES)
        )
    )
    return pa.concat_tables([arrow_schema(wanted).empty_table(), *parts])
