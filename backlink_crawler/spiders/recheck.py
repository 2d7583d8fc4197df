"""Look again at pages that are due, without walking on: what is new, changed or lost on them is recorded."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import ClassVar

from backlink_crawler.spiders.revisiting import RevisitingSpider
from backlink_crawler.store import Store, due
from backlink_crawler.store.due import Amount, Wanted


class RecheckSpider(RevisitingSpider):
    """``scrapy crawl recheck [-a target=mine.com] [-a limit=N] [-a older=DAYS] [-a all=1]``.

    Servers that can tell are asked only whether the page has changed (``net.conditional``).
    """

    name = "recheck"
    meant = "pages"
    known_arguments: ClassVar[dict[str, str]] = {
        "target": "only pages with live links to this site",
        "project": "a project file (project.toml): its sites are meant where none is named",
        "limit": "at most so many pages, those that are due for the longest",
        "older": "only pages whose last visit is more than so many days ago",
        "all": "1 = pages that are not due, too",
        "conditional": "0 = read every page whole, even where its server says that it has not changed",
    }

    def read_arguments(self) -> None:
        """Read which pages are meant."""
        super().read_arguments()
        self.conditional = self.flag_argument("conditional", default=True)
        self._wanted = Wanted(
            by=None if self.flag_argument("all", default=False) else datetime.now(UTC),
            visited_before=self.older_argument(),
            target_sites=self.site_argument("target"),
            limit=self.number_argument("limit", "pages"),
        )
        self.targets = frozenset(self._wanted.target_sites)

    async def amount(self, store: Store) -> Amount:
        """Return how many pages are due."""
        return await due.amount(store.database, self._wanted)

    def estimate(self, amount: Amount) -> str:
        """Return what is to be done; where there is nothing, how to ask all the same."""
        told = super().estimate(amount)
        return told if amount.pages or self._wanted.by is None else f"{told} To ask for pages that are not: -a all=1"

    def pages(self, store: Store) -> AsyncIterator[str]:
        """Yield the pages, those that are due for the longest first."""
        return due.due_pages(store.database, self._wanted)
