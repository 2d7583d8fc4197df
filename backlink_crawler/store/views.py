"""Views: what people who query MongoDB themselves read, with everything resolved that is not stored on a link.

``backlinks``
    Every link with facts of its source page (``source_title``, ``source_language``, ``source_indexable`` with its
    cause, ``source_unknown_since``) and of its target (``final_target_url``, ``final_target_site``,
    ``target_http_status``, ``target_checked``, ``target_soft_404``; null where the target was never asked for).
    ``status`` is ``live``, ``lost`` or ``unknown``; ``last_seen`` of a link that is not lost is when its page was last
    read.
``referring_domains``
    One row per target site and other site that links or linked to it.

A filter by ``target_site`` (in ``backlinks`` by any stored field of a link) is answered by an index of ``links``.
Filters by resolved fields, sorting, and everything else in ``referring_domains`` come after the joins: they read all
links of the site.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import OperationFailure

from backlink_crawler.store.documents import Document

Stage = Mapping[str, Any]

SOURCE_PAGE: Stage = {"$lookup": {"from": "pages", "localField": "source_id", "foreignField": "_id", "as": "source"}}
"""Joins the document of the source page, as an array of one or none."""

_TARGET_PAGE: Stage = {"$lookup": {"from": "pages", "localField": "target_id", "foreignField": "_id", "as": "target"}}


def resolved(last_read: str = "$source.last_read", unknown_since: str = "$source.unknown_since") -> dict[str, Any]:
    """Return expressions of what a link's page decides: ``status`` and ``last_seen``.

    :param last_read: where that field of the page stands; where it is missing, the link's own ``last_seen`` stands.
    :param unknown_since: likewise; where it is missing, the page could be looked at.
    """
    is_live = {"$eq": ["$status", "live"]}
    is_unknown = {"$gt": [unknown_since, None]}
    return {
        "status": {"$cond": [{"$and": [is_live, is_unknown]}, "unknown", "$status"]},
        "last_seen": {"$cond": [is_live, {"$ifNull": [last_read, "$last_seen"]}, "$last_seen"]},
    }


_BACKLINKS: Sequence[Stage] = (
    SOURCE_PAGE,
    _TARGET_PAGE,
    {"$set": {"source": {"$first": "$source"}, "target": {"$first": "$target"}}},
    {
        "$set": {
            **resolved(),
            "source_title": {"$ifNull": ["$source.title", None]},
            "source_language": {"$ifNull": ["$source.language", None]},
            "source_indexable": {"$ifNull": ["$source.indexable", None]},
            "source_indexable_cause": {"$ifNull": ["$source.indexable_cause", None]},
            "source_unknown_since": {"$ifNull": ["$source.unknown_since", None]},
            "final_target_url": {"$ifNull": ["$target.final_url", "$target.url", None]},
            "final_target_site": {"$ifNull": ["$target.final_site", "$target.site", None]},
            # Of a redirect whose end was not asked for yet, nothing is known but that it redirects.
            "target_http_status": {
                "$cond": [
                    {"$gt": ["$target.chain_end", None]},
                    {"$ifNull": ["$target.final_status", None]},
                    {"$ifNull": ["$target.http_status", None]},
                ]
            },
            "target_checked": {"$ifNull": ["$target.last_visited", None]},
            "target_soft_404": {"$ifNull": ["$target.final_soft_404", "$target.soft_404", None]},
        }
    },
    {"$unset": ["source", "target"]},
)


def _links_that(*conditions: Any) -> Stage:
    return {"$sum": {"$cond": [{"$and": list(conditions)}, 1, 0]}}


_LIVE = {"$eq": ["$status", "live"]}

_BY_SOURCE_SITE: list[Stage] = [
    {"$match": {"$expr": {"$ne": ["$source_site", "$target_site"]}}},
    SOURCE_PAGE,
    {"$set": {"source": {"$first": "$source"}}},
    {"$set": resolved()},
    {
        "$group": {
            "_id": "$source_site",
            "live": _links_that(_LIVE),
            "unknown": _links_that({"$eq": ["$status", "unknown"]}),
            "lost": _links_that({"$eq": ["$status", "lost"]}),
            "follow": _links_that(_LIVE, "$follow"),
            "first_seen": {"$min": "$first_seen"},
            "last_seen": {"$max": "$last_seen"},
            "live_example": {"$min": {"$cond": [_LIVE, "$source_url", None]}},
            "example": {"$min": "$source_url"},
        }
    },
]

_REFERRING_DOMAINS: Sequence[Stage] = (
    # Grouping by both sites at once reads better, but MongoDB moves a filter before a group only where the filter's
    # field is the whole key. Of this group it reads one entry of the index for each target site.
    {"$group": {"_id": "$target_site"}},
    {"$project": {"_id": 0, "target_site": "$_id"}},
    {
        "$lookup": {
            "from": "links",
            "localField": "target_site",
            "foreignField": "target_site",
            "pipeline": _BY_SOURCE_SITE,
            "as": "row",
        }
    },
    {"$unwind": "$row"},
    {
        "$project": {
            "target_site": 1,
            "source_site": "$row._id",
            **{name: f"$row.{name}" for name in ("live", "unknown", "lost", "follow", "first_seen", "last_seen")},
            "example": {"$ifNull": ["$row.live_example", "$row.example"]},
        }
    },
)

VIEWS: Mapping[str, Sequence[Stage]] = {"backlinks": _BACKLINKS, "referring_domains": _REFERRING_DOMAINS}
"""Name of each view → its pipeline over ``links``."""


async def make_views(database: AsyncDatabase[Document]) -> None:
    """Make the views, or bring them to this version's definition; several workers may do so at once.

    :raises pymongo.errors.OperationFailure: a collection has the name of a view.
    """
    existing = {found["name"]: found async for found in await database.list_collections()}
    for name, stages in VIEWS.items():
        definition: dict[str, Any] = {"viewOn": "links", "pipeline": list(stages)}
        found = existing.get(name, {"type": "view", "options": {}})
        if found["type"] != "view":
            raise OperationFailure(f"{name!r} is a collection, where the view of that name belongs: rename it")
        if all(found["options"].get(key) == value for key, value in definition.items()):
            continue
        try:
            await database.command({"collMod" if name in existing else "create": name, **definition})
        except OperationFailure as error:
            if error.code != _NAMESPACE_EXISTS:
                raise
            # Another worker, starting at the same moment, was first.
            await database.command({"collMod": name, **definition})


_NAMESPACE_EXISTS = 48
