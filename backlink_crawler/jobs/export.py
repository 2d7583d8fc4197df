"""``scrapy export TABLE``: the index as flat files, streamed."""

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
from scrapy.settings import BaseSettings

from backlink_crawler.exports import dictionary, manifest, places
from backlink_crawler.exports.cells import as_files_have_them, file_schema
from backlink_crawler.exports.lines import FILES, Writer
from backlink_crawler.exports.manifest import Manifest, WrongManifest
from backlink_crawler.exports.parquet import PartitionedParquet
from backlink_crawler.exports.star import TABLES, Table
from backlink_crawler.jobs import terminal
from backlink_crawler.jobs.database import index_store
from backlink_crawler.jobs.defaults import REPORT_DAYS
from backlink_crawler.jobs.progress import Progress
from backlink_crawler.reports.site import NotASite, site_named
from backlink_crawler.services import ServiceError
from backlink_crawler.store import Store, StoreError
from backlink_crawler.store.schema import SCHEMA_VERSION
from backlink_crawler.store.tables import stream
from backlink_crawler.store.tables.stream import Selection
from backlink_crawler.suffix_setting import follow_suffixes
from backlink_crawler.suffixes import SuffixListError

_COLLECTIONS = {"links": "links", "pages": "pages", "events": "link_events"}


class WrongExport(ValueError):
    """It cannot be written as it was asked for; the message is one line."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be written."""

    table: Table
    selection: Selection
    begun: datetime
    until: datetime
    """Of ``daily``: in its last day."""


def run(settings: BaseSettings, args: Sequence[str], opts: argparse.Namespace) -> int:
    """Write ``opts.table`` to ``opts.out``."""
    if args:  # Scrapy lets unknown options through
        return terminal.fail("export", f"unknown argument {args[0]!r}", 2)
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        follow_suffixes(settings)
        asked = _asked(opts, datetime.now(UTC))
        store = index_store(settings, opts.database)
        out = Path(opts.out)
        with Progress() as told:
            if opts.format == "parquet":
                rows, place = _to_folder(store, asked, out, told, go_on=opts.since == "last")
            else:
                rows, place = _to_file(store, asked, out, opts.format, told)
    except (NotASite, WrongExport, WrongManifest) as error:
        return terminal.fail("export", str(error), 2)
    except (ServiceError, StoreError, SuffixListError) as error:
        return terminal.fail("export", str(error), 1)
    except OSError as error:
        return terminal.fail("export", f"{error.filename or opts.out}: {error.strerror or error}", 1)
    except KeyboardInterrupt:
        return terminal.fail("export", "interrupted: nothing was written", 1)
    finally:
        signal.signal(signal.SIGTERM, before)
    terminal.write(f"{rows:,} rows of {asked.table.name}: {place}\n")
    return 0


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _asked(opts: argparse.Namespace, now: datetime) -> Asked:
    if opts.since == "last" and (opts.format != "parquet" or opts.table in ("sites", "daily")):
        raise WrongExport(
            "--since last goes on from the manifest of an earlier export: links, pages, events as parquet"
        )
    if opts.until and opts.table != "daily":
        raise WrongExport("--until goes with daily: what else there is, is exported as it is now")
    if opts.table == "daily" and not opts.target:
        raise WrongExport("daily needs --target SITE: the site whose links are counted, once for each")
    if opts.table == "daily" and opts.source:
        raise WrongExport("daily counts the links of all sources: leave out --source")
    since = opts.since if isinstance(opts.since, datetime) else None
    if since and since > now:
        raise WrongExport(f"--since {since:%Y-%m-%d} has not come yet; today is {now:%Y-%m-%d} (UTC)")
    until = datetime.combine(opts.until, datetime.min.time(), UTC) if opts.until else now
    if opts.table == "daily" and since and since.date() > until.date():
        raise WrongExport(f"--since {since:%Y-%m-%d} is after --until {until:%Y-%m-%d}")
    targets, sources = (tuple(dict.fromkeys(map(site_named, given))) for given in (opts.target, opts.source))
    return Asked(TABLES[opts.table], Selection(targets, sources, since), now, until)


