"""Second stage: each target of a page becomes one link record with its features."""

from typing import Self

from scrapy.crawler import Crawler

from backlink_crawler.features import build_links, rivals_of
from backlink_crawler.records import Visit


class Enrich:
    """Builds ``visit.links`` and ``visit.rivals`` from ``visit.raw_links`` and counts links to the spider's targets."""

    def __init__(self, crawler: Crawler) -> None:
        assert crawler.stats is not None
        self._stats = crawler.stats
        self._internal_too = crawler.settings.getbool("STORE_INTERNAL_LINKS")
        self._targets: frozenset[str] = getattr(crawler.spider, "targets", frozenset())

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way to make a component."""
        return cls(crawler)

    async def process_item(self, visit: Visit) -> Visit:
        """Build the link records of ``visit``; its raw links are done with."""
        visit.links = build_links(visit.page, visit.raw_links, internal_too=self._internal_too)
        visit.rivals = rivals_of(visit.page, visit.raw_links, visit.links)
        visit.raw_links = []
        if self._targets:
            found = sum(link.target_site in self._targets and link.scope == "external" for link in visit.links)
            self._stats.inc_value("links/to_targets", found)
        return visit
