"""Pages as MongoDB documents: field names as in ``records``, absent where a fact was not observed."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from itemadapter import ItemAdapter

from backlink_crawler.history.comparison import Comparison, KnownPage
from backlink_crawler.history.life import Effects
from backlink_crawler.history.revisiting import Patience
from backlink_crawler.history.sight import standing_of
from backlink_crawler.records import Page, Visit
from backlink_crawler.urls import url_id

Document = dict[str, Any]

MAX_RECORD = 65_536
"""Bytes of one record as BSON: bounded fields make half of it at most, and MongoDB's own bound (16 MB) is met too
late, after the commit that promised to write it."""
MOST_PERIODS = 100

OF_ANY_ANSWER = ("outcome", "reason", "http_status", "ip", "subnet", "crawl_id")
OF_AN_ANSWER_WITHOUT_LINKS = (*OF_ANY_ANSWER, "redirect_to", "content_type", "bytes", "depth", "soft_404")
_PAGE_FIELDS = tuple(ItemAdapter.get_field_names_from_class(Page) or ())
_page_values = attrgetter(*_PAGE_FIELDS)
"""All at once: an adapter for every page would take as long as everything else here."""
_NO_VALIDATORS: Document = {"etag": None, "last_modified": None}
"""Of a page whose links are not as they were last read: *not modified since* would mean what the index has not."""


def known_page(document: Document | None) -> KnownPage:
    """Return what a page document says, for comparing a visit with it."""
    if document is None:
        return KnownPage()
    shown = Page(url="", host="", site="", outcome="ok", indexable_cause=document.get("indexable_cause"))
    return KnownPage(
        revision=document.get("revision", 0),
        token=document.get("token", 0),
        crawl_id=document.get("crawl_id"),
        last_visited=document.get("last_visited"),
        last_read=document.get("last_read"),
        manifest=document.get("manifest", b""),
        links_hash=document.get("links_hash", b""),
        region_rules=document.get("region_rules"),
        standing=standing_of(shown),
        interval_days=document.get("interval_days"),
        unknown_since=document.get("unknown_since"),
        unseen=tuple(document.get("unseen", ())),
    )


def page_changes(
    document: Document | None,
    comparison: Comparison,
    unseen: Iterable[Any],
    effects: Effects | None,
    patience: Patience,
) -> tuple[Document, list[str]]:
    """Return the fields to set and those to remove when ``comparison`` is written, in one small step if it changes
    nothing.

    :param document: the page as stored.
    :param unseen: visits since the last read that saw nothing.
    :param effects: of a visit that changes links.
    """
    values = _moved_on(comparison, effects)
    removed: list[str] = []
    if effects is None or effects.complete:
        values |= _facts(document, comparison)
        visit = comparison.visit
        values |= {"last_visited": visit.at, "token": visit.token, "crawl_id": visit.page.crawl_id}
        values["visits"] = (document or {}).get("visits", 0) + 1
        if comparison.sight.kind == "unseen" or comparison.evidence:
            values |= _unseen(comparison, unseen, patience)
        else:
            read, removed = _read(document, comparison, effects, patience)
            values |= read
    else:
        if document is None:
            values |= {name: value for name, value in _told_of(comparison.visit.page).items() if name != "crawl_id"}
        values |= _NO_VALIDATORS
    stored = document or {}
    if document is None:
        values["first_seen"] = comparison.visit.at
        values.setdefault("token", 0)
    changed = {name: value for name, value in values.items() if name not in stored or stored[name] != value}
    return changed, [name for name in removed if name in stored]


def _moved_on(comparison: Comparison, effects: Effects | None) -> Document:
    if effects is None:
        return {} if comparison.known.revision else {"revision": 0}
    values: Document = {
        "revision": comparison.known.revision + 1,
        "manifest": effects.manifest,
        "region_rules": comparison.visit.page.region_rules,
    }
    if effects.complete:
        values["links_hash"] = comparison.links_hash
    else:  # between two visits: like neither
        values["links_hash"] = b""
    if comparison.first or effects.events:
        values["last_changed"] = comparison.visit.at
    return values


def _facts(document: Document | None, comparison: Comparison) -> Document:
    """What is told of the page itself; facts that this answer could not show stay as they were last seen."""
    visit = comparison.visit
    told = _told_of(visit.page)
    kind = comparison.sight.kind
    if kind != "read":
        told |= _NO_VALIDATORS
    if document is None or (kind == "read" and not visit.not_modified):
        return told
    withdrawn = kind == "withdrawn" and not comparison.evidence
    names = OF_AN_ANSWER_WITHOUT_LINKS if withdrawn else OF_ANY_ANSWER
    return {name: told[name] for name in (*names, *(_NO_VALIDATORS if kind == "withdrawn" else ()))}


def _told_of(page: Page) -> Document:
    return dict(zip(_PAGE_FIELDS, _page_values(page), strict=True))


def _read(
    document: Document | None, comparison: Comparison, effects: Effects | None, patience: Patience
) -> tuple[Document, list[str]]:
    at, known = comparison.visit.at, comparison.known
    changed = effects is not None and bool(effects.events) and not comparison.first
    interval = patience.interval(known.interval_days, changed=changed)
    values = {"last_read": at, "interval_days": interval, "next_visit": at + timedelta(days=interval)}
    if not comparison.visit.not_modified:
        values["last_whole"] = at
    if known.unknown_since is None:
        return values, []
    periods = [*(document or {}).get("unknown_periods", ()), [known.unknown_since, at]]
    values["unknown_periods"] = periods[-MOST_PERIODS:]
    return values, ["unknown_since", "unseen"]


def _unseen(comparison: Comparison, unseen: Iterable[Any], patience: Patience) -> Document:
    at, known = comparison.visit.at, comparison.known
    return {
        "unknown_since": known.unknown_since or at,
        "unseen": list(unseen),
        "next_visit": at + timedelta(days=patience.interval_unseen(known.interval_days)),
    }


def page_filter(page_id: bytes, known: KnownPage) -> Document:
    """Return the filter that matches a page only as long as nobody else has written it."""
    return {"_id": page_id, "revision": known.revision, "token": known.token, "last_visited": known.last_visited}


def is_written(document: Document | None, values: Document, comparison: Comparison) -> bool:
    """Return whether ``document`` is what ``values`` made of a page: who wrote it, if two tried.

    An unfinished commit is recognised by what it still has to do; once somebody has done that, the answer is no, and
    comparing again shows that nothing of it is left to do.
    """
    if document is None or document["revision"] != values.get("revision", document["revision"]):
        return False
    if "last_visited" not in values:
        return bool(document.get("pending") == values["pending"])
    return known_page(document).has(comparison.visit)


def to_milliseconds(at: datetime) -> datetime:
    """Return a time as MongoDB keeps it."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def page_id_of(visit: Visit) -> bytes:
    """Return the id of the page that was visited."""
    return url_id(visit.page.url)


def bounded_text(document: object, limit: int = 2_000) -> str:
    """Return ``document`` as text that MongoDB surely accepts, for the record set aside."""
    return repr(document).encode("utf-8", "backslashreplace")[:limit].decode("utf-8", "ignore")
