"""Walk sites from their start through their internal links, and record every outbound link."""

from typing import ClassVar

from backlink_crawler.records import Visit
from backlink_crawler.spiders.walking import ArgumentError, Reach, WalkingSpider, band_of


class SeedsSpider(WalkingSpider):
    """``scrapy crawl seeds -a domains=a.com,https://b.org/blog/,@file [-a urls=@file] [-a targets=c.com]``."""

    name = "seeds"
    known_arguments: ClassVar[dict[str, str]] = {
        "domains": "domains (walked whole), URLs or paths (walked under the path), @file with one a line",
        "urls": "pages to start from, their hosts walked whole; @file with one a line",
        "subdomains": "1 = walk the subdomains of each domain too (default: the host and its www twin)",
        **WalkingSpider.known_arguments,
    }

    def read_arguments(self) -> None:
        """Read ``domains``, ``urls`` and ``subdomains``."""
        super().read_arguments()
        self.starts = [*self._read_list("domains").starts, *self._read_list("urls", whole_host=True).starts]
        self._open_ended = self.settings.getbool("FRONTIER_STAY_OPEN")
        if not self.starts and not self._open_ended:
            raise ArgumentError("nothing to crawl: say -a domains=a.com,b.org or -a urls=@file")
        self._subdomains = self.arguments.get("subdomains", "0") not in {"", "0", "no", "false"}
        self._prefixes: dict[str, tuple[str, ...]] = {}
        for start in self.starts:
            # People say a.com and mean www.a.com, or the other way round: the site itself redirects to the one it uses.
            bare = start.host.removeprefix("www.")
            for host in (bare, f"www.{bare}"):
                self._prefixes[host] = (*self._prefixes.get(host, ()), start.prefix)

    def reach(self, host: str, source: Visit, depth: int) -> Reach | None:
        """Reach what lies on a host and under a path of the start list, and hosts that were pushed as start URLs."""
        if self._open_ended and host == source.page.host:
            return Reach(band_of(depth))
        prefixes = self._prefixes_of(host)
        return Reach(band_of(depth), under=() if "/" in prefixes else prefixes) if prefixes else None

    def _prefixes_of(self, host: str) -> tuple[str, ...]:
        """Return the path prefixes under which ``host`` is walked."""
        parent = host
        while self._subdomains and parent not in self._prefixes and "." in parent:
            parent = parent.partition(".")[2]
        return self._prefixes.get(parent, ())
