"""The summary of one site's backlinks: what was observed, and what it does not say.

Whoever reads the numbers reads first how much was looked at, how much could not be, and when: a link index is a
sample, so the words are "seen on n pages of k referring domains", never "total".
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from backlink_crawler.records import UNSEEN_OUTCOMES, LostReason
from backlink_crawler.urls import registry_site_of

REFUSALS = frozenset({401, 403, 429})
"""Statuses with which a server turns a crawler away: like 5xx, they say nothing about the page's links."""

_CAUSES = {
    "blocked_by_robots": "robots",
    "challenge": "challenge",
    "network_error": "network",
    "certificate_error": "certificate",
    "unsafe_address": "unsafe address",
}

_LOSSES: Mapping[LostReason, str] = {
    "removed_from_html": "removed from the page",
    "retargeted": "pointing elsewhere",
    "moved": "moved to another page",
    "page_redirected": "page redirects",
    "page_gone": "page gone",
    "page_noindex": "page set to noindex",
    "page_not_canonical": "page no longer canonical",
    "page_not_html": "page no longer HTML",
    "unreachable": "page unreachable",
}


@dataclass(frozen=True, slots=True)
class Tried:
    """Pages that were asked for with the same outcome; ``http_status`` only tells errors apart."""

    outcome: str
    http_status: int | None
    pages: int


@dataclass(frozen=True, slots=True)
class Observed:
    """What the index was built from: the whole crawl, and the part of it on the site in question."""

    pages: Sequence[Tried] = ()
    own_pages: Sequence[Tried] = ()
    sites: int = 0
    """Sites of the pages tried."""
    crawls: int = 0
    as_of: datetime | None = None
    """The last visit of any page; ``None`` before the first."""


@dataclass(frozen=True, slots=True)
class Live:
    """The live links, all together."""

    backlinks: int
    follow: int
    """How many of them are followed."""
    first_seen: datetime
    last_seen: datetime | None
    """``None``: not known, as of a day in the past."""


@dataclass(frozen=True, slots=True)
class Backlinks:
    """What the index holds of links to one site from others."""

    live: Live | None = None
    """``None``: there are none."""
    pages: int = 0
    """Referring pages."""
    hosts: int = 0
    """Referring hosts."""
    source_sites: Sequence[str] = ()
    """Every referring domain, once."""
    unknown: int = 0
    """Links that were live when their page could last be looked at, which it could not be since."""
    unknown_since: datetime | None = None
    """The earliest time since when that is so of any of them."""
    lost: Mapping[LostReason, int] = field(default_factory=dict)
    """How many links are lost, by reason."""
    redirected: int = 0
    """How many of the live links point to a page of another site that redirects here."""


def unknown_cause(tried: Tried) -> str | None:
    """Why these pages could not be looked at; ``None`` where the server gave an answer about the page."""
    if tried.outcome in UNSEEN_OUTCOMES:
        return _CAUSES.get(tried.outcome, tried.outcome)
    if tried.outcome != "http_error" or tried.http_status is None:
        return None
    if tried.http_status in REFUSALS:
        return "refused"
    return "server error" if tried.http_status >= 500 else None


def totals_of(row: Mapping[str, Any]) -> Backlinks:
    """Return what a row of the relation ``totals`` says; its times are UTC without a zone."""
    live = None
    if row["backlinks"]:
        first = _utc(row["first_seen"])
        assert first is not None
        live = Live(row["backlinks"], row["follow"], first, _utc(row["last_seen"]))
    return Backlinks(
        live=live,
        pages=row["pages"],
        hosts=row["hosts"],
        source_sites=sorted(row["source_sites"] or ()),
        unknown=row["unknown"],
        unknown_since=_utc(row["unknown_since"]),
        lost=dict(row["lost"] or {}),
        redirected=row["redirected"],
    )


def _utc(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=UTC) if at else None


