"""``scrapy migrate``: bring a database of an older version to the schema of this one."""

import argparse
import asyncio
import sys
import time

from scrapy.commands import ScrapyCommand
from scrapy.settings import BaseSettings

from backlink_crawler.commands._database import index_store
from backlink_crawler.history.revisiting import Patience
from backlink_crawler.services import ServiceError
from backlink_crawler.store import Store, StoreError, migrations

NEEDED = 3
"""Exit code of ``--check`` where there is something to do."""
_TOLD_EVERY = 5.0
"""Seconds."""


class Command(ScrapyCommand):
    """Migrate the index."""

    requires_project = True
    requires_crawler_process = False
    default_settings = {"LOG_ENABLED": False}  # noqa: RUF012 - Scrapy's own declaration

    def syntax(self) -> str:
        return "[--check] [--force] [--database NAME]"

    def short_desc(self) -> str:
        return "Bring a database that an older version wrote to the schema of this one"

    def long_desc(self) -> str:
        return (
            "Stop all workers first, and make a backup (mongodump). Nothing is asked for again and no record is lost; "
            "a migration that was interrupted is finished by running this again. While it runs no worker can start. "
            "It refuses to begin while workers or commands of this project are connected to the same MongoDB. Exit "
            f"codes: 0 done, or nothing to do; 1 it cannot be done (the reason is on stderr); 2 wrong usage; {NEEDED} "
            "'--check' found something to do."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--check", action="store_true", help="only tell what would be done")
        parser.add_argument(
            "--force", action="store_true", help="go on though others are connected: they use other databases"
        )
        parser.add_argument("--database", metavar="NAME", help="default: the setting MONGODB_DATABASE")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        if args:  # Scrapy lets unknown options through
            print(f"scrapy migrate: unknown argument {args[0]!r}", file=sys.stderr)
            self.exitcode = 2
            return
        try:
            store = index_store(self.settings, opts.database, program=migrations.NAME)
            work = _check(store) if opts.check else _migrate(store, _patience(self.settings), force=opts.force)
            self.exitcode = asyncio.run(work)
        except (ServiceError, StoreError) as error:
            print(f"scrapy migrate: {error}", file=sys.stderr)
            self.exitcode = 1


async def _check(store: Store) -> int:
    try:
        plan = await migrations.plan(store)
    finally:
        await store.close()
    print(_told(store.database.name, plan))
    return NEEDED if plan.steps else 0


def _told(database: str, plan: migrations.Plan) -> str:
    if not plan.steps:
        return f"Database {database!r} has schema {plan.schema}, as this program has: nothing to do."
    lines = [f"Database {database!r} has schema {plan.schema}" + (", half migrated." if plan.interrupted else ".")]
    for version, outstanding in plan.steps.items():
        what = ", ".join(f"{number:,} {name}" for name, number in outstanding.items())
        lines.append(f"{version} to {version + 1}: {migrations.STEPS[version].what} ({what} to do), new indexes.")
    if plan.connected is None:
        lines.append("MongoDB does not say who is connected: make sure that no worker is.")
    elif plan.connected:
        lines.append(f"{plan.connected} connections of workers or commands are open: stop them first.")
    return "\n".join(lines)


async def _migrate(store: Store, patience: Patience, *, force: bool) -> int:
    shown = _Progress()
    try:
        await migrations.migrate(store, patience, shown, beside_others=force)
        plan = await migrations.plan(store)
    finally:
        await store.close()
    print(_told(store.database.name, plan))
    return 0


class _Progress:
    """Tells on stderr how far it is: each kind of work when it ends, and every few seconds before."""

    def __init__(self) -> None:
        self._told = time.monotonic()

    def __call__(self, what: str, done: int, whole: int) -> None:
        now = time.monotonic()
        if done >= whole or now - self._told >= _TOLD_EVERY:
            self._told = now
            print(f"{what}: {done:,} of {whole:,}", file=sys.stderr, flush=True)


def _patience(settings: BaseSettings) -> Patience:
    """Pages are due as they would be after a crawl with these settings."""
    return Patience(
        recheck_min_days=settings.getfloat("RECHECK_MIN_DAYS"),
        recheck_max_days=settings.getfloat("RECHECK_MAX_DAYS"),
        unreachable_visits=settings.getint("UNREACHABLE_VISITS"),
        unreachable_days=settings.getfloat("UNREACHABLE_DAYS"),
    )
