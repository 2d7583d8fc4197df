"""``scrapy frontier``: look at a crawl from outside, and do to it what people do. No worker is needed for it."""

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.table import Table
from scrapy.commands import ScrapyCommand, ScrapyHelpFormatter
from scrapy.settings import BaseSettings

from backlink_crawler.commands import _frontier_text as words
from backlink_crawler.commands import _terminal
from backlink_crawler.frontier.connection import client_from, options_from
from backlink_crawler.frontier.contract import FrontierError
from backlink_crawler.frontier.redis import RedisFrontier, crawls
from backlink_crawler.reports.formats import plain
from backlink_crawler.services import ServiceError, fill
from backlink_crawler.urls import host_of, normalise

CONNECT_SECONDS, ANSWER_SECONDS = 5, 10
"""How long a person waits for a Redis that is not there; ``REDIS_PARAMS`` may say otherwise."""
HOSTS_SHOWN = 20

_HELP = """\
Show the state of a crawl, or change it, while workers run or not.

  status          what is known, waiting, leased, done and failed, and who works on it
  hosts           the hosts with the most waiting URLs, and when each is asked next
  pause           hand out nothing more; pages in work are finished, workers stay and wait
  resume          hand out again
  retry-failed    make failed URLs wait again as if never tried (--reason, --host)
  drop --yes      forget the crawl: its queue and what it knows. Records in MongoDB stay.

The crawl is the one of --crawl, else of the setting CRAWL_ID, else the only one there is.

  scrapy frontier status --crawl spring
  scrapy frontier hosts --limit 50 --json
  scrapy frontier retry-failed --reason dns --host blog.example.com

Exit codes: 0 done; 1 it cannot be done (no answer from Redis, no such crawl, drop while a worker is alive: the
reason is on stderr); 2 wrong usage."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What an action has to say: to programs (JSON) and to people."""

    facts: Mapping[str, Any]
    parts: Sequence[str | Table]


class Refused(Exception):
    """The action is not done; the message says why and what to do."""

    def __init__(self, why: str, exit_code: int) -> None:
        super().__init__(why)
        self.exit_code = exit_code


class _Formatter(argparse.RawDescriptionHelpFormatter, ScrapyHelpFormatter):
    """Keeps the lines of the description."""


class Command(ScrapyCommand):
    """Show or change the state of a crawl."""

    requires_project = True
    requires_crawler_process = False
    default_settings = {"LOG_ENABLED": False}  # noqa: RUF012 - Scrapy's own declaration

    def syntax(self) -> str:
        return "|".join(_ACTIONS) + " [--crawl ID] [--json] [options]"

    def short_desc(self) -> str:
        return "Show, pause, resume, retry or drop a crawl"

    def long_desc(self) -> str:
        return _HELP

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.formatter_class = _Formatter
        parser.add_argument("action", choices=tuple(_ACTIONS), metavar="ACTION", help="one of those above")
        parser.add_argument("--crawl", metavar="ID", help="default: the setting CRAWL_ID, or the only crawl there is")
        parser.add_argument("--json", action="store_true", help="print one JSON object for programs")
        parser.add_argument("--limit", type=_rows, metavar="N", help=f"hosts: how many (default: {HOSTS_SHOWN})")
        parser.add_argument("--reason", metavar="R", help="retry-failed: only this reason, as 'status' names it")
        parser.add_argument("--host", type=_host, metavar="H", help="retry-failed: only URLs of this host")
        parser.add_argument("--yes", action="store_true", help="drop: yes, delete it")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        try:
            _check_usage(args, opts)
            fill(self.settings, "REDIS_URL")
            answer = asyncio.run(_answer(self.settings, opts))
        except Refused as refusal:
            self._fail(refusal.exit_code, str(refusal))
        except (FrontierError, ServiceError) as error:
            self._fail(1, str(error))
        else:
            if opts.json:
                text = json.dumps(answer.facts, indent=1) + "\n"
            else:
                text = words.rendered(answer.parts, width=_terminal.width(), colour=_terminal.colour())
            _terminal.write(text)

    def _fail(self, exit_code: int, why: str) -> None:
        print(f"scrapy frontier: {plain(why)}", file=sys.stderr)
        self.exitcode = exit_code


def _check_usage(args: Sequence[str], opts: argparse.Namespace) -> None:
    """Scrapy lets unknown options through, and one action's option means nothing to another."""
    if args:
        raise Refused(f"unknown argument {args[0]!r}", 2)
    for action, names in (("hosts", ["limit"]), ("retry-failed", ["reason", "host"]), ("drop", ["yes"])):
        for name in names:
            if getattr(opts, name) and opts.action != action:
                raise Refused(f"--{name} belongs to '{action}', not to '{opts.action}'", 2)


async def _answer(settings: BaseSettings, opts: argparse.Namespace) -> Answer:
    """Look into the crawl, without joining it, and do what is asked."""
    client = client_from(settings, socket_connect_timeout=CONNECT_SECONDS, socket_timeout=ANSWER_SECONDS)
    try:
        crawl_id = opts.crawl or settings["CRAWL_ID"] or await _only_crawl(client)
        crawl = RedisFrontier(client, crawl_id, options=options_from(settings))
        await crawl.open(as_worker=False)
        return await _ACTIONS[opts.action](crawl, opts)
    finally:
        await client.aclose()


