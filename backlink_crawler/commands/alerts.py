"""``scrapy alerts FILE``: tell people and programs what has happened to links."""

import argparse
import asyncio
import os
import signal
import socket
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from scrapy.commands import ScrapyCommand, ScrapyHelpFormatter
from scrapy.settings import BaseSettings

from backlink_crawler.alerts import run
from backlink_crawler.alerts.config import AlertsConfig, ConfigError, parse
from backlink_crawler.alerts.courier import Patience
from backlink_crawler.alerts.sinks.files import shown
from backlink_crawler.alerts.turn import Result, World
from backlink_crawler.commands import _terminal
from backlink_crawler.commands._database import index_store
from backlink_crawler.preflight import follow_suffixes
from backlink_crawler.reports.formats import plain
from backlink_crawler.services import ServiceError
from backlink_crawler.store import StoreError

_HELP = """\
Tell people and programs what has happened to links: new ones, changed, lost, moved, back; sites gained and lost.

FILE is a TOML file that names sinks and what each is told (docs/alerts.md):

  [[sink]]
  name = "ops"
  kind = "webhook"                        # or mail, slack, file, console
  url = "https://hooks.example/backlinks"
  secret = "env:BACKLINKS_SECRET"         # the environment variable; never printed
  [sink.only]
  targets = ["example.com"]               # the sites whose backlinks are meant
  events = ["lost", "moved", "site_lost"]

  scrapy alerts alerts.toml --test        one message, marked as a test, to each sink
  scrapy alerts alerts.toml --dry-run     show what would be told; send and remember nothing
  scrapy alerts alerts.toml               tell what is new, and end: for cron
  scrapy alerts alerts.toml --follow      tell what is new, every minute, until stopped

Each sink remembers in the index how far it was told, under its name. A sink's first run begins now; --since DATE
begins earlier. Alerts are at least once: after a crash some are repeated under the same id, none is skipped.

Exit codes: 0 every sink was told; 1 one was not, or not everything, or the index cannot be read (the reason is on
stderr; what was not taken waits for the next run); 2 wrong usage, or the file says what cannot be."""


class _Formatter(argparse.RawDescriptionHelpFormatter, ScrapyHelpFormatter):
    """Keeps the lines of the description."""


class Command(ScrapyCommand):
    """Deliver alerts."""

    requires_project = True
    requires_crawler_process = False
    default_settings = {"LOG_ENABLED": False}  # noqa: RUF012 - Scrapy's own declaration

    def syntax(self) -> str:
        return "FILE [--once | --follow | --test] [--dry-run] [--since DATE] [--database NAME]"

    def short_desc(self) -> str:
        return "Tell webhooks, mail, Slack or a file what has happened to links"

    def long_desc(self) -> str:
        return _HELP

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.formatter_class = _Formatter
        parser.add_argument("file", metavar="FILE", help="the alerts file (TOML)")
        mode = parser.add_mutually_exclusive_group()
        mode.add_argument("--once", action="store_true", help="tell what is new and end (the default)")
        mode.add_argument("--follow", action="store_true", help="go on telling until stopped")
        mode.add_argument("--test", action="store_true", help="send each sink one message that is marked as a test")
        parser.add_argument("--dry-run", action="store_true", help="show what would be told; send and remember nothing")
        parser.add_argument(
            "--since", type=_date, metavar="DATE", help="where sinks begin at their first run: 2026-11-21, or with time"
        )
        parser.add_argument("--database", metavar="NAME", help="default: the setting MONGODB_DATABASE")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        if args:  # Scrapy lets unknown options through
            self._fail(2, f"unknown argument {args[0]!r}")
            return
        if opts.dry_run and (opts.follow or opts.test):
            self._fail(
                2, f"--dry-run shows what one run would tell; leave out {'--follow' if opts.follow else '--test'}"
            )
            return
        try:
            follow_suffixes(self.settings)
            config = _config(Path(opts.file))
            around = run.Surroundings(Path(opts.file).absolute().parent, _terminal.write)
            results = asyncio.run(_work(self.settings, config, opts, around))
        except ConfigError as error:
            self._fail(2, str(error))
        except (ServiceError, StoreError) as error:
            self._fail(1, str(error))
        except KeyboardInterrupt:
            self.exitcode = 0 if opts.follow else 1
        else:
            self._conclude(config, results)

    def _conclude(self, config: AlertsConfig, results: Sequence[Result]) -> None:
        for sink, result in zip(config.sinks, results, strict=False):
            if result.trouble:
                self._fail(1, f"{sink.name}: {result.trouble}")
            if result.aside:
                self.exitcode = 1

    def _fail(self, exit_code: int, why: str) -> None:
        _say(why)
        self.exitcode = exit_code


async def _work(
    settings: BaseSettings, config: AlertsConfig, opts: argparse.Namespace, around: run.Surroundings
) -> Sequence[Result]:
    world = World(
        clock=lambda: datetime.now(UTC),
        patience=Patience(asyncio.sleep, run.chance),
        say=_say,
        holder=f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex}",
        since=opts.since,
    )
    if opts.test:
        return await run.try_out(config, world, around)
    # Looking needs no right to write, remembering positions does.
    async with index_store(settings, opts.database, read_only=opts.dry_run) as store:
        if opts.dry_run:
            await run.preview(store, config, world, lambda _, alerts: _terminal.write("".join(map(shown, alerts))))
            return []
        if not opts.follow:
            results = await run.once(store, config, world, around)
            for sink, result in zip(config.sinks, results, strict=True):
                _say(f"{sink.name}: {result.told:,} told")
            return results
        task = asyncio.ensure_future(run.follow(store, config, world, around))
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        try:
            await task
        except asyncio.CancelledError:
            return []
    return []


def _config(path: Path) -> AlertsConfig:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigError(f"{path} cannot be read: {why}") from error
    return parse(text, file=str(path), environment=os.environ)


def _say(text: str) -> None:
    print(f"scrapy alerts: {plain(text)}", file=sys.stderr, flush=True)


def _date(text: str) -> datetime:
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date. Examples: 2026-11-21, 2026-11-21T14:00") from None
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
