"""Spellings of one target: addresses that lead to the same page, told together. Pure.

``http`` beside ``https``, ``www.`` or not, a slash more or less: the index folds none of it, because any of it may be
another page. Where a target was visited, it says so itself: it redirects, or names another address as its canonical one
(RFC 6596). Followed as far as known, that is the address under which a report counts it; the way there is kept.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from backlink_crawler.reports.summary import Row, Variant

_MOST_HOPS = 20
_NOWHERE = frozenset({"loop", "too_long"})


@dataclass(frozen=True, slots=True)
class Counted:
    """The links to one target, as the index counts them."""

    row: Row
    sites: frozenset[str]
    """On which they stand."""


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


def grouped(counted: Iterable[Counted], ways: Mapping[str, Sequence[str]]) -> list[Row]:
    """Return one row per canonical address, with its spellings, in no order.

    :param ways: URL → way to its canonical address, of those that are not that themselves.
    """
    groups: dict[str, list[Counted]] = {}
    for one in counted:
        way = ways.get(one.row.name)
        groups.setdefault(way[-1] if way else one.row.name, []).append(one)
    return [_together(name, members, ways) for name, members in groups.items()]


def _together(name: str, members: Sequence[Counted], ways: Mapping[str, Sequence[str]]) -> Row:
    rows = [member.row for member in members]
    spelt = sorted((row for row in rows if row.name != name), key=lambda row: (-row.backlinks, row.name))
    seen = [row.last_seen for row in rows if row.last_seen]
    return replace(
        rows[0],
        name=name,
        backlinks=sum(row.backlinks for row in rows),
        referring_domains=len(frozenset[str]().union(*(member.sites for member in members))),
        follow=sum(row.follow for row in rows),
        first_seen=min(row.first_seen for row in rows),
        last_seen=max(seen, default=None),
        example=min(row.example for row in rows),
        variants=tuple(Variant(row.name, row.backlinks, row.follow, tuple(ways[row.name])) for row in spelt),
    )
