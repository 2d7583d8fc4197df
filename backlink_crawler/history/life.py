"""The life of a link: what a visit does to each link of its page, as records to write and events to remember.

    found      fresh on a page that had been read before: new. Found together with its page: no event, ``first_seen``
    changed    in another state: one event for each watched field
    lost       not on the page any more, or the page itself withdrew
    retargeted lost, and the same element links elsewhere now
    restored   back after a loss

Whether a loss was a move to another page of the site is seen by looking at other pages, so by the store.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from backlink_crawler.history.comparison import Comparison
from backlink_crawler.history.found import Document, Found, NewLink
from backlink_crawler.history.manifest import WATCHED, Manifest, event_id, pack
from backlink_crawler.history.retargeting import retargeted
from backlink_crawler.records import EventKind, Link, LinkEvent, LostReason
from backlink_crawler.urls import link_id as id_of
from backlink_crawler.urls import url_id

MAX_STEPS = 1_000
"""Links that one commit changes at most: bounds what waits in a page's document between its commit and its effects."""

_LINK_FIELDS = tuple(f.name for f in fields(Link))
_EVENT_FIELDS = tuple(f.name for f in fields(LinkEvent))


@dataclass(slots=True)
class Amendment:
    """New values for some fields of a link record that exists."""

    link_id: bytes
    target_site: str
    values: Document


@dataclass(slots=True)
class Effects:
    """One commit: the manifest it leaves, and what follows from it for links and their history."""

    manifest: bytes
    found: Found
    """Links that get a record."""
    complete: bool = True
    """False: the visit says more than one commit takes; compare again with the new manifest."""
    amendments: list[Amendment] = field(default_factory=list)
    events: list[Document] = field(default_factory=list)

    @property
    def steps(self) -> int:
        """Links written."""
        return len(self.found.links) + len(self.amendments)


_Step = tuple[bytes, Callable[[Effects, bytes], None]]


