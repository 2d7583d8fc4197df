"""From the index to alerts: pages of both streams, settled, with what is derived from them."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from backlink_crawler.alerts.alert import GAINS, LOSSES, Alert, from_event, from_link, from_site_changes
from backlink_crawler.alerts.bookmark import Stream
from backlink_crawler.alerts.only import Only
from backlink_crawler.alerts.position import Position
from backlink_crawler.history.timeline import settled
from backlink_crawler.store import Store, event_stream, history

Document = Mapping[str, Any]

_INSTANT = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Page:
    """Some of a stream, whole up to ``upto``."""

    stream: Stream
    upto: datetime
    wanted: Sequence[Alert]
    handled: Mapping[bytes, datetime]
    """Ids of everything new in the page, wanted or not, with where it stands in the stream."""


class Reader:
    """Reads once, to the end of both streams, what a sink was not told yet."""

    def __init__(self, store: Store, only: Only, positions: Mapping[Stream, Position]) -> None:
        """Prepare.

        :param positions: where the sink stands; may move on while this reads.
        """
        self._store = store
        self._only = only
        self._positions = positions
        self._derived: set[bytes] = set()

    async def pages(self, stream: Stream, until: datetime) -> AsyncIterator[Page]:
        """Yield a stream from the floor of its position up to ``until``; the last page ends there."""
        after = self._positions[stream].floor
        while True:
            async with self._store.answers():
                documents = await self._documents(stream, after, until)
                if not documents:
                    break
                time = "recorded" if stream == "events" else "first_seen"
                after = documents[-1][time]
                page = await self._page(stream, after, documents)
            yield page
        yield Page(stream, max(until, after), [], {})

    async def _documents(self, stream: Stream, after: datetime, until: datetime) -> Sequence[Document]:
        database, only = self._store.database, self._only
        if stream == "links":
            if not only.found:
                return []
            return await event_stream.links_found_after(
                database, after, until, target_sites=only.targets, found=only.found
            )
        if not only.stored_events:
            return []
        return await event_stream.events_after(
            database, after, until, target_sites=only.targets, kinds=only.stored_events
        )

    async def _page(self, stream: Stream, upto: datetime, documents: Sequence[Document]) -> Page:
        handled: dict[bytes, datetime] = {}
        if stream == "links":
            alerts = [alert for alert in map(from_link, documents) if not self._is_handled(alert.id)]
        else:
            new = [event for event in documents if not self._is_handled(event["_id"])]
            alerts = await self._from_events(new)
            # Also those that another event replaces.
            handled = {event["_id"]: event["recorded"] for event in new}
        derived = [alert for alert in await self._site_changes(alerts) if self._is_new(alert)]
        handled |= {alert.id: alert.recorded for alert in (*alerts, *derived)}
        return Page(stream, upto, [alert for alert in (*alerts, *derived) if self._only.wants(alert)], handled)

    def _is_handled(self, alert_id: bytes) -> bool:
        return any(alert_id in position.handled for position in self._positions.values())

    def _is_new(self, derived: Alert) -> bool:
        """Whether a derived alert is there for the first time: links of both streams may make the same one."""
        if derived.id in self._derived or self._is_handled(derived.id):
            return False
        self._derived.add(derived.id)
        return True

    async def _from_events(self, events: Sequence[Document]) -> list[Alert]:
        """Return the alerts of those ``events`` that no other one replaces."""
        if not events:
            return []
        database = self._store.database
        movable = {event["link_id"] for event in events if event["event"] in {"lost", "moved"}}
        others = await event_stream.losses_and_moves(database, movable) if movable else []
        losses = {(other["link_id"], other["revision"]): other["_id"] for other in others if other["event"] == "lost"}
        facts = await event_stream.link_facts(
            database, {event["link_id"] for event in events}, {event["target_site"] for event in events}
        )
        ids = {event["_id"] for event in events}
        kept = [
            event for event in settled([*events, *(o for o in others if o["_id"] not in ids)]) if event["_id"] in ids
        ]
        return [
            from_event(
                event,
                facts.get(event["link_id"], {}),
                losses.get((event["link_id"], event["revision"])) if event["event"] == "moved" else None,
            )
            for event in kept
        ]

    async def _site_changes(self, alerts: Sequence[Alert]) -> list[Alert]:
        """Return where ``alerts`` are the first link of a site to another, or the end of the last one."""
        if not self._only.wants_sites:
            return []
        made: list[Alert] = []
        for target in sorted({alert.target_site for alert in alerts}):
            causes = [a for a in alerts if a.target_site == target and a.kind in GAINS | LOSSES]
            if not causes:
                continue
            since, until = min(cause.at for cause in causes), max(cause.at for cause in causes) + _INSTANT
            changes = await history.site_changes(self._store.database, target, since, until)
            made += from_site_changes(target, changes, causes)
        return made
