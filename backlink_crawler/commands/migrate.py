"""``scrapy migrate``: bring a database to the schema, the rules of URLs and the suffix list of this program."""

import argparse

from backlink_crawler.command import ProjectCommand


class Command(ProjectCommand):
    """Migrate the index."""

    def syntax(self) -> str:
        return "[--dry-run] [--force] [--database NAME]"

    def short_desc(self) -> str:
        return "Bring a database to the schema, URL rules and suffix list of this program"

    def long_desc(self) -> str:
        return (
            "Stop all workers first, and make a backup (mongodump). Nothing is asked for again and no record is lost: "
            "pages and links that are one by the rules of now are merged with their histories, and what has no place "
            "any more is put into the collection set_aside, with the reason. A migration that was interrupted is "
            "finished by running this again. While it runs no worker can start. It refuses to begin while "
            "workers or commands of this project are connected to the same MongoDB. Exit "
            "codes: 0 done, or nothing to do; 1 it cannot be done (the reason is on stderr); 2 wrong usage; 3 "
            "'--dry-run' found something to do."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--dry-run", "--check", dest="dry", action="store_true", help="only tell what would be done, in numbers"
        )
        parser.add_argument(
            "--force", action="store_true", help="go on though others are connected: they use other databases"
        )
        parser.add_argument("--database", metavar="NAME", help="default: the setting MONGODB_DATABASE")
