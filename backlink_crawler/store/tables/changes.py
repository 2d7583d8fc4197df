"""What happened in the time that is asked for: links that came and went, and their events."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
from pymongo.asynchronous.database import AsyncDatabase

from backlink_crawler.reports.dictionary import EVENTS, LINKS, Column
from backlink_crawler.reports.question import Question
from backlink_crawler.store.documents import Document
from backlink_crawler.store.tables.arrow import chosen, table
from backlink_crawler.store.tables.links import direct


async def links_new(database: AsyncDatabase[Document], question: Question, columns: frozenset[str]) -> pa.Table:
    """Read the links to what is asked for that were first seen in the time asked for."""
    match = {**direct(question), "first_seen": within(question)}
    return await table(database["links"], match, chosen(LINKS, columns), key="link_id")


async def links_gone(database: AsyncDatabase[Document], question: Question, columns: frozenset[str]) -> pa.Table:
    """Read the links to what is asked for that were lost in the time asked for, and still are."""
    match = {**direct(question), "status": "lost", "lost_at": within(question)}
    return await table(database["links"], match, chosen(LINKS, columns), key="link_id")


async def events_in(database: AsyncDatabase[Document], question: Question, columns: frozenset[str]) -> pa.Table:
    """Read what happened to links to what is asked for in the time asked for.

    Of a narrower scope than a site, links are chosen by their addresses: an event names no other part of its target.
    """
    match = {name: value for name, value in direct(question).items() if name not in {"target_id", "target_host"}}
    if question.scope == "url":
        match["target_url"] = question.place
    elif question.scope == "host":
        match["target_url"] = {"$regex": f"^https?://{question.place.replace('.', '[.]')}[:/]"}
    wanted = chosen(EVENTS, columns)
    pipeline = [{"$match": {**match, "at": within(question)}}, as_told(wanted)]
    return await table(database["link_events"], pipeline, wanted, key="event_id")


def as_told(columns: Sequence[Column]) -> Mapping[str, Any]:
    """Return the stage that makes these columns of events: values of any kind as texts, evidence as lines."""
    told = {name: _TOLD.get(name, 1) for column in columns if (name := column.name) != "event_id"}
    return {"$project": told or {"_id": 1}}


def within(question: Question) -> Mapping[str, Any]:
    """Return the condition that a time lies in the time asked for."""
    return {"$gte": question.since or _EVER, **({"$lt": question.until} if question.until else {})}


_EVER = datetime(1970, 1, 1, tzinfo=UTC)


def _as_text(value: str) -> Mapping[str, Any]:
    """Return an expression of a value of any kind as a text: tokens of rel with blanks between them."""
    token = {"$concat": ["$$value", {"$cond": [{"$eq": ["$$value", ""]}, "", " "]}, "$$this"]}
    tokens = {"$reduce": {"input": value, "initialValue": "", "in": token}}
    return {"$cond": [{"$isArray": value}, tokens, {"$toString": value}]}


def _visit_as_text() -> Mapping[str, Any]:
    """Return an expression of a visit that failed as ``2026-03-01 http_error 503``."""
    day = {"$dateToString": {"date": "$$visit.at", "format": "%Y-%m-%d"}}
    cause = {"$ifNull": [{"$toString": "$$visit.http_status"}, "$$visit.reason", ""]}
    return {"$trim": {"input": {"$concat": [day, " ", {"$ifNull": ["$$visit.outcome", ""]}, " ", cause]}}}


_LOST_AT = {"$dateToString": {"date": "$evidence.lost_at", "format": "lost on %Y-%m-%d"}}
_TOLD: Mapping[str, Any] = {
    "old": _as_text("$old"),
    "new": _as_text("$new"),
    "evidence": {
        "$switch": {
            "branches": [
                {
                    "case": {"$isArray": "$evidence"},
                    "then": {"$map": {"input": "$evidence", "as": "visit", "in": _visit_as_text()}},
                },
                {"case": {"$gt": ["$evidence.lost_at", None]}, "then": [_LOST_AT]},
            ],
            "default": None,
        }
    },
}