class Life:
    """Works out the effects of one visit."""

    def __init__(self, comparison: Comparison, records: Mapping[bytes, Document], *, site_known_since: datetime | None):
        """Prepare.

        :param records: the documents of ``comparison.to_read`` that exist.
        :param site_known_since: first visit of any page of the site.
        """
        self._comparison = comparison
        self._records = records
        visit = comparison.visit
        self._at = visit.at
        self._revision = comparison.known.revision + 1
        self._visit_name = f"{visit.page.crawl_id}/{visit.token}"
        published = visit.page.published_at
        is_new = published is not None and site_known_since is not None and published > site_known_since
        self._found = "on_known_page" if not comparison.first else "with_new_page" if is_new else "with_page"
        self._lasting = comparison.known.last_read

    def effects(self, most: int | None = None) -> Effects:
        """Return the effects on at most ``most`` links (``MAX_STEPS``); what belongs together is never parted."""
        most = most or MAX_STEPS
        comparison = self._comparison
        effects = Effects(comparison.packed, self._nothing_found())
        if comparison.first and not comparison.before and len(comparison.present) <= most:
            effects.found.links = [_new(link_id, link) for link_id, link in comparison.present.items()]
            return effects
        taken: list[bytes] = []
        for steps in self._steps():
            if effects.steps and effects.steps + len(steps) > most:
                effects.complete = False
                effects.manifest = pack(self._halfway(taken))
                return effects
            for link_id, step in steps:
                step(effects, link_id)
                taken.append(link_id)
        return effects

    def _nothing_found(self) -> Found:
        page = self._comparison.visit.page
        return Found(
            url_id(page.url),
            {"source_url": page.url, "source_host": page.host, "source_site": page.site},
            {
                "found": self._found,
                "status": "live",
                "first_seen": self._at,
                "last_seen": self._at,
                "lost_at": None,
                "lost_reason": None,
                "revision": self._revision,
            },
        )

    def _halfway(self, taken: Sequence[bytes]) -> Manifest:
        """Return the manifest between two visits: only the links ``taken`` are as they stand now."""
        now = self._comparison.now
        manifest = {**self._comparison.before, **{link_id: now[link_id] for link_id in taken if link_id in now}}
        for link_id in taken:
            if link_id not in now:
                manifest.pop(link_id, None)
        return manifest

    def _steps(self) -> Iterator[tuple[_Step, ...]]:
        """Pairs first, other losses last: so the next commit of the same visit sees no pair that this one did not see,
        and is not taken for a visit on which nothing is missing."""
        comparison, heirs = self._comparison, self._heirs
        paired = set()
        for gone, heir in heirs.items():
            found = id_of(heir.source_url, heir.target_url)
            paired.add(found)
            yield (gone, self._lose), (found, self._find)
        yield from (((link_id, self._find),) for link_id in comparison.fresh if link_id not in paired)
        yield from (((link_id, self._alter),) for link_id in comparison.altered)
        for link_id in comparison.rejudged:
            if link_id in self._records and self._turn(self._records[link_id]):
                yield ((link_id, self._rejudge),)
        yield from (((link_id, self._lose),) for link_id in comparison.gone if link_id not in heirs)

    def _find(self, effects: Effects, link_id: bytes) -> None:
        link = self._comparison.present[link_id]
        record = self._records.get(link_id)
        if record is not None:
            self._keep(effects, link, record)
            return
        effects.found.links.append(_new(link_id, link))
        if not self._comparison.first:
            effects.events.append(self._event(link_id, link, "found_on_known_page", "status", None, "live"))

    def _alter(self, effects: Effects, link_id: bytes) -> None:
        link = self._comparison.present[link_id]
        record = self._records.get(link_id)
        if record is None:  # deleted by hand, or set aside when it was found: it is there, so it is recorded
            effects.found.links.append(_new(link_id, link))
        else:
            self._keep(effects, link, record)

    def _keep(self, effects: Effects, link: Link, record: Document) -> None:
        """A link that has a record stands on the page."""
        link_id = record["_id"]
        values = {name: getattr(link, name) for name in _LINK_FIELDS if name != "target_site"}
        effects.events += (
            self._event(link_id, link, "changed", name, record.get(name), values[name])
            for name in self._told_of(link_id, link)
            if _plain(record.get(name)) != _plain(values[name])
        )
        values |= {"last_seen": self._at, "revision": self._revision}
        values |= self._turned(effects, link, record)
        effects.amendments.append(Amendment(link_id, record["target_site"], values))

    def _told_of(self, link_id: bytes, link: Link) -> Sequence[str]:
        """Fields whose change is an event. Other rules for regions are no change of the link, and where it stands in
        several places, they may describe another one."""
        if link_id not in self._comparison.told_otherwise:
            return WATCHED
        return [name for name in WATCHED if name != "region"] if link.occurrences == 1 else ()

    def _lose(self, effects: Effects, link_id: bytes) -> None:
        record = self._records.get(link_id)
        if record is None or record["status"] == "lost":
            return
        heir = self._heirs.get(link_id)
        if heir is not None:
            old, new = record["target_url"], heir.target_url
            event = self._event(link_id, record, "retargeted", "target_url", old, new, "retargeted")
            values = self._loss("retargeted", record)
        else:
            reason = self._comparison.sight.reason or "removed_from_html"
            evidence = list(self._comparison.evidence) or None
            event = self._event(link_id, record, "lost", "status", "live", "lost", reason, evidence)
            values = self._loss(reason, record)
        effects.events.append(event)
        effects.amendments.append(Amendment(link_id, record["target_site"], values))

    def _rejudge(self, effects: Effects, link_id: bytes) -> None:
        record = self._records[link_id]
        values = {"revision": self._revision, **self._turned(effects, record, record)}
        effects.amendments.append(Amendment(link_id, record["target_site"], values))

    def _turn(self, record: Document) -> EventKind | None:
        """What happens to a link that stands on the page: the page decides whether its links count.

        It ceases to vouch for those it had, not for those that are found in the same visit (by an earlier commit).
        """
        if self._comparison.standing is None:
            return "restored" if record["status"] == "lost" else None
        had = record["status"] == "live" and record["first_seen"] != self._at
        return "lost" if had and self._comparison.known.standing is None else None

    def _turned(self, effects: Effects, link: Link | Document, record: Document) -> Document:
        turn = self._turn(record)
        if turn == "restored":
            ended = {"lost_at": record["lost_at"]}
            reason = record["lost_reason"]
            effects.events.append(self._event(record["_id"], link, turn, "status", "lost", "live", reason, ended))
            return {"status": "live", "lost_at": None, "lost_reason": None, "last_seen": self._at}
        if turn == "lost":
            reason = self._comparison.standing
            assert reason is not None
            effects.events.append(self._event(record["_id"], link, turn, "status", "live", "lost", reason))
            return {**self._loss(reason, record), "last_seen": self._at}
        return {}

    def _loss(self, reason: LostReason, record: Document) -> Document:
        return {
            "status": "lost",
            "lost_at": self._at,
            "lost_reason": reason,
            "last_seen": self._lasting or record["last_seen"],
            "revision": self._revision,
        }

    @property
    def _heirs(self) -> Mapping[bytes, Link]:
        """Of links that are gone from a page that was read: the links that their elements are now."""
        comparison = self._comparison
        if comparison.sight.kind != "read" or not comparison.before:
            return {}
        if self._retargeted is None:
            gone = [self._records[link_id] for link_id in comparison.gone if link_id in self._records]
            live = [record for record in gone if record["status"] == "live"]
            fresh = [comparison.present[link_id] for link_id in comparison.fresh]
            self._retargeted = retargeted(live, fresh, comparison.present.values())
        return self._retargeted

    _retargeted: Mapping[bytes, Link] | None = None

    def _event(
        self,
        link_id: bytes,
        link: Link | Document,
        event: EventKind,
        subject: str,
        old: Any,
        new: Any,
        reason: str | None = None,
        evidence: Any = None,
    ) -> Document:
        fact = link.__getitem__ if isinstance(link, dict) else link.__getattribute__
        told = LinkEvent(
            link_id=link_id,
            source_url=fact("source_url"),
            source_site=fact("source_site"),
            target_url=fact("target_url"),
            target_site=fact("target_site"),
            revision=self._revision,
            visit=self._visit_name,
            at=self._at,
            event=event,
            field=subject,
            old=old,
            new=new,
            reason=reason,
            follow=fact("follow"),
            region=fact("region"),
            evidence=evidence,
        )
        return event_document(told)


