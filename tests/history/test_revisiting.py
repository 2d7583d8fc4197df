"""When a page is due again, and when silence means loss."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backlink_crawler.history.revisiting import Patience, with_unseen
from tests.history.index import day

PATIENCE = Patience(recheck_min_days=1, recheck_max_days=60, unreachable_visits=3, unreachable_days=7)


@pytest.mark.parametrize(
    ("before", "changed", "days"),
    [
        pytest.param(None, False, 60**0.5, id="nothing is known of a new page: half way, as rates go"),
        pytest.param(10, False, 15, id="it stayed: later"),
        pytest.param(10, True, 5, id="it changed: sooner"),
        pytest.param(50, False, 60, id="not later than at last"),
        pytest.param(1.5, True, 1, id="not sooner than at first"),
    ],
)
def test_interval(before: float | None, changed: bool, days: float) -> None:
    """Pages that change are looked at more often, within bounds."""
    assert PATIENCE.interval(before, changed=changed) == pytest.approx(days)


@pytest.mark.parametrize(
    ("usual", "days"),
    [
        pytest.param(None, 3.5, id="three tries in seven days"),
        pytest.param(60, 3.5, id="a page that is seldom due is tried sooner now"),
        pytest.param(2, 2, id="a page that is due anyway is due as ever"),
        pytest.param(0.2, 1, id="not more often than any page"),
    ],
)
def test_interval_of_a_page_that_could_not_be_seen(usual: float | None, days: float) -> None:
    """The tries that it takes are made in the days that it takes."""
    assert PATIENCE.interval_unseen(usual) == pytest.approx(days)


@pytest.mark.parametrize(
    ("days", "unreachable"),
    [
        pytest.param([0], False, id="one failure is none"),
        pytest.param([0, 7], False, id="two, however far apart"),
        pytest.param([0, 1, 6.99], False, id="three within days"),
        pytest.param([0, 1, 7], True, id="three over a week"),
        pytest.param([0, 20, 40, 60], True, id="more, over more"),
        pytest.param([], False, id="nothing"),
    ],
)
def test_unreachable(days: list[float], unreachable: bool) -> None:
    """So many crawls, over so many days, and both."""
    assert PATIENCE.is_unreachable([{"at": day(at)} for at in days]) is unreachable


def test_one_visit_is_enough_where_that_is_wanted() -> None:
    """The numbers are the user's."""
    assert Patience(unreachable_visits=1, unreachable_days=0).is_unreachable([{"at": day(0)}])
    assert Patience(unreachable_visits=1).interval_unseen(None) >= 1


def test_retries_of_one_crawl_are_one_look() -> None:
    """Of each crawl the last failure is kept, with what it was."""
    unseen: list[Any] = []
    for at, crawl, status in [(0, "a", 500), (0.001, "a", 503), (5, "b", 500), (9, "c", 500), (9.001, "c", 502)]:
        unseen = with_unseen(unseen, day(at), crawl, {"http_status": status})
    assert [(one["at"], one["crawl_id"], one["http_status"]) for one in unseen] == [
        (day(0.001), "a", 503),
        (day(5), "b", 500),
        (day(9.001), "c", 502),
    ]


@given(st.lists(st.integers(0, 60), max_size=80))
def test_evidence_is_bounded_and_keeps_its_span(crawls: list[int]) -> None:
    """However long a page fails, few records are kept: the first and the latest."""
    unseen: list[Any] = []
    firsts: dict[str, int] = {}
    for at, crawl in enumerate(crawls):
        unseen = with_unseen(unseen, day(at), str(crawl), {})
        firsts.pop(str(crawl), None)
        firsts[str(crawl)] = at
    assert len(unseen) <= 20
    if crawls:
        assert unseen[-1]["at"] == day(len(crawls) - 1)
        assert len(unseen) == min(len(firsts), 20) or len(unseen) == 19
        assert [one["at"] for one in unseen] == sorted(one["at"] for one in unseen)
