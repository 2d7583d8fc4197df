"""Where addresses of the sites asked for lead, as a table."""

import pyarrow as pa
from pymongo.asynchronous.database import AsyncDatabase

from backlink_crawler.reports.dictionary import arrow_schema
from backlink_crawler.reports.question import Question
from backlink_crawler.reports.tables import TABLES
from backlink_crawler.store.documents import Document
from backlink_crawler.store.target_variants import ways_of
from backlink_crawler.urls import url_id


async def target_ways(database: AsyncDatabase[Document], question: Question, _columns: frozenset[str]) -> pa.Table:
    """Read every page that redirects or names another canonical address, with the way to where it leads."""
    rows = []
    for site in question.sites:
        for url, way in (await ways_of(database, site)).items():
            told = {"told_id": url_id(way[-1]), "told_url": way[-1]}
            rows.append({"target_id": url_id(url), **told, "way": " > ".join((url, *way))})
    return pa.Table.from_pylist(rows, arrow_schema(TABLES["target_ways"]))
