"""A link that is gone here and stands on another page of the same site now has moved.

The loss and the find are visits of two pages, maybe by two workers at once, in either order. Both sides write first and
look for the other afterwards, so at least one of them sees it; both would write the same event under the same id.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from bson.raw_bson import RawBSONDocument
from pymongo.asynchronous.database import AsyncDatabase

from backlink_crawler.history.life import found_elsewhere
from backlink_crawler.history.manifest import event_id
from backlink_crawler.store.documents import Document
from backlink_crawler.store.encoding import encoded
from backlink_crawler.store.pending import Finds, Opening
from backlink_crawler.urls import url_id

MOVABLE = frozenset({"removed_from_html", "page_gone", "page_redirected"})
"""Losses that finding the link elsewhere explains."""
MOVED_WITHIN = timedelta(days=30)
"""A link that turns up later than this after a loss is another link."""
_OTHERS = 3
_OF_OTHERS = ("source_url", "first_seen", "found")


class Loss(NamedTuple):
    """A loss that may have been a move."""

    event: Document
    """The ``lost`` event."""
    last_seen: datetime | None
    """When the link was last seen where it is lost."""

    @property
    def crawl_id(self) -> str:
        """The crawl that showed the loss."""
        return str(self.event["visit"]).rpartition("/")[0]


@dataclass(slots=True)
class Moves:
    """What to write of losses that were moves."""

    events: list[Document] = field(default_factory=list)
    amendments: list[RawBSONDocument] = field(default_factory=list)
    """Statements for ``bulk.update``."""
    replaced: set[bytes] = field(default_factory=set)
    """Ids of ``lost`` events in whose place a ``moved`` event stands."""


async def losses_of(database: AsyncDatabase[Document], openings: Sequence[Opening]) -> list[Loss]:
    """Return the losses that these commits may explain: their own, and earlier ones of links that they found."""
    own: list[Loss] = []
    for opening in openings:
        last_seen = {a.link_id: a.values.get("last_seen") for a in opening.amendments}
        own += (
            Loss(event, last_seen[event["link_id"]])
            for event in opening.events
            if event["event"] == "lost" and event["reason"] in MOVABLE
        )
    return own + await _earlier_losses(database, [opening.finds for opening in openings if opening.finds])


async def explain_losses(database: AsyncDatabase[Document], losses: Sequence[Loss]) -> Moves:
    """Return what to write of those losses whose link is found on another page of the site now."""
    moves = Moves()
    if not losses:
        return moves
    keys = [
        {"n": n, "site": loss.event["source_site"], "target": url_id(loss.event["target_url"])}
        for n, loss in enumerate(losses)
    ]
    started = await _starts(database, {loss.crawl_id for loss in losses})
    async for found in await database.aggregate(_links_on_the_site(keys, "live", _OTHERS)):
        loss = losses[found["n"]]
        others = [other for other in found["links"] if other["source_url"] != loss.event["source_url"]]
        place = found_elsewhere(others, last_seen=loss.last_seen, new_since=started.get(loss.crawl_id))
        if place is not None:
            _add(moves, loss.event, place)
    return moves


async def _starts(database: AsyncDatabase[Document], crawls: Collection[str]) -> dict[str, datetime]:
    """Return when these crawls began."""
    found = database["crawls"].find({"_id": {"$in": list(crawls)}, "started": {"$exists": True}}, {"started": 1})
    return {crawl["_id"]: crawl["started"] async for crawl in found}


def _add(moves: Moves, lost: Document, place: str) -> None:
    moves.replaced.add(lost["_id"])
    moved = {
        **lost,
        "_id": event_id(lost["link_id"], lost["revision"], "moved"),
        "event": "moved",
        "field": "source_url",
        "old": lost["source_url"],
        "new": place,
    }
    moved.pop("recorded", None)
    moves.events.append(moved)
    same = {"_id": lost["link_id"], "target_site": lost["target_site"], "revision": lost["revision"], "status": "lost"}
    moves.amendments.append(encoded({"q": same, "u": {"$set": {"lost_reason": "moved"}}}))


async def _earlier_losses(database: AsyncDatabase[Document], finds: Sequence[Finds]) -> list[Loss]:
    """Return losses of links to the same targets on other pages of the sites where links were found."""
    losing = await _losing(database, {one.site for one in finds})
    by_site: dict[str, list[Finds]] = {}
    for one in finds:
        if one.site in losing:
            by_site.setdefault(one.site, []).append(one)
    lost: dict[bytes, Document] = {}
    for site, found in by_site.items():
        match = {
            "source_site": site,
            "target_id": {"$in": [target for one in found for target in one.target_ids]},
            "status": "lost",
            "lost_at": {"$gte": min(one.at for one in found) - MOVED_WITHIN},
            "lost_reason": {"$in": list(MOVABLE)},
        }
        async for record in database["links"].find(match, {"revision": 1, "last_seen": 1}):
            lost[event_id(record["_id"], record["revision"], "status")] = record
    if not lost:
        return []
    events = database["link_events"].find({"_id": {"$in": list(lost)}, "event": "lost"})
    return [Loss(event, lost[event["_id"]]["last_seen"]) async for event in events]


async def _losing(database: AsyncDatabase[Document], sites: Collection[str]) -> set[str]:
    """Return those of ``sites`` that have lost any link.

    While a site is crawled for the first time nothing of it is lost: one look at all sites spares one at each link.
    """
    if not sites:
        return set()
    query = {"source_site": {"$in": list(sites)}, "status": "lost"}
    found = await database["links"].find(query, {"_id": 0, "source_site": 1}).limit(len(sites)).to_list()
    losing = {link["source_site"] for link in found}
    if len(found) < len(sites) or len(losing) == len(sites):
        return losing
    # A few sites that lost much may stand before the others: one link of each of these is enough.
    asked = [{"n": site, "site": site, "target": None} for site in sites if site not in losing]
    seen = await database.aggregate(_links_on_the_site(asked, "lost", 1))
    return losing | {found["n"] async for found in seen if found["links"]}


def _links_on_the_site(keys: Sequence[Document], status: str, limit: int) -> list[dict[str, Any]]:
    """Return a pipeline that looks for links of a site, to one target or any, for many at once.

    Within equal keys an index is in the order of insertion: the first few are the oldest.
    """
    same_target: list[Any] = [] if keys[0]["target"] is None else [{"$eq": ["$target_id", "$$target"]}]
    wanted = {"$expr": {"$and": [{"$eq": ["$source_site", "$$site"]}, *same_target]}, "status": status}
    return [
        {"$documents": list(keys)},
        {
            "$lookup": {
                "from": "links",
                "let": {"site": "$site", "target": "$target"},
                "pipeline": [{"$match": wanted}, {"$limit": limit}, {"$project": dict.fromkeys(_OF_OTHERS, 1)}],
                "as": "links",
            }
        },
        {"$project": {"n": 1, "links": 1}},
    ]
