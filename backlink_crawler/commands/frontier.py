"""``scrapy frontier``: look at a crawl from outside, and do to it what people do. No worker is needed for it."""

import argparse

from backlink_crawler.command import ProjectCommand
from backlink_crawler.jobs.defaults import FRONTIER_HOSTS

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


ACTIONS = ("status", "hosts", "pause", "resume", "retry-failed", "drop")


class Command(ProjectCommand):
    """Show or change the state of a crawl."""

    verbatim = True

    def syntax(self) -> str:
        return "|".join(ACTIONS) + " [--crawl ID] [--json] [options]"

    def short_desc(self) -> str:
        return "Show, pause, resume, retry or drop a crawl"

    def long_desc(self) -> str:
        return _HELP

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("action", choices=ACTIONS, metavar="ACTION", help="one of those above")
        parser.add_argument("--crawl", metavar="ID", help="default: the setting CRAWL_ID, or the only crawl there is")
        parser.add_argument("--json", action="store_true", help="print one JSON object for programs")
        parser.add_argument("--limit", type=_rows, metavar="N", help=f"hosts: how many (default: {FRONTIER_HOSTS})")
        parser.add_argument("--reason", metavar="R", help="retry-failed: only this reason, as 'status' names it")
        parser.add_argument("--host", type=_host, metavar="H", help="retry-failed: only URLs of this host")
        parser.add_argument("--yes", action="store_true", help="drop: yes, delete it")


def _rows(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of hosts (1 or more)")
    return int(text)


def _host(text: str) -> str:
    """Take a host as people type it, or a URL of it."""
    from backlink_crawler.urls import host_of, normalise

    url = normalise(text if "://" in text else f"http://{text}")
    if url is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a host. Example: blog.example.com")
    return host_of(url)
