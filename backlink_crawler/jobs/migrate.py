"""``scrapy migrate``: bring a database to the schema, the rules of URLs and the suffix list of this program."""

import argparse
import asyncio
from collections.abc import Sequence

from scrapy.settings import BaseSettings

from backlink_crawler.history.revisiting import Patience
from backlink_crawler.jobs import terminal
from backlink_crawler.jobs.database import index_store
from backlink_crawler.jobs.progress import Progress
from backlink_crawler.services import ServiceError
from backlink_crawler.store import Store, StoreError, migrations
from backlink_crawler.suffixes import SuffixListError

NEEDED = 3
"""Exit code of ``--dry-run`` where there is something to do."""


def run(settings: BaseSettings, args: Sequence[str], opts: argparse.Namespace) -> int:
    """Migrate the index, or tell what that would do."""
    if args:  # Scrapy lets unknown options through
        return terminal.fail("migrate", f"unknown argument {args[0]!r}", 2)
    try:
        store = index_store(settings, opts.database, program=migrations.NAME)
        internal_too = settings.getbool("STORE_INTERNAL_LINKS")
        if opts.dry:
            work = _check(store, internal_too=internal_too)
        else:
            work = _migrate(store, _patience(settings), force=opts.force, internal_too=internal_too)
        return asyncio.run(work)
    except (ServiceError, StoreError, SuffixListError) as error:
        return terminal.fail("migrate", str(error), 1)


async def _check(store: Store, *, internal_too: bool) -> int:
    try:
        plan = await migrations.plan(store)
        told = [_told(store.database.name, plan)]
        if plan.other:
            with Progress() as shown:
                counts, aside = await migrations.outstanding(store, shown, internal_too=internal_too)
            told += [f"  {number:,} {what}" for what, number in sorted(counts.items())]
            told += [f"  {number:,} set aside: {why}" for why, number in sorted(aside.items())]
            told += [] if counts or aside else ["  no record changes"]
    finally:
        await store.close()
    print("\n".join(told))
    return 0 if plan.is_empty else NEEDED


_OTHER = {"url_rules": "Rules of URLs", "suffixes": "Suffix list"}


def _told(database: str, plan: migrations.Plan) -> str:
    if plan.is_empty:
        return f"Database {database!r} has schema {plan.schema}, rules and suffix list of this program: nothing to do."
    lines = [f"Database {database!r} has schema {plan.schema}" + (", half migrated." if plan.interrupted else ".")]
    for version, outstanding in plan.steps.items():
        what = ", ".join(f"{number:,} {name}" for name, number in outstanding.items())
        lines.append(f"{version} to {version + 1}: {migrations.STEPS[version].what} ({what} to do), new indexes.")
    if plan.connected is None:
        lines.append("MongoDB does not say who is connected: make sure that no worker is.")
    elif plan.connected:
        lines.append(f"{plan.connected} connections of workers or commands are open: stop them first.")
    lines += [f"{_OTHER[name]}: {theirs} to {mine}." for name, (theirs, mine) in plan.other.items()]
    return "\n".join(lines)


async def _migrate(store: Store, patience: Patience, *, force: bool, internal_too: bool) -> int:
    try:
        with Progress() as shown:
            await migrations.migrate(store, patience, shown, beside_others=force, internal_too=internal_too)
        plan = await migrations.plan(store)
    finally:
        await store.close()
    print(_told(store.database.name, plan))
    return 0


def _patience(settings: BaseSettings) -> Patience:
    """Pages are due as they would be after a crawl with these settings."""
    return Patience(
        recheck_min_days=settings.getfloat("RECHECK_MIN_DAYS"),
        recheck_max_days=settings.getfloat("RECHECK_MAX_DAYS"),
        unreachable_visits=settings.getint("UNREACHABLE_VISITS"),
        unreachable_days=settings.getfloat("UNREACHABLE_DAYS"),
    )
