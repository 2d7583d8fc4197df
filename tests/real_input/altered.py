"""A site at another time: which of its pages are changed, which are only noisy, and what each shows then."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import cycle
from random import Random

from tests.real_input.addresses import host_of, site_of, split
from tests.real_input.changes import LINK_CHANGES, Draft, Unfit, put, take
from tests.real_input.expected import Expected
from tests.real_input.markup import text_of
from tests.real_input.noise import NOISES, make_noisy
from tests.real_input.page_changes import CHALLENGES, PAGE_CHANGES, Surroundings, View, answer_of
from tests.real_input.states import read_states
from tests.web.overlay import Answer
from tests.web.reply import Content

MOVED = "moved to another page"
CHANGES = (*LINK_CHANGES, MOVED, *PAGE_CHANGES)
MOST_CHALLENGES = 2
"""Of each kind: a host that shows a challenge is left alone for a minute."""

_MOST_TRIES = 40
_JUDGES_ITSELF = re.compile(
    rb"<meta\s[^>]*name=[\"']?robots|<link\s[^>]*rel=[\"']?canonical[^>]*href=[\"']?http", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Alteration:
    """One address, before and after."""

    url: str
    kind: str
    answer: Answer
    before: View | None
    """``None``: there was no such page."""
    after: View
    noisy: bool = False
    """Changed in everything but its links."""


@dataclass(slots=True)
class Altering:
    """Chooses pages of a web and changes them; the same seed makes the same choices."""

    content: Content
    expected: Expected
    starts: Sequence[str]
    rng: Random
    kinds: Sequence[str] = CHANGES
    alterations: list[Alteration] = field(default_factory=list, init=False)
    _pool: list[str] = field(default_factory=list, init=False)
    """Pages that nothing has been done to."""
    _pages: dict[str, list[str]] = field(default_factory=dict, init=False)
    """Site → its pages."""
    _holders: dict[tuple[str, str], int] = field(default_factory=dict, init=False)
    """Site and target → on how many of its pages it stands."""

    def __post_init__(self) -> None:
        linking = {source for source, _ in self.expected.links}
        pages = sorted(url for url, outcome in self.expected.outcomes.items() if outcome == "ok")
        for page in pages:
            self._pages.setdefault(site_of(host_of(page)), []).append(page)
        self._pool = [page for page in pages if page in linking and page not in self.starts]
        self.rng.shuffle(self._pool)
        for source, target in self.expected.links:
            key = site_of(host_of(source)), target
            self._holders[key] = self._holders.get(key, 0) + 1

    @property
    def page_count(self) -> int:
        """Pages that have HTML."""
        return sum(map(len, self._pages.values()))

    def change(self, pages: int) -> None:
        """Change so many pages, of each kind about as many."""
        left = pages
        rounds = {kind: MOST_CHALLENGES if kind in CHALLENGES else pages for kind in self.kinds}
        while left and any(rounds.values()):
            for kind in self.kinds:
                if left and rounds[kind]:
                    done = self._first_fit(kind, self._maker(kind))
                    rounds[kind] = rounds[kind] - 1 if done else 0
                    left -= done

    def make_noise(self, pages: int) -> None:
        """Make so many other pages noisy."""
        for _, kind in zip(range(pages), cycle(NOISES), strict=False):
            self._first_fit(kind, self._noise)

    def _maker(self, kind: str) -> Callable[[Draft, str], list[Alteration]]:
        if kind == MOVED:
            return self._move
        return self._change_links if kind in LINK_CHANGES else self._change_page

    def _first_fit(self, kind: str, make: Callable[[Draft, str], list[Alteration]]) -> bool:
        """Alter the first page of the pool that lends itself; those that do not stay in the pool."""
        for url in self._pool[:_MOST_TRIES]:
            try:
                made = make(self._draft(url), kind)
            except Unfit:
                continue
            taken = {alteration.url for alteration in made}
            self._pool = [page for page in self._pool if page not in taken]
            self.alterations += made
            return True
        self._pool = [*self._pool[_MOST_TRIES:], *self._pool[:_MOST_TRIES]]
        return False

    def _draft(self, url: str) -> Draft:
        answer = self.content.answer(*split(url))
        media_type = re.search(rb"charset=([^\s;\"]+)", answer.head)
        charset = media_type[1].decode() if media_type else ""
        if _JUDGES_ITSELF.search(answer.body):
            raise Unfit(f"{url} says something of itself")
        return Draft(url, text_of(answer.body), charset, dict(read_states(answer.body, url, charset)))

    def _change_links(self, draft: Draft, kind: str) -> list[Alteration]:
        before = View("read", states=dict(draft.states))
        LINK_CHANGES[kind](draft, self.rng)
        return [_altered(draft.checked(), kind, before)]

    def _change_page(self, draft: Draft, kind: str) -> list[Alteration]:
        before = View("read", states=dict(draft.states))
        start = next(start for start in self.starts if host_of(start) == host_of(draft.url))
        changed = PAGE_CHANGES[kind](draft, self.rng, Surroundings(start))
        also = [Alteration(url, kind, answer, None, view) for url, (answer, view) in changed.also.items()]
        return [Alteration(draft.url, kind, changed.answer, before, changed.view), *also]

    def _move(self, draft: Draft, kind: str) -> list[Alteration]:
        """Take a link that stands nowhere else on the site to another page of it."""
        before = View("read", states=dict(draft.states))
        site = site_of(host_of(draft.url))
        movable = [single for single in draft.singles() if self._holders[site, single[1]] == 1]
        others = [page for page in self._pool if page != draft.url and site_of(host_of(page)) == site]
        if not movable or not others:
            raise Unfit(f"{draft.url} has nothing to move")
        anchor, target = self.rng.choice(movable)
        other = self._draft(self.rng.choice(others))
        other_before = View("read", states=dict(other.states))
        put(other, self.rng, target, draft.states[target][0].anchor)
        take(draft, anchor, target, keep_words=False)
        return [_altered(draft.checked(), kind, before), _altered(other.checked(), kind, other_before)]

    def _noise(self, draft: Draft, kind: str) -> list[Alteration]:
        make_noisy(draft, kind, self.rng, self._pages[site_of(host_of(draft.url))])
        view = View("read", states=draft.states)
        return [Alteration(draft.url, kind, answer_of(draft), view, view, noisy=True)]


def _altered(draft: Draft, kind: str, before: View) -> Alteration:
    return Alteration(draft.url, kind, answer_of(draft), before, View("read", states=draft.states, heirs=draft.heirs))


def undone(alterations: Iterable[Alteration]) -> Iterator[tuple[str, View]]:
    """Yield what every address shows when everything is as it was."""
    for alteration in alterations:
        if alteration.before is None:
            yield alteration.url, View("withdrawn", "page_gone")
        else:
            back = {heir: target for target, heir in alteration.after.heirs.items()}
            yield alteration.url, replace(alteration.before, heirs=back)


def overlay_of(alterations: Iterable[Alteration]) -> Mapping[str, Answer]:
    """Return what the server answers when everything is changed."""
    return {alteration.url: alteration.answer for alteration in alterations}
