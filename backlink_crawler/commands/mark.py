"""``scrapy mark FILE|URL|DOMAIN``: write down what was decided about links, pages, hosts and sites."""

import argparse

from backlink_crawler.command import ProjectCommand

_HELP = """\
Write down what was decided about links, pages, hosts and sites. Views show it and can be filtered by it.

  scrapy mark https://spam.example/page --as disavow --note "paid, asked twice"    a page
  scrapy mark spam.example --as disavow                                            a site (a host: blog.spam.example)
  scrapy report mysite.com --view backlinks --out links.csv                        export, edit in a spreadsheet, and
  scrapy mark links.csv                                                            read it back
  scrapy mark links.csv --as watch --on site                                       all sites that the rows name

FILE is a CSV, TSV or semicolon-separated table with a header line. A row is about the narrowest thing that its columns
name: link_id, or source_url with target_url: a link; source_url: a page; source_host: a host; source_site or domain: a
site; --on says otherwise. Read are the columns decision (keep, remove, disavow, watch), tags (separated by commas),
note, vendor, cost (a number), expires (a day), outreach (to_contact, contacted, replied, agreed, refused, done). An
empty cell leaves what is written, '-' clears it; options fill cells that are empty. All other columns are left alone.
Reading the same file twice changes nothing; what was written before is kept with its date.

Exit codes: 0 all written; 1 some rows make no sense (each is told with its line; all others are written), or the index
cannot be written; 2 wrong usage."""


class Command(ProjectCommand):
    """Write decisions."""

    verbatim = True

    def syntax(self) -> str:
        return (
            "FILE|URL|DOMAIN [--as DECISION] [--on KIND] [--tags TAGS] [--note TEXT] [--vendor NAME] [--cost NUMBER] "
            "[--expires DAY] [--outreach STATE] [--dry-run] [--database NAME]"
        )

    def short_desc(self) -> str:
        return "Write down decisions: keep, remove, disavow, watch; tags, notes, costs"

    def long_desc(self) -> str:
        return _HELP

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("what", metavar="FILE|URL|DOMAIN", help="a table, a page, or a host or site")
        parser.add_argument(
            "--as", dest="decision", default="", metavar="DECISION", help="keep, remove, disavow, watch, or '-'"
        )
        parser.add_argument("--on", choices=("link", "page", "host", "site"), help="what rows of FILE are about")
        parser.add_argument("--tags", default="", help="words, separated by commas")
        parser.add_argument("--note", default="", metavar="TEXT")
        parser.add_argument("--vendor", default="", metavar="NAME", help="from whom a link was bought or got")
        parser.add_argument("--cost", default="", metavar="NUMBER")
        parser.add_argument("--expires", default="", metavar="DAY", help="until when it was agreed, as 2027-03-01")
        parser.add_argument("--outreach", default="", metavar="STATE", help="how far talks are: contacted, agreed …")
        parser.add_argument("--dry-run", dest="dry", action="store_true", help="only tell what would be written")
        parser.add_argument("--database", metavar="NAME", help="default: the setting MONGODB_DATABASE")