def opening(site: str, observed: Observed, links: Backlinks) -> tuple[Sequence[str], Mapping[str, object]]:
    """Return what is said of the links before they are shown, in sentences and as facts."""
    merged = _by_registry_suffix(site, links.source_sites)
    statements = _findings(site, links, merged)
    if not links.live and not links.unknown and not links.lost:
        statements = [*statements, *_empty_answer(site, observed)]
    return statements, {**counts(links), "referring_domains_by_registry_suffix": merged}


def meant(site: str, asked: str) -> list[str]:
    """Return which site is meant, where what the user wrote does not say it."""
    obvious = asked.strip().rstrip(".").lower() in {"", site}
    return [] if obvious else [f"{asked} belongs to the site {site}, which this is about."]


def observation(observed: Observed) -> Mapping[str, object]:
    """Return what the index was built from, for programs."""
    unknown = _unknown(observed.pages)
    return {
        "as_of": observed.as_of,
        "crawls": observed.crawls,
        "sites_tried": observed.sites,
        "pages_tried": _pages(observed.pages),
        "pages_seen": _seen(observed.pages),
        "pages_unknown": sum(unknown.values()),
        "pages_unknown_by_cause": unknown,
        "own_pages_tried": _pages(observed.own_pages),
        "own_pages_seen": _seen(observed.own_pages),
    }


def _by_registry_suffix(site: str, source_sites: Iterable[str]) -> int:
    """Referring domains if private suffixes did not count: neighbours under one such suffix are then one site."""
    own = {registry_site_of(one) for one in site.split(", ")}
    return len({registry_site_of(source) for source in source_sites} - own)


def counts(links: Backlinks) -> dict[str, object]:
    """Return what was counted, for programs."""
    return {
        "backlinks": links.live.backlinks if links.live else 0,
        "referring_pages": links.pages,
        "referring_hosts": links.hosts,
        "referring_domains": len(links.source_sites),
        "backlinks_unknown": links.unknown,
        "backlinks_unknown_since": links.unknown_since,
        "backlinks_lost": sum(links.lost.values()),
        "backlinks_lost_by_reason": dict(sorted(links.lost.items())),
    }


def _findings(site: str, links: Backlinks, merged: int) -> list[str]:
    """What is said of the links, nothing where none was ever seen."""
    if not links.live:
        apart = not_live(links)
        return [f"No link to {site} is known to be live.", *apart] if apart else []
    live, domains = links.live, len(links.source_sites)
    last = f", last seen {live.last_seen:%Y-%m-%d}" if live.last_seen else ""
    said = [
        f"Links to {site} were seen on {extent(links)}: {number_of(live.backlinks, 'backlink')}, "
        f"{live.follow:,} followed; first seen {live.first_seen:%Y-%m-%d}{last}.",
        *not_live(links),
    ]
    if merged != domains:
        private = Counter(parent for source in links.source_sites if (parent := registry_site_of(source)) != source)
        parent = private.most_common(1)[0][0] if private else registry_site_of(site.partition(", ")[0])
        said.append(
            f"Counted without private suffixes (all of {parent} as one site), "
            f"that is {number_of(merged, 'referring domain')}."
        )
    if links.redirected:
        said.append(f"{links.redirected:,} of them point to other sites' pages that redirect here.")
    return said


def extent(links: Backlinks) -> str:
    """Return how widely the live links are spread, in words."""
    return (
        f"{number_of(links.pages, 'page')} of {number_of(len(links.source_sites), 'referring domain')} "
        f"({number_of(links.hosts, 'host')})"
    )


def not_live(links: Backlinks) -> list[str]:
    """Return what is said of links that are not known to be live."""
    said = []
    if links.unknown and links.unknown_since:
        said.append(
            f"{links.unknown:,} more could not be looked at again since {links.unknown_since:%Y-%m-%d}"
            f"{' or later' if links.unknown > 1 else ''}: neither live nor lost."
        )
    if links.lost:
        reasons = sorted(links.lost.items(), key=lambda item: (-item[1], item[0]))
        causes = ", ".join(f"{_LOSSES.get(reason, reason)} {number:,}" for reason, number in reasons)
        said.append(
            f"{sum(links.lost.values()):,} more {'is' if sum(links.lost.values()) == 1 else 'are'} lost ({causes})."
        )
    return said


