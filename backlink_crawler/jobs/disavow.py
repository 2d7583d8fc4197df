"""``scrapy disavow``: from decisions to a file, with what it would take away."""

import argparse
import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
from scrapy.settings import BaseSettings

from backlink_crawler.jobs import output, terminal
from backlink_crawler.jobs.asked import WrongQuestion, project_of, sites_of
from backlink_crawler.jobs.database import index_store
from backlink_crawler.project import ProjectError
from backlink_crawler.reports import disavow
from backlink_crawler.reports.engine import Engine
from backlink_crawler.reports.question import Question
from backlink_crawler.reports.site import NotASite
from backlink_crawler.services import ServiceError
from backlink_crawler.store import Store, StoreError, tables
from backlink_crawler.suffix_setting import follow_suffixes
from backlink_crawler.suffixes import SuffixListError

_SHOWN = 20
"""Lines of each kind that are told; the rest is counted."""

_REACH = """
SELECT f.line, count(DISTINCT r.link_id) AS links FROM disavow_lines f
LEFT JOIN disavow_reach r ON r.line = f.line GROUP BY ALL
"""
_COVERED = """
WITH covered AS (SELECT DISTINCT link_id FROM disavow_reach WHERE line IN (SELECT line FROM disavow_lines))
SELECT
    count(*) FILTER (link_id IN (FROM covered)) AS links,
    count(*) AS all_links,
    count(*) FILTER (follow AND link_id IN (FROM covered)) AS follow,
    count(DISTINCT source_site) FILTER (link_id IN (FROM covered)) AS sites,
    count(DISTINCT source_site) AS all_sites
FROM backlinks WHERE status <> 'lost'
"""
_DECIDED = "SELECT kind, key, source_url FROM marks WHERE decision = 'disavow'"


class NothingMarked(Exception):
    """There is nothing to write; the message says how to mark."""


@dataclass(frozen=True, slots=True)
class _Effect:
    """What lines would take away."""

    links: int
    all_links: int
    follow: int
    sites: int
    all_sites: int
    unmatched: Sequence[str]
    """Lines that match no known link."""


def run(settings: BaseSettings, args: Sequence[str], opts: argparse.Namespace) -> int:
    """Write a file, or check one."""
    if args:  # Scrapy lets unknown options through
        return terminal.fail("disavow", f"unknown argument {args[0]!r}", 2)
    try:
        follow_suffixes(settings)
        sites = sites_of(opts.site, project_of(opts))
        store = index_store(settings, opts.database)
        if opts.check:
            return asyncio.run(_check(store, sites, opts.check, _read(opts.check)))
        return asyncio.run(_write(store, sites, opts, _read(opts.previous) if opts.previous else None))
    except (NotASite, ProjectError, WrongQuestion) as error:
        return terminal.fail("disavow", str(error), 2)
    except (NothingMarked, ServiceError, StoreError, SuffixListError, OSError) as error:
        return terminal.fail("disavow", str(error), 1)


def _read(path: str) -> disavow.DisavowFile:
    return disavow.read(Path(path).read_bytes())


async def _check(store: Store, sites: Sequence[str], name: str, found: disavow.DisavowFile) -> int:
    async with store, store.answers():
        effect = await _effect(store, sites, list(found.entries))
    _tell(f"{name}: {len(found.entries):,} lines that count")
    _tell_some("", [str(problem) for problem in found.problems])
    _tell_effect(sites, effect)
    return 1 if any(not problem.harmless for problem in found.problems) else 0


async def _write(
    store: Store, sites: Sequence[str], opts: argparse.Namespace, before: disavow.DisavowFile | None
) -> int:
    async with store, store.answers():
        entries = await _decided(store, sites)
        effect = await _effect(store, sites, entries)
    head = [
        f"Disavow file for {', '.join(sites)}, written {datetime.now(UTC):%Y-%m-%d} from decisions",
        f"{len(entries):,} lines; a new upload replaces the one before",
    ]
    text = disavow.written(entries, head)
    refused = [str(problem) for problem in disavow.read(text.encode()).problems]
    if refused:
        raise NothingMarked(f"nothing was written: {refused[0]}")
    with output.opened(opts.out) as file:
        file.write(text.encode())
    _tell_effect(sites, effect)
    if before is not None:
        changes = disavow.difference(entries, before.entries)
        _tell_some(f"new since {opts.previous}: ", [one.line for one in changes.added])
        _tell_some("no longer, would count again: ", [one.line for one in changes.removed])
    return 0


async def _decided(store: Store, sites: Sequence[str]) -> list[disavow.Entry]:
    with Engine(Question(sites, datetime.now(UTC))) as engine:
        engine.fill(await tables.read(store.database, Question(sites, datetime.now(UTC)), engine.needed(_DECIDED)))
        entries = disavow.entries_of(engine.answer(_DECIDED).read_all().to_pylist())
    if not entries:
        raise NothingMarked("nothing is marked. To mark a site or page: scrapy mark spam.example --as disavow")
    return entries


async def _effect(store: Store, sites: Sequence[str], entries: Sequence[disavow.Entry]) -> _Effect:
    question = Question(sites, datetime.now(UTC))
    lines = pa.table({"line": pa.array([one.line for one in entries], pa.string())})
    with Engine(question) as engine:
        needed = dict(engine.needed(f"FROM ({_REACH}), ({_COVERED})"))
        needed.pop("disavow_lines", None)
        engine.fill({**await tables.read(store.database, question, needed), "disavow_lines": lines})
        reach = engine.answer(_REACH).read_all().to_pylist()
        (covered,) = engine.answer(_COVERED).read_all().to_pylist()
    return _Effect(**covered, unmatched=sorted(row["line"] for row in reach if not row["links"]))


def _tell_effect(sites: Sequence[str], effect: _Effect) -> None:
    _tell(
        f"would take away {effect.links:,} of {effect.all_links:,} known links to {', '.join(sites)} "
        f"({effect.follow:,} followed), on {effect.sites:,} of {effect.all_sites:,} referring domains"
    )
    _tell_some("matches no known link: ", effect.unmatched)


def _tell_some(what: str, lines: Sequence[str]) -> None:
    for line in lines[:_SHOWN]:
        _tell(f"{what}{line}")
    if len(lines) > _SHOWN:
        _tell(f"{what}{len(lines) - _SHOWN:,} more")


def _tell(text: str) -> None:
    terminal.fail("disavow", text, 0)
