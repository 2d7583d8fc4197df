"""A made-up index of any size: pages, links with their features, and links that were lost, found again and changed."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo import MongoClient
from pymongo.database import Database

from backlink_crawler.store import schema

Document = dict[str, Any]

TARGET = "target.test"
END = datetime(2026, 11, 1, tzinfo=UTC)
"""When the made-up crawling ended."""

_DAYS = 730
_LINKS_A_PAGE = 20
_PAGES_A_SITE = 50
_BATCH = 5_000
_REGIONS = ("content", "nav", "header", "footer", "aside", "comment")
_REASONS = ("removed_from_html", "page_gone", "page_redirected", "unreachable")
_WORDS = " ".join("".join(random.Random(word).choices("etaoinshrdlu", k=2 + word % 9)) for word in range(200_000))
_ANCHORS = ("Target", "target.test", "read more", "here", "", *(_WORDS[at : at + 25] for at in range(0, 500_000, 25)))


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is."""

    links: int
    backlinks: int
    """Of them to ``TARGET``, each on a page of its own."""
    events: int
    """Of the links to ``TARGET``; a twentieth as many, relative to their number, of all others."""


@dataclass(slots=True)
class _Fate:
    """What became of one link."""

    live: bool = True
    follow: bool = True
    region: str = "content"
    lost_at: datetime | None = None
    reason: str | None = None
    events: list[Document] = field(default_factory=list)


def populate(uri: str, name: str, size: Size, seed: int = 1) -> None:
    """Fill the database ``name``, which should not exist; takes about a minute per million links."""
    with MongoClient[Document](uri, tz_aware=True) as client:
        database = client[name]
        for collection in schema.COLLECTIONS:
            database.create_collection(collection.name, **collection.options)
        _fill(database, size, random.Random(seed))
        # After the documents: building an index from them takes a tenth of keeping it up to date.
        for collection in schema.COLLECTIONS:
            if collection.indexes:
                database[collection.name].create_indexes(list(collection.indexes))


def _fill(database: Database[Document], size: Size, chance: random.Random) -> None:
    pages = size.links // _LINKS_A_PAGE
    chosen = set(chance.sample(range(pages), size.backlinks))
    batches: dict[str, list[Document]] = {"pages": [], "links": [], "link_events": []}
    for number in range(pages):
        page = _page(number, chance)
        batches["pages"].append(page)
        for link in _links(page, number in chosen, size, chance):
            batches["link_events"] += link.pop("events")
            batches["links"].append(link)
        for name, batch in batches.items():
            if len(batch) >= _BATCH:
                database[name].insert_many(batch, ordered=False)
                batch.clear()
    for name, batch in batches.items():
        if batch:
            database[name].insert_many(batch, ordered=False)


def _page(number: int, chance: random.Random) -> Document:
    site = f"site{number // _PAGES_A_SITE}.test"
    first = END - timedelta(seconds=chance.randrange(_DAYS * 86_400))
    last = END - timedelta(seconds=chance.randrange(int((END - first).total_seconds()) + 1))
    page = {
        "_id": chance.randbytes(16),
        "url": f"https://www.{site}/a/page/of/this/site/{number}.html",
        "host": f"www.{site}",
        "site": site,
        "outcome": "ok",
        "http_status": 200,
        "title": _text(chance, 60),
        "language": "en",
        "indexable": True,
        "indexable_cause": None,
        "first_seen": first,
        "last_visited": last,
        "last_read": last,
        "visits": 5,
        "revision": 3,
        "manifest": chance.randbytes(24 * _LINKS_A_PAGE),
    }
    if chance.random() < 0.03:
        page |= {"outcome": "network_error", "unknown_since": last, "last_visited": END}
    return page


def _text(chance: random.Random, length: int) -> str:
    start = chance.randrange(len(_WORDS) - length)
    return _WORDS[start : start + length]


def _links(page: Document, to_target: bool, size: Size, chance: random.Random) -> Iterator[Document]:
    wanted = size.events / size.backlinks
    for ordinal in range(_LINKS_A_PAGE):
        site = f"other{int(chance.paretovariate(0.5))}.test"
        if to_target and ordinal == 0:
            yield _link(page, TARGET, ordinal, wanted, chance)
        else:
            yield _link(page, site, ordinal, wanted / 20, chance)


