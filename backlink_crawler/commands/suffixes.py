"""``scrapy suffixes``: which public suffix list tells sites apart, and another one in its place."""

import argparse

from backlink_crawler.command import ProjectCommand

ADDRESS = "https://publicsuffix.org/list/public_suffix_list.dat"


class Command(ProjectCommand):
    """Show or replace the suffix list."""

    def syntax(self) -> str:
        return "[--update FILE|URL | --from-package]"

    def short_desc(self) -> str:
        return "Show which public suffix list tells sites apart, or put another one in its place"

    def long_desc(self) -> str:
        return (
            "The list in use is the file that the setting SUFFIX_LIST names, else the snapshot that was installed with "
            "the program; nothing is ever fetched unasked. --update puts another one into that file: a FILE, or a "
            f"https URL that is asked for once, as {ADDRESS}. --from-package puts the installed one there, so that "
            "an upgrade of the program does not change it. What is no whole list is refused, and the one before "
            "stays. Every worker needs the same list: another one than a database was written by is refused at the "
            "start, until 'scrapy migrate' has brought the database to it. Exit codes: 0 shown or replaced; 1 it "
            "cannot be (the reason is on stderr); 2 wrong usage."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        source = parser.add_mutually_exclusive_group()
        source.add_argument("--update", metavar="FILE|URL", help=f"the list to use from now on, for one {ADDRESS}")
        source.add_argument("--from-package", action="store_true", help="use the installed list, whatever comes later")
