"""Properties over any sequence of visits of a page, against a model so simple that it can be believed."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backlink_crawler.history import life
from backlink_crawler.history.manifest import unpack
from backlink_crawler.history.timeline import settled, state_at
from backlink_crawler.records import Link, Region, Visit
from backlink_crawler.urls import link_id
from tests.history.index import DOWN, ELSEWHERE, GONE, NOINDEX, PAGE, Index, day, link, visit, without_revisions

TARGETS = ("http://b.test/", "http://b.test/2", "http://c.test/", "http://d.test/")
ANCHORS = ("Acme", "read more")
PLACES: tuple[tuple[Region, float | None], ...] = (
    *(("content", None), ("content", 0.9), ("content", 0.6), ("nav", 0.4), ("aside", 0.1), ("footer", 0.0)),
)
"""Regions with their scores: nobody judges, clear, hardly, declared."""


@st.composite
def links(draw: st.DrawFn) -> list[Link]:
    """Links as one visit may show them: few targets, common words, any place."""
    targets = draw(st.lists(st.sampled_from(TARGETS), unique=True))
    places = [draw(st.sampled_from(PLACES)) for _ in targets]
    return [
        link(
            target,
            draw(st.sampled_from(ANCHORS)),
            rel=draw(st.sampled_from([(), ("nofollow",)])),
            xpath=draw(st.sampled_from(["/a[1]", "/a[2]", "/a[3]"])),
            text_before=draw(st.sampled_from(["", "before"])),
            ordinal=n,
            region=places[n][0],
            content_score=places[n][1],
        )
        for n, target in enumerate(targets)
    ]


PAGES: list[dict[str, Any]] = [
    {},
    {},
    {},
    NOINDEX,
    ELSEWHERE,
    GONE,
    DOWN,
    DOWN,
    {"outcome": "redirect"},
    {"outcome": "network_error"},
    {"wall": "login"},
    {"truncated": True},
    {"not_modified": True},
]


@st.composite
def sequences(draw: st.DrawFn) -> list[Visit]:
    """Visits of one page, a few days apart."""
    days = sorted(draw(st.lists(st.integers(0, 60), unique=True, max_size=9)))
    visits = []
    for at in days:
        page = draw(st.sampled_from(PAGES))
        empty = page.get("outcome", "ok") != "ok" or page.get("not_modified")
        page = page if empty else {**page, "region_rules": draw(st.sampled_from(["1-a", "1-a", "1-b"]))}
        visits.append(visit(*([] if empty else draw(links())), at=at, **page))
    return visits


@dataclass
class Model:
    """What a person with a notebook would say."""

    status: dict[str, str] = field(default_factory=dict)
    """Target → live, or why it was lost (any removal is ``removed``)."""
    on_page: set[str] = field(default_factory=set)
    vouches: bool = True
    read: bool = False
    failures: list[float] = field(default_factory=list)

    def take(self, seen: Visit) -> None:
        """Note a visit."""
        page, shown = seen.page, {one.target_url for one in seen.links}
        if seen.not_modified and self.read:
            self.failures = []
        elif page.outcome in {"redirect"} or page.http_status == 404:
            self._lose(self.on_page, "page_redirected" if page.outcome == "redirect" else "page_gone")
            self.on_page, self.read, self.failures = set(), True, []
        elif page.outcome != "ok" or seen.not_modified or (page.wall and self.on_page - shown):
            self._not_seen(seen, shown)
        else:
            self._seen(seen, shown)

    def _not_seen(self, seen: Visit, shown: set[str]) -> None:
        if not seen.not_modified:
            self.failures.append(seen.at.timestamp() / 86_400)
        if len(self.failures) >= 3 and self.failures[-1] - self.failures[0] >= 7 and self.on_page:
            self._lose(self.on_page - shown, "unreachable")
            self.status |= dict.fromkeys(shown, "live")
            self.on_page = shown

    def _seen(self, seen: Visit, shown: set[str]) -> None:
        cause = seen.page.indexable_cause
        known = {target for target in shown if target in self.status}
        if not seen.page.truncated:
            self._lose(self.on_page - shown, "removed")
        present = shown | (self.on_page if seen.page.truncated else set())
        if cause is None:
            self.status |= dict.fromkeys(present, "live")
        elif self.vouches:
            self._lose(known | (present - shown), "page_noindex" if cause == "meta" else "page_not_canonical")
        self.status |= dict.fromkeys(shown - known, "live")
        self.on_page, self.vouches, self.read, self.failures = present, cause is None, True, []

    def _lose(self, targets: set[str], reason: str) -> None:
        self.status |= {target: reason for target in targets if self.status[target] == "live"}


def _like_the_model(index: Index) -> dict[str, str]:
    removals = {"removed_from_html": "removed", "retargeted": "removed"}
    statuses = {target: record["lost_reason"] or record["status"] for target, record in index.links.items()}
    return {target: removals.get(status, status) for target, status in statuses.items()}


@settings(max_examples=60)
@given(sequences())
def test_the_index_says_what_a_person_would(visits: Sequence[Visit]) -> None:
    """After every visit the manifest is the page as last read, and each link is live or lost for the right reason."""
    index, model = Index(), Model()
    for one in visits:
        index.take(one)
        model.take(one)
        assert _like_the_model(index) == model.status
        assert index.standing == model.on_page


@settings(max_examples=60)
@given(sequences())
def test_the_past_can_be_told(visits: Sequence[Visit]) -> None:
    """Undoing events gives each link as it was after every visit."""
    index, pasts = Index(), []
    for one in visits:
        index.take(one)
        pasts.append((one.at, {target: dict(record) for target, record in index.links.items()}))
    for when, past in pasts:
        for target, record in index.links.items():
            events = [event for event in settled(index.events) if event["link_id"] == record["_id"]]
            state = state_at(record, events, when)
            assert (state is None) == (target not in past)
            if state is not None:
                names = ("status", "lost_at", "lost_reason", "anchor", "rel", "follow", "nofollow_cause")
                assert [state[name] for name in names] == [past[target][name] for name in names]


@settings(max_examples=60)
@given(sequences())
def test_events_have_ids_of_their_own_and_follow_each_other(visits: Sequence[Visit]) -> None:
    """No event is written twice, and the events of a link take turns: nothing is lost twice or restored while live."""
    index = Index(*visits)
    assert len({event["_id"] for event in index.events}) == len(index.events)
    for record in index.links.values():
        turns = [e["event"] for e in index.events if e["link_id"] == record["_id"] and e["event"] != "changed"]
        if turns[:1] == ["found_on_known_page"]:
            turns = turns[1:]
        assert all(turn in {"lost", "retargeted"} for turn in turns[::2])
        assert set(turns[1::2]) <= {"restored"}
        assert (record["status"] == "lost") == (len(turns) % 2 == 1)


@settings(max_examples=60)
@given(sequences())
def test_visits_again_or_late_do_nothing(visits: Sequence[Visit]) -> None:
    """Every earlier visit, repeated at any time, leaves all as it is."""
    index = Index()
    for n, one in enumerate(visits):
        index.take(one)
        before = (dict(index.page or {}), repr(index.links), repr(index.events))
        for earlier in visits[: n + 1]:
            assert index.take(earlier) == []
        assert (dict(index.page or {}), repr(index.links), repr(index.events)) == before


@settings(max_examples=60)
@given(links(), st.data())
def test_volatile_features_make_no_event(shown: list[Link], data: st.DataObject) -> None:
    """Whatever moves with the page around a link, the visit is a small one."""
    volatile = st.fixed_dictionaries(
        {
            "xpath": st.sampled_from(["/x", "/y"]),
            "ordinal": st.integers(0, 99),
            "offset": st.floats(0, 1),
            "text_before": st.text(max_size=3),
            "occurrences": st.integers(1, 5),
            "heading": st.none() | st.text(max_size=3),
            "weight": st.floats(0, 1),
            "href": st.text(max_size=3),
        }
    )
    moved: list[dict[str, Any]] = [dict(data.draw(volatile)) for _ in shown]
    again = data.draw(st.permutations([replace(one, **values) for one, values in zip(shown, moved, strict=True)]))
    index = Index(visit(*shown))
    assert index.compare(visit(*again, at=1)).unchanged
    index.take(visit(*again, at=1))
    assert index.events == []


_OF_COMMITS = {"revision", "interval_days", "next_visit", "last_changed"}
"""What counts commits, or follows from how many there were."""


@pytest.mark.parametrize("most", [1, 3])
@settings(max_examples=60)
@given(visits=sequences())
def test_many_commits_end_as_one(most: int, visits: Sequence[Visit]) -> None:
    """A visit that takes many commits ends in the same state, with the same events."""
    whole = Index(*visits)
    parts = Index()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(life, "MAX_STEPS", most)
        for one in visits:
            for effects in parts.take(one):
                assert effects.steps <= max(most, 2)
    assert without_revisions(parts.events) == without_revisions(whole.events)
    for target, record in whole.links.items():
        assert {**parts.links[target], "revision": 0} == {**record, "revision": 0}
    pages = [{k: v for k, v in (index.page or {}).items() if k not in _OF_COMMITS} for index in (whole, parts)]
    assert pages[0] == pages[1]


@settings(max_examples=60)
@given(visits=sequences(), commits=st.integers(0, 3), data=st.data())
def test_a_visit_cut_off_and_another_in_its_place(visits: Sequence[Visit], commits: int, data: st.DataObject) -> None:
    """What a later visit meets half done it completes: in the end manifest, records and page agree with what it saw."""
    if not visits:
        return
    cut = data.draw(st.integers(0, len(visits) - 1))
    index = Index()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(life, "MAX_STEPS", 1)
        for n, one in enumerate(visits):
            index.take(one, commits if n == cut else 1_000_000)
    last = visit(*data.draw(links()), at=99)
    index.take(last)
    shown = {found.target_url for found in last.links}
    assert index.standing == shown
    assert {target for target, record in index.links.items() if record["status"] == "live"} == shown
    for found in last.links:
        record = index.links[found.target_url]
        assert (record["anchor"], record["rel"], record["follow"]) == (found.anchor, found.rel, found.follow)
    assert index.page is not None
    assert set(unpack(index.page["manifest"])) == {link_id(PAGE, target) for target in shown}
    assert index.compare(visit(*last.links, at=100)).unchanged
    assert index.page["last_read"] == day(99)
