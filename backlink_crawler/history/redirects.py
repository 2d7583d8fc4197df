"""Where a redirect ends: a chain of hops walked over what is known of each page. Pure.

A chain is a function of the pages on it and of nothing else, so that it can be worked out again at any time, by
anybody, from the stored pages, with the same result.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple

from backlink_crawler.records import Outcome
from backlink_crawler.urls import host_of, site_of

MAX_HOPS = 10
"""A chain that is longer is cut off: browsers follow twenty hops, search engines ten."""

ChainEnd = Literal["answered", "silent", "unvisited", "loop", "too_long"]
"""How a chain ends: at a page that answered for itself; at one that could not be seen; at one that nobody asked for
yet; at a page whose redirect leads back into the chain; or nowhere within ``MAX_HOPS``."""

_GONE_FOR_NOW = frozenset({401, 403, 408, 425, 429})
_HOME = frozenset({"", "index", "home", "default"})


class Chain(NamedTuple):
    """Where a redirecting page leads, as far as known."""

    urls: tuple[str, ...]
    """One per hop, the page itself not among them; the last one is where the chain ends."""
    end: ChainEnd
    status: int | None = None
    """HTTP status of the last page, where it answered."""
    soft_404: bool = False
    """The end says that there is no such page, or is the home page of the site whose deeper page was asked for."""
    outcome: Outcome | None = None
    """Of the last page, where it was visited."""
    seen: datetime | None = None
    """The last visit of any page of the chain, the redirecting one included: when this was so."""
    certain: bool = False
    """The end answered, and all pages behind the redirecting one were seen in the same crawl or later than it: what is
    known of them from earlier may have changed, and a crawl that follows redirects will know soon."""


def chain_of(page: Mapping[str, Any], pages: Mapping[str, Mapping[str, Any]]) -> Chain | str:
    """Return the chain of a page whose outcome is ``redirect``, or the URL of the hop that must be looked up first.

    :param page: document of the redirecting page, with a ``redirect_to``.
    :param pages: URL → document of the pages that were looked up; an empty one: never asked for.
    """
    urls: list[str] = []
    seen = page.get("last_visited")
    fresh = True
    here = page
    while True:
        url = str(here["redirect_to"])
        if url == page["url"] or url in urls:
            # A page that redirects to itself is a chain of one hop; any other loop ends at the page that closes it.
            return Chain(tuple(urls) or (url,), "loop", seen=seen)
        if len(urls) == MAX_HOPS:
            return Chain(tuple(urls), "too_long", seen=seen)
        urls.append(url)
        found = pages.get(url)
        if found is None:
            return url
        if not found:
            return Chain(tuple(urls), "unvisited", seen=seen)
        fresh = fresh and _is_as_fresh(found, page)
        seen = max(filter(None, (seen, found.get("last_visited"))), default=None)
        if leads_on(found):
            here = found
            continue
        soft = bool(found.get("soft_404")) or (found["outcome"] == "ok" and is_home_instead(page["url"], url))
        answered = answers(found)
        end: ChainEnd = "answered" if answered else "silent"
        return Chain(
            tuple(urls), end, found.get("http_status"), soft, found["outcome"], seen, certain=answered and fresh
        )


def _is_as_fresh(hop: Mapping[str, Any], page: Mapping[str, Any]) -> bool:
    if hop.get("crawl_id") == page.get("crawl_id"):
        return True
    return bool(hop["last_visited"] >= page["last_visited"])


def leads_on(page: Mapping[str, Any]) -> bool:
    """Whether a page's document says that it redirects to another web address."""
    return page["outcome"] == "redirect" and bool(page.get("redirect_to"))


def answers(page: Mapping[str, Any]) -> bool:
    """Whether a page answered for itself, be it that it is gone: asking again would not lead elsewhere."""
    if page["outcome"] == "http_error":
        status = page.get("http_status") or 0
        return 400 <= status < 500 and status not in _GONE_FOR_NOW
    return page["outcome"] in {"ok", "not_html", "too_large", "redirect"}


def is_home_instead(url: str, end: str) -> bool:
    """Whether ``end`` is the home page of the site of ``url``, a deeper page: search engines call that a soft 404.

    Within one site only: a short link or an old domain that leads to another site's home page may well mean it.
    """
    return not _is_home(url) and _is_home(end) and site_of(host_of(url)) == site_of(host_of(end))


def _is_home(url: str) -> bool:
    path = url.partition("?")[0].split("/", 3)[3].rstrip("/").lower()
    name, _, extension = path.partition(".")
    return name in _HOME and "/" not in extension
