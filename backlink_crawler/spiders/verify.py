"""Visit the pages of a list of placed links; ``scrapy verify`` judges them afterwards."""

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import ClassVar

from backlink_crawler.placed_links import ListError, read_list
from backlink_crawler.spiders.revisiting import RevisitingSpider
from backlink_crawler.spiders.walking import ArgumentError
from backlink_crawler.store import Store
from backlink_crawler.store.due import Amount
from backlink_crawler.urls import host_of


class VerifySpider(RevisitingSpider):
    """``scrapy crawl verify -a file=links.csv [-a target=mine.com]``: what ``scrapy verify`` does before it judges."""

    name = "verify"
    known_arguments: ClassVar[dict[str, str]] = {
        "file": "list of placed links: a table with a column source, or one URL a line",
        "target": "where the links of rows without a target point to: a URL, or a site",
    }

    def read_arguments(self) -> None:
        """Read the list's header."""
        super().read_arguments()
        if not self.arguments.get("file"):
            raise ArgumentError("no list: say -a file=links.csv")
        try:
            self._list = read_list(Path(self.arguments["file"]), self.arguments.get("target"))
        except ListError as error:
            raise ArgumentError(str(error)) from error

    async def amount(self, store: Store) -> Amount:
        """Count the pages of the list."""
        hosts = Counter(host_of(url) for url in self._sources())
        host, pages = max(hosts.items(), key=lambda count: count[1], default=("", 0))
        return Amount(hosts.total(), len(hosts), host, pages)

    async def pages(self, store: Store) -> AsyncIterator[str]:
        """Yield the pages in the order of the list."""
        for url in self._sources():
            yield url

    def _sources(self) -> dict[str, None]:
        return dict.fromkeys(row.source for row in self._list.rows if row.problem is None)
