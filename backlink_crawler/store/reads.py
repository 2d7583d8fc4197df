"""Reads: counts that MongoDB makes itself, so that no link travels to be counted here.

Links are counted as they are now: live ones by all that is told of them, those whose page could not be looked at again
and lost ones apart. When a live link was last seen follows from its page (``views``).
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from backlink_crawler.reports.summary import (
    IMAGE_WITHOUT_ALT,
    NO_TEXT,
    Backlinks,
    Observed,
    Row,
    Section,
    Tried,
)
from backlink_crawler.reports.targets import Counted, grouped
from backlink_crawler.store.documents import Document
from backlink_crawler.store.target_variants import batches_of, ways_of
from backlink_crawler.store.views import SOURCE_PAGE, Stage

_SPLITS: Mapping[Section, Any] = {
    "follow": {
        "$cond": ["$follow", "follow", {"$concat": ["nofollow (", {"$ifNull": ["$nofollow_cause", "unknown"]}, ")"]}]
    },
    "link_type": "$link_type",
    "region": "$region",
}
"""Sections that share out all links under a handful of names: section -> expression of the name."""

_TOPS: Mapping[Section, Any] = {
    "anchor": {
        "$switch": {
            "branches": [
                {"case": {"$ne": ["$anchor", ""]}, "then": "$anchor"},
                {"case": {"$eq": ["$link_type", "image"]}, "then": IMAGE_WITHOUT_ALT},
            ],
            "default": NO_TEXT,
        }
    },
    "target_page": "$target_url",
    "referring_domain": "$source_site",
}
"""Sections with as many names as there may be links, of which the first few are read."""

_DECLARED = ("ugc", "sponsored")

_ROW = {
    "backlinks": {"$sum": 1},
    "follow": {"$sum": {"$cond": ["$follow", 1, 0]}},
    "first_seen": {"$min": "$first_seen"},
    "last_seen": {"$max": "$last_seen"},
    # The smallest, so that the same links give the same report.
    "example": {"$min": "$source_url"},
}

_NEEDED = (
    *("source_id", "source_url", "source_host", "source_site", "target_url", "anchor", "link_type", "region"),
    *("follow", "nofollow_cause", *_DECLARED, "first_seen"),
)

_RESOLVED: Sequence[Stage] = (
    {"$project": dict.fromkeys((*_NEEDED, "last_seen"), 1)},
    SOURCE_PAGE,
    {
        "$project": {
            **dict.fromkeys(_NEEDED, 1),
            "last_seen": {"$ifNull": [{"$first": "$source.last_read"}, "$last_seen"]},
            "unknown_since": {"$first": "$source.unknown_since"},
        }
    },
)
"""Live links with what their pages say of them."""


async def observed(database: AsyncDatabase[Document], site: str) -> Observed:
    """Count what was tried, in the whole index and on ``site``."""
    (pages, as_of), (own_pages, _), sites, crawls = await asyncio.gather(
        # True of every page, and answered from the index alone.
        _tried(database, {"outcome": {"$gt": ""}}),
        _tried(database, {"site": site}),
        _aggregate(database, "pages", [{"$group": {"_id": "$site"}}, {"$count": "n"}]),
        database["crawls"].count_documents({}),
    )
    return Observed(pages, own_pages, sites[0]["n"] if sites else 0, crawls, as_of)


async def backlink_summary(database: AsyncDatabase[Document], site: str, *, limit: int = 10) -> Backlinks:
    """Count the links from other sites to ``site``, in one pass; at most ``limit`` rows of each long section."""
    match = {"target_site": site, "source_site": {"$ne": site}}
    by_reason: Stage = {"$group": {"_id": "$lost_reason", "n": {"$sum": 1}}}
    live = {**match, "status": "live"}
    ways = await ways_of(database, site)
    variants = await _counted(database, live, ways)
    sections = _sections(limit, of_targets=limit + len(variants))
    found, lost = await asyncio.gather(
        _aggregate(database, "links", [{"$match": live}, *_RESOLVED, *sections]),
        _aggregate(database, "links", [{"$match": {**match, "status": "lost"}}, by_reason]),
    )
    rows: dict[str, list[Document]] = defaultdict(list)
    for row in found:
        rows[row["section"]].append(row["row"])
    unknown: Document = rows["unknown"][0] if rows["unknown"] else {"n": 0, "since": None}
    follow = [_row(row) for row in rows["follow"]]
    sites = sorted(row["_id"] for row in rows["sites"])
    return Backlinks(
        total=_sum(follow, name=site, referring_domains=len(sites)) if follow else None,
        pages=rows["pages"][0]["n"] if follow else 0,
        hosts=rows["hosts"][0]["n"] if follow else 0,
        source_sites=sites,
        sections={
            "follow": follow,
            "declared": [_row(row) for name in _DECLARED for row in rows[name]],
            **{section: [_row(row) for row in rows[section]] for section in (*_SPLITS, *_TOPS) if section != "follow"},
            "target_page": _told_together([_row(row) for row in rows["target_page"]], variants, ways)[:limit],
        },
        unknown=unknown["n"],
        unknown_since=unknown["since"],
        lost={row["_id"]: row["n"] for row in lost},
    )


async def _counted(database: AsyncDatabase[Document], live: Stage, ways: Mapping[str, Sequence[str]]) -> list[Counted]:
    """Count the links to the addresses that belong together with others."""
    counted = []
    for ids in batches_of(ways):
        stages = [{"$match": {**live, "target_id": {"$in": ids}}}, *_RESOLVED, _IS_SEEN, _with_sites("$target_url")]
        for row in await _aggregate(database, "links", stages):
            counted.append(Counted(_row({**row, "referring_domains": len(row["sites"])}), frozenset(row["sites"])))
    return counted


def _told_together(rows: Sequence[Row], variants: Sequence[Counted], ways: Mapping[str, Sequence[str]]) -> list[Row]:
    """Put groups in the place of their members among the first targets."""
    members = {one.row.name for one in variants}
    told = [*(row for row in rows if row.name not in members), *grouped(variants, ways)]
    return sorted(told, key=lambda row: (-row.referring_domains, -row.backlinks, row.name))


def _sections(limit: int, of_targets: int) -> list[Stage]:
    """All sections in one pass over the links; comes out as documents ``{section, row}``, rows in their order.

    :param of_targets: rows of targets, of which some are told together.
    """
    count = {"$count": "n"}
    sections: dict[str, list[Stage]] = {
        **{section: _by(name) for section, name in _SPLITS.items()},
        **{name: [{"$match": {name: True}}, *_by({"$literal": name})] for name in _DECLARED},
        **{
            section: [*_by(name), {"$limit": of_targets if section == "target_page" else limit}]
            for section, name in _TOPS.items()
        },
        "pages": [{"$group": {"_id": "$source_id"}}, count],
        "hosts": [{"$group": {"_id": "$source_host"}}, count],
        "sites": [{"$group": {"_id": "$source_site"}}],
    }
    facets = {section: [_IS_SEEN, *stages] for section, stages in sections.items()}
    facets["unknown"] = [
        {"$match": {"unknown_since": {"$ne": None}}},
        {"$group": {"_id": None, "n": {"$sum": 1}, "since": {"$min": "$unknown_since"}}},
    ]
    return [
        {"$facet": facets},
        # One document would be bounded by 16 MB, whatever the limit.
        {"$project": {"section": {"$objectToArray": "$$ROOT"}}},
        {"$unwind": "$section"},
        {"$unwind": "$section.v"},
        {"$project": {"section": "$section.k", "row": "$section.v"}},
    ]


_IS_SEEN: Stage = {"$match": {"unknown_since": None}}
"""The page could be looked at when it was last tried."""


def _by(name: Any) -> list[Stage]:
    """Rows by ``name``, the most referring domains first."""
    return [
        _with_sites(name),
        {"$set": {"referring_domains": {"$size": "$sites"}}},
        {"$unset": "sites"},
        {"$sort": {"referring_domains": -1, "backlinks": -1, "_id": 1}},
    ]


def _with_sites(name: Any) -> Stage:
    # A set: it costs half of what grouping by site first does.
    return {"$group": {"_id": name, **_ROW, "sites": {"$addToSet": "$source_site"}}}


async def _tried(database: AsyncDatabase[Document], match: Stage) -> tuple[list[Tried], datetime | None]:
    """Pages by outcome, errors by status too, and the last visit of any."""
    facts = {"pages": {"$sum": 1}, "last": {"$max": "$last_visited"}}
    outcomes, statuses = await asyncio.gather(
        _aggregate(database, "pages", [{"$match": match}, {"$group": {"_id": "$outcome", **facts}}]),
        _aggregate(
            database,
            "pages",
            [{"$match": {**match, "outcome": "http_error"}}, {"$group": {"_id": "$http_status", **facts}}],
        ),
    )
    tried = [Tried(found["_id"], None, found["pages"]) for found in outcomes if found["_id"] != "http_error"]
    tried += [Tried("http_error", found["_id"], found["pages"]) for found in statuses]
    return tried, max((found["last"] for found in outcomes), default=None)


def _row(found: Document) -> Row:
    return Row(
        name=found["_id"],
        backlinks=found["backlinks"],
        referring_domains=found["referring_domains"],
        follow=found["follow"],
        first_seen=found["first_seen"],
        last_seen=found["last_seen"],
        example=found["example"],
    )


def _sum(rows: Sequence[Row], *, name: str, referring_domains: int) -> Row:
    """The row of all links, from rows that share them out."""
    return Row(
        name=name,
        backlinks=sum(row.backlinks for row in rows),
        referring_domains=referring_domains,
        follow=sum(row.follow for row in rows),
        first_seen=min(row.first_seen for row in rows),
        last_seen=max(row.last_seen for row in rows if row.last_seen),
        example=min(row.example for row in rows),
    )


async def _aggregate(database: AsyncDatabase[Document], collection: str, pipeline: Sequence[Stage]) -> list[Document]:
    cursor = await database[collection].aggregate(pipeline, allowDiskUse=True)
    return await cursor.to_list()
