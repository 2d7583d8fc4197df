"""``scrapy extract FILE|URL``: what the crawler sees on one page."""

import argparse

from backlink_crawler.command import ProjectCommand
from backlink_crawler.jobs.defaults import EXTRACT_URL


class Command(ProjectCommand):
    """Print the links and facts of one page."""

    def syntax(self) -> str:
        return "FILE|URL [--page] [--table] [--external] [--url URL]"

    def short_desc(self) -> str:
        return "Show what the crawler sees on one page"

    def long_desc(self) -> str:
        return (
            "Prints one JSON line per target of the page's links, with every field of a link record (docs/records.md); "
            "--page prints the facts of the page instead, --table what fits a screen. A URL is asked for once, as a "
            "crawl would: robots.txt is obeyed, private addresses are refused, redirects are shown and not followed. "
            "A FILE ('-' reads standard input) is taken for an HTML page at --url. Nothing is stored and no "
            "server is needed. Exit codes: 0 the page was read; 1 it could not be (the reason is on stderr); 2 wrong "
            "usage. Examples: scrapy extract https://example.com/blog/ --table; scrapy extract page.html --url "
            "https://example.com/a | jq .target_url"
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("page", metavar="FILE|URL", help="an http(s) address, a file, or - for standard input")
        parser.add_argument("--page", dest="facts", action="store_true", help="print the page's facts, not its links")
        parser.add_argument("--table", action="store_true", help="print for eyes, not for programs")
        parser.add_argument("--external", action="store_true", help="only links to other sites")
        parser.add_argument("--url", metavar="URL", help=f"address of a file (default: {EXTRACT_URL})")
        parser.add_argument(
            "--content-type", metavar="TYPE", default="text/html", help="of a file (default: text/html)"
        )
