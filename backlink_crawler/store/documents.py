"""Records as MongoDB documents: field names as in ``records``, absent where a page fact was not observed."""

from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from itemadapter import ItemAdapter

from backlink_crawler.records import Link, Page
from backlink_crawler.urls import link_id, url_id

Document = dict[str, Any]

_LINK_FIELDS = tuple(f.name for f in fields(Link))


def page_update(page: Page, at: datetime) -> tuple[Document, list[Document]]:
    """Return (filter, update pipeline) that make ``page`` the state of its URL as of ``at``.

    The same visit again changes nothing, and a visit older than the stored one only moves ``first_seen``.
    """
    state = dict(ItemAdapter(page))
    state["last_visited"] = at
    visit = {
        # $literal: a title such as "$100" would otherwise be read as a field path.
        "$mergeObjects": ["$$ROOT", {"$literal": state}, {"visits": {"$add": [{"$ifNull": ["$visits", 0]}, 1]}}]
    }
    is_newer = {"$gt": [at, {"$ifNull": ["$last_visited", datetime.min.replace(tzinfo=UTC)]}]}
    first_seen = {"$min": [{"$ifNull": ["$first_seen", at]}, at]}
    return (
        {"_id": url_id(page.url)},
        [
            {"$replaceWith": {"$cond": [is_newer, visit, "$$ROOT"]}},
            {"$set": {"first_seen": first_seen}},
        ],
    )


def link_update(link: Link, at: datetime) -> tuple[Document, Document]:
    """Return (filter, update) for one link seen at ``at``; the filter carries the full shard key."""
    state = {name: getattr(link, name) for name in _LINK_FIELDS}
    target_site = state.pop("target_site")
    state["source_id"] = url_id(link.source_url)
    state["target_id"] = url_id(link.target_url)
    return (
        {"_id": link_id(link.source_url, link.target_url), "target_site": target_site},
        {"$set": state, "$setOnInsert": {"status": "live"}, "$min": {"first_seen": at}, "$max": {"last_seen": at}},
    )


def bounded_text(document: object, limit: int = 2_000) -> str:
    """Return ``document`` as text that MongoDB surely accepts, for the record set aside."""
    return repr(document).encode("utf-8", "backslashreplace")[:limit].decode("utf-8", "ignore")
