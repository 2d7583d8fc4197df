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

from scrapy.settings import BaseSettings

from backlink_crawler.alerts import run as delivery
from backlink_crawler.alerts.config import AlertsConfig, ConfigError, parse
from backlink_crawler.alerts.courier import Patience
from backlink_crawler.alerts.sinks.files import shown
from backlink_crawler.alerts.turn import Result, World
from backlink_crawler.jobs import terminal
from backlink_crawler.jobs.database import index_store
from backlink_crawler.reports.formats.harmless import plain
from backlink_crawler.services import ServiceError
from backlink_crawler.store import StoreError
from backlink_crawler.suffix_setting import follow_suffixes
from backlink_crawler.suffixes import SuffixListError


def run(settings: BaseSettings, args: Sequence[str], opts: argparse.Namespace) -> int:
    """Tell the sinks of ``opts.file`` what is new."""
    if args:  # Scrapy lets unknown options through
        return terminal.fail("alerts", f"unknown argument {args[0]!r}", 2)
    if opts.dry_run and (opts.follow or opts.test):
        wrong = "--follow" if opts.follow else "--test"
        return terminal.fail("alerts", f"--dry-run shows what one run would tell; leave out {wrong}", 2)
    try:
        follow_suffixes(settings)
        config = _config(Path(opts.file))
        around = delivery.Surroundings(Path(opts.file).absolute().parent, terminal.write)
        results = asyncio.run(_work(settings, config, opts, around))
    except ConfigError as error:
        return terminal.fail("alerts", str(error), 2)
    except (ServiceError, StoreError, SuffixListError) as error:
        return terminal.fail("alerts", str(error), 1)
    except KeyboardInterrupt:
        return 0 if opts.follow else 1
    return _concluded(config, results)


def _concluded(config: AlertsConfig, results: Sequence[Result]) -> int:
    for sink, result in zip(config.sinks, results, strict=False):
        if result.trouble:
            _say(f"{sink.name}: {result.trouble}")
    return 1 if any(result.trouble or result.aside for result in results) else 0


async def _work(
    settings: BaseSettings, config: AlertsConfig, opts: argparse.Namespace, around: delivery.Surroundings
) -> Sequence[Result]:
    world = World(
        clock=lambda: datetime.now(UTC),
        patience=Patience(asyncio.sleep, delivery.chance),
        say=_say,
        holder=f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex}",
        since=opts.since,
    )
    if opts.test:
        return await delivery.try_out(config, world, around)
    # Looking needs no right to write, remembering positions does.
    async with index_store(settings, opts.database, read_only=opts.dry_run) as store:
        if opts.dry_run:
            await delivery.preview(store, config, world, lambda _, alerts: terminal.write("".join(map(shown, alerts))))
            return []
        if not opts.follow:
            results = await delivery.once(store, config, world, around)
            for sink, result in zip(config.sinks, results, strict=True):
                _say(f"{sink.name}: {result.told:,} told")
            return results
        task = asyncio.ensure_future(delivery.follow(store, config, world, around))
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
