"""What an alert is: one thing that happened to a link, or to the links of one site to another, with a stable id.

Documents come from the store (``link_events``, ``links``); nothing here reads anything.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any, Literal, get_args

from backlink_crawler.history.timeline import SiteChange
from backlink_crawler.records import EventKind

LinkKind = Literal["found_on_new_page", "discovered"]
"""Links found together with their page have no event: ``found_on_new_page`` where the page was published after the
crawler first saw its site, so that the link is new; ``discovered`` where only our knowledge of it is."""

SiteKind = Literal["site_gained", "site_lost"]
AlertKind = EventKind | LinkKind | SiteKind
Kind = AlertKind | Literal["test"]

KINDS: tuple[AlertKind, ...] = (*get_args(EventKind), *get_args(LinkKind), *get_args(SiteKind))
DEFAULT_KINDS: frozenset[AlertKind] = frozenset(KINDS) - {"discovered"}
"""The first crawl of a site discovers every link on it: a report's matter unless somebody asks for it."""

FOUND: Mapping[LinkKind, str] = {"found_on_new_page": "with_new_page", "discovered": "with_page"}
"""Alert kind → how the link's record says it was found."""

GAINS: frozenset[AlertKind] = frozenset({"found_on_known_page", "restored", "found_on_new_page", "discovered"})
LOSSES: frozenset[AlertKind] = frozenset({"lost", "moved", "retargeted"})
"""What may be the first link of a site to another, and what may be the end of the last one."""

_ID = 16


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing to tell. A field that is ``None`` does not apply, or was not observed."""

    id: bytes
    """16 bytes; the same thing has the same id whenever and to whomever it is told."""
    kind: Kind
    at: datetime
    """When it was observed: the time of the visit that showed it."""
    recorded: datetime
    """Where it stands in its stream: when it was written (events), or first seen (links)."""
    target_site: str
    source_site: str
    source_url: str | None = None
    target_url: str | None = None
    anchor: str | None = None
    """As the link's record has it now."""
    link_type: str | None = None
    follow: bool | None = None
    region: str | None = None
    field: str | None = None
    old: Any = None
    new: Any = None
    reason: str | None = None
    """Of a loss, or of the loss that ``restored`` ends: ``records.LostReason``. Of a site: the kind of what made it."""
    visit: str | None = None
    replaces: bytes | None = None
    """Of ``moved``: id of the ``lost`` that it explains, which may have been told before."""


def from_event(event: Mapping[str, Any], facts: Mapping[str, Any], replaces: bytes | None = None) -> Alert:
    """Return the alert of a document of ``link_events``.

    :param facts: of the link's record, as far as it exists: ``anchor``, ``link_type``.
    """
    return Alert(
        id=bytes(event["_id"]),
        kind=event["event"],
        at=event["at"],
        recorded=event["recorded"],
        target_site=event["target_site"],
        source_site=event["source_site"],
        source_url=event["source_url"],
        target_url=event["target_url"],
        anchor=facts.get("anchor"),
        link_type=facts.get("link_type"),
        follow=event["follow"],
        region=event["region"],
        field=event["field"],
        old=event["old"],
        new=event["new"],
        reason=event["reason"],
        visit=event["visit"],
        replaces=replaces,
    )


def from_link(link: Mapping[str, Any]) -> Alert:
    """Return the alert of a document of ``links`` that was found together with its page."""
    kind: LinkKind = "found_on_new_page" if link["found"] == FOUND["found_on_new_page"] else "discovered"
    return Alert(
        id=_id(kind, bytes(link["_id"])),
        kind=kind,
        at=link["first_seen"],
        recorded=link["first_seen"],
        target_site=link["target_site"],
        source_site=link["source_site"],
        source_url=link["source_url"],
        target_url=link["target_url"],
        anchor=link.get("anchor"),
        link_type=link.get("link_type"),
        follow=link.get("follow"),
        region=link.get("region"),
    )


def from_site_changes(target_site: str, changes: Iterable[SiteChange], causes: Iterable[Alert]) -> list[Alert]:
    """Return the alerts of those ``changes`` that one of ``causes`` made: same sites, same time, same direction.

    :param causes: alerts of links to ``target_site``.
    """
    made = {(cause.source_site, cause.at, _direction(cause.kind)): cause for cause in causes}
    alerts = []
    for change in changes:
        cause = made.get((change.source_site, change.at, change.event))
        if cause is not None:
            key = f"{change.source_site}\x1f{target_site}\x1f{change.at.isoformat()}".encode()
            alerts.append(
                Alert(
                    _id(change.event, key),
                    change.event,
                    change.at,
                    cause.recorded,
                    target_site,
                    change.source_site,
                    reason=cause.kind,
                    visit=cause.visit,
                )
            )
    return alerts


def trial(sink: str, now: datetime) -> Alert:
    """Return the message that tries a sink out: of kind ``test``, from and to sites that cannot exist (RFC 6761)."""
    return Alert(
        id=_id("test", f"{sink}\x1f{now.isoformat()}".encode()),
        kind="test",
        at=now,
        recorded=now,
        target_site="target.invalid",
        source_site="source.invalid",
        source_url="https://source.invalid/",
        target_url="https://target.invalid/",
        anchor=f"A test of the sink {sink}: nothing has happened",
    )


def _direction(kind: Kind) -> SiteKind | None:
    if kind in GAINS:
        return "site_gained"
    return "site_lost" if kind in LOSSES else None


def _id(kind: Kind, key: bytes) -> bytes:
    return blake2b(key, digest_size=_ID, person=kind.encode()[:_ID]).digest()
