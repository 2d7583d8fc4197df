"""What all spiders share: starting, turning answers into visits, choosing what to walk next."""

import re
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Self

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.settings import BaseSettings
from twisted.python.failure import Failure

from backlink_crawler.frontier.contract import BANDS
from backlink_crawler.frontier.walk_limits import Walk, WalkLimits
from backlink_crawler.net.introduction import contact_missing, introduce
from backlink_crawler.project import Project, ProjectError, read
from backlink_crawler.records import Child, Visit
from backlink_crawler.spiders.observation import observe_failure, observe_response
from backlink_crawler.spiders.startlist import Start, StartList, read_start_list
from backlink_crawler.urls import host_of

_WALKED = frozenset({"text", "image", "frame", "canonical", "redirect"})


def band_of(depth: int) -> int:
    """Return the priority band where nothing else decides: what is nearer to the start comes first."""
    return min(depth, BANDS - 1)


class ArgumentError(ValueError):
    """A spider argument makes no sense; the message is one line for people."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How the pages of one host are walked."""

    band: int
    """Priority band, 0 (first) to 3."""
    site_budget: int = 0
    """Pages that may be admitted for its site; 0: the crawl's own budget."""
    under: tuple[str, ...] = ()
    """Paths, one of which a page must lie under (``/blog/``); none: the whole host is walked."""


