"""A page as it was known beside a visit of it: which links are fresh, altered or gone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from backlink_crawler.history.manifest import (
    UNKNOWN,
    Manifest,
    agree,
    first_state_of,
    links_hash,
    pack,
    place_in,
    state_of,
    state_of_record,
    unpack,
)
from backlink_crawler.history.regions import recorded_place, settle
from backlink_crawler.history.revisiting import Patience, with_unseen
from backlink_crawler.history.sight import UNSEEN, Sight, sight_of, standing_of
from backlink_crawler.records import MAX_LINKS, Link, LostReason, Visit
from backlink_crawler.urls import link_ids

UNREACHABLE = Sight("withdrawn", "unreachable")


@dataclass(slots=True)
class KnownPage:
    """What the index knows of a page before a visit."""

    revision: int = 0
    """0: no visit has said anything of its links yet."""
    token: int = 0
    crawl_id: str | None = None
    last_visited: datetime | None = None
    last_read: datetime | None = None
    """None while its first visit is still being written, too."""
    manifest: bytes = b""
    links_hash: bytes = b""
    region_rules: str | None = None
    """By which the regions of the manifest were told."""
    standing: LostReason | None = None
    """Why its links do not count, as of the last read."""
    interval_days: float | None = None
    unknown_since: datetime | None = None
    unseen: tuple[Mapping[str, Any], ...] = ()

    def has(self, visit: Visit) -> bool:
        """Return whether ``visit`` is the last one that was written."""
        return (self.crawl_id, self.token, self.last_visited) == (visit.page.crawl_id, visit.token, visit.at)

    def outdates(self, visit: Visit) -> bool:
        """Return whether a later visit has been written: within a crawl tokens tell, between crawls the time."""
        if self.last_visited is None:
            return False
        if visit.token and self.token and self.crawl_id == visit.page.crawl_id:
            return visit.token < self.token
        return (visit.at, visit.page.crawl_id) < (self.last_visited, self.crawl_id or "")


@dataclass(slots=True)
class Comparison:
    """What a visit changes about the links of a page, before any link record was looked at."""

    visit: Visit
    known: KnownPage
    sight: Sight
    present: dict[bytes, Link]
    """Link id → link, of this visit."""
    before: Manifest
    now: Manifest
    standing: LostReason | None
    evidence: tuple[Mapping[str, Any], ...] = ()
    """Of an unreachable page: the visits that failed."""
    packed: bytes = b""
    links_hash: bytes = b""
    told_otherwise: set[bytes] = field(default_factory=set)
    """Links whose stored region was told by other rules than those of this visit."""

    @property
    def first(self) -> bool:
        """The page's links were never read to the end before."""
        return self.known.last_read is None

    @property
    def unchanged(self) -> bool:
        """The visit says of the links what the index says."""
        return not self.first and self.links_hash == self.known.links_hash

    @property
    def gone(self) -> list[bytes]:
        """Links that stood on the page and do not any more."""
        return [link_id for link_id in self.before if link_id not in self.now]

    @property
    def fresh(self) -> list[bytes]:
        """Links of this visit that did not stand on the page when it was last read."""
        return [link_id for link_id in self.present if link_id not in self.before]

    @property
    def altered(self) -> list[bytes]:
        """Links that were there and are in another state now."""
        before = self.before
        return [link_id for link_id in self.present if before.get(link_id, self.now[link_id]) != self.now[link_id]]

    @property
    def rejudged(self) -> list[bytes]:
        """Links that stay in their state on a page whose standing has changed."""
        if self.first or (self.standing is None) == (self.known.standing is None):
            return []
        return [link_id for link_id, state in self.before.items() if self.now.get(link_id) == state]

    @property
    def to_read(self) -> list[bytes]:
        """Ids of the links whose records must be read to tell what happened; none on a first visit, unless another
        first visit was written in part."""
        fresh = [] if self.first else self.fresh
        return [*self.gone, *fresh, *self.altered, *self.rejudged]

    def beside(self, records: Mapping[bytes, Mapping[str, Any]]) -> "Comparison":
        """Return the comparison with what only records tell: how a link was that comes back, or that the manifest knows
        by its id alone.

        :param records: the documents of ``to_read`` that exist.
        """
        asked = [id_ for id_ in self.present if id_ in records and self.before.get(id_, UNKNOWN) == UNKNOWN]
        if not asked:
            return self
        beside = replace(self, present=dict(self.present), now=dict(self.now), told_otherwise=set())
        for id_ in asked:
            link, record = self.present[id_], records[id_]
            place = None if id_ in self.before else recorded_place(record, link)
            if place is None:
                beside.told_otherwise.add(id_)
            known = state_of_record(record, place)
            rivals = self.visit.rivals.get(link.target_url, ())
            beside.present[id_], beside.now[id_] = _seen(known, link, rivals)
        beside.seal()
        return beside

    def seal(self) -> None:
        """Work out the manifest as it is stored."""
        self.packed = pack(self.now)
        facts = (self.sight.kind, self.sight.reason, self.standing, self.visit.page.redirect_to)
        self.links_hash = links_hash(self.packed, facts)


