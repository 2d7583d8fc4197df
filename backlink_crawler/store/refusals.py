"""What MongoDB cannot hold is set aside with its reason, and never stops the rest."""

from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any

from bson import encode
from bson.errors import BSONError

from backlink_crawler.records import Link, Page, Visit
from backlink_crawler.store.documents import MAX_RECORD, Document, bounded_text

_LINK_FIELDS = tuple(f.name for f in fields(Link))
_PAGE_FIELDS = tuple(f.name for f in fields(Page))
_IDENTITY = frozenset({"url", "host", "site", "outcome"})
REFUSALS = (BSONError, UnicodeEncodeError, OverflowError, TypeError, ValueError)


@dataclass(slots=True)
class Sorted:
    """What of a visit can be stored and what cannot."""

    visit: Visit
    links: list[Link] = field(default_factory=list)
    """Those that can be stored."""
    bad_facts: list[str] = field(default_factory=list)
    """Names of page facts that cannot be."""
    aside: list[Document] = field(default_factory=list)
    """Documents for ``set_aside``."""

    def clean(self) -> bool:
        """Leave in the visit what can be stored, and return whether its page can be at all.

        A page fact that cannot be stored becomes ``None``; a link goes as a whole.
        """
        good = _IDENTITY.isdisjoint(self.bad_facts)
        for name in set(self.bad_facts) - _IDENTITY:
            setattr(self.visit.page, name, None)
        self.visit.links = self.links if good else []
        self.visit.rivals = {}  # what else describes the same links need not be storable either
        return good


def sort_out(visit: Visit) -> Sorted:
    """Find what of ``visit`` cannot be stored; the visit stays as it is."""
    found = Sorted(visit)
    for link in visit.links:
        reason = _refusal(_state(link, _LINK_FIELDS))
        if reason is None:
            found.links.append(link)
        else:
            found.aside.append(_set_aside("link", visit, reason, link))
    for name in _PAGE_FIELDS:
        value = getattr(visit.page, name)
        reason = _refusal({name: value})
        if reason is not None:
            found.bad_facts.append(name)
            found.aside.append(_set_aside("page", visit, f"{name}: {reason}", value))
    return found


def _state(record: Link | Page, names: tuple[str, ...]) -> Document:
    return {name: getattr(record, name) for name in names}


def _refusal(document: Document) -> str | None:
    try:
        size = len(encode(document))
    except REFUSALS as refusal:
        return f"{type(refusal).__name__}: {refusal}"
    return None if size <= MAX_RECORD else f"too large: {size} bytes"


def _set_aside(kind: str, visit: Visit, reason: str, record: Any) -> Document:
    return {
        "at": datetime.now(UTC),
        "kind": kind,
        "reason": bounded_text({"reason": reason}, 500),
        "source_url": visit.page.url.encode("utf-8", "backslashreplace").decode(),
        "record": bounded_text(record),
    }
