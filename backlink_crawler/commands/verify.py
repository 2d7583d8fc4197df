"""``scrapy verify FILE --out CSV``: are placed links there as agreed?"""

import argparse

from scrapy.commands import ScrapyCommand

from backlink_crawler.commands import crawl

_HELP = """\
Visit the pages that a list of placed links names, and say of each link whether it is there as agreed.

FILE is a table (CSV with commas or semicolons, or TSV) with a header line:
  source   the page the link stands on (needed)
  target   where it points: a URL means that page, a domain any page of the site; may be left to --target
  anchor   the agreed text; empty: any
  rel      empty: the link is to be followed; 'nofollow', 'ugc', 'sponsored': exactly those; 'any': as it may be
Other columns are passed through. A file without such a header is a list of sources, one URL a line, with --target.

The result has a line for each row, in the order of FILE: its columns, then
  verdict        ok, fail or unknown (we could not look, or not trust what we saw: never a failure)
  reason         ok; fail: link_missing other_target page_gone page_redirected page_not_html page_noindex
                 page_not_canonical hidden nofollow rel_differs anchor_differs; unknown: bad_row not_visited
                 blocked_by_robots challenge page_behind_wall needs_rendering page_truncated unreachable
  problems       all that is wrong, the reason first
  detail         for people
  found_target, found_anchor, found_rel, follow, region    the link that was found
  http_status, last_visited, final_url                     the page, and where it redirects to

robots.txt, delays and guards are those of a crawl. Exit codes: 0 all ok; 1 some fail; 3 none fails, some are unknown;
2 wrong usage; 4 it could not be done (the reason is on stderr)."""


class Command(crawl.Command):
    """Check a list of placed links."""

    def syntax(self) -> str:
        return "FILE --out CSV [--target SITE|URL]"

    def short_desc(self) -> str:
        return "Check a list of placed links: are they there as agreed?"

    def long_desc(self) -> str:
        return _HELP

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        # Not those of the command 'crawl': a list needs no spider arguments and no feeds.
        ScrapyCommand.add_options(self, parser)
        parser.formatter_class = argparse.RawDescriptionHelpFormatter
        parser.set_defaults(spargs=[], output=None, overwrite_output=None)
        parser.add_argument("file", metavar="FILE", help="list of placed links")
        parser.add_argument("--out", required=True, metavar="CSV", help="where the result goes; - is stdout")
        parser.add_argument("--target", metavar="SITE|URL", help="where the links of rows without a target point to")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        from backlink_crawler.jobs import verify

        assert self.settings is not None
        self.exitcode = verify.run(self.settings, args, opts, self.asyncio_process())
