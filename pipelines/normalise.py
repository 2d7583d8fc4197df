"""First stage: links that are no web addresses are counted and dropped, the others bounded in number and length."""

from itertools import islice
from typing import Self

from scrapy.crawler import Crawler

from backlink_crawler.records import MAX_LINKS, MAX_URL, Visit


class Normalise:
    """Leaves the links to at most 10,000 targets in a visit; ``page.truncated`` says when there were more."""

    def __init__(self, crawler: Crawler) -> None:
        assert crawler.stats is not None
        self._stats = crawler.stats

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way to make a component."""
        return cls(crawler)

    async def process_item(self, visit: Visit) -> Visit:
        """Bound the raw links of ``visit``."""
        web = [link for link in visit.raw_links if link.url is not None]
        if len(web) < len(visit.raw_links):
            self._stats.inc_value("links/not_web", len(visit.raw_links) - len(web))
        # Targets, not elements: an index has tens of thousands of links into a few hundred pages.
        targets = dict.fromkeys(link.url for link in web)
        visit.page.truncated = len(targets) > MAX_LINKS
        if visit.page.truncated:
            kept = frozenset(islice(targets, MAX_LINKS))
            web = [link for link in web if link.url in kept]
        visit.raw_links = web
        for link in web:
            if len(link.href) > MAX_URL:
                link.href = link.href[:MAX_URL]
        return visit
