"""Answering a view: from what was asked, over the tables it needs, to an answer that a format can write."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pyarrow as pa

from backlink_crawler.reports.addresses import ids_named, with_addresses
from backlink_crawler.reports.answer import TOTAL, Answer, Plan, Wish, plan
from backlink_crawler.reports.engine import Engine, Needed
from backlink_crawler.reports.openings import OPENINGS, told
from backlink_crawler.reports.question import Question
from backlink_crawler.reports.summary import Observed, coverage_statements, meant, observation
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
            # Before the rows, which are a stream that the next statement would end.
            said, counted = _opened(engine, planned, site, observed)
            spared = _spared(engine, planned)
            total, rows = await _rows(store, question, engine, planned)
        statements = (
            *meant(site, asked),
            *_scope(question, needed),
            *said,
            *coverage_statements(site, observed),
            *_matching(needed),
            *_asked(question, planned),
            *planned.view.notes,
            *spared,
        )
        about = {"view": planned.view.name, "site": site, "sites": list(question.sites), "asked": asked or site}
        yield Answer(
            title=f"{planned.view.title}: {', '.join(question.sites)}",
            statements=statements,
            facts={**about, **observation(observed), **counted, "statements": list(statements)},
            view=planned.view,
            shown=planned.shown,
            rows=rows,
            total=total,
        )


def _complete(question: Question, view: View) -> Question:
    """Return the question with the time that the view takes where none is said."""
    variables = question.variables()
    for name in view.needs:
        if name not in variables:
            raise ViewError(f"view {view.name!r} needs {name!r}, which is nothing that can be asked")
        if not variables[name]:
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
    name = planned.view.opening
    if name and name not in OPENINGS:
        raise ViewError(f"view {planned.view.name!r} opens with {name!r}. There are: {', '.join(OPENINGS)}")
    return [f"FROM {name}"] if name else []


def _opened(engine: Engine, planned: Plan, site: str, observed: Observed) -> tuple[Sequence[str], Mapping[str, object]]:
    if not planned.view.opening:
        return (), {}
    (row,) = engine.answer(f"FROM {planned.view.opening}").read_all().to_pylist()
    return told(planned.view.opening, site, observed, row)


async def _rows(store: Store, question: Question, engine: Engine, planned: Plan) -> tuple[int, pa.RecordBatchReader]:
    """Return how many rows there are, and those that are shown."""
    if not planned.view.addresses:
        return engine.count(planned.sql), engine.answer(planned.limited)
    read = engine.answer(planned.limited).read_all()
    urls = await urls_of(store.database, question, ids_named(planned.view, read))
    total = read[TOTAL][0].as_py() if read.num_rows else 0
    return total, with_addresses(planned.view, read, urls, planned.names).to_reader()


def _spared(engine: Engine, planned: Plan) -> Sequence[str]:
    """Return what is said of rows that are left out, where there are such."""
    return [planned.view.omission] if planned.omitted and engine.count(planned.omitted) else []


def _scope(question: Question, read: Iterable[str]) -> Sequence[str]:
    meant_by = {"url": "the address", "prefix": "addresses that begin with", "host": "the host"}
    if question.scope == "site":
        return ()
    if "daily" in read:
        return (f"Days are known of the whole site {question.sites[0]} only, and told of that.",)
    return (f"Of {question.sites[0]} only {meant_by[question.scope]} {question.place} is asked for.",)


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