def unseen_after(known: KnownPage, visit: Visit) -> list[Mapping[str, Any]]:
    """Return the visits since the last read that saw nothing, ``visit`` included if it is (or may be) one."""
    page = visit.page
    if sight_of(visit).kind != "unseen" and page.wall is None:
        return []
    facts = {"outcome": page.outcome, "reason": page.reason or page.wall, "http_status": page.http_status}
    return with_unseen(known.unseen, visit.at, page.crawl_id, facts)


def compare(known: KnownPage, visit: Visit, patience: Patience, unseen: tuple[Mapping[str, Any], ...]) -> Comparison:
    """Compare a visit with what is known of its page.

    :param unseen: as :func:`unseen_after` tells.
    """
    present = dict(zip(link_ids(visit.page.url, [link.target_url for link in visit.links]), visit.links, strict=True))
    before = _manifest_of(known, visit)
    unheard_of = visit.not_modified and known.last_read is None
    sight = UNSEEN if unheard_of else sight_of(visit, before, present)
    evidence: tuple[Mapping[str, Any], ...] = ()
    if sight.kind == "unseen" and before and patience.is_unreachable(unseen):
        sight, evidence = UNREACHABLE, unseen
        present = present if visit.page.outcome == "ok" else {}  # what stands before a wall is there
    elif sight.kind == "unseen" or visit.not_modified:
        before = unpack(known.manifest)
        same = Comparison(visit, known, sight, {}, before, before, known.standing)
        same.packed, same.links_hash = known.manifest, known.links_hash
        return same
    now: Manifest = {}
    for id_, link in present.items():
        known_state = before.get(id_, UNKNOWN)
        if known_state == UNKNOWN:
            now[id_] = first_state_of(link)
        else:
            present[id_], now[id_] = _seen(known_state, link, visit.rivals.get(link.target_url, ()))
    if visit.page.truncated:
        now |= _beyond_the_bound(before, now)
    standing = standing_of(visit.page) if visit.page.outcome == "ok" else None
    compared = Comparison(visit, known, sight, present, before, now, standing, evidence)
    compared.seal()
    return compared


def _manifest_of(known: KnownPage, visit: Visit) -> Manifest:
    """Return what is known of the links: states by other rules than those of ``visit`` cannot be compared."""
    manifest = unpack(known.manifest)
    return manifest if known.region_rules == visit.page.region_rules else dict.fromkeys(manifest, UNKNOWN)


def _seen(known: bytes, link: Link, rivals: Sequence[Link]) -> tuple[Link, bytes]:
    """Return a link in its settled region, with its state.

    Of places that are about as prominent the link stays in the one that is known: which of them is a little ahead rests
    on judgement, and their anchors differ.

    :param known: its state so far.
    """
    before = place_in(known)
    for one in (link, *rivals) if known != UNKNOWN else ():
        place = settle(before, one)
        state = state_of(one, place)
        if agree(state, known):
            break
    else:
        one, place = link, settle(before, link)
        state = state_of(one, place)
    return (one if one.region == place.region else replace(one, region=place.region)), state


def _beyond_the_bound(before: Manifest, now: Manifest) -> Manifest:
    """Links that a truncated page may still hold beyond what was read: they are not known to be gone."""
    kept = [link_id for link_id in before if link_id not in now]
    return {link_id: before[link_id] for link_id in kept[:MAX_LINKS]}
