"""Answering a view: from what was asked, over the tables it needs, to an answer that a format can write."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from backlink_crawler.reports.answer import Answer, Plan, Wish, plan
from backlink_crawler.reports.engine import Engine
from backlink_crawler.reports.question import Question
from backlink_crawler.reports.summary import coverage_statements
from backlink_crawler.reports.view import View
from backlink_crawler.store import Store, reads, tables


@asynccontextmanager
async def answered(store: Store, question: Question, view: View, wish: Wish) -> AsyncIterator[Answer]:
    """Answer ``view`` over the index as it is; rows can be read until the block ends.

    :raises WrongCondition: a column that is not there, or a condition that is none.
    :raises ViewError: no such group, or a view without columns.
    :raises EngineError: SQL that cannot be answered.
    :raises StoreError: the index cannot be read.
    """
    with Engine(question) as engine:
        planned = plan(engine, view, wish)
        async with store.answers():
            observed, found = await asyncio.gather(
                reads.observed(store.database, question.sites[0]),
                tables.read(store.database, question, engine.needed(planned.sql)),
            )
        engine.fill(found)
        total = engine.count(planned.sql)
        yield Answer(
            title=f"{planned.view.title}: {', '.join(question.sites)}",
            statements=(*coverage_statements(question.sites[0], observed), *_matching(planned)),
            facts={"view": planned.view.name, "sites": list(question.sites)},
            view=planned.view,
            shown=planned.shown,
            rows=engine.answer(planned.limited),
            total=total,
        )


def _matching(planned: Plan) -> list[str]:
    return ["Links count where they point to what is asked for, directly or by redirects (column matched)."]
