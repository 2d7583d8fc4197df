"""Reads of what links point to: targets that are broken, and targets that redirect, with what that costs in links.

A target is judged by its own page, so only targets that were visited are told (``scrapy crawl check-targets``). What
could not be seen is not called broken: a refusal (401, 403, 429), a robots.txt or a challenge may be meant for us only.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pymongo.asynchronous.database import AsyncDatabase

from backlink_crawler.store.documents import Document

State = Literal["redirected", "gone", "soft_404", "loop", "too_long", "server_error", "no_answer"]
"""``gone``: 404 or 410, itself or where its redirects end. ``soft_404``: says so with a 200, or leads to the home page.
``loop``, ``too_long``: its redirects lead nowhere. ``server_error``, ``no_answer``: at the last visit; it may pass."""

_GONE = frozenset({404, 410})


@dataclass(frozen=True, slots=True)
class TargetRow:
    """One linked page of a site."""

    url: str
    state: State
    links: int
    """Links from other sites that are not known to be lost."""
    sites: int
    """Sites they stand on."""
    follow: int
    """How many of the links are followed."""
    status: int | None
    """HTTP status of the target itself, at its last visit."""
    final_url: str | None
    """Where its redirects end, as far as known; ``None`` where it does not redirect."""
    final_status: int | None
    chain: Sequence[str]
    checked: datetime
    """The last visit."""
    example: str
    """A page that links to it."""


async def broken(database: AsyncDatabase[Document], site: str) -> AsyncIterator[TargetRow]:
    """Yield the broken pages of ``site`` that others link to, those that most sites link to first."""
    async for row in _targets(database, site, _NOT_FINE):
        state = broken_state(row["page"])
        if state is not None:
            yield _row(row, state)


async def redirected(database: AsyncDatabase[Document], site: str) -> AsyncIterator[TargetRow]:
    """Yield the pages of ``site`` that others link to and that redirect, broken ones too, in the same order."""
    async for row in _targets(database, site, {"page.outcome": "redirect"}):
        yield _row(row, broken_state(row["page"]) or "redirected")


def broken_state(page: Mapping[str, Any]) -> State | None:
    """Return in which way a page, as stored, is broken for its readers, or ``None``."""
    outcome, status = page["outcome"], page.get("http_status")
    soft = page.get("soft_404")
    if outcome == "redirect" and "chain" in page:
        end = page["chain_end"]
        if end in {"loop", "too_long"}:
            return "loop" if end == "loop" else "too_long"
        outcome, status, soft = page.get("final_outcome"), page.get("final_status"), page.get("final_soft_404")
    if outcome == "http_error" and status in _GONE:
        return "gone"
    if outcome == "http_error" and (status or 0) >= 500:
        return "server_error"
    if outcome in {"network_error", "certificate_error"}:
        return "no_answer"
    return "soft_404" if soft else None


_NOT_FINE: Mapping[str, Any] = {
    "$or": [
        {"page.outcome": {"$in": ["redirect", "http_error", "network_error", "certificate_error"]}},
        {"page.soft_404": True},
    ]
}


async def _targets(database: AsyncDatabase[Document], site: str, wanted: Mapping[str, Any]) -> AsyncIterator[Document]:
    pipeline: list[Mapping[str, Any]] = [
        {"$match": {"target_site": site, "source_site": {"$ne": site}, "status": "live"}},
        {
            "$group": {
                "_id": "$target_id",
                "links": {"$sum": 1},
                "follow": {"$sum": {"$cond": ["$follow", 1, 0]}},
                "sites": {"$addToSet": "$source_site"},
                "example": {"$min": "$source_url"},
            }
        },
        {"$set": {"sites": {"$size": "$sites"}}},
        {
            "$lookup": {
                "from": "pages",
                "localField": "_id",
                "foreignField": "_id",
                "pipeline": [{"$project": {"manifest": 0, "pending": 0, "unknown_periods": 0, "unseen": 0}}],
                "as": "page",
            }
        },
        {"$set": {"page": {"$first": "$page"}}},
        {"$match": wanted},
        {"$sort": {"sites": -1, "links": -1, "_id": 1}},
    ]
    async for row in await database["links"].aggregate(pipeline, allowDiskUse=True):
        yield row


def _row(row: Document, state: State) -> TargetRow:
    page = row["page"]
    return TargetRow(
        url=page["url"],
        state=state,
        links=row["links"],
        sites=row["sites"],
        follow=row["follow"],
        status=page.get("http_status"),
        final_url=page.get("final_url"),
        final_status=page.get("final_status"),
        chain=page.get("chain", []),
        checked=page["last_visited"],
        example=row["example"],
    )
