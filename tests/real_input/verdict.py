"""What an index has wrong after a pass: its events, links and pages beside those that a model of it has. Pure."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from backlink_crawler.history.timeline import settled, state_at, unknown_periods
from tests.real_input.crawl import Crawled
from tests.real_input.remembered import Memory, Told
from tests.real_input.states import State

_BORDER = 0.5
"""Content score from which on a link that has left a landmark stands in the content."""


class Fault(NamedTuple):
    """One thing that is wrong."""

    url: str
    """Of the page."""
    what: str
    """``missed event``, ``false event``, ``wrong link``, ``wrong page``, ``wrong past`` or ``worker failed``."""
    example: str


@dataclass(frozen=True)
class Verdict:
    """Compares one crawl with what had to come of it."""

    told: Sequence[Told]
    """The events that had to be told."""
    memory: Memory
    """What had to be remembered after it."""
    unchanged: Collection[str]
    """Pages that were served as before, byte for byte."""
    earlier: Sequence[Crawled]
    """All crawls before it."""
    now: Crawled

    def faults(self) -> list[Fault]:
        """Return everything that is wrong, sorted."""
        now = [*self._events(), *self._links(), *self._records(), *self._regions(), *self._pages(), *self._wire()]
        now += self._ends()
        return sorted([*now, *(fault for then in self.earlier for fault in self._past(then))])

    @cached_property
    def _due(self) -> Sequence[Told]:
        """``told``, with the regions that the index had and has where the page declares none."""
        return [event for event in map(self._with_judged, self.told) if event.old != event.new]

    def _with_judged(self, event: Told) -> Told:
        if (event.event, event.field) != ("changed", "region"):
            return event
        pair = event.source, event.target
        old, new = (crawled.links.get(pair, {}).get("region") for crawled in (self.earlier[-1], self.now))
        return event._replace(old=event.old or old, new=event.new or new)

    def _events(self) -> Iterator[Fault]:
        told, found = Counter(self._due), Counter(map(_told, settled(self.now.events)))
        yield from (Fault(event.source, "missed event", str(event)) for event in (told - found).elements())
        yield from (Fault(event.source, "false event", str(event)) for event in (found - told).elements())

    def _links(self) -> Iterator[Fault]:
        known, found = self.memory.links, self.now.links
        for pair in known.keys() | found.keys():
            must = _status(known[pair].lost) if pair in known else None
            link = found.get(pair)
            is_so = (link["status"], link["lost_reason"]) if link is not None else None
            if is_so != must:
                yield Fault(pair[0], "wrong link", f"{' -> '.join(pair)}: {is_so} instead of {must}")

    def _records(self) -> Iterator[Fault]:
        """What was told must be in the record of its link, too."""
        for event in self._due:
            link = self.now.links.get((event.source, event.target), {})
            if event.event == "changed" and _plain(link.get(event.field)) != event.new:
                yield Fault(event.source, "wrong link", f"{event}: the record has {link.get(event.field)!r}")
            if event.event == "found_on_known_page" and link.get("found") != "on_known_page":
                yield Fault(event.source, "wrong link", f"{event}: the record has {link.get('found')!r}")

    def _regions(self) -> Iterator[Fault]:
        """What a page declares is so; all else was judged."""
        for pair, known in self.memory.links.items():
            link = self.now.links.get(pair)
            if link is None or known.state is None or known.lost or link["occurrences"] > 1:
                continue
            region, score = link["region"], link["content_score"]
            declared = known.state.region
            if (region, score) != (declared, 0) if declared else not score:
                yield Fault(pair[0], "wrong link", f"{' -> '.join(pair)}: {region} by {score} instead of {declared}")
        for event in self.told:
            link = self.now.links.get((event.source, event.target), {})
            if (
                event.field == "region"
                and event.new is None
                and (link["region"] == "content") != (link["content_score"] >= _BORDER)
            ):
                yield Fault(event.source, "wrong link", f"{event}: {link['region']} by {link['content_score']}")

    def _pages(self) -> Iterator[Fault]:
        eventful = {event.source for event in self.told}
        for url, before in self.earlier[-1].pages.items():
            page = self.now.pages[url]
            if page["crawl_id"] != self.now.crawl_id:
                yield Fault(url, "wrong page", f"{url}: was not visited")
                continue
            unknown = url in self.memory.unknown
            if ("unknown_since" in page) != unknown:
                yield Fault(url, "wrong page", f"{url}: unknown_since is {page.get('unknown_since')}")
            if page["revision"] != before["revision"] + (url in eventful):
                yield Fault(url, "wrong page", f"{url}: revision {before['revision']} became {page['revision']}")
            if before["outcome"] == "ok" and (page["last_read"] > before["last_visited"]) == unknown:
                yield Fault(url, "wrong page", f"{url}: last_read is {page['last_read']}")

    def _past(self, then: Crawled) -> Iterator[Fault]:
        """History read backwards must give what the index had then."""
        when = max(page["last_visited"] for page in then.pages.values())
        events: dict[bytes, list[Mapping[str, Any]]] = {}
        for event in (event for crawled in [*self.earlier, self.now] for event in crawled.events):
            events.setdefault(event["link_id"], []).append(event)
        for pair, link in self.now.links.items():
            unknown = unknown_periods(self.now.pages.get(pair[0]))
            state = state_at(link, events.get(link["_id"], ()), when, unknown)
            told, was = _summary(state), _summary(then.links.get(pair))
            if was is not None and was["status"] == "live" and "unknown_since" in then.pages[pair[0]]:
                was["status"] = "unknown"
            if told != was:
                yield Fault(pair[0], "wrong past", f"{' -> '.join(pair)}: {told} instead of {was} at {when}")

    def _wire(self) -> Iterator[Fault]:
        """What has not changed is asked for once, and not sent."""
        statuses: dict[str, list[int]] = {}
        for served in self.now.served:
            statuses.setdefault(f"http://{served.host}{served.path}", []).append(served.status)
        for url in self.unchanged:
            if statuses.get(url) != [304]:
                yield Fault(url, "wrong page", f"{url}: has not changed, and was answered {statuses.get(url)}")

    def _ends(self) -> Iterator[Fault]:
        for number, code in enumerate(self.now.exit_codes, 1):
            if code:
                yield Fault("", "worker failed", f"worker {number} ended with {code}")
        yield from (Fault("", "worker failed", line) for line in self.now.complaints if " ERROR " in line)
        if self.now.set_aside:
            yield Fault("", "wrong link", f"{len(self.now.set_aside)} records were set aside")


def _status(lost: str | None) -> tuple[str, str | None]:
    return ("lost", lost) if lost else ("live", None)


def _summary(link: Mapping[str, Any] | None) -> dict[str, Any] | None:
    names = ("status", "lost_at", "lost_reason", *State._fields)
    return {name: _plain(link[name]) for name in names} if link is not None else None


def _told(event: Mapping[str, Any]) -> Told:
    return Told(
        source=event["source_url"],
        target=event["target_url"],
        event=event["event"],
        field=event["field"],
        old=_plain(event["old"]),
        new=_plain(event["new"]),
        reason=event["reason"],
    )


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
