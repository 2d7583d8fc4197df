"""Regions that are judged: what is told of them, and what is not."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backlink_crawler.extract.placement import _judged
from backlink_crawler.features import build_links, rivals_of
from backlink_crawler.history.manifest import unpack
from backlink_crawler.history.regions import CLEARLY_CONTENT, CLEARLY_NOT, Place, place_of, settle
from backlink_crawler.records import Link, Page, RawLink, Region, Visit
from backlink_crawler.urls import host_of, site_of
from tests.history.index import GONE, PAGE, Index, day, link, visit

TARGET = "http://b.test/"
RULES = "1-a"


def judged(score: float, part: Region = "nav", **features: Any) -> Link:
    """The link with this content score; where that is no content, in this part."""
    return link("b.test", region="content" if score >= 0.5 else part, content_score=score, **features)


def declared(region: Region, **features: Any) -> Link:
    return link("b.test", region=region, content_score=0.0, **features)


def lived(*links: Link, rules: str | None = RULES) -> Index:
    """An index after a visit a day."""
    return Index(*(visit(one, at=at, region_rules=rules) for at, one in enumerate(links)))


def regions_told(index: Index) -> list[tuple[str, str]]:
    return [(event["old"], event["new"]) for event in index.events if event["field"] == "region"]


CONTENT, MENU, FOOTER = Place("content", False), Place("nav", False), Place("footer", True)
CASES = [
    (None, judged(0.51), "content", "nothing is known: as it is seen"),
    (None, judged(0.49), "nav", "nothing is known: as it is seen"),
    (CONTENT, judged(0.49), "content", "hardly on the other side"),
    (CONTENT, judged(CLEARLY_NOT + 0.001), "content", "not clear yet"),
    (CONTENT, judged(CLEARLY_NOT), "nav", "clear"),
    (MENU, judged(0.51), "nav", "hardly on the other side"),
    (MENU, judged(CLEARLY_CONTENT - 0.001), "nav", "not clear yet"),
    (MENU, judged(CLEARLY_CONTENT), "content", "clear"),
    (MENU, judged(0.01, "footer"), "nav", "which part of the furniture is guesswork"),
    (CONTENT, declared("footer"), "footer", "the page says so"),
    (MENU, declared("footer"), "footer", "the page says so"),
    (FOOTER, declared("nav"), "nav", "the page says otherwise now"),
    (FOOTER, judged(0.01, "aside"), "footer", "the page ceased to say so; the footer may still be one"),
    (FOOTER, judged(0.51), "content", "the page ceased to say so"),
    (Place("content", True), judged(0.45), "nav", "it stood nowhere on the page before"),
    (MENU, link("b.test", region="content", content_score=None), "content", "nobody judges, a redirect say"),
]


@pytest.mark.parametrize(("before", "seen", "region", "reason"), CASES)
def test_settled(before: Place | None, seen: Link, region: str, reason: str) -> None:
    """What is declared holds at once; what is judged, when it is clear."""
    assert settle(before, seen).region == region, reason


PARTS: list[Region] = ["nav", "header", "footer", "aside"]
SCORES = st.floats(0.001, 1)
SEEN = st.builds(judged, SCORES, st.sampled_from(PARTS)) | st.sampled_from([*PARTS, "comment"]).map(declared)


@given(st.none() | SEEN.map(place_of), SEEN)
def test_seen_twice_is_seen_once(before: Place | None, seen: Link) -> None:
    """A visit that takes several commits, or comes again, settles nothing anew."""
    once = settle(before, seen)
    assert settle(once, seen) == once


@given(
    st.sampled_from([judged(0.95), judged(0.02), declared("aside")]),
    st.lists(st.tuples(st.floats(CLEARLY_NOT + 0.01, CLEARLY_CONTENT - 0.01), st.sampled_from(PARTS)), max_size=8),
)
def test_noise_is_not_told(first: Link, noise: Sequence[tuple[float, Region]]) -> None:
    """However a judgement wavers around the border, nothing is told, and each visit stays a small one."""
    if first.content_score == 0:  # a place that was declared is left for good, once
        noise = [(min(score, 0.49), part) for score, part in noise]
    index = lived(first)
    for at, (score, part) in enumerate(noise, 1):
        again = visit(judged(score, part), at=at, region_rules=RULES)
        assert index.compare(again).unchanged or (at == 1 and first.content_score == 0)
        index.take(again)
    assert index.events == []
    assert index.links[TARGET]["region"] == first.region


@pytest.mark.parametrize(
    ("links", "told"),
    [
        pytest.param([judged(0.9), declared("footer")], [("content", "footer")], id="into a declared footer"),
        pytest.param([judged(0.9), judged(0.1, "footer")], [("content", "footer")], id="into a judged one"),
        pytest.param([judged(0.1), judged(0.9)], [("nav", "content")], id="out of a menu"),
        pytest.param([declared("nav"), declared("footer")], [("nav", "footer")], id="from landmark to landmark"),
        pytest.param([judged(0.1, "nav"), judged(0.1, "aside")], [], id="from menu to sidebar, as far as one can see"),
        pytest.param([declared("footer"), judged(0.6), judged(0.4)], [("footer", "content")], id="out of a landmark"),
    ],
)
def test_a_move_is_told_once(links: list[Link], told: list[tuple[str, str]]) -> None:
    """With the regions that readers saw; the same visit later tells nothing more."""
    index = lived(*links, links[-1])
    assert regions_told(index) == told
    assert index.links[TARGET]["region"] == (told[-1][1] if told else links[0].region)


@given(st.lists(SCORES, min_size=2, max_size=30).map(sorted), st.booleans())
def test_a_slow_drift_is_one_event(scores: list[float], down: bool) -> None:
    """From one end to the other a link changes its region once at most."""
    drift = [0.99, *reversed(scores), 0.002] if down else [0.002, *scores, 0.99]
    told = regions_told(lived(*map(judged, drift)))
    assert told == [("content", "nav") if down else ("nav", "content")]


@given(st.lists(SEEN, min_size=1, max_size=8))
def test_what_is_told_is_what_readers_saw(links: list[Link]) -> None:
    """Each event leads from the region that stood in the record to the one that stands there afterwards."""
    index, shown = Index(), None
    for at, one in enumerate(links):
        told = len(regions_told(index))
        index.take(visit(one, at=at, region_rules=RULES))
        region = index.links[TARGET]["region"]
        assert regions_told(index)[told:] == ([(shown, region)] if shown not in {None, region} else [])
        shown = region
        assert index.compare(visit(one, at=at + 0.5, region_rules=RULES)).unchanged


@pytest.mark.parametrize("rules", [None, "1-z"])
@pytest.mark.parametrize("score", [None, 0.5])
def test_other_rules_are_no_event(rules: str | None, score: float | None) -> None:
    """The first visit by other rules takes the regions over silently, whatever they are; then all is as ever."""
    old = link("b.test", region="content", content_score=score)
    index = lived(old, rules=rules)
    index.take(visit(judged(0.01, "footer"), at=1, region_rules=RULES))
    assert index.events == []
    assert index.links[TARGET]["region"] == "footer"
    assert index.page is not None
    assert (index.page["last_changed"], index.page["interval_days"] > 7) == (day(0), True)
    assert index.compare(visit(judged(0.4), at=2, region_rules=RULES)).unchanged
    index.take(visit(judged(0.9), at=3, region_rules=RULES))
    assert regions_told(index) == [("footer", "content")]


def test_a_manifest_of_an_earlier_version() -> None:
    """Its states were hashes of eight bytes: none of them is taken for a state of today."""
    index = lived(judged(0.9), rules=None)
    assert index.page is not None
    for last in range(256):
        index.page["manifest"] = b"".join(id_ + b"1234567" + bytes([last]) for id_ in unpack(index.page["manifest"]))
        found = index.compare(visit(judged(0.2), at=1, region_rules=RULES))
        (state,) = found.before.values()
        assert (state, len(found.altered)) == (bytes(8), 1)


def test_what_else_changes_is_told_under_other_rules() -> None:
    """Only of a link that stands in several places nothing is: the record may have described another one."""
    for occurrences, told in ((1, ["anchor"]), (2, [])):
        index = lived(link("b.test", "old", occurrences=occurrences), rules=None)
        index.take(visit(judged(0.1, anchor="new", occurrences=occurrences), at=1, region_rules=RULES))
        assert [event["field"] for event in index.events] == told
        assert index.links[TARGET]["anchor"] == "new"


def test_other_rules_that_say_the_same() -> None:
    """The visit is a small one, and what is told next is compared by the new rules."""
    index = lived(judged(0.9), rules="1-z")
    again = visit(judged(0.9), at=1, region_rules=RULES)
    assert index.compare(again).unchanged
    index.take(again)
    index.take(visit(judged(0.6), at=2, region_rules=RULES))
    index.take(visit(declared("footer"), at=3, region_rules=RULES))
    assert regions_told(index) == [("content", "footer")]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (judged(0.9), judged(0.45), []),
        (judged(0.9), judged(0.1), [("content", "nav")]),
        (judged(0.9), declared("footer"), [("content", "footer")]),
        (link("b.test", content_score=None), judged(0.1), []),
    ],
)
@pytest.mark.parametrize("between", [{"links": ()}, {"links": (), **GONE}])
def test_a_link_that_comes_back(
    before: Link, after: Link, told: list[tuple[str, str]], between: dict[str, Any]
) -> None:
    """It is compared with its record: the manifest has forgotten it."""
    index = lived(before)
    index.take(visit(at=1, region_rules=RULES, **{name: it for name, it in between.items() if name != "links"}))
    index.take(visit(after, at=2, region_rules=RULES))
    assert regions_told(index) == told
    assert index.links[TARGET]["region"] == (
        told[0][1] if told else "nav" if before.content_score is None else "content"
    )
    assert index.compare(visit(after, at=3, region_rules=RULES)).unchanged


def test_a_truncated_page_by_other_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """A link beyond the bound is not known to be gone; when it is seen again, its region is taken over."""
    index = Index(visit(link("b.test"), link("c.test")))
    index.take(visit(link("c.test"), at=1, truncated=True, region_rules=RULES))
    index.take(visit(link("c.test"), judged(0.1, "aside"), at=2, region_rules=RULES))
    assert index.events == []
    assert index.links[TARGET]["region"] == "aside"


Seen = tuple[str, Region, float]
"""Anchor, region and score of one place."""
TEXT: Seen = ("in the text", "content", 0.6)
WIDGET: Seen = ("in a widget", "aside", 0.4)
MAST: Seen = ("in the header", "header", 0.0)


def places(*raws: Seen) -> Visit:
    """A visit of a page with several links to one target: anchor, region and score of each."""
    host = host_of(PAGE)
    page = Page(PAGE, host, site_of(host), "ok")
    found = [
        RawLink(TARGET, TARGET, anchor, "text", (), "text", region, "", ordinal, None, score)
        for ordinal, (anchor, region, score) in enumerate(raws)
    ]
    links = build_links(page, found, internal_too=False)
    seen = visit(*links, region_rules=RULES)
    seen.rivals = rivals_of(page, found, links)
    return seen


def at(number: float, seen: Visit) -> Visit:
    seen.at, seen.page.crawl_id = day(number), f"crawl-{number}"
    return seen


@pytest.mark.parametrize(
    ("first", "second", "anchor", "reason"),
    [
        ([TEXT, WIDGET], [(*TEXT[:1], "nav", 0.45), WIDGET], "in the text", "both furniture now, by a little"),
        (
            [TEXT, WIDGET],
            [(*TEXT[:1], "nav", 0.45), ("in a widget", "content", 0.55)],
            "in the text",
            "the other one is",
        ),
        ([MAST, TEXT], [MAST, (*TEXT[:1], "nav", 0.45)], "in the text", "a landmark beside it"),
        ([MAST, (*TEXT[:1], "nav", 0.45)], [MAST, TEXT], "in the header", "a landmark beside it, the other way"),
        ([TEXT, WIDGET], [WIDGET, TEXT], "in the text", "in another order"),
        ([WIDGET], [TEXT, WIDGET], "in a widget", "another place, not clearly better"),
    ],
)
def test_a_record_stays_with_its_place(first: list[Any], second: list[Any], anchor: str, reason: str) -> None:
    """Which of several places is a little ahead rests on judgement: the record stays with the one it describes."""
    index = Index(places(*first))
    assert index.links[TARGET]["anchor"] == anchor
    again = at(1, places(*second))
    assert index.compare(again).unchanged, reason
    index.take(again)
    assert index.events == []


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ([TEXT, WIDGET], [WIDGET], {("anchor", "in the text", "in a widget")}),
        ([TEXT, MAST], [MAST], {("anchor", "in the text", "in the header"), ("region", "content", "header")}),
        (
            [MAST, WIDGET],
            [MAST, ("in the text", "content", 0.9)],
            {("anchor", "in a widget", "in the text"), ("region", "aside", "content")},
        ),
    ],
)
def test_a_place_that_is_gone_or_outdone(first: list[Any], second: list[Any], told: set[tuple[str, str, str]]) -> None:
    """Then the record describes another place, and says so."""
    index = Index(places(*first), at(1, places(*second)))
    assert {(event["field"], event["old"], event["new"]) for event in index.events} == told


def test_places_of_one_target_are_bounded() -> None:
    """A page that links to one address a thousand times with other words costs no more than a few records."""
    seen = places(*((f"anchor {n}", "content", 0.6) for n in range(1_000)))
    assert [len(rivals) for rivals in seen.rivals.values()] == [8]
    assert places(TEXT, TEXT, TEXT).rivals == {}


def test_a_place_under_other_rules() -> None:
    """If the place of the record still stands there, the record stays with it."""
    first = places(MAST, TEXT)
    first.page.region_rules = None
    index = Index(first, at(1, places(WIDGET, TEXT)))
    assert (index.events, index.links[TARGET]["anchor"]) == ([], "in the text")


def test_a_judgement_is_never_taken_for_a_declaration() -> None:
    """However sure the model is, its score is not the 0 of a page that says so itself."""
    scores = np.array([0.0, 0.0004, 1.0], dtype=np.float32)
    placements = _judged(scores, np.zeros(3, dtype=np.int64), [False] * 3)
    assert [settle(None, judged(place.content_score)).declared for place in placements] == [False] * 3
