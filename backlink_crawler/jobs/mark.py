"""``scrapy mark``: read decisions from a table or from options, and write them into the index."""

import argparse
import asyncio
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from scrapy.settings import BaseSettings

from backlink_crawler.annotations import (
    FIELDS,
    AnnotationError,
    Change,
    SubjectKind,
    subject_in,
    subject_of,
    values_in,
)
from backlink_crawler.delimited import DelimitedError, Table, table_of, text_of
from backlink_crawler.jobs import terminal
from backlink_crawler.jobs.database import index_store
from backlink_crawler.services import ServiceError
from backlink_crawler.store import Store, StoreError
from backlink_crawler.store.annotations import Written, annotate, with_addresses
from backlink_crawler.suffix_setting import follow_suffixes
from backlink_crawler.suffixes import SuffixListError

_TOLD = 20
"""Rows that make no sense, each in a line; the rest is counted."""


def run(settings: BaseSettings, args: Sequence[str], opts: argparse.Namespace) -> int:
    """Write what ``opts`` and the file that it names say."""
    if args:  # Scrapy lets unknown options through
        return terminal.fail("mark", f"unknown argument {args[0]!r}", 2)
    problems: list[str] = []
    try:
        follow_suffixes(settings)
        changes = list(_changes(opts, problems))
        written, unknown = asyncio.run(_write(index_store(settings, opts.database, read_only=False), changes, opts.dry))
        problems += unknown
    except (AnnotationError, DelimitedError) as error:
        return terminal.fail("mark", str(error), 2)
    except (ServiceError, StoreError, SuffixListError) as error:
        return terminal.fail("mark", str(error), 1)
    for problem in problems[:_TOLD]:
        terminal.fail("mark", problem, 1)
    if len(problems) > _TOLD:
        terminal.fail("mark", f"and {len(problems) - _TOLD:,} rows more that make no sense", 1)
    print(_told(written, dry=opts.dry), file=sys.stderr)
    return 1 if problems else 0


def _changes(opts: argparse.Namespace, problems: list[str]) -> Iterator[Change]:
    """Yield what is to be written; rows that make no sense are added to ``problems``."""
    options = {name: getattr(opts, name) for name in FIELDS}
    given = values_in(options)
    place = Path(opts.what)
    if "://" in opts.what or not (place.is_file() or "/" in opts.what or place.suffix in {".csv", ".tsv", ".txt"}):
        if not given:
            raise AnnotationError("what was decided? Example: --as disavow (others: --tags, --note, --cost …)")
        if opts.on:
            raise AnnotationError("--on says what the rows of a table are about; a page, host or site says it itself")
        yield Change(subject_of(opts.what), given)
        return
    table = table_of(text_of(place))
    if not given and not set(table.columns) & set(FIELDS):
        raise AnnotationError(f"{place} has none of the columns {', '.join(FIELDS)}: add one, or say --as DECISION")
    yield from _rows(table, options, opts.on, problems)


def _rows(table: Table, options: dict[str, str], on: SubjectKind | None, problems: list[str]) -> Iterable[Change]:
    for row in table:
        try:
            if row.problem:
                raise AnnotationError(row.problem)
            cells = {
                **row.cells,
                **{name: text for name, text in options.items() if not row.cells.get(name, "").strip()},
            }
            if values := values_in(cells):
                yield Change(subject_in(cells, on), values)
        except AnnotationError as error:
            problems.append(f"line {row.line}: {error}")


async def _write(store: Store, changes: Sequence[Change], dry: bool) -> tuple[Written, list[str]]:
    async with store, store.answers():
        known, unknown = await with_addresses(store.database, changes)
        return await annotate(store.database, known, at=datetime.now(UTC), dry=dry), unknown


def _told(written: Written, *, dry: bool) -> str:
    parts = [
        f"{number:,} {name}"
        for name, number in (
            ("new", written.new),
            ("changed", written.changed),
            ("cleared", written.cleared),
            ("unchanged", written.unchanged),
        )
        if number
    ]
    return f"{'would be written' if dry else 'written'}: {', '.join(parts) or 'nothing'}"
