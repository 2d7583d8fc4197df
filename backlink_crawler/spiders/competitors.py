"""Walk competitors, then look for links to the targets on the sites around them.

Around them are the sites they link to and the sites already known to link to them: people who link to one of a field
are likely to link to another.
"""

from collections.abc import AsyncIterator
from typing import ClassVar

from scrapy import Request

from backlink_crawler.records import Child, Visit
from backlink_crawler.spiders.walking import ArgumentError, Reach, WalkingSpider
from backlink_crawler.store import Store
from backlink_crawler.store.linking_pages import pages_linking_to
from backlink_crawler.urls import host_of, site_of


class CompetitorsSpider(WalkingSpider):
    """``scrapy crawl competitors -a sites=rival.com,@file [-a targets=mine.com] [-a probe=5] [-a project=FILE]``."""

    name = "competitors"
    known_arguments: ClassVar[dict[str, str]] = {
        "sites": "competitors' sites, walked whole with their subdomains; @file with one a line",
        "probe": "pages asked for on each site around them (default 5)",
        **WalkingSpider.known_arguments,
    }

    def read_arguments(self) -> None:
        """Read ``sites`` and ``probe``."""
        super().read_arguments()
        if self.project.competitors:
            self.arguments.setdefault("sites", ",".join(self.project.competitors))
        self.starts = self._read_list("sites").starts
        if not self.starts:
            raise ArgumentError("no competitors: say -a sites=rival.com,other.org, -a sites=@file or -a project=FILE")
        self._competitors = frozenset(start.site for start in self.starts)
        probe = self.arguments.get("probe", "5")
        if not probe.isdigit() or not 0 < int(probe) <= 1_000:
            raise ArgumentError(f"probe={probe!r} is not a number of pages from 1 to 1000")
        self._probe = int(probe)

    async def start(self) -> AsyncIterator[Request]:
        """Yield the competitors' start pages, then pages already known to link to them."""
        async for request in super().start():
            yield request
        async with Store(self.settings["MONGODB_URI"], self.settings["MONGODB_DATABASE"]) as store:
            linking = pages_linking_to(store.database, sorted(self._competitors), per_site=self._probe)
            async for url in linking:
                if site_of(host_of(url)) not in self._competitors:
                    yield self.request_of(Child(url, depth=1, band=2, site_budget=self._probe))

    def reach(self, host: str, source: Visit, depth: int) -> Reach | None:
        """Reach competitors whole and first, and a few pages of each site around them."""
        site = site_of(host)
        if site in self._competitors:
            return Reach(min(depth, 1))
        leads_here = source.page.site in self._competitors or source.page.site == site
        return Reach(2 + (depth > 1), self._probe) if leads_here else None
