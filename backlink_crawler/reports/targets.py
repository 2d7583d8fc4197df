"""Spellings of one target: addresses that lead to the same page, told together. Pure.

``http`` beside ``https``, ``www.`` or not, a slash more or less: the index folds none of it, because any of it may be
another page. Where a target was visited, it says so itself: it redirects, or names another address as its canonical one
(RFC 6596). Followed as far as known, that is the address under which a report counts it; the way there is kept.
"""

from collections.abc import Mapping, Sequence
from typing import Any

_MOST_HOPS = 20
_NOWHERE = frozenset({"loop", "too_long"})


def way_from(url: str, pages: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the addresses through which ``url`` leads to its canonical one, that included; empty: it is that itself.

    A loop of redirects leads nowhere; where canonical addresses name each other, the first one stands.

    :param pages: URL → stored page, with ``outcome``, ``chain``, ``chain_end`` and ``canonical_url``.
    """
    way: list[str] = []
    here = url
    while len(way) < _MOST_HOPS:
        hops = _hops(pages.get(here) or {}, here)
        if not hops or hops[-1] == url or hops[-1] in way:
            break
        way += hops
        here = hops[-1]
    return tuple(way)


def _hops(page: Mapping[str, Any], url: str) -> Sequence[str]:
    outcome = page.get("outcome")
    if outcome == "redirect":
        return () if page.get("chain_end") in _NOWHERE else page.get("chain", ())
    canonical = page.get("canonical_url")
    return (canonical,) if outcome == "ok" and canonical and canonical != url else ()
