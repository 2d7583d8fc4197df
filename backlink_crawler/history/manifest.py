"""A page's manifest: which links stood on it when it was last read, and in what state, in 24 bytes a link.

So a re-visit is compared without reading a single link record. Of the eight bytes of a state, seven are a hash of what
is watched, and the last one is the settled region (``regions``), which the next judgement starts from.
"""

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any

from backlink_crawler.history.regions import Place
from backlink_crawler.records import Link, Region

Manifest = dict[bytes, bytes]
"""Link id (16 bytes) → state of the link (8 bytes)."""

WATCHED = ("anchor", "rel", "follow", "nofollow_cause", "region", "link_type", "hidden")
"""Fields of a link whose change is an event. What else is recorded of it (offset, xpath, context …) moves with the page
around it and is taken over silently with the next change."""

UNKNOWN = bytes(8)
"""State of a link of which only the id is known: whatever is seen of it is another state."""

_ID = 16
_ENTRY = 24
_HASH = _ENTRY - _ID - 1
_REGIONS: tuple[Region, ...] = ("content", "nav", "header", "footer", "aside", "comment")
_PLACES = [Place(region, declared) for declared in (False, True) for region in _REGIONS]
_CODES: Mapping[tuple[Region, bool], bytes] = {place: bytes([code]) for code, place in enumerate(_PLACES, 1)}
"""0 stands for an unknown place."""


def state_of(link: Link, place: Place) -> bytes:
    """Return the state of a link that is settled in ``place``."""
    return _told_by(link) + _CODES[place]


def first_state_of(link: Link) -> bytes:
    """Return the state of a link of which nothing was known: it is settled where it is seen (``regions.place_of``)."""
    return _told_by(link) + _CODES[link.region, not link.content_score]


def state_of_record(record: Mapping[str, Any], place: Place | None) -> bytes:
    """Return the state that the record of a link tells of.

    :param place: ``None`` where it is not known.
    """
    facts = (record.get(name) for name in WATCHED if name != "region")
    return _hash(*facts) + (_CODES.get(place, b"\0") if place is not None else b"\0")


def place_in(state: bytes) -> Place | None:
    """Return the place in a state, ``None`` where it is unknown."""
    code = state[-1]
    return _PLACES[code - 1] if 0 < code <= len(_PLACES) else None


def agree(state: bytes, known: bytes) -> bool:
    """Whether a state is the one that is known, as far as that is."""
    return state == known or (known[-1] == 0 and state[:_HASH] == known[:_HASH])


def _told_by(link: Link) -> bytes:
    return _hash(link.anchor, link.rel, link.follow, link.nofollow_cause, link.link_type, link.hidden)


def _hash(anchor: Any, rel: Any, follow: Any, nofollow_cause: Any, link_type: Any, hidden: Any) -> bytes:
    told = f"{anchor}\x1f{' '.join(rel or ())}\x1f{follow}\x1f{nofollow_cause}\x1f{link_type}\x1f{hidden}"
    digest = _NOTHING_TOLD.copy()
    digest.update(told.encode("utf-8", "surrogatepass"))
    return digest.digest()


_NOTHING_TOLD = blake2b(digest_size=_HASH)
"""Copied for each link: to make one from its parameters takes longer than to hash what is told."""


def pack(manifest: Mapping[bytes, bytes]) -> bytes:
    """Return a manifest as bytes, sorted by id, so that equal manifests are equal bytes."""
    return b"".join(link_id + manifest[link_id] for link_id in sorted(manifest))


def unpack(packed: bytes) -> Manifest:
    """Return what :func:`pack` was given."""
    return {packed[at : at + _ID]: packed[at + _ID : at + _ENTRY] for at in range(0, len(packed), _ENTRY)}


def links_hash(packed: bytes, facts: Iterable[str | None]) -> bytes:
    """Return 8 bytes that stand for all links of a page and for ``facts`` of the page that decide over them."""
    told = "\x1f".join(fact or "" for fact in facts)
    return blake2b(packed + told.encode(), digest_size=8).digest()


def event_id(link_id: bytes, revision: int, subject: str) -> bytes:
    """Return the id of what happened to a link in one revision of its page: the same event has the same id.

    :param subject: the changed field; ``status`` for being found, lost or restored; ``moved``; ``target_url``.
    """
    return blake2b(link_id + revision.to_bytes(8, "big") + subject.encode(), digest_size=_ID).digest()
