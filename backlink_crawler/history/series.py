"""How many links there were, day by day, and what came and went.

Of every day holds, in all and in each part (follow and region as they were that day)::

    live = live of the day before + new + discovered + restored - lost + changed

``changed`` only moves links between parts, so it is 0 in all.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal, NamedTuple

from backlink_crawler.history.timeline import Event, Standing, steps

Found = Literal["with_page", "on_known_page", "with_new_page"]


class Part(NamedTuple):
    """Links of one kind."""

    follow: bool
    region: str


@dataclass(slots=True)
class Counts:
    """Links of one part on one day."""

    live: int = 0
    """At the end of the day; links whose page could not be looked at are among them."""
    new: int = 0
    """Found on a page that was read before without them, or that was published since its site is known."""
    discovered: int = 0
    """Found together with their page: how old they are is not known."""
    restored: int = 0
    lost: int = 0
    moved: int = 0
    """Of the lost ones: those that went to another page of their site, where they are new."""
    changed: int = 0
    """Turned to this part less those turned from it."""

    def __iadd__(self, other: "Counts") -> "Counts":
        for name in _COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        return self


@dataclass(frozen=True, slots=True)
class Day:
    """One UTC day of a site's backlinks."""

    day: date
    parts: Mapping[Part, Counts]
    """Parts with nothing to tell are absent."""

    @property
    def total(self) -> Counts:
        """Return all parts together."""
        return _sum(self.parts.values())

    def of(self, *, follow: bool | None = None, region: str | None = None) -> Counts:
        """Return the parts with this ``follow`` and ``region`` together; ``None`` stands for any."""
        return _sum(
            counts
            for part, counts in self.parts.items()
            if (follow is None or part.follow == follow) and (region is None or part.region == region)
        )


class DailySeries:
    """Gathers lives of links in any order, then tells the days from ``since`` to ``until``, both included."""

    def __init__(self, since: date, until: date) -> None:
        self._since = since
        self._until = until
        self._before: defaultdict[Part, int] = defaultdict(int)
        self._flows: defaultdict[tuple[date, Part], Counts] = defaultdict(Counts)

    def add(self, link: Mapping[str, Any], events: Iterable[Event]) -> None:
        """Count the life of one link.

        :param link: its ``first_seen``, ``found``, ``status``, ``follow`` and ``region``, as they are now.
        :param events: its settled events, at least those of the first day and later.
        """
        for at, before, after, moved in steps(link, events):
            day = at.date()
            if before is None:
                if after.live:
                    self.add_births(day, link["found"], Part(after.follow, after.region))
            else:
                self._step(day, before, after, moved=moved)

    def add_turns(self, events: Sequence[Event]) -> None:
        """Count the losses and returns of a link that ``add_births`` knows of, and whose follow and region stayed.

        :param events: its settled events of kinds that turn its status, all those of the first day and later.
        """
        last = max(events, key=lambda event: event["revision"])
        now = {"status": "live" if last["event"] == "restored" else "lost", "first_seen": _EVER}
        found, *turns = steps({**now, "follow": last["follow"], "region": last["region"]}, events)
        if not found.after.live:  # found before the first day, and lost
            self._before[Part(last["follow"], last["region"])] -= 1
        for at, before, after, moved in turns:
            assert before is not None
            self._step(at.date(), before, after, moved=moved)

    def add_births(self, day: date, found: Found, part: Part, links: int = 1) -> None:
        """Count links that were found on ``day`` and of which nothing else is told, or with a negative number take
        them back."""
        if day < self._since:
            self._before[part] += links
        elif day <= self._until:
            counts = self._flows[day, part]
            if found == "with_page":
                counts.discovered += links
            else:
                counts.new += links

    def _step(self, day: date, before: Standing, after: Standing, *, moved: bool) -> None:
        was, is_now = Part(before.follow, before.region), Part(after.follow, after.region)
        if day < self._since:
            self._before[was] -= before.live
            self._before[is_now] += after.live
        elif day > self._until:
            return
        elif before.live and after.live:
            self._flows[day, was].changed -= 1
            self._flows[day, is_now].changed += 1
        elif before.live:
            self._flows[day, was].lost += 1
            self._flows[day, was].moved += moved
        elif after.live:
            self._flows[day, is_now].restored += 1

    def days(self) -> Iterator[Day]:
        """Yield every day, also those on which nothing happened."""
        live = dict(self._before)
        by_day: defaultdict[date, dict[Part, Counts]] = defaultdict(dict)
        for (day, part), counts in self._flows.items():
            by_day[day][part] = counts
        for offset in range((self._until - self._since).days + 1):
            day = self._since + timedelta(days=offset)
            flows = by_day[day]
            for part, counts in flows.items():
                gained = counts.new + counts.discovered + counts.restored + counts.changed
                live[part] = live.get(part, 0) + gained - counts.lost
            parts = {part: _with_live(flows.get(part), number) for part, number in live.items()}
            yield Day(day, {part: counts for part, counts in sorted(parts.items()) if counts != _NOTHING})


def start_of(day: date) -> datetime:
    """Return the first moment of a UTC day."""
    return datetime.combine(day, time(), UTC)


def end_of(day: date) -> datetime:
    """Return the last moment of a UTC day, to the millisecond that times are stored with."""
    return start_of(day) + timedelta(days=1, milliseconds=-1)


def _with_live(flows: Counts | None, live: int) -> Counts:
    if flows is None:
        return Counts(live=live)
    return Counts(live, flows.new, flows.discovered, flows.restored, flows.lost, flows.moved, flows.changed)


def _sum(parts: Iterable[Counts]) -> Counts:
    total = Counts()
    for counts in parts:
        total += counts
    return total


_COUNTS = tuple(counted.name for counted in fields(Counts))
_NOTHING = Counts()
_EVER = datetime.min.replace(tzinfo=UTC)
