"""Reads of the past: links as they were, days, sites that came and went, and the life of one link.

What was so at a time is told from how it is now and what has happened since (``history.timeline``), so these reads cost
what the past after that time is long. They may run while a crawl writes: what it changes meanwhile is counted or not.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any

from pymongo import ASCENDING
from pymongo.asynchronous.database import AsyncDatabase

from backlink_crawler.history import timeline
from backlink_crawler.history.series import DailySeries, Day, Part, start_of
from backlink_crawler.history.timeline import Event, Period, SiteChange, Step
from backlink_crawler.store.documents import Document
from backlink_crawler.store.views import Stage
from backlink_crawler.urls import link_id

_BATCH = 2_000
_TURNS = ("lost", "retargeted", "moved", "restored")
"""Kinds of events that change whether a link is live."""
_COUNTED = ("first_seen", "found", "status", "lost_at", "follow", "region", "source_site")
"""Fields of a link."""
_TOLD = ("link_id", "revision", "at", "event", "field", "old", "follow", "region")
_NEEDED_AT = ("_id", "source_id", "first_seen", "last_seen", "status", "rel")
"""Without these a link cannot be told as it was."""


@dataclass(frozen=True, slots=True)
class LinkHistory:
    """One link from its first day to now."""

    link: Document
    """As it is now."""
    events: Sequence[Event]
    """Settled, oldest first."""
    unknown: Sequence[Period]
    """When its page could not be looked at; the last is open while it cannot be."""
    last_seen: datetime | None
    """Of a live link when its page was last read."""

    @property
    def status(self) -> str:
        """Return ``live``, ``lost``, or ``unknown`` while the page of a live link cannot be looked at."""
        is_open = any(until is None for _, until in self.unknown)
        return "unknown" if self.link["status"] == "live" and is_open else str(self.link["status"])


async def links_at(
    database: AsyncDatabase[Document],
    site: str,
    when: datetime,
    *,
    own: Collection[str] = (),
    fields: Collection[str] | None = None,
) -> AsyncIterator[Document]:
    """Yield the links from other sites to ``site`` that had been found by ``when``, each as it was then.

    See ``history.timeline.state_at`` for what is known of the past of a link; lost ones are among them.

    :param own: sites whose links to ``site`` are nobody's backlinks.
    :param fields: only these, and what is needed to tell them; ``None``: all.
    """
    events = await _events(database, {**_to(site, own), "at": {"$gt": when}}, ())
    projection = dict.fromkeys((*fields, *_NEEDED_AT), 1) if fields is not None else None
    found = database["links"].find({**_to(site, own), "first_seen": {"$lte": when}}, projection, batch_size=_BATCH)
    while links := await found.to_list(_BATCH):
        unknown = await _unknown(database, {link["source_id"] for link in links})
        for link in links:
            state = timeline.state_at(link, events.get(link["_id"], ()), when, unknown.get(link["source_id"], ()))
            if state is not None:
                yield state


async def daily_series(
    database: AsyncDatabase[Document], site: str, since: date, until: date, *, own: Collection[str] = ()
) -> list[Day]:
    """Return each UTC day from ``since`` to ``until``, both included, of the links from other sites to ``site``.

    :param own: sites whose links to ``site`` are nobody's backlinks.
    """
    start = start_of(since)
    changes = {"event": "changed", "field": {"$in": ["follow", "region"]}}
    counted = {"$or": [{"event": {"$in": _TURNS}}, changes]}
    births, events = await asyncio.gather(
        _births(database, births_by_day(site, start, own=own)),
        _events(database, {**_to(site, own), "at": {"$gte": start}, **counted}, _TOLD),
    )
    series = DailySeries(since, until)
    for birth in births:
        series.add_births(birth["day"].date(), birth["found"], Part(birth["follow"], birth["region"]), birth["links"])
    altered = {id_: told for id_, told in events.items() if any(event["event"] == "changed" for event in told)}
    for id_, told in events.items():
        if id_ not in altered:
            series.add_turns(told)
    for id_, link in (await _links(database, altered)).items():
        if _is_among_births(link, start):
            series.add_births(link["first_seen"].date(), link["found"], Part(link["follow"], link["region"]), -1)
        series.add(link, altered[id_])
    return list(series.days())


async def site_changes(
    database: AsyncDatabase[Document], target_site: str, since: datetime, until: datetime
) -> list[SiteChange]:
    """Return when sites began or ceased to link to ``target_site``, from ``since`` (included) to ``until``, in order.

    A site is gained when its first link appears and none was live, lost when its last live one goes.
    """
    turned = {**_to(target_site), "at": {"$gte": since}, "event": {"$in": _TURNS}}
    firsts, events = await asyncio.gather(_first_links(database, target_site), _events(database, turned, _TOLD))
    links = await _links(database, events)
    sites = {link["source_site"] for link in links.values()}
    lives: dict[str, list[list[Step]]] = {site: [_found(first)] for site, first in firsts.items() if site not in sites}
    standing = await _live_since(database, target_site, sites)
    for id_, link in links.items():
        if link["status"] == "live":
            standing[link["source_site"]][link["first_seen"]] -= 1
        lives.setdefault(link["source_site"], []).append(timeline.steps(link, events[id_]))
    for site, times in standing.items():
        if first := min((at for at, links_then in times.items() if links_then > 0), default=None):
            lives.setdefault(site, []).append(_found(first))
    return list(timeline.site_changes(lives, since, until))


async def link_history(database: AsyncDatabase[Document], source_url: str, target_url: str) -> LinkHistory | None:
    """Return the life of the link from one normalised URL to another; ``None`` where it was never seen."""
    id_ = link_id(source_url, target_url)
    link = await database["links"].find_one({"_id": id_})
    if link is None:
        return None
    told, page = await asyncio.gather(
        database["link_events"].find({"link_id": id_}).sort([("at", ASCENDING), ("revision", ASCENDING)]).to_list(),
        database["pages"].find_one({"_id": link["source_id"]}),
    )
    read = (page or {}).get("last_read") if link["status"] == "live" else None
    unknown = timeline.unknown_periods(page)
    return LinkHistory(link, timeline.settled(told), unknown, read or link.get("last_seen"))


def _to(site: str, own: Collection[str] = ()) -> dict[str, Any]:
    """What links to ``site`` from others that are not among ``own`` either."""
    ours = sorted({site, *own})
    return {"target_site": site, "source_site": {"$nin": ours} if len(ours) > 1 else {"$ne": site}}


async def _events(
    database: AsyncDatabase[Document], match: Mapping[str, Any], fields: Iterable[str]
) -> dict[bytes, list[Event]]:
    """Settled events by link; all their fields where none is named."""
    projection = dict.fromkeys(fields, 1) | {"_id": 0} if fields else None
    events: defaultdict[bytes, list[Event]] = defaultdict(list)
    found = await database["link_events"].find(match, projection, batch_size=10 * _BATCH).to_list()
    for event in timeline.settled(found):
        events[event["link_id"]].append(event)
    return events


async def _births(database: AsyncDatabase[Document], stages: Sequence[Stage]) -> list[Document]:
    rows = await database["links"].aggregate(stages)
    return [{**row["_id"], "links": row["links"]} async for row in rows]


def births_by_day(site: str, start: datetime, *, own: Collection[str] = ()) -> list[Stage]:
    """Return stages over ``links``: how many were found on each day, by how, follow and region.

    The days before ``start`` are one; links that were lost before ``start``, and stayed so, are left out. Answered from
    an index alone: reading the links themselves takes ten times as long where they do not all fit in memory.
    """
    match = {**_to(site, own), "lost_at": {"$not": {"$lt": start}}}
    day = {"$dateTrunc": {"date": {"$max": ["$first_seen", start - timedelta(days=1)]}, "unit": "day"}}
    key = {"day": day, "found": "$found", "follow": "$follow", "region": "$region"}
    return [{"$match": match}, {"$group": {"_id": key, "links": {"$sum": 1}}}]


def _is_among_births(link: Document, start: datetime) -> bool:
    return link["lost_at"] is None or bool(link["lost_at"] >= start)


async def _links(database: AsyncDatabase[Document], ids: Iterable[bytes]) -> dict[bytes, Document]:
    """What is counted of these links."""

    async def find(some: Sequence[bytes]) -> list[Document]:
        return await database["links"].find({"_id": {"$in": some}}, _COUNTED, batch_size=_BATCH + 1).to_list()

    # Links lie scattered, so reading them is slow for one thread of MongoDB.
    wanted = list(ids)
    found = await asyncio.gather(*(find(wanted[at : at + _BATCH]) for at in range(0, len(wanted), _BATCH)))
    return {link["_id"]: link for link in chain.from_iterable(found)}


async def _first_links(database: AsyncDatabase[Document], target_site: str) -> dict[str, datetime]:
    """Of each site with live links: when the first of these was found."""
    match = {**_to(target_site), "status": "live"}
    group = {"_id": "$source_site", "first": {"$min": "$first_seen"}}
    rows = await database["links"].aggregate([{"$match": match}, {"$group": group}])
    return {row["_id"]: row["first"] async for row in rows}


async def _live_since(
    database: AsyncDatabase[Document], target_site: str, sites: Collection[str]
) -> dict[str, Counter[datetime]]:
    """Of each of ``sites``: how many of its live links were found when."""
    times: defaultdict[str, Counter[datetime]] = defaultdict(Counter)
    if sites:
        match = {"target_site": target_site, "source_site": {"$in": list(sites)}, "status": "live"}
        group = {"_id": {"site": "$source_site", "at": "$first_seen"}, "links": {"$sum": 1}}
        rows = await database["links"].aggregate([{"$match": match}, {"$group": group}])
        async for row in rows:
            times[row["_id"]["site"]][row["_id"]["at"]] = row["links"]
    return times


def _found(at: datetime) -> list[Step]:
    """A link that was found and lives."""
    return [Step(at, None, timeline.Standing(True, True, ""))]


async def _unknown(database: AsyncDatabase[Document], page_ids: Iterable[bytes]) -> dict[bytes, list[Period]]:
    """When the pages could not be looked at; those that always could be are absent."""
    ever = [{"unknown_since": {"$exists": True}}, {"unknown_periods": {"$exists": True}}]
    pages = database["pages"].find(
        {"_id": {"$in": list(page_ids)}, "$or": ever}, {"unknown_since": 1, "unknown_periods": 1}
    )
    return {page["_id"]: timeline.unknown_periods(page) async for page in pages}