def coverage_statements(site: str, observed: Observed) -> list[str]:
    """Return what is said of what was tried, how much of it was blocked, and how fresh it is."""
    statements = [_coverage(observed), _own_pages(site, observed)] if observed.pages else []
    if observed.as_of:
        statements.append(f"As of {observed.as_of:%Y-%m-%d %H:%M} UTC, the last visit.")
    return statements


def _coverage(observed: Observed) -> str:
    tried = _pages(observed.pages)
    unknown = _unknown(observed.pages)
    causes = ", ".join(f"{cause} {_percent(pages, tried)}" for cause, pages in unknown.items())
    return (
        f"{number_of(tried, 'page')} of {number_of(observed.sites, 'site')} tried "
        f"in {number_of(observed.crawls, 'crawl')}, "
        f"{_seen(observed.pages):,} seen; {_percent(sum(unknown.values()), tried)} of what was tried "
        f"was blocked or unknown{f' ({causes})' if causes else ''}."
    )


def _own_pages(site: str, observed: Observed) -> str:
    tried = _pages(observed.own_pages)
    if not tried:
        return f"{site} itself was not crawled."
    return f"{site} itself: {number_of(tried, 'page')} tried, {_seen(observed.own_pages):,} seen."


def _empty_answer(site: str, observed: Observed) -> list[str]:
    """Which kind of nothing it is, and what would change it."""
    seen = _seen(observed.pages)
    targets = site.replace(", ", ",")
    seeds = f"scrapy crawl seeds -a domains=SITES -a targets={targets}"
    competitors = f"scrapy crawl competitors -a sites=SITES -a targets={targets}"
    if not observed.pages and not observed.crawls:
        return [
            f"Nothing has been crawled yet, so nothing is known of links to {site}.",
            f"Begin with sites that may link to it: {seeds}",
        ]
    if not observed.pages:
        return [
            f"A crawl was started, but no page of it is stored yet, so nothing is known of links to {site}.",
            "Ask again in a minute; if nothing changes, the crawl's log says why.",
        ]
    if not seen:
        return [
            f"Of what was tried no page could be seen, so nothing is known of links to {site}.",
            f"See the causes below, or try other sites: {seeds}",
        ]
    if seen == _seen(observed.own_pages):
        return [
            f"Only pages of {site} itself were seen, and a backlink stands on another site.",
            f"Crawl sites that may link to it: {seeds}",
        ]
    return [
        f"{number_of(seen, 'page')} {'was' if seen == 1 else 'were'} seen and none links to {site}.",
        f"Crawl sites closer to its subject: {seeds}",
        f"Or those around its competitors: {competitors}",
    ]


def _unknown(pages: Iterable[Tried]) -> dict[str, int]:
    """Pages that could not be looked at, by cause, the most frequent first."""
    causes: Counter[str] = Counter()
    for tried in pages:
        if cause := unknown_cause(tried):
            causes[cause] += tried.pages
    return dict(sorted(causes.items(), key=lambda item: (-item[1], item[0])))


def _pages(pages: Iterable[Tried]) -> int:
    return sum(tried.pages for tried in pages)


def _seen(pages: Iterable[Tried]) -> int:
    return sum(tried.pages for tried in pages if tried.outcome == "ok")


def number_of(number: int, noun: str) -> str:
    """Return ``1 page``, ``2,000 pages``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _percent(part: int, whole: int) -> str:
    if not part:
        return "0 %"
    share = 100 * part / whole
    return "<0.1 %" if share < 0.1 else f"{share:.1f} %"
