"""A synthetic web as data: sites, hosts, pages and links.

Pages are rendered from the plan (``render``) and the truth is read from it (``truth``), so the link graph is known
without parsing anything. Every URL that means an address is written in normalised form; what stands in the HTML is
``href``, which is often written another way.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from backlink_crawler.records import Outcome, Region

Element = Literal["a", "img", "area", "noscript", "iframe", "form", "canonical", "alternate"]
"""What carries the link: ``img`` is an image in an ``<a>``, ``noscript`` an ``<a>`` in ``<noscript>``."""

Body = Literal["html", "pdf", "empty", "drip", "huge", "chunked", "bomb"]
"""``drip`` never ends; ``huge`` declares its length, ``chunked`` does not; ``bomb`` is huge once unzipped."""

Scheme = Literal["http", "https"]

UNREACHABLE: tuple[Outcome, ...] = ("network_error", "blocked_by_robots")
"""A host that does not answer: its robots.txt cannot be read either (RFC 9309 calls that disallowed)."""


@dataclass(frozen=True, slots=True)
class PlannedLink:
    """One linking element of a page."""

    target: str | None
    """The URL meant, normalised; ``None``: no web address."""
    href: str
    """The attribute's value."""
    anchor: str = ""
    """The text (``alt`` of images), white space collapsed."""
    rel: str = ""
    """As written."""
    element: Element = "a"
    region: Region = "content"
    markup: str = ""
    """HTML inside the element where it is more than the anchor."""
    attributes: str = ""
    """HTML attributes beyond href, rel and alt."""


@dataclass(frozen=True, slots=True)
class PagePlan:
    """What one URL answers."""

    url: str
    title: str = ""
    links: tuple[PlannedLink, ...] = ()
    outcomes: tuple[Outcome, ...] = ("ok",)
    """What a correct crawler may report; nearly always one."""
    status: int = 200
    first_status: int | None = None
    """Of the first answer, when that is another."""
    location: str = ""
    """Of a redirect, as sent."""
    moved_to: str | None = None
    """The URL that ``location`` means, normalised."""
    nofollow_cause: Literal["meta", "header"] | None = None
    """Who says nofollow for the whole page."""
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = "text/html; charset=utf-8"
    encoding: str = "utf-8"
    """Python's codec for the bytes."""
    gzip: bool = False
    head: str = ""
    """HTML added to ``<head>``."""
    decoys: str = ""
    """HTML added to the content that holds no link, whatever it looks like."""
    landmarks: bool = True
    """Laid out with ``<main>``, ``<nav>`` …; otherwise with ``<div>`` alone, and only its content is asserted."""
    body: Body = "html"
    size: int = 0
    """Bytes of a huge body, unzipped."""
    paragraphs: int = 5


@dataclass(frozen=True, slots=True)
class Robots:
    """A robots.txt; with ``location`` it redirects there, and ``text`` is served at that path."""

    text: str = "User-agent: *\nDisallow:\n"
    status: int = 200
    location: str = ""


@dataclass(frozen=True, slots=True)
class Host:
    """One name; on an ``https`` host, port 80 redirects every path to 443."""

    name: str
    """ASCII, lower case."""
    pages: tuple[PagePlan, ...] = ()
    scheme: Scheme = "https"
    robots: Robots = field(default_factory=Robots)
    refuses: bool = False
    """Its port refuses connections."""
    missing: tuple[Outcome, ...] = ("http_error",)
    """What comes of a path it does not have."""


@dataclass(frozen=True, slots=True)
class Site:
    """A registrable domain with its hosts."""

    name: str
    hosts: tuple[Host, ...]


class Web:
    """Sites, and the names outside that they link to."""

    def __init__(self, sites: Iterable[Site], outside: Mapping[str, str]) -> None:
        """:param outside: host → site of every linked host that belongs to no planned site; none of them resolves."""
        self.sites = tuple(sites)
        self.hosts = {host.name: host for site in self.sites for host in site.hosts}
        self.pages = {page.url: page for host in self.hosts.values() for page in host.pages}
        self._site = {**outside, **{host.name: site.name for site in self.sites for host in site.hosts}}

    def site_of(self, url: str) -> str:
        """Return the registrable domain of a URL of this web.

        :raises KeyError: the plan does not declare the host.
        """
        return self._site[host_in(url)]

    def page(self, url: str) -> PagePlan:
        """Return what a normalised URL answers, planned or implied (redirect to https, 404, unreachable)."""
        planned = self.pages.get(url)
        if planned is not None:
            return planned
        scheme, _, rest = url.partition("://")
        authority = rest.partition("/")[0]
        host = self.hosts.get(authority)
        if host is None or host.refuses or (scheme, host.scheme) == ("https", "http"):
            return PagePlan(url, outcomes=UNREACHABLE)
        if scheme != host.scheme:
            return self._upgrade(url, f"https://{rest}")
        return PagePlan(url, "Not found", status=404, outcomes=host.missing)

    def _upgrade(self, url: str, secure: str) -> PagePlan:
        blocked = self.page(secure).outcomes == ("blocked_by_robots",)
        outcome: Outcome = "blocked_by_robots" if blocked else "redirect"
        return PagePlan(url, status=301, location=secure, moved_to=secure, outcomes=(outcome,))


def host_in(url: str) -> str:
    """Return the host of a planned URL, without port."""
    authority = url.split("/", 3)[2]
    return authority if authority.endswith("]") else authority.partition(":")[0]
