"""Answering a view: from what was asked, over the tables it needs, to an answer that a format can write."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pyarrow as pa

from backlink_crawler.reports.addresses import ids_named, with_addresses
from backlink_crawler.reports.answer import TOTAL, Answer, Plan, Wish, plan
from backlink_crawler.reports.engine import Engine, Needed
from backlink_crawler.reports.question import Question
from backlink_crawler.reports.summary import Observed, coverage_statements, meant, observation, opening, totals_of
from backlink_crawler.reports.tables import LATE
from backlink_crawler.reports.view import View, ViewError
from backlink_crawler.store import Store, reads, tables
from backlink_crawler.store.tables.addresses import urls_of


@asynccontextmanager
async def answered(
    store: Store, question: Question, view: View, wish: Wish, *, asked: str = ""
) -> AsyncIterator[Answer]:
    """Answer ``view`` over the index as it is; rows can be read until the block ends.

    :param asked: what the user wrote for the site, mentioned where the site is not obvious.
    :raises WrongCondition: a column that is not there, or a condition that is none.
    :raises ViewError: no such group, a view without columns, or one that needs to be told more.
    :raises EngineError: SQL that cannot be answered.
    :raises StoreError: the index cannot be read.
    """
    wish = replace(wish, dated=bool(question.since or question.until))
    question = _complete(question, view)
    site = ", ".join(question.sites)
    with Engine(question) as engine:
        planned = plan(engine, view, wish)
        needed = _needed(engine, planned)
        async with store.answers():
            observed, found = await asyncio.gather(
                reads.observed(store.database, question.sites), tables.read(store.database, question, needed)
            )
            engine.fill(found)
            for name in LATE:
                if name in needed:
                    pairs = engine.answer(_pairs(engine, name, planned)).read_all()
                    engine.fill({name: await tables.of_pairs(store.database, name, needed[name], pairs)})
            total, rows = await _rows(store, question, engine, planned)
        said, counted = _opened(engine, planned, site, observed)
        statements = (
            *meant(site, asked),
            *_scope(question),
            *said,
            *coverage_statements(site, observed),
            *_matching(needed),
            *_asked(question, planned),
            *planned.view.notes,
        )
        told = {"view": planned.view.name, "site": site, "sites": list(question.sites), "asked": asked or site}
        yield Answer(
            title=f"{planned.view.title}: {', '.join(question.sites)}",
            statements=statements,
            facts={**told, **observation(observed), **counted, "statements": list(statements)},
            view=planned.view,
            shown=planned.shown,
            rows=rows,
            total=total,
        )


def _complete(question: Question, view: View) -> Question:
    """Return the question with the time that the view takes where none is said."""
    for name in view.needs:
        if not question.variables()[name]:
            raise ViewError(f"view {view.name!r} needs --{name}")
    return question.of_last(view.days) if view.days else question


def _needed(engine: Engine, planned: Plan) -> Needed:
    """Return what is read of which tables, for the opening and to choose late ones as well."""
    needed = engine.needed(planned.sql)
    choices = [engine.needed(_over(planned.view.sql, LATE[name])) for name in LATE if name in needed]
    found = (needed, *choices, *map(engine.needed, _opening(planned)))
    return {name: frozenset[str]().union(*(one.get(name, ()) for one in found)) for one in found for name in one}


def _opening(planned: Plan) -> Sequence[str]:
    """Return SQL of what is told before the rows; none: nothing is."""
    return [f"FROM {planned.view.opening}"] if planned.view.opening else []


def _opened(engine: Engine, planned: Plan, site: str, observed: Observed) -> tuple[Sequence[str], Mapping[str, object]]:
    for sql in _opening(planned):
        (row,) = engine.answer(sql).read_all().to_pylist()
        return opening(site, observed, totals_of(site, row))
    return (), {}


async def _rows(store: Store, question: Question, engine: Engine, planned: Plan) -> tuple[int, pa.RecordBatchReader]:
    """Return how many rows there are, and those that are shown."""
    if not planned.view.addresses:
        return engine.count(planned.sql), engine.answer(planned.limited)
    read = engine.answer(planned.limited).read_all()
    urls = await urls_of(store.database, question, ids_named(planned.view, read))
    total = read[TOTAL][0].as_py() if read.num_rows else 0
    return total, with_addresses(planned.view, read, urls, planned.names).to_reader()


def _scope(question: Question) -> Sequence[str]:
    told = {"url": "the address", "prefix": "addresses that begin with", "host": "the host"}
    if question.scope == "site":
        return ()
    return (f"Of {question.sites[0]} only {told[question.scope]} {question.place} is asked for.",)


def _pairs(engine: Engine, name: str, planned: Plan) -> str:
    """Return SQL of the pairs of sites for which the late table ``name`` is read: those of the rows that are shown.

    Where the table decides which rows these are, or they do not tell their sites, it is read for all rows.
    """
    if "source_site" in engine.columns(planned.limited):
        sites = f"WITH shown AS (\n{planned.limited}\n)\nSELECT source_site FROM shown"
        deciding = engine.needed(sites).get(name, frozenset())
        if deciding <= {"source_site", "target_site"}:
            return _over(planned.limited, LATE[name])
    return _over(planned.view.sql, LATE[name])


def _over(shown: str, pairs: str) -> str:
    return f"WITH shown AS (\n{shown}\n)\nSELECT DISTINCT source_site, target_site FROM ({pairs}\n)"


def _matching(read: Iterable[str]) -> list[str]:
    if "links_in" in read:
        return ["Links count where they point to what is asked for, directly or by redirects (column matched)."]
    return ["Links count where they point directly to what is asked for; redirects in between are not followed."]


def _asked(question: Question, planned: Plan) -> list[str]:
    """Return what else was asked."""
    said, view = [], planned.view
    if planned.condition:
        said.append(f"Only rows of which this is true: {' '.join(planned.condition.split())}")
    if "versus" in view.needs:
        said.append(f"Compared with {', '.join(question.versus)}.")
    if view.days and question.since:
        said.append(f"From {question.since:%Y-%m-%d} to {question.last_day:%Y-%m-%d} (UTC).")
    return said