class WalkingSpider(Spider):
    """A spider that makes one visit of each page and tells the frontier where to go from there.

    Subclasses say where to start and which URLs are wanted.
    """

    known_arguments: ClassVar[dict[str, str]] = {
        "targets": "sites whose backlinks you are after: counted while crawling (every link is stored, target or not)",
        "project": "a project file (project.toml): its sites are the targets where none are named",
        "depth": "steps from the start that are walked; 0 = only the start pages (default: DEPTH_LIMIT)",
    }
    """Arguments this spider takes, with their meaning."""

    arguments: dict[str, str]
    crawl_id: str
    max_depth: int
    starts: list[Start]
    project: Project
    targets: frozenset[str]

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """Derive what depends on other settings: the crawl's id, the User-Agent, the size of Scrapy's own slots."""
        super().update_settings(settings)
        if not settings.get("CRAWL_ID"):
            settings.set("CRAWL_ID", f"{cls.name}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}", priority="spider")
        introduce(settings)
        settings.set("CONCURRENT_REQUESTS_PER_DOMAIN", settings.getint("FRONTIER_HOST_CONCURRENCY"), priority="spider")

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Make the spider; :exc:`ArgumentError` where an argument makes no sense."""
        unknown = set(kwargs) - set(cls.known_arguments) - {"_job"}
        if unknown:
            known = ", ".join(sorted(cls.known_arguments))
            raise ArgumentError(f"{cls.name} has no argument {', '.join(sorted(unknown))}; it takes {known}")
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.arguments = {name: value for name, value in kwargs.items() if name != "_job"}
        spider.read_arguments()
        return spider

    def read_arguments(self) -> None:
        """Read ``self.arguments``; subclasses add their own."""
        self.crawl_id = self.settings["CRAWL_ID"]
        self._describe_internal = self.settings.getbool("STORE_INTERNAL_LINKS")
        self._walk_nofollow = self.settings.getbool("WALK_NOFOLLOW")
        if contact_missing(self.settings):
            self.logger.warning(
                "No CONTACT is set: whoever runs the sites you crawl cannot ask, only block. "
                "Give a URL or mail address: -s CONTACT=https://you.example/crawler"
            )
        depth = self.arguments.get("depth", "")
        if depth and not re.fullmatch(r"\d{1,4}", depth):
            raise ArgumentError(f"depth={depth!r} is not a number of steps")
        limit = self.settings.getint("DEPTH_LIMIT")
        self.max_depth = int(depth) if depth else (limit or 10**6)
        self._walk = Walk(_limits_from(self.settings), self.settings.getint("MAX_PAGES_PER_SITE"))
        self.project = self._read_project()
        targets = self._read_list("targets")
        self.targets = frozenset(start.site for start in targets.starts) or frozenset(self.project.sites)

    async def start(self) -> AsyncIterator[Request]:
        """Yield a request for each start page."""
        for start in self.starts:
            yield self.request_of(Child(start.url, depth=0, band=0))

    def reach(self, host: str, source: Visit, depth: int) -> Reach | None:
        """Return how pages of ``host`` that ``source`` links to are walked; ``None``: not at all.

        Asked once for each host that a page leads to.
        """
        raise NotImplementedError

    def request_of(self, child: Child) -> Request:
        """Return the request that makes ``child`` known to the frontier."""
        return Request(child.url, callback=self.parse, errback=self.failed, dont_filter=True, meta={"child": child})

    async def parse(self, response: Response) -> AsyncIterator[Visit]:
        """Yield the visit of one page."""
        visit = observe_response(response, datetime.now(UTC), describe_internal=self._describe_internal)
        yield self._complete(visit, response.request)

    async def failed(self, failure: Failure) -> AsyncIterator[Visit]:
        """Yield the visit of a page that gave no response."""
        request: Request = failure.request  # type: ignore[attr-defined]  # set by Scrapy for errbacks
        yield self._complete(observe_failure(request, failure.value or failure, datetime.now(UTC)), request)

    def _complete(self, visit: Visit, request: Request | None) -> Visit:
        assert request is not None
        lease = request.meta["lease"]
        visit.lease = lease
        visit.token = lease.token
        visit.page.depth = lease.depth
        visit.page.crawl_id = self.crawl_id
        visit.children = self.bounded(visit, self.children(visit), lease.redirects)
        return visit

    def bounded(self, visit: Visit, children: Iterable[Child], redirects: int) -> list[Child]:
        """Return which of the ``children`` are walked, and count why others are not.

        :param redirects: in a row that led to the page.
        """
        found = self._walk.bounded(visit, children, redirects)
        stats = self.crawler.stats
        assert stats is not None
        for what, reasons in (("refused", found.refused), ("suspect", found.suspect)):
            for reason, number in reasons.items():
                stats.inc_value(f"walk/{what}/{reason}", number)
        return found.children

    def children(self, visit: Visit) -> Iterator[Child]:
        """Yield what ``visit`` makes known.

        A redirect's target keeps the depth, pages that say nofollow lead nowhere unless ``WALK_NOFOLLOW`` is on, and a
        domain that was given without a scheme and can't be reached by https is tried by http. A link with
        ``rel=nofollow`` is walked: it says what its page vouches for; whom a site lets in, its robots.txt says.
        """
        page = visit.page
        if page.outcome in {"network_error", "certificate_error"} and page.depth == 0:
            yield from (Child(s.fallback, 0, 0) for s in self.starts if s.fallback and s.url == page.url)
        depth = page.depth + (page.outcome != "redirect")
        if depth > self.max_depth or (page.nofollow and not self._walk_nofollow):
            return
        reached: dict[str, Reach | None] = {}  # by origin: most links of a page lead to a few
        for url in dict.fromkeys([link.url for link in visit.raw_links if link.link_type in _WALKED]):
            if url is None or url == page.url:
                continue
            origin = url[: url.index("/", 8)]
            if origin in reached:
                reach = reached[origin]
            else:
                reach = reached[origin] = self.reach(host_of(origin), visit, depth)
            if reach is not None and (not reach.under or _lies_under(url, reach.under)):
                yield Child(url, depth, reach.band, reach.site_budget)

    def _read_project(self) -> Project:
        """Return the project file that was named; none is looked for, as a worker may run anywhere."""
        named = self.arguments.get("project")
        try:
            return read(Path(named), Path()) if named else Project()
        except ProjectError as error:
            raise ArgumentError(str(error)) from error

    def _read_list(self, name: str, *, whole_host: bool = False) -> StartList:
        found = read_start_list(self.arguments.get(name, ""), whole_host=whole_host)
        for problem in found.problems:
            self.logger.error("%s: %s", name, problem)
        if self.arguments.get(name) and not found.starts:
            raise ArgumentError(f"{name}: {found.problems[0]}" if found.problems else f"{name} is empty")
        return found


def _lies_under(url: str, prefixes: tuple[str, ...]) -> bool:
    path = url.partition("?")[0].split("/", 3)[3]
    return f"/{path}/".startswith(prefixes)


def _limits_from(settings: BaseSettings) -> WalkLimits:
    return WalkLimits(
        max_url=settings.getint("WALK_MAX_URL"),
        max_segments=settings.getint("WALK_MAX_SEGMENTS"),
        max_repeats=settings.getint("WALK_MAX_REPEATS"),
        max_redirects=settings.getint("WALK_MAX_REDIRECTS"),
        suspect_share=settings.getfloat("WALK_SUSPECT_SHARE"),
    )
