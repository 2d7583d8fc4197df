"""Views asked as the command asks them, without the command: rows and sentences to compare."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from backlink_crawler.jobs.view import answered
from backlink_crawler.reports.answer import Wish
from backlink_crawler.reports.question import Question
from backlink_crawler.reports.view import views
from backlink_crawler.store import Store

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of a question."""

    rows: Sequence[Row]
    statements: Sequence[str]
    facts: dict[str, object]
    total: int

    def column(self, name: str) -> list[Any]:
        """Return one column's values, in the rows' order."""
        return [row[name] for row in self.rows]

    def by(self, *names: str) -> dict[Any, Row]:
        """Return the rows by the values of these columns, which tell them apart."""
        found = {tuple(row[name] for name in names) if len(names) > 1 else row[names[0]]: row for row in self.rows}
        assert len(found) == len(self.rows), f"{names} do not tell the rows apart"
        return found


@dataclass(frozen=True, slots=True)
class Asking:
    """Asks views of one database, at one time."""

    uri: str
    database: str
    now: datetime

    async def __call__(self, view: str, site: str, wish: Wish | None = None, **question: Any) -> Reply:
        """Return all that ``view`` answers of ``site``; ``question``: other fields of ``Question``."""
        asked = replace(Question((site,), self.now), **question)
        async with (
            Store(self.uri, self.database, read_only=True) as store,
            answered(store, asked, views()[view], wish or Wish()) as answer,
        ):
            rows = answer.rows.read_all().to_pylist()
            return Reply(rows, answer.statements, dict(answer.facts), answer.total)
