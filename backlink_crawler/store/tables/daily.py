"""The daily series of a site's backlinks as a table."""

from dataclasses import asdict
from datetime import timedelta

import pyarrow as pa
from pymongo.asynchronous.database import AsyncDatabase

from backlink_crawler.history.series import Counts, Part, start_of
from backlink_crawler.reports.dictionary import arrow_schema
from backlink_crawler.reports.question import Question
from backlink_crawler.reports.tables import TABLES
from backlink_crawler.store.documents import Document
from backlink_crawler.store.history import daily_series


async def daily(database: AsyncDatabase[Document], question: Question, columns: frozenset[str]) -> pa.Table:
    """Read the UTC days of each site asked for, by follow and region; a day without links has one row of zeros."""
    assert question.since, "a view of days says how many (days: …)"
    until = question.until - timedelta(milliseconds=1) if question.until else question.now
    since, own = question.since.date(), question.sites
    sites = [await daily_series(database, site, since, until.date(), own=own) for site in own]
    rows = [
        {"day": start_of(day.day).replace(tzinfo=None), "follow": part.follow, "region": part.region, **asdict(counts)}
        for days in sites
        for day in days
        for part, counts in (day.parts or {_NONE: Counts()}).items()
    ]
    return pa.Table.from_pylist(rows, arrow_schema(TABLES["daily"]))


_NONE = Part(False, "content")
