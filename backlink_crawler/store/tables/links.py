"""Links as tables: those to the sites asked for, and those of these sites to others."""

import asyncio
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import pyarrow as pa
from pymongo.asynchronous.database import AsyncDatabase

from backlink_crawler.reports.dictionary import LINKS, Column, arrow_schema
from backlink_crawler.reports.question import Question
from backlink_crawler.store.documents import Document
from backlink_crawler.store.schema import BACKLINKS
from backlink_crawler.store.tables import marks
from backlink_crawler.store.tables.arrow import chosen, table
from backlink_crawler.urls import host_of, url_id

_BEYOND = "\U0010ffff"
"""Sorts after every character of a URL."""
_PARTS = ("", "g", "m", "s", _BEYOND)
"""Source sites from each to the next are read at the same time: by one thread of MongoDB each."""
_IDS = 5_000
"""In one filter."""


async def links_in(database: AsyncDatabase[Document], question: Question, columns: frozenset[str]) -> pa.Table:
    """Read the links from other sites to what is asked for, directly or through redirects elsewhere."""
    wanted = chosen(LINKS, columns | marks.keys_for(columns))
    found = [_matched(await _direct(database, question, wanted), "direct")]
    for match in await _final(database, question):
        found.append(_matched(await table(database["links"], match, wanted, key="link_id"), "final"))
    read = pa.concat_tables(found)
    if not columns & marks.NAMES:
        return read
    return marks.beside(read, await marks.marks(database, question, marks.NEEDED))


async def _direct(database: AsyncDatabase[Document], question: Question, wanted: Sequence[Column]) -> pa.Table:
    """Read them from the index alone where it holds all that is asked for."""
    links, match = database["links"], direct(question)
    if question.scope != "site" or not is_covered(wanted):
        return await table(links, match, wanted, key="link_id")
    parts = [{**match, "source_site": {**match["source_site"], "$gte": a, "$lt": b}} for a, b in pairwise(_PARTS)]
    return pa.concat_tables(
        await asyncio.gather(*(table(links, part, wanted, key="link_id", hint="backlinks") for part in parts))
    )


def is_covered(wanted: Sequence[Column]) -> bool:
    """Return whether the index ``backlinks`` holds these columns of links."""
    return {column.name for column in wanted} <= {*BACKLINKS}


async def by_id(database: AsyncDatabase[Document], ids: Sequence[bytes], columns: frozenset[str]) -> pa.Table:
    """Read the links with these ids."""
    wanted = chosen(LINKS, columns)
    parts = [ids[start : start + _IDS] for start in range(0, len(ids), _IDS)]
    found = [await table(database["links"], {"_id": {"$in": part}}, wanted, key="link_id") for part in parts]
    return pa.concat_tables([arrow_schema(wanted).empty_table(), *found])


async def links_out(database: AsyncDatabase[Document], question: Question, columns: frozenset[str]) -> pa.Table:
    """Read the links of the sites asked for to others."""
    sites = list(question.sites)
    match: dict[str, Any] = {"source_site": {"$in": sites}, "target_site": {"$nin": sites}}
    if question.scope == "url":
        match["source_id"] = url_id(question.place)
    elif question.scope == "prefix":
        match["source_url"] = {"$gte": question.place, "$lt": question.place + _BEYOND}
    elif question.scope == "host":
        match["source_host"] = question.place
    return await table(database["links"], match, chosen(LINKS, columns), key="link_id")


def direct(question: Question) -> dict[str, Any]:
    """Return the filter of links whose target itself is asked for."""
    sites = list(question.sites)
    match: dict[str, Any] = {"target_site": {"$in": sites}, "source_site": {"$nin": sites}}
    if question.scope == "url":
        match["target_id"] = url_id(question.place)
    elif question.scope == "prefix":
        match["target_url"] = {"$gte": question.place, "$lt": question.place + _BEYOND}
    elif question.scope == "host":
        match["target_host"] = question.place
    return match


async def _final(database: AsyncDatabase[Document], question: Question) -> Sequence[Mapping[str, Any]]:
    """Return the filters of links to pages of other sites that redirect to what is asked for, a filter per site."""
    sites = list(question.sites)
    match: dict[str, Any] = {"final_site": {"$in": sites}, "site": {"$nin": sites}, "outcome": "redirect"}
    by_site: dict[str, list[bytes]] = {}
    async for page in database["pages"].find(match, {"site": 1, "final_url": 1}):
        if is_asked_for(page["final_url"], question):
            by_site.setdefault(page["site"], []).append(page["_id"])
    return [
        {"target_site": site, "target_id": {"$in": ids}, "source_site": {"$nin": [site, *sites]}}
        for site, ids in by_site.items()
    ]


def is_asked_for(url: str, question: Question) -> bool:
    """Return whether ``url``, of one of the sites asked for, is within the scope."""
    if question.scope == "url":
        return url == question.place
    if question.scope == "prefix":
        return url.startswith(question.place)
    return question.scope == "site" or host_of(url) == question.place


def _matched(found: pa.Table, matched: str) -> pa.Table:
    return found.append_column("matched", pa.array([matched] * found.num_rows, pa.string()))