def _new(link_id: bytes, link: Link) -> NewLink:
    return link_id, url_id(link.target_url), link


def event_document(event: LinkEvent) -> Document:
    """Return an event as a document; ``_id`` follows from the link, the revision and the field."""
    document = {name: getattr(event, name) for name in _EVENT_FIELDS}
    subject = "moved" if event.event == "moved" else event.field
    return {"_id": event_id(event.link_id, event.revision, subject), **document}


def found_elsewhere(
    others: Sequence[Mapping[str, Any]], *, last_seen: datetime | None, new_since: datetime | None = None
) -> str | None:
    """Return the page to which a lost link moved: the one on which it was found first since it was last seen here.

    ``None`` where it stands on no other page, or stood on one already: then it was not moved, but removed here. A link
    that was discovered together with its page, by a crawl before the one that shows the loss, may have stood there all
    along: the first crawl of a site comes to one page after another.

    :param others: live records of links to the same target on other pages of the site.
    :param new_since: when the crawl that shows the loss began.
    """

    if not others or last_seen is None:
        return None
    with_its_page = max(last_seen, new_since or last_seen)
    for other in others:
        if other["first_seen"] <= (last_seen if other.get("found") == "on_known_page" else with_its_page):
            return None
    first: Mapping[str, Any] = min(others, key=lambda other: (other["first_seen"], other["source_url"]))
    return str(first["source_url"])


def _plain(value: Any) -> Any:
    """A list read back and the tuple that was written are the same."""
    return tuple(value) if isinstance(value, list) else value