def _link(page: Document, site: str, ordinal: int, events: float, chance: random.Random) -> Document:
    target = f"https://{site}/products/{int(chance.paretovariate(0.8))}"
    link: Document = {
        "_id": chance.randbytes(16),
        "source_id": page["_id"],
        "target_id": target.encode().rjust(16)[-16:],
        "source_url": page["url"],
        "source_host": page["host"],
        "source_site": page["site"],
        "target_url": target,
        "target_host": site,
        "target_site": site,
        "first_seen": page["first_seen"] + (END - page["first_seen"]) * (chance.random() * 0.5),
        "last_seen": page["last_read"],
        "found": "with_page" if chance.random() < 0.6 else "on_known_page",
        "revision": 3,
    }
    fate = _fate(link, events, chance)
    return {
        **link,
        **_FEATURES,
        "href": target,
        "anchor": _ANCHORS[int(chance.paretovariate(0.5)) % len(_ANCHORS)],
        "heading": _text(chance, 40),
        "text_before": _text(chance, 100),
        "text_after": _text(chance, 100),
        "xpath": f"/html/body/div[2]/div[{ordinal}]/main/article/section[{chance.randrange(20)}]/p[4]/a[1]",
        "rel": [] if fate.follow else ["nofollow"],
        "nofollow": not fate.follow,
        "follow": fate.follow,
        "nofollow_cause": None if fate.follow else "rel",
        "region": fate.region,
        "ordinal": ordinal,
        "status": "live" if fate.live else "lost",
        "lost_at": fate.lost_at,
        "lost_reason": fate.reason,
        "events": fate.events,
    }


def _fate(link: Document, events: float, chance: random.Random) -> _Fate:
    """A life with ``events`` events in the mean, three in every life that has any."""
    fate = _Fate(follow=chance.random() < 0.7, region=chance.choice(_REGIONS))
    first = link["first_seen"]
    if link["found"] == "on_known_page" and chance.random() < events:
        _tell(fate, link, first, ("found_on_known_page", "status", None, "live", None), chance)
    if chance.random() >= events / 3:
        return fate
    for at in sorted(first + (END - first) * chance.random() for _ in range(3)):
        kind = chance.random()
        if not fate.live:
            _tell(fate, link, at, ("restored", "status", "lost", "live", fate.reason), chance)
            fate.live, fate.lost_at, fate.reason = True, None, None
        elif kind < 0.5:
            fate.live, fate.lost_at, fate.reason = False, at, chance.choice(_REASONS)
            _tell(fate, link, at, ("lost", "status", "live", "lost", fate.reason), chance)
        elif kind < 0.7:
            fate.follow = not fate.follow
            _tell(fate, link, at, ("changed", "follow", not fate.follow, fate.follow, None), chance)
        else:
            _tell(fate, link, at, ("changed", "anchor", "old", "new", None), chance)
    return fate


def _tell(fate: _Fate, link: Document, at: datetime, what: tuple[Any, ...], chance: random.Random) -> None:
    event, subject, old, new, reason = what
    fate.events.append(
        {
            "_id": chance.randbytes(16),
            "link_id": link["_id"],
            "source_url": link["source_url"],
            "source_site": link["source_site"],
            "target_url": link["target_url"],
            "target_site": link["target_site"],
            "revision": len(fate.events) + 1,
            "visit": "seeds-20260101T000000Z/123456",
            "at": at,
            "event": event,
            "field": subject,
            "old": old,
            "new": new,
            "reason": reason,
            "follow": fate.follow,
            "region": fate.region,
            "evidence": {"lost_at": fate.lost_at} if event == "restored" else None,
            "recorded": at,
        }
    )


_FEATURES: Document = {
    "scope": "external",
    "link_type": "text",
    "anchor_source": "text",
    "ugc": False,
    "sponsored": False,
    "content_score": 0.5,
    "hidden": None,
    "occurrences": 1,
    "wrapped_url": None,
    "placement_type": "editorial",
    "placement_reason": "in a paragraph of the article",
    "offset": 0.4,
    "dom_depth": 9,
    "block_tag": "p",
    "block_words": 60,
    "block_link_density": 0.1,
    "in_list": False,
    "weight": 0.05,
}
