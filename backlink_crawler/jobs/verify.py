"""``scrapy verify FILE --out CSV``: are placed links there as agreed?"""

import argparse
import asyncio
import csv
import logging
import os
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TextIO

from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.settings import BaseSettings

from backlink_crawler.frontier.contract import FrontierError
from backlink_crawler.jobs import terminal
from backlink_crawler.jobs.database import index_store
from backlink_crawler.net.hostsfile import HostsFileError
from backlink_crawler.placed_links import ListError, PlacedLink, PlacedLinks, read_list
from backlink_crawler.reports.formats.harmless import harmless_cell
from backlink_crawler.services import ServiceError
from backlink_crawler.spiders.walking import ArgumentError
from backlink_crawler.store import Store, StoreError
from backlink_crawler.store.evidence import evidence_of
from backlink_crawler.suffix_setting import follow_suffixes
from backlink_crawler.suffixes import SuffixListError
from backlink_crawler.verification import COLUMNS, Judgement, judge

FAILED, WRONG_USAGE, UNKNOWN, NOT_DONE = 1, 2, 3, 4
_BATCH = 500
_TELL_EVERY = 10_000

logger = logging.getLogger(__name__)


def run(settings: BaseSettings, args: Sequence[str], opts: argparse.Namespace, process: AsyncCrawlerProcess) -> int:
    """Let ``process`` visit the pages of ``opts.file``, and write the verdicts to ``opts.out``."""
    if args:  # Scrapy lets unknown options through
        return terminal.fail("verify", f"unknown argument {args[0]!r}", WRONG_USAGE)
    try:
        follow_suffixes(settings)
        links = read_list(Path(opts.file), opts.target)
        _check_out(opts.out)
        started = datetime.now(UTC)
        crawler = _crawled(process, opts.file, opts.target)
        verdicts = asyncio.run(_judge(crawler, links, started, opts.out))
    except (ArgumentError, ListError) as error:
        return terminal.fail("verify", str(error), WRONG_USAGE)
    except (FrontierError, HostsFileError, ServiceError, StoreError, SuffixListError, OSError) as error:
        return terminal.fail("verify", str(error), NOT_DONE)
    told = ", ".join(f"{verdicts[verdict]:,} {verdict}" for verdict in ("ok", "fail", "unknown"))
    print(f"{verdicts.total():,} links: {told}", file=sys.stderr)
    return FAILED if verdicts["fail"] else UNKNOWN if verdicts["unknown"] else 0


def _check_out(out: str) -> None:
    """Better now than after hours of crawling.

    :raises ListError: the result could not be written.
    """
    place = Path(out).absolute()
    if out == "-":
        return
    if not place.parent.is_dir():
        raise ListError(f"--out {out}: there is no such folder")
    if place.is_dir() or not os.access(place.parent, os.W_OK):
        raise ListError(f"--out {out}: that {'is a folder' if place.is_dir() else 'folder cannot be written'}")


def _crawled(process: AsyncCrawlerProcess, file: str, target: str | None) -> Crawler:
    """Visit the pages of the list; raises what made that impossible."""
    crawler = process.create_crawler("verify")
    task = process.crawl(crawler, file=file, **({"target": target} if target else {}))
    process.start()
    error = task.exception() if task.done() and not task.cancelled() else None
    if error is not None:
        raise error
    assert crawler.stats is not None
    if crawler.stats.get_value("finish_reason") in {"frontier_error", "start_error"}:
        raise StoreError("the crawl broke off; its log says why")
    return crawler


async def _judge(crawler: Crawler, links: PlacedLinks, started: datetime, out: str) -> Counter[str]:
    verdicts: Counter[str] = Counter()
    with _output(out) as stream:
        writer = csv.writer(stream, quoting=csv.QUOTE_MINIMAL, lineterminator="\n")
        # A result that is checked again: its old verdicts give way to the new ones.
        columns = [name for name in links.columns if name not in COLUMNS]
        writer.writerow([*map(harmless_cell, columns), *COLUMNS])
        async with index_store(crawler.settings) as store:
            async for row, judgement in _judged(store, links, crawler.settings["CRAWL_ID"], started):
                cells = [row.cells[name] for name in columns] + judgement.cells()
                writer.writerow(map(harmless_cell, cells))
                verdicts[judgement.verdict] += 1
                if verdicts.total() % _TELL_EVERY == 0:
                    logger.info("%d rows judged", verdicts.total())
    return verdicts


async def _judged(
    store: Store, links: PlacedLinks, crawl_id: str, started: datetime
) -> AsyncIterator[tuple[PlacedLink, Judgement]]:
    for rows in _batches(links.rows):
        async with store.answers():
            evidence = await evidence_of(store.database, rows, crawl_id=crawl_id, since=started)
        for row, known in zip(rows, evidence, strict=True):
            yield row, judge(row, known)


def _batches(rows: Iterable[PlacedLink]) -> Iterator[list[PlacedLink]]:
    left = iter(rows)
    while batch := list(islice(left, _BATCH)):
        yield batch


class _Stdout:
    """What a CSV writer needs of a file; a reader that stops early is no error."""

    def write(self, text: str) -> None:
        terminal.write(text)


@contextmanager
def _output(out: str) -> Iterator["TextIO | _Stdout"]:
    """Open the result: a file appears whole or not at all."""
    if out == "-":
        yield _Stdout()
        return
    place = Path(out).absolute()
    handle, draft = tempfile.mkstemp(prefix=f".{place.name}.", dir=place.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(draft).chmod(0o666 & ~_umask())
        Path(draft).replace(place)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
