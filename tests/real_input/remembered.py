"""What an index must remember of a web that changes: a small model of the semantics, apart from the crawler's code."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.real_input.addresses import host_of, site_of
from tests.real_input.expected import Expected, Pair
from tests.real_input.page_changes import View
from tests.real_input.states import State

_MOVABLE = frozenset({"removed_from_html", "page_gone", "page_redirected"})


class Told(NamedTuple):
    """One event, in terms of the records."""

    source: str
    target: str
    event: str
    field: str
    old: Any
    new: Any
    reason: str | None


@dataclass(slots=True)
class Remembered:
    """One link, as the index must have it."""

    found_in: int
    """Number of the pass."""
    state: State | None = None
    """``None`` where no page was changed on which it stands: nobody looks."""
    lost: str | None = None
    """Why it is lost."""


@dataclass(slots=True)
class Memory:
    """The index as it must be after each pass."""

    links: dict[Pair, Remembered] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    """Pages that could not be looked at in the last pass."""
    passes: int = 1
    _views: dict[str, View] = field(default_factory=dict)
    """Address → what it showed when it was last read or withdrawn; only those that ever change."""
    _by_target: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    """Site and target → pages."""

    @classmethod
    def of_first_pass(cls, expected: Expected, views: Mapping[str, View]) -> "Memory":
        """Return what must be known after the first visit of every page.

        :param views: of the pages that will ever change.
        """
        memory = cls(_views=dict(views))
        for source, target in expected.links:
            states = views[source].states.get(target, ()) if source in views else ()
            memory._add(source, target, states[0] if states else None)
        return memory

    def revisit(self, views: Iterable[tuple[str, View]]) -> list[Told]:
        """Visit all pages again, of which those in ``views`` may have changed; returns what must be told."""
        self.passes += 1
        told: list[Told] = []
        self.unknown.clear()
        for url, view in views:
            if view.sight == "unseen":
                self.unknown.add(url)
            elif url in self._views:
                told += self._compared(url, self._views[url], view)
                self._views[url] = view
            else:
                self._views[url] = view
                for target, states in view.states.items():
                    self._add(url, target, states[0])
        return [self._maybe_moved(event) for event in told]

    def _add(self, source: str, target: str, state: State | None) -> None:
        self.links[source, target] = Remembered(self.passes, state)
        self._by_target.setdefault((site_of(host_of(source)), target), set()).add(source)

    def _compared(self, url: str, before: View, now: View) -> Iterator[Told]:
        gone_with_page = now.reason if now.sight == "withdrawn" else None
        standing = now.reason if now.sight == "read" else None
        for target in before.states.keys() - now.states.keys():
            link = self.links[url, target]
            if link.lost is None and target in now.heirs:
                link.lost = "retargeted"
                yield Told(url, target, "retargeted", "target_url", target, now.heirs[target], "retargeted")
            elif link.lost is None:
                link.lost = gone_with_page or "removed_from_html"
                yield Told(url, target, "lost", "status", "live", "lost", link.lost)
        for target, states in now.states.items():
            yield from self._present(url, target, states[0], standing)

    def _present(self, url: str, target: str, state: State, standing: str | None) -> Iterator[Told]:
        link = self.links.get((url, target))
        if link is None:
            self._add(url, target, state)
            yield Told(url, target, "found_on_known_page", "status", None, "live", None)
            return
        yield from _changes(url, target, link.state, state)
        link.state = state
        if standing is not None and link.lost is None:
            link.lost = standing
            yield Told(url, target, "lost", "status", "live", "lost", standing)
        elif standing is None and link.lost is not None:
            yield Told(url, target, "restored", "status", "lost", "live", link.lost)
            link.lost = None

    def _maybe_moved(self, told: Told) -> Told:
        """A loss is a move if the link stands on another page of the site now and stood on no other before."""
        source, target = told.source, told.target
        if told.event != "lost" or told.reason not in _MOVABLE:
            return told
        pages = self._by_target[site_of(host_of(source)), target] - {source}
        found_in = {page: self.links[page, target].found_in for page in pages if not self.links[page, target].lost}
        if not found_in or min(found_in.values()) < self.passes:
            return told
        self.links[source, target].lost = "moved"
        return told._replace(event="moved", field="source_url", old=source, new=min(found_in))


def _changes(url: str, target: str, old: State | None, new: State) -> Iterator[Told]:
    if old is None:
        return
    for name, was, is_now in zip(State._fields, old, new, strict=True):
        if was != is_now:
            yield Told(url, target, "changed", name, was, is_now, None)
