"""The state of a crawl as people read it: sentences and tables. Pure: widths and colours are arguments."""

import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from backlink_crawler.frontier.contract import Counts, HostState, WorkerState
from backlink_crawler.reports.formats.console import console_for
from backlink_crawler.reports.formats.harmless import plain

State = Literal["ended", "paused", "stopped", "starting", "crawling"]

_MEANING: Mapping[State, str] = {
    "ended": "nothing is left to do",
    "paused": "nothing is handed out until 'scrapy frontier resume'",
    "stopped": "no worker is alive",
    "starting": "start URLs are still being read",
    "crawling": "all start URLs are known",
}


def state_of(counts: Counts, workers: Sequence[WorkerState]) -> State:
    """Return the one word that says most about the crawl."""
    if counts.ended:
        return "ended"
    if counts.paused:
        return "paused"
    if not workers:
        return "stopped"
    return "crawling" if counts.seeded else "starting"


def headline(crawl_id: str, counts: Counts, workers: Sequence[WorkerState]) -> str:
    """Return the crawl and its state in a line."""
    state = state_of(counts, workers)
    return f"Crawl {crawl_id}: {state}, {_MEANING[state]}"


def counts_table(counts: Counts) -> Table:
    """Return where the URLs stand, with reasons below what has ended."""
    table = _table(("URLs", "left"), ("number", "right"), ("meaning", "left"))
    for name, number, meaning in _count_rows(counts):
        table.add_row(name, f"{number:,}", meaning)
    return table


def _count_rows(counts: Counts) -> Iterator[tuple[str, int, str]]:
    yield "known", counts.known, "admitted to the crawl"
    yield "waiting", counts.waiting, f"on {amount(counts.hosts_waiting, 'host')}"
    yield "leased", counts.leased, "in the hands of workers"
    yield "done", counts.done, "visited, records stored"
    yield from ((f"  {plain(reason)}", number, "") for reason, number in counts.done_by_reason.items())
    yield "failed", counts.failed, "given up; 'scrapy frontier retry-failed' tries again"
    yield from ((f"  {plain(reason)}", number, "") for reason, number in counts.failed_by_reason.items())
    yield "over budget", counts.over_budget, "offers refused by MAX_PAGES, or MAX_PAGES_PER_SITE or a share of it"
    yield "set aside", counts.set_aside, "damaged entries, kept for inspection"


def workers_table(workers: Sequence[WorkerState]) -> Table:
    """Return who works on the crawl, and how fast."""
    table = _table(("Worker", "left"), *((name, "right") for name in ("seen", "leases", "pages", "pages/s")))
    for worker in workers:
        numbers = (f"{worker.leases:,}", f"{worker.pages:,}", f"{worker.pages_per_second:.1f}")
        table.add_row(Text(plain(worker.name)), f"{duration(worker.seen_ago)} ago", *numbers)
    return table


def hosts_table(hosts: Sequence[HostState]) -> Table:
    """Return the hosts, in the order given."""
    numbers = ("waiting", "leased", "next due", "delay", "troubles")
    table = _table(("Host", "left"), ("site", "left"), *((name, "right") for name in numbers), ("given up", "left"))
    for host in hosts:
        table.add_row(
            Text(plain(host.host)),
            Text(plain(host.site)),
            f"{host.waiting:,}",
            f"{host.leased:,}",
            _next_due(host),
            duration(host.delay),
            f"{host.troubles:,}",
            "yes" if host.given_up else "",
        )
    return table


def _next_due(host: HostState) -> str:
    if host.given_up or not host.waiting:
        return "-"
    if host.next_due:
        return duration(host.next_due)
    return "in work" if host.leased else "now"


def reasons(by_reason: Mapping[str, int]) -> str:
    """Return reasons with their numbers in a line.

    >>> reasons({"dns": 3, "http_error": 2})
    'dns 3, http_error 2'
    """
    return ", ".join(f"{reason} {number:,}" for reason, number in by_reason.items())


def amount(number: int, noun: str) -> str:
    """Return a number of things.

    >>> amount(1, "URL"), amount(2000, "URL")
    ('1 URL', '2,000 URLs')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def duration(seconds: float) -> str:
    """Return a time span in the unit people would use.

    >>> duration(0.26), duration(90), duration(7200)
    ('0.3 s', '1.5 min', '2 h')
    """
    size, unit = next(((size, unit) for size, unit in ((3600, "h"), (60, "min")) if seconds >= size), (1, "s"))
    return f"{seconds / size:.1f}".removesuffix(".0") + f" {unit}"


def rendered(parts: Sequence[str | Table], *, width: int, colour: bool) -> str:
    """Return sentences and tables as text, a blank line before each table; ``colour`` adds ANSI styles."""
    text = io.StringIO()
    console = console_for(text, width=width, colour=colour)
    for part in parts:
        if isinstance(part, str):
            console.print(plain(part), soft_wrap=True)
        else:
            console.print()
            console.print(part)
    return "".join(f"{line.rstrip()}\n" for line in text.getvalue().splitlines())


def _table(*columns: tuple[str, Literal["left", "right"]]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name, justify in columns:
        table.add_column(name, justify=justify, overflow="fold")
    return table
