"""A page's manifest: which links stood on it when it was last read, and in what state, in 24 bytes a link.

So a re-visit is compared without reading a single link record.
"""

from collections.abc import Iterable, Mapping
from hashlib import blake2b

from backlink_crawler.records import Link

Manifest = dict[bytes, bytes]
"""Link id (16 bytes) → hash of the link's state (8 bytes)."""

WATCHED = ("anchor", "rel", "follow", "nofollow_cause", "region", "link_type", "hidden")
"""Fields of a link whose change is an event. What else is recorded of it (offset, xpath, context …) moves with the page
around it and is taken over silently with the next change."""

_ID = 16
_ENTRY = 24


def state_hash(link: Link) -> bytes:
    """Return a hash of the watched fields of ``link``."""
    state = (
        f"{link.anchor}\x1f{' '.join(link.rel)}\x1f{link.follow}\x1f{link.nofollow_cause}\x1f{link.region}"
        f"\x1f{link.link_type}\x1f{link.hidden}"
    )
    return blake2b(state.encode("utf-8", "surrogatepass"), digest_size=_ENTRY - _ID).digest()


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
