"""``scrapy frontier``: look at a crawl from outside, and do to it what people do. No worker is needed for it."""

import argparse
import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.table import Table
from scrapy.settings import BaseSettings

from backlink_crawler.frontier.connection import client_from, options_from
from backlink_crawler.frontier.contract import FrontierError
from backlink_crawler.frontier.redis import RedisFrontier, crawls
from backlink_crawler.jobs import frontier_text as words
from backlink_crawler.jobs import terminal
from backlink_crawler.jobs.defaults import FRONTIER_HOSTS
from backlink_crawler.services import ServiceError, fill

CONNECT_SECONDS, ANSWER_SECONDS = 5, 10
"""How long a person waits for a Redis that is not there; ``REDIS_PARAMS`` may say otherwise."""


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


def run(settings: BaseSettings, args: Sequence[str], opts: argparse.Namespace) -> int:
    """Do ``opts.action`` to the crawl, and print the answer."""
    try:
        _check_usage(args, opts)
        fill(settings, "REDIS_URL")
        answer = asyncio.run(_answer(settings, opts))
    except Refused as refusal:
        return terminal.fail("frontier", str(refusal), refusal.exit_code)
    except (FrontierError, ServiceError) as error:
        return terminal.fail("frontier", str(error), 1)
    if opts.json:
        text = json.dumps(answer.facts, indent=1) + "\n"
    else:
        text = words.rendered(answer.parts, width=terminal.width(), colour=terminal.colour())
    terminal.write(text)
    return 0


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
    hosts = await crawl.hosts(opts.limit or FRONTIER_HOSTS)
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
