"""Answers made by hand, for formats: rows that SQL or a table says, with what a view says of them."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa

from backlink_crawler.reports.answer import Answer
from backlink_crawler.reports.formats.document import Surroundings
from backlink_crawler.reports.formats.registry import FORMATS
from backlink_crawler.reports.view import View

STATEMENTS = (
    "885 pages of 52 sites tried in 1 crawl, 852 seen; 1.1 % of what was tried was blocked or unknown (robots 0.6 %).",
    "As of 2026-03-01 12:00 UTC, the last visit.",
)


@dataclass(frozen=True, slots=True)
class Made:
    """What an answer is made of; its rows can be read only once, so each format gets an answer of its own."""

    rows: pa.Table
    view: View = field(default_factory=lambda: View("links", "Links", ""))
    total: int | None = None
    title: str = "Links: shop.com"
    statements: Sequence[str] = STATEMENTS
    batch: int = 4

    def answer(self) -> Answer:
        """Return a new answer of the same rows, in small batches."""
        return Answer(
            title=self.title,
            statements=self.statements,
            facts={"view": self.view.name, "sites": ["shop.com"]},
            view=self.view,
            shown=self.view.columns or tuple(self.rows.column_names),
            rows=self.rows.to_reader(max_chunksize=self.batch),
            total=self.rows.num_rows if self.total is None else self.total,
        )


def made(sql: str, **about: object) -> Made:
    """Return an answer whose rows ``sql`` says, of the types that the engine gives them."""
    with duckdb.connect() as connection:
        rows = connection.sql(sql).to_arrow_reader().read_all()
    return Made(rows, **about)  # type: ignore[arg-type]  # fields of Made


def written(name: str, *answers: Made, width: int = 100, colour: bool = False) -> bytes:
    """Return the document of these answers in the format ``name``."""
    out = io.BytesIO()
    document = FORMATS[name].begin(out, Surroundings(width=width, colour=colour))
    for each in answers:
        document.add(each.answer())
    document.close()
    return out.getvalue()
