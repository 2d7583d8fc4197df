"""What spiders share that look at pages already known instead of walking: recheck, check-targets, verify."""

import re
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from scrapy import Request
from scrapy.exceptions import CloseSpider
from scrapy.settings import BaseSettings

from backlink_crawler.history.redirects import MAX_HOPS
from backlink_crawler.records import Child, Visit
from backlink_crawler.reports.site import NotASite, site_named
from backlink_crawler.spiders.walking import ArgumentError, WalkingSpider
from backlink_crawler.store import Store
from backlink_crawler.store.due import Amount

NOTHING_TO_DO = "nothing_to_do"
"""How a crawl ends that had no page to ask for."""


class RevisitingSpider(WalkingSpider):
    """Asks for a list of pages and for what they redirect to, hop by hop, and for nothing else.

    The depth of a page is the number of redirects that led to it.
    """

    known_arguments: ClassVar[dict[str, str]] = {}
    meant: ClassVar[str] = "pages"
    """What is asked for, in the plural, for people."""

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """Lift the budget per site, which bounds walking: nothing is walked. ``-s MAX_PAGES_PER_SITE`` still counts."""
        super().update_settings(settings)
        settings.set("MAX_PAGES_PER_SITE", 0, priority="spider")

    def read_arguments(self) -> None:
        """Read what all of them take; subclasses add their own."""
        super().read_arguments()
        self.starts = []
        self.max_depth = MAX_HOPS

    async def start(self) -> AsyncIterator[Request]:
        """Say how much there is to do, then yield a request for each page as it is read from the index."""
        async with Store(self.settings["MONGODB_URI"], self.settings["MONGODB_DATABASE"], read_only=True) as store:
            async with store.answers():
                amount = await self.amount(store)
            self.logger.info("%s", self.estimate(amount))
            if not amount.pages and not await self._has_begun():
                raise CloseSpider(NOTHING_TO_DO)
            async with store.answers():
                async for url in self.pages(store):
                    yield self.request_of(Child(url, depth=0, band=0))

    async def amount(self, store: Store) -> Amount:
        """Return how many pages there are to be asked for."""
        raise NotImplementedError

    def pages(self, store: Store) -> AsyncIterator[str]:
        """Yield the URLs to be asked for, the most urgent first."""
        raise NotImplementedError

    def estimate(self, amount: Amount) -> str:
        """Return what is to be done and how long the slowest host takes: all others are asked beside it."""
        if not amount.pages:
            return f"No {self.meant} to ask for: nothing is due."
        delay = self.settings.getfloat("FRONTIER_HOST_DELAY")
        longest = timedelta(seconds=round(amount.on_largest * delay))
        return (
            f"{amount.pages:,} {self.meant} to ask for, on {amount.hosts:,} hosts; the {amount.on_largest:,} of "
            f"{amount.largest_host} take about {longest} at {delay:g} s a page"
        )

    def children(self, visit: Visit) -> Iterator[Child]:
        """Yield where a redirect leads, unless too many redirects led here."""
        page = visit.page
        if page.outcome == "redirect" and page.redirect_to not in {None, page.url} and page.depth < self.max_depth:
            assert page.redirect_to is not None
            yield Child(page.redirect_to, page.depth + 1, band=0)

    def bounded(self, visit: Visit, children: Iterable[Child], redirects: int) -> list[Child]:
        """Return all: what somebody asked about is asked for, whatever its address looks like."""
        return list(children)

    async def _has_begun(self) -> bool:
        """Whether another worker of this crawl found something to do."""
        engine = self.crawler.engine
        assert engine is not None
        scheduler: Any = engine.scheduler
        return bool((await scheduler.counts()).known)

    def site_argument(self, name: str) -> tuple[str, ...]:
        """Return the site that an argument names, where it was not given those of the project file, if any.

        :raises ArgumentError: it names none.
        """
        text = self.arguments.get(name)
        if not text:
            return self.project.sites
        try:
            return (site_named(text),)
        except NotASite as error:
            raise ArgumentError(f"{name}: {error}") from error

    def number_argument(self, name: str, what: str) -> int:
        """Return an argument that is a whole number, 0 where it was not given."""
        text = self.arguments.get(name, "")
        if text and not re.fullmatch(r"\d{1,9}", text):
            raise ArgumentError(f"{name}={text!r} is not a number of {what}")
        return int(text or 0)

    def older_argument(self) -> datetime | None:
        """Return the time before which pages must have been visited last: ``older=DAYS``."""
        text = self.arguments.get("older", "")
        if not text:
            return None
        if not re.fullmatch(r"\d{1,5}(\.\d{1,4})?", text):
            raise ArgumentError(f"older={text!r} is not a number of days")
        return datetime.now(UTC) - timedelta(days=float(text))

    def flag_argument(self, name: str, *, default: bool) -> bool:
        """Return an argument that is yes or no."""
        text = self.arguments.get(name, "").lower()
        if text not in _FLAGS:
            raise ArgumentError(f"{name}={text!r} is neither 1 nor 0")
        said = _FLAGS[text]
        return default if said is None else said


_FLAGS = {"": None, "0": False, "no": False, "false": False, "1": True, "yes": True, "true": True}
