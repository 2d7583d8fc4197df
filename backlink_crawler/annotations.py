"""What people decide about links, pages, hosts and sites, and how they write it down. Pure.

A decision is about one subject: a link (source page and target URL), a source page, a source host or a source site. The
narrower one counts where several are about the same link. Tables that people edit are read back: every column that
names a subject or a field of a decision is understood, all others are left alone.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, get_args

from backlink_crawler.records import MAX_URL
from backlink_crawler.reports.site import NotASite, host_named, site_named
from backlink_crawler.urls import link_id, normalise

Decision = Literal["keep", "remove", "disavow", "watch"]
SubjectKind = Literal["link", "page", "host", "site"]
Outreach = Literal["to_contact", "contacted", "replied", "agreed", "refused", "done"]

FIELDS = ("decision", "tags", "note", "vendor", "cost", "expires", "outreach")
"""Of a decision; the names of columns in views and in tables that are read back."""
KINDS: Sequence[SubjectKind] = get_args(SubjectKind)
"""From the narrowest to the widest."""

CLEARED = "-"
"""In a cell: forget what was written there. An empty cell leaves it as it is."""
_MAX_TEXT = 2_000
_MAX_TAGS = 50
_MAX_TAG = 64
_LINK_ID = re.compile(r"[0-9a-f]{32}")
_GUARDED = re.compile(r"'\s*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
"""How a view that was exported to CSV writes what a spreadsheet would take for a formula."""


class AnnotationError(ValueError):
    """A row, or an option, makes no sense; the message is one line for people."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a decision is about."""

    kind: SubjectKind
    key: str
    """Of a link its id in hex, of a page its URL identity, of a host or site its name."""
    source_url: str | None = None
    target_url: str | None = None
    """Of a link, where they are known."""

    @property
    def id(self) -> str:
        """Its key in the index."""
        return f"{self.kind}:{self.key}"


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be written about one subject."""

    subject: Subject
    values: Mapping[str, Any]
    """Field → value; ``None`` clears it. Fields that are absent stay as they are."""


def subject_of(text: str) -> Subject:
    """Return the subject that one text names: a web address is a page, a bare name a host or a site.

    :raises AnnotationError: it is neither.
    """
    if "://" in text:
        return Subject("page", _url(text, "source page"))
    try:
        host, site = host_named(text), site_named(text)
    except NotASite as error:
        raise AnnotationError(str(error)) from error
    return Subject("site", site) if host == site else Subject("host", host)


def subject_in(cells: Mapping[str, str], on: SubjectKind | None = None) -> Subject:
    """Return the subject of a row: the narrowest that its columns name, or the one of the kind ``on``.

    Columns: ``link_id``, or ``source_url`` with ``target_url`` (a link); ``source_url`` or ``url`` (a page);
    ``source_host`` or ``host``; ``source_site`` or ``domain`` or ``site``.

    :raises AnnotationError: the row names none.
    """
    for kind in (on,) if on else KINDS:
        if found := _SUBJECTS[kind](cells):
            return found
    raise AnnotationError(f"names no {on or 'link, page, host or site'}")


def _link(cells: Mapping[str, str]) -> Subject | None:
    source, target = cells.get("source_url", "").strip(), cells.get("target_url", "").strip()
    named = cells.get("link_id", "").strip().lower()
    if named and not _LINK_ID.fullmatch(named):
        raise AnnotationError(f"link_id {named[:40]!r} is not 32 hexadecimal digits")
    if not (source and target):
        return Subject("link", named) if named else None
    source, target = _url(source, "source_url"), _url(target, "target_url")
    key = link_id(source, target).hex()
    if named and named != key:
        raise AnnotationError(f"link_id {named} is not that of source_url and target_url")
    return Subject("link", key, source, target)


def _page(cells: Mapping[str, str]) -> Subject | None:
    named = _first(cells, "source_url", "url")
    return Subject("page", _url(named, "source_url")) if named else None


def _host(cells: Mapping[str, str]) -> Subject | None:
    named = _first(cells, "source_host", "host")
    if not named:
        return None
    if not (host := host_named(named)):
        raise AnnotationError(f"{named[:100]!r} is no host")
    return Subject("host", host)


def _site(cells: Mapping[str, str]) -> Subject | None:
    named = _first(cells, "source_site", "domain", "site")
    try:
        return Subject("site", site_named(named)) if named else None
    except NotASite as error:
        raise AnnotationError(str(error)) from error


_SUBJECTS: Mapping[SubjectKind, Callable[[Mapping[str, str]], Subject | None]] = {
    "link": _link,
    "page": _page,
    "host": _host,
    "site": _site,
}


def values_in(cells: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields that texts give, in the shape in which they are stored; empty texts give none.

    :raises AnnotationError: one of them is not what it should be.
    """
    given = {name: _unguarded(text) for name in FIELDS if (text := cells.get(name, "").strip())}
    return {name: None if text == CLEARED else _READERS[name](text) for name, text in given.items()}


def _unguarded(text: str) -> str:
    return text[1:] if _GUARDED.match(text) else text


def _choice(name: str, allowed: Sequence[str]) -> Callable[[str], str]:
    def read(text: str) -> str:
        value = text.lower().replace(" ", "_")
        if value not in allowed:
            raise AnnotationError(f"{name} {text[:40]!r} is none of {', '.join(allowed)}")
        return value

    return read


def _text(name: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if len(text) > _MAX_TEXT:
            raise AnnotationError(f"{name} has {len(text):,} characters, {_MAX_TEXT:,} are allowed")
        return text

    return read


def _tags(text: str) -> list[str]:
    tags = sorted({tag for part in re.split("[,;|]", text) if (tag := " ".join(part.casefold().split()))})
    if len(tags) > _MAX_TAGS or any(len(tag) > _MAX_TAG for tag in tags):
        raise AnnotationError(f"tags: at most {_MAX_TAGS} of {_MAX_TAG} characters")
    return tags


def _cost(text: str) -> float:
    if not re.fullmatch(r"\d{1,9}(\.\d{1,4})?", text):
        raise AnnotationError(f"cost {text[:40]!r} is no number. Example: 120.50")
    return float(text)


def _expires(text: str) -> str:
    try:
        return date.fromisoformat(text[:10] if text[10:11] in {"T", " "} else text).isoformat()
    except ValueError:
        raise AnnotationError(f"expires {text[:40]!r} is no day. Example: 2027-03-01") from None


_READERS: Mapping[str, Callable[[str], Any]] = {
    "decision": _choice("decision", get_args(Decision)),
    "tags": _tags,
    "note": _text("note"),
    "vendor": _text("vendor"),
    "cost": _cost,
    "expires": _expires,
    "outreach": _choice("outreach", get_args(Outreach)),
}


def _first(cells: Mapping[str, str], *names: str) -> str:
    return next((text for name in names if (text := cells.get(name, "").strip())), "")


def _url(text: str, what: str) -> str:
    url = normalise(text)
    if url is None or len(url) > MAX_URL:
        raise AnnotationError(f"{what} {text[:100]!r} is no web address")
    return url