def _to_folder(store: Store, asked: Asked, root: Path, told: Progress, *, go_on: bool) -> tuple[int, Path]:
    table, folder = asked.table, root / asked.table.name
    folder.mkdir(parents=True, exist_ok=True)
    _clean([*places.leftovers(folder), *places.leftovers(root)])
    written = _manifest(asked)
    if go_on:
        last = manifest.latest(_earlier(folder), written)
        if last is None:
            raise WrongExport(f"there is no export of {table.name} in {root} to go on from: leave out --since once")
        asked = replace(asked, selection=replace(asked.selection, since=last.next_since))
        written = _manifest(asked)
    place = folder / f"exported={manifest.stamp(asked.begun)}"
    with places.completed(place) as beside:
        with PartitionedParquet(beside, file_schema(table), table.month_of) as writer:
            asyncio.run(_write(store, asked, writer, told))
        written = replace(written, rows=writer.rows, files=writer.files())
        (beside / manifest.NAME).write_text(json.dumps(written.told(), indent=1) + "\n", "utf-8")
        for name, text in (("dictionary.json", dictionary.as_json()), ("dictionary.md", dictionary.as_markdown())):
            with places.completed(root / name) as file:
                file.write_text(text, "utf-8")
    return writer.rows, place


def _manifest(asked: Asked) -> Manifest:
    return Manifest(
        table=asked.table.name,
        key=asked.table.key,
        since=asked.selection.since,
        until=asked.begun,
        target_sites=asked.selection.target_sites,
        source_sites=asked.selection.source_sites,
        schema=SCHEMA_VERSION,
    )


def _earlier(folder: Path) -> list[Manifest]:
    found = []
    for path in sorted(folder.glob(f"exported=*/{manifest.NAME}")):
        try:
            found.append(manifest.read(json.loads(path.read_text("utf-8"))))
        except ValueError as error:
            raise WrongManifest(f"{path}: {error}") from error
    return found


def _to_file(store: Store, asked: Asked, place: Path, form: str, told: Progress) -> tuple[int, Path]:
    if not place.parent.is_dir():
        raise WrongExport(f"there is no folder {place.parent}")
    if place.is_dir():
        raise WrongExport(f"{place} is a folder: {form} goes to a file")
    _clean([left for left in places.leftovers(place.parent) if left.name.startswith(f".{place.name}.")])
    with places.completed(place) as beside, FILES[form](beside, file_schema(asked.table)) as writer:
        asyncio.run(_write(store, asked, writer, told))
    return writer.rows, place


def _clean(left: Iterable[Path]) -> None:
    for path in left:
        print(f"scrapy export: {path} was left by an export that did not end: removed", file=sys.stderr, flush=True)
        places.remove(path)


async def _write(store: Store, asked: Asked, writer: Writer, told: Progress) -> None:
    """Write all rows: while a batch is written, the next one is read."""
    table = asked.table
    schema = file_schema(table)

    def write(rows: pa.Table) -> None:
        writer.write(as_files_have_them(rows, table.columns, schema))

    async with store, store.answers():
        collection = _COLLECTIONS.get(table.name)
        whole = await stream.expected(store.database, collection, asked.selection) if collection else None
        writing = asyncio.ensure_future(asyncio.sleep(0))
        async with aclosing(_rows(store, asked)) as found:
            async for rows in found:
                await writing
                told(table.name, writer.rows, max(whole, writer.rows + 1) if whole is not None else None)
                writing = asyncio.ensure_future(asyncio.to_thread(write, rows))
        await writing
    told(table.name, writer.rows, writer.rows)


def _rows(store: Store, asked: Asked) -> AsyncGenerator[pa.Table]:
    database, selection, columns = store.database, asked.selection, asked.table.columns
    match asked.table.name:
        case "links":
            return stream.links(database, selection)
        case "pages":
            return stream.all_pages(database, selection)
        case "events":
            return stream.events(database, selection)
        case "sites":
            return stream.sites(database, selection, columns)
        case "daily":
            until = asked.until.date()
            since = selection.since.date() if selection.since else until - timedelta(days=REPORT_DAYS - 1)
            return stream.daily(database, selection.target_sites, since, until, columns)
