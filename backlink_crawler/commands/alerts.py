"""``scrapy alerts FILE``: tell people and programs what has happened to links."""

import argparse
from datetime import UTC, datetime

from backlink_crawler.command import ProjectCommand

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


class Command(ProjectCommand):
    """Deliver alerts."""

    verbatim = True

    def syntax(self) -> str:
        return "FILE [--once | --follow | --test] [--dry-run] [--since DATE] [--database NAME]"

    def short_desc(self) -> str:
        return "Tell webhooks, mail, Slack or a file what has happened to links"

    def long_desc(self) -> str:
        return _HELP

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
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


def _date(text: str) -> datetime:
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date. Examples: 2026-11-21, 2026-11-21T14:00") from None
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