async def _only_crawl(client: Any) -> str:
    found = await crawls(client)
    if not found:
        raise Refused("there is no crawl in this Redis; 'scrapy crawl' begins one", 1)
    if len(found) > 1:
        raise Refused(f"say which crawl: --crawl with one of {', '.join(found)}", 2)
    return found[0]


async def _status(crawl: RedisFrontier, opts: argparse.Namespace) -> Answer:
    counts, workers = await crawl.counts(), await crawl.workers()
    crawl_id = crawl.keys.crawl_id
    facts = {"crawl": crawl_id, "state": words.state_of(counts, workers), **asdict(counts)}
    parts: list[str | Table] = [words.headline(crawl_id, counts, workers), words.counts_table(counts)]
    if workers:
        parts.append(words.workers_table(workers))
    return Answer({**facts, "workers": [asdict(worker) for worker in workers]}, parts)


async def _hosts(crawl: RedisFrontier, opts: argparse.Namespace) -> Answer:
    hosts = await crawl.hosts(opts.limit or HOSTS_SHOWN)
    crawl_id = crawl.keys.crawl_id
    facts = {"crawl": crawl_id, "hosts": [asdict(host) for host in hosts]}
    if not hosts:
        return Answer(facts, [f"Crawl {crawl_id} knows no host yet."])
    return Answer(facts, [f"Crawl {crawl_id}: hosts with the most waiting URLs", words.hosts_table(hosts)])


async def _pause(crawl: RedisFrontier, opts: argparse.Namespace) -> Answer:
    await crawl.pause()
    leased = words.amount((await crawl.counts()).leased, "leased URL")
    crawl_id = crawl.keys.crawl_id
    said = f"Crawl {crawl_id} is paused: workers finish what they have in work ({leased}) and then wait for 'resume'."
    return Answer({"crawl": crawl_id, "paused": True}, [said])


async def _resume(crawl: RedisFrontier, opts: argparse.Namespace) -> Answer:
    await crawl.resume()
    waiting = words.amount((await crawl.counts()).waiting, "URL")
    crawl_id = crawl.keys.crawl_id
    said = [f"Crawl {crawl_id} is not paused: its waiting URLs ({waiting}) are handed out when due."]
    return Answer({"crawl": crawl_id, "paused": False}, [*said, *await _hint_at_workers(crawl)])


async def _retry_failed(crawl: RedisFrontier, opts: argparse.Namespace) -> Answer:
    before = await crawl.counts()
    retried = await crawl.retry_failed(reason=opts.reason or "", host=opts.host or "")
    crawl_id = crawl.keys.crawl_id
    facts = {"crawl": crawl_id, "retried": retried}
    if retried:
        said = [f"Crawl {crawl_id}: made {words.amount(retried, 'failed URL')} wait again."]
        return Answer(facts, [*said, *await _hint_at_workers(crawl)])
    failed = words.reasons(before.failed_by_reason)
    what = f"no failed URL matches; by reason: {failed}" if failed else "nothing has failed"
    return Answer(facts, [f"Crawl {crawl_id}: {what}."])


async def _hint_at_workers(crawl: RedisFrontier) -> list[str]:
    """Say what else it takes for the crawl to move."""
    counts, workers = await crawl.counts(), await crawl.workers()
    if counts.paused:
        return ["It is paused: 'scrapy frontier resume' lets it go on."]
    if counts.waiting and not workers:
        return [f"No worker is alive: start its spider again with -s CRAWL_ID={crawl.keys.crawl_id}"]
    return []


async def _drop(crawl: RedisFrontier, opts: argparse.Namespace) -> Answer:
    counts, workers = await crawl.counts(), await crawl.workers()
    crawl_id = crawl.keys.crawl_id
    if workers:
        seen = ", ".join(f"{worker.name} (seen {words.duration(worker.seen_ago)} ago)" for worker in workers)
        silence = words.duration(crawl.options.lease_seconds)
        raise Refused(
            f"crawl {crawl_id} has live workers: {seen}. Stop them first; one that died is forgotten after {silence}.",
            exit_code=1,
        )
    what = f"{words.amount(counts.known, 'known URL')}, {counts.waiting:,} of them waiting"
    if not opts.yes:
        raise Refused(
            f"drop deletes the frontier of crawl {crawl_id} ({what}); its records in MongoDB stay. Say --yes to do it.",
            exit_code=2,
        )
    await crawl.drop()
    said = f"Crawl {crawl_id} is dropped ({what}); its records in MongoDB stay."
    return Answer({"crawl": crawl_id, "dropped": True}, [said])


_ACTIONS: Mapping[str, Callable[[RedisFrontier, argparse.Namespace], Awaitable[Answer]]] = {
    "status": _status,
    "hosts": _hosts,
    "pause": _pause,
    "resume": _resume,
    "retry-failed": _retry_failed,
    "drop": _drop,
}


def _rows(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of hosts (1 or more)")
    return int(text)


def _host(text: str) -> str:
    """Take a host as people type it, or a URL of it."""
    url = normalise(text if "://" in text else f"http://{text}")
    if url is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a host. Example: blog.example.com")
    return host_of(url)
