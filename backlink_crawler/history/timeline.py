"""Reading history backwards: what was so at any time, from the present record of a link and what happened since.

A link's record says how it is now, its events how it came to be so. Undoing the events after a time gives the link at
that time; no snapshot is kept anywhere. Undoing what is not yet in the record, or is in it already, does no harm: so a
record may be read before its last event.

Events of one link count in the order of the commits that wrote them (``revision``), which is the order of their times
except where two crawls visited a page within seconds; an event is never taken for earlier than one before it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import accumulate
from typing import Any, Literal, NamedTuple

Document = dict[str, Any]
Event = Mapping[str, Any]
"""A document of ``link_events``."""

Period = tuple[datetime, datetime | None]
"""From, until (not included); open while the end is ``None``."""

LOSSES = frozenset({"lost", "retargeted", "moved"})
"""Kinds of events that end a link, for now."""


class Standing(NamedTuple):
    """What is counted of a link."""

    live: bool
    """Not known to be lost; also while its page could not be looked at."""
    follow: bool
    region: str


class Step(NamedTuple):
    """One commit in the life of a link."""

    at: datetime
    before: Standing | None
    """``None``: the link is found for the first time."""
    after: Standing
    moved: bool = False
    """It went to another page of its site."""


class SiteChange(NamedTuple):
    """A site began to link, or ceased to: no link of it was live before, or is afterwards."""

    at: datetime
    event: Literal["site_gained", "site_lost"]
    source_site: str


def settled(events: Iterable[Event]) -> list[Event]:
    """Return ``events`` without each ``lost`` that a ``moved`` of the same link and revision explains."""
    told = list(events)
    moved = {(event["link_id"], event["revision"]) for event in told if event["event"] == "moved"}
    return [event for event in told if event["event"] != "lost" or (event["link_id"], event["revision"]) not in moved]


def unknown_periods(page: Mapping[str, Any] | None) -> list[Period]:
    """Return when a page could not be looked at, from its document (``None``: there is no such page)."""
    if not page:
        return []
    closed: list[Period] = [(since, until) for since, until in page.get("unknown_periods") or ()]
    since = page.get("unknown_since")
    return [*closed, (since, None)] if since else closed


def state_at(
    link: Mapping[str, Any], events: Iterable[Event], when: datetime, unknown: Iterable[Period] = ()
) -> Document | None:
    """Return the record of ``link`` as it was at ``when``, or ``None`` where it had not been found by then.

    ``status`` is ``live``, ``lost``, or ``unknown``: live as far as was known, on a page that could not be looked at
    (since ``source_unknown_since``).
    Watched fields (anchor, rel, follow and its cause, region, type, hidden) are those of the time, features that are
    not watched (place, context) those of the record. ``last_seen`` is ``None`` where later visits have overwritten it.

    :param link: the present document.
    :param events: its events, at least those after ``when``.
    :param unknown: periods in which its page could not be looked at.
    """
    if link["first_seen"] > when:
        return None
    state = dict(link)
    for at, commit in reversed(_commits(link, settled(events))):
        if at <= when:
            break
        for event in commit:
            _undo(state, event)
    state.update((token, token in (state.get("rel") or ())) for token in ("nofollow", "ugc", "sponsored"))
    if state.get("last_seen") is None or state["last_seen"] > when:
        state["last_seen"] = None
    then = [since for since, until in unknown if since <= when and (until is None or when < until)]
    state["source_unknown_since"] = min(then, default=None)
    if then and state["status"] == "live":
        state["status"] = "unknown"
    return state


def steps(link: Mapping[str, Any], events: Iterable[Event]) -> list[Step]:
    """Return the life of a link, oldest step first, as far as its status, follow and region go.

    With only the events after some time, the steps after that time are right, and the first one (``before`` is
    ``None``) tells the standing at that time.

    :param link: the present document, or its ``first_seen``, ``status``, ``follow`` and ``region``.
    :param events: settled events of the link.
    """
    after = Standing(link["status"] != "lost", link["follow"], link["region"])
    life = []
    for at, commit in reversed(_commits(link, events)):
        before = _standing_before(after, commit)
        if before != after:
            life.append(Step(at, before, after, any(event["event"] == "moved" for event in commit)))
        after = before
    life.append(Step(link["first_seen"], None, after))
    return life[::-1]


def site_changes(
    lives: Mapping[str, Sequence[Sequence[Step]]], since: datetime, until: datetime
) -> Iterator[SiteChange]:
    """Yield when sites began and ceased to link within ``since`` (included) and ``until`` (not included), in order.

    A site links while any of its links is live: what is lost on one page and found on another in the same moment makes
    no gap.

    :param lives: of each source site, the steps of its links.
    """
    changes = (
        SiteChange(at, "site_gained" if linking else "site_lost", site)
        for site, links in lives.items()
        for at, linking in _boundaries(links)
        if since <= at < until
    )
    yield from sorted(changes)


def _boundaries(links: Iterable[Sequence[Step]]) -> Iterator[tuple[datetime, bool]]:
    """Times at which the number of live links left 0 or came to 0."""
    changes: Counter[datetime] = Counter()
    for link in links:
        for step in link:
            changes[step.at] += step.after.live - (step.before is not None and step.before.live)
    times = sorted(changes)
    before = 0
    for at, count in zip(times, accumulate(changes[at] for at in times), strict=True):
        if bool(count) != bool(before):
            yield at, count > 0
        before = count


def _commits(link: Mapping[str, Any], events: Iterable[Event]) -> list[tuple[datetime, list[Event]]]:
    """Events by the commit that wrote them, oldest first, at times that never go back.

    Where a target leads is no part of a link, and is told under the revision that the link happened to have.
    """
    commits: defaultdict[int, list[Event]] = defaultdict(list)
    for event in events:
        if event["field"] != "final_target_url":
            commits[event["revision"]].append(event)
    ordered = []
    last = link["first_seen"]
    for revision in sorted(commits):
        last = max(last, max(event["at"] for event in commits[revision]))
        ordered.append((last, commits[revision]))
    return ordered


def _undo(state: Document, event: Event) -> None:
    kind = event["event"]
    if kind == "changed" and event["field"] in state:
        state[event["field"]] = event["old"]
    elif kind in LOSSES:
        state |= {"status": "live", "lost_at": None, "lost_reason": None}
    elif kind == "restored":
        lost_at = (event.get("evidence") or {}).get("lost_at")
        state |= {"status": "lost", "lost_at": lost_at, "lost_reason": event["reason"]}


def _standing_before(after: Standing, commit: Iterable[Event]) -> Standing:
    live, follow, region = after
    for event in commit:
        kind = event["event"]
        if kind in LOSSES:
            live = True
        elif kind == "restored":
            live = False
        elif kind == "changed" and event["field"] == "follow":
            follow = event["old"]
        elif kind == "changed" and event["field"] == "region":
            region = event["old"]
    return Standing(live, follow, region)
