"""Visit the pages that links point to: do they answer, and where do their redirects lead?"""

from collections.abc import AsyncIterator
from typing import ClassVar

from backlink_crawler.spiders.revisiting import RevisitingSpider
from backlink_crawler.store import Store, due
from backlink_crawler.store.due import Amount


class CheckTargetsSpider(RevisitingSpider):
    """``scrapy crawl check-targets [-a of=mine.com] [-a older=DAYS]``.

    Each hop of a redirect is a page of its own, asked for in its own turn; the store joins them to chains
    (``store.chains``).
    """

    name = "check-targets"
    meant = "link targets"
    known_arguments: ClassVar[dict[str, str]] = {
        "of": "only the pages of this site that live links point to",
        "project": "a project file (project.toml): its sites are meant where none is named",
        "older": "only those never asked for, or last more than so many days ago",
    }

    def read_arguments(self) -> None:
        """Read which targets are meant."""
        super().read_arguments()
        self._sites = self.site_argument("of")
        self._before = self.older_argument()

    async def amount(self, store: Store) -> Amount:
        """Return how many pages links point to."""
        return await due.targets_amount(store.database, sites=self._sites, visited_before=self._before)

    def pages(self, store: Store) -> AsyncIterator[str]:
        """Yield them, each once."""
        return due.targets(store.database, sites=self._sites, visited_before=self._before)
