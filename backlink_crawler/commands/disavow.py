"""``scrapy disavow``: write a disavow file from decisions, check one, compare it with the one before."""

import argparse

from backlink_crawler.command import ProjectCommand

_HELP = """\
Write a disavow file in Google's format, from what was marked and nothing else, and tell what it would take away.

  scrapy mark spam.example --as disavow --note "link network"
  scrapy disavow mysite.com --out disavow.txt                        write it, checked
  scrapy disavow mysite.com --previous old.txt --out disavow.txt     and tell what is other than in the one before
  scrapy disavow mysite.com --check old.txt                          check a file, write nothing

A site or host that is marked becomes a domain: line, a page or link a URL; what a wider line covers is left out.
Checked are encoding, size and number of lines, length of URLs, domain: lines with a path, duplicates, URLs that a
domain line covers, and lines that match no known link to SITE. An upload replaces the one before: one per property.

Search engines leave most bad links out of account by themselves. This file is a tool for special cases: links that you,
or somebody for you, have bought or built, above all with a manual action. Used on good links it does harm.

Exit codes: 0 done; 1 --check found what Google refuses, nothing is marked, or a file is unreadable; 2 wrong usage."""


class Command(ProjectCommand):
    """Write or check a disavow file."""

    verbatim = True

    def syntax(self) -> str:
        return "[SITE] [--out FILE] [--previous FILE] [--check FILE] [--project FILE] [--database NAME]"

    def short_desc(self) -> str:
        return "Write a disavow file from marked rows, or check one"

    def long_desc(self) -> str:
        return _HELP

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("site", nargs="?", metavar="SITE", help="whose links (default: the project's sites)")
        parser.add_argument("--out", default="-", metavar="FILE", help="default: standard output")
        parser.add_argument("--previous", metavar="FILE", help="the file that was uploaded last")
        parser.add_argument("--check", metavar="FILE", help="check this file and write none")
        parser.add_argument("--project", metavar="FILE", help="default: project.toml here, where there is one")
        parser.add_argument("--database", metavar="NAME", help="default: the setting MONGODB_DATABASE")
