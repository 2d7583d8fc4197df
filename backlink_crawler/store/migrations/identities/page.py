"""Pages that are one by the new rules: what is known of it. Pure.

The newest visit says what became of the page, the newest reading what is on it; the earliest visit says since when it
is known. A spelling that only redirected to another one of the same page was no page of its own: it counts as a visit
and says nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from backlink_crawler.history.sight import sight_of
from backlink_crawler.records import Page, Visit
from backlink_crawler.store.documents import MOST_PERIODS, OF_AN_ANSWER_WITHOUT_LINKS, OF_ANY_ANSWER
from backlink_crawler.store.migrations.identities.links import Reading
from backlink_crawler.store.migrations.identities.rules import NO_VALIDATORS, Document

_NEVER = datetime.min.replace(tzinfo=UTC)
_OF_A_REDIRECT = (
    *("chain", "chain_end", "final_url", "final_site", "final_status", "final_outcome", "final_soft_404"),
    *("final_known", "final_change"),
)


def redirects_to_itself(page: Mapping[str, Any]) -> bool:
    """Whether a page, by the new rules, was found to redirect to another spelling of its own address."""
    return bool(page["outcome"] == "redirect" and page.get("redirect_to") == page["url"])


def reading_of(pages: Sequence[Mapping[str, Any]]) -> Reading | None:
    """Return the newest reading of pages that are one; ``None``: none was ever read."""
    read = [n for n, page in enumerate(pages) if page.get("last_read")]
    real = [n for n in read if not redirects_to_itself(pages[n])]
    if not read:
        return None
    number = max(real or read, key=lambda n: (pages[n]["last_read"], pages[n]["last_visited"], -n))
    page = pages[number]
    sight = sight_of(visit_of(page))
    at = page["last_read"]
    own = page["last_visited"] == at
    return Reading(
        page=number,
        at=at,
        visit=f"{page.get('crawl_id') or ''}/{page.get('token', 0)}" if own else "/0",
        reason=(sight.reason if own else None) or "removed_from_html",
        whole=not page.get("truncated") or bool(own and sight.reason),
    )


def visit_of(page: Mapping[str, Any]) -> Visit:
    """Return the last visit of a stored page, without its links."""
    facts = {name: page[name] for name in Page.__slots__ if page.get(name) is not None}
    return Visit(Page(**facts), page["last_visited"])


def one_page(pages: Sequence[Document]) -> Document:
    """Return what several pages come to, by the new rules, but for what follows from their links."""
    real = [page for page in pages if not redirects_to_itself(page)] or pages
    newest = max(real, key=lambda page: page["last_visited"])
    base = max(real, key=lambda page: (_is_read(page), page.get("last_whole", _NEVER), page["last_visited"]))
    merged = {**base, **_told_by(newest, base)}
    for name in (*_OF_A_REDIRECT, "unknown_since", "unseen", "unknown_periods"):
        merged.pop(name, None)
        if name in _OF_A_REDIRECT and name in newest:
            merged[name] = newest[name]
    last_read = max((page["last_read"] for page in pages if page.get("last_read")), default=None)
    merged |= {
        "first_seen": min(page["first_seen"] for page in pages),
        "last_visited": max(page["last_visited"] for page in pages),
        "visits": sum(page.get("visits", 0) for page in pages),
        # The next visit is made under another address: the time tells which is later, not the lease.
        "token": 0,
        **NO_VALIDATORS,
        **{name: max(page[name] for page in pages if name in page) for name in _latest(pages)},
        **{name: min(page[name] for page in pages if name in page) for name in _soonest(pages)},
        **_not_seen(real, last_read),
    }
    if changes := sum(page.get("final_changes", 0) for page in pages):
        merged["final_changes"] = changes
    return merged


def _is_read(page: Document) -> bool:
    """Whether it shows facts of a page, not only that there is none."""
    return sight_of(visit_of(page)).kind == "read"


def _told_by(newest: Document, base: Document) -> Document:
    if newest is base:
        return {}
    kind = sight_of(visit_of(newest)).kind
    if kind == "read":
        return {name: newest[name] for name in Page.__slots__ if name in newest}
    names = OF_AN_ANSWER_WITHOUT_LINKS if kind == "withdrawn" else OF_ANY_ANSWER
    return {name: newest.get(name) for name in names}


def _latest(pages: Sequence[Document]) -> set[str]:
    return {name for page in pages for name in ("last_read", "last_whole", "last_changed") if name in page}


def _soonest(pages: Sequence[Document]) -> set[str]:
    return {name for page in pages for name in ("interval_days", "next_visit") if name in page}


def _not_seen(pages: Sequence[Document], last_read: datetime | None) -> Document:
    """When the page could not be looked at: no spelling of it, as far as the times that are kept tell."""
    since = last_read or _NEVER
    reads = sorted(page["last_read"] for page in pages if page.get("last_read"))
    by_crawl = {visit["crawl_id"]: visit for page in pages for visit in page.get("unseen", ()) if visit["at"] > since}
    unseen = sorted(by_crawl.values(), key=lambda visit: visit["at"])
    began = [page["unknown_since"] for page in pages if page.get("unknown_since")]
    later = [at for at in began if at > since] + [visit["at"] for visit in unseen]
    values: Document = {"unknown_since": min(later), "unseen": unseen} if began and later else {}
    closed = [tuple(period) for page in pages for period in page.get("unknown_periods", ())]
    closed += [(at, since) for at in began if at <= since]
    cut = {(at, min([read for read in reads if at < read < until], default=until)) for at, until in closed}
    if cut:
        values["unknown_periods"] = [list(period) for period in sorted(cut)][-MOST_PERIODS:]
    return values
