"""What a correct crawl of a planned web must find, read from the plan and from nothing else."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from backlink_crawler.records import LinkType, Outcome, Region
from tests.web.plan import Element, PagePlan, PlannedLink, Web

_TYPES: dict[Element, LinkType | None] = {
    "a": "text",
    "noscript": "text",
    "img": "image",
    "area": None,
    "iframe": "frame",
    "form": "form",
    "canonical": "canonical",
    "alternate": "alternate",
}
_ANCHORED = ("a", "noscript", "img", "area")

Found = Mapping[tuple[str, str], Mapping[str, Any]]
"""(source URL, target URL) → the record's fields, as a crawl stored them."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One place where a page links to the target; a field that is ``None`` is not asserted (but see the cause)."""

    follow: bool
    nofollow_cause: str | None
    """``rel``, ``meta`` or ``header``; ``None`` when followed."""
    link_type: LinkType | None
    anchor: str | None = None
    rel: tuple[str, ...] | None = None
    region: Region | None = None
    """Asserted for what stands in the body, as a reader would say; on pages without landmarks content alone, as readers
    might call the rest of those by several names."""

    def agrees(self, found: Mapping[str, Any]) -> bool:
        """Whether a found record (by field name) has every asserted value."""
        asserted = {"anchor": self.anchor, "rel": self.rel, "region": self.region, "link_type": self.link_type}
        verdict = (found["follow"], found["nofollow_cause"]) == (self.follow, self.nofollow_cause)
        return verdict and all(value is None or _plain(found[name]) == value for name, value in asserted.items())


def _plain(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class TrueLink:
    """One record of the truth: a page links to a URL of another site."""

    source_url: str
    target_url: str
    source_site: str
    target_site: str
    occurrences: tuple[Occurrence, ...]

    @property
    def prominent(self) -> tuple[Occurrence, ...]:
        """The occurrences a record may describe: those in the content if there are any, otherwise all."""
        return tuple(place for place in self.occurrences if place.region == "content") or self.occurrences

    def agrees(self, found: Mapping[str, Any]) -> bool:
        """Whether a found record (by field name, as in the store) describes this link."""
        return any(place.agrees(found) for place in self.prominent)


@dataclass(slots=True)
class Expected:
    """What one crawl must come to."""

    pages: dict[str, tuple[Outcome, ...]] = field(default_factory=dict)
    """URL → the outcomes that are correct, nearly always one. No other URL is visited."""
    links: dict[tuple[str, str], TrueLink] = field(default_factory=dict)
    """(source URL, target URL) → the link. No other external link is found."""

    def differences(self, outcomes: Mapping[str, str], found: Found) -> list[str]:
        """Return a line for every page and link in which a crawl differs from what it must come to, sorted."""
        lines = [f"page not visited: {url}" for url in self.pages.keys() - outcomes.keys()]
        lines += [f"page that should not be visited: {url}" for url in outcomes.keys() - self.pages.keys()]
        lines += [
            f"page {url} came to {outcomes[url]}, not {' or '.join(self.pages[url])}"
            for url in self.pages.keys() & outcomes.keys()
            if outcomes[url] not in self.pages[url]
        ]
        lines += [f"link missing: {' -> '.join(pair)}" for pair in self.links.keys() - found.keys()]
        lines += [f"link that is not there: {' -> '.join(pair)}" for pair in found.keys() - self.links.keys()]
        lines += [
            f"link misread: {' -> '.join(pair)}"
            for pair in self.links.keys() & found.keys()
            if not self.links[pair].agrees(found[pair])
        ]
        return sorted(lines)


def links_of(web: Web, page: PagePlan) -> list[TrueLink]:
    """Return the external links that a visit of one page must yield, by first appearance in the plan."""
    places: dict[str, list[Occurrence]] = {}
    for target, place in _places(page):
        places.setdefault(target, []).append(place)
    site = web.site_of(page.url)
    links = (TrueLink(page.url, to, site, web.site_of(to), tuple(found)) for to, found in places.items())
    return [link for link in links if link.target_site != site]


def _places(page: PagePlan) -> Iterator[tuple[str, Occurrence]]:
    if page.outcomes == ("redirect",) and page.moved_to:
        yield page.moved_to, Occurrence(True, None, "redirect")
    if page.outcomes == ("ok",):
        yield from ((link.target, _place(page, link)) for link in page.links if link.target is not None)


def _place(page: PagePlan, link: PlannedLink) -> Occurrence:
    tokens = tuple(link.rel.lower().split())
    cause = "rel" if {"nofollow", "ugc", "sponsored"} & set(tokens) else page.nofollow_cause
    if link.element not in _ANCHORED:
        return Occurrence(cause is None, cause, _TYPES[link.element])
    region = link.region if page.landmarks or link.region == "content" else None
    return Occurrence(cause is None, cause, _TYPES[link.element], link.anchor, tokens, region)


def expected_crawl(web: Web, seeds: Iterable[str], sites: Iterable[str]) -> Expected:
    """Return the outcome of a crawl without budgets: from the seeds, through every page of the named sites.

    :param seeds: normalised URLs.
    :param sites: registrable domains in scope; links to others are found and not followed.
    """
    scope = frozenset(sites)
    waiting = list(dict.fromkeys(seeds))
    expected = Expected()
    while waiting:
        url = waiting.pop()
        if url in expected.pages:
            continue
        page = web.page(url)
        expected.pages[url] = page.outcomes
        expected.links.update({(link.source_url, link.target_url): link for link in links_of(web, page)})
        waiting += (target for target, _ in _places(page) if web.site_of(target) in scope)
    return expected


def homes(web: Web) -> list[str]:
    """Return the home page of every host: seeds that reach the whole web."""
    return [host.pages[0].url for host in web.hosts.values()]


def crawl_all(web: Web) -> Expected:
    """Return the outcome of a crawl of everything."""
    return expected_crawl(web, homes(web), [site.name for site in web.sites])
