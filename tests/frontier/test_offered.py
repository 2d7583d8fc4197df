"""The memory of offers saves the server's time and never hides a URL that was not offered."""

from hypothesis import given
from hypothesis import strategies as st

from backlink_crawler.frontier.offered import Offered
from backlink_crawler.records import Child


def child(number: int, budget: int = 0) -> Child:
    return Child(f"http://a.test/{number}", depth=1, site_budget=budget)


def test_an_offer_is_fresh_once() -> None:
    """What was acknowledged is not offered again; another budget for the site makes another offer."""
    offered = Offered()
    offered.remember([child(1)])
    assert offered.fresh([child(1), child(2), child(1, budget=5)]) == [child(2), child(1, budget=5)]


@given(st.lists(st.integers(0, 40)), st.integers(1, 10))
def test_bounded_and_never_wrong(numbers: list[int], generation: int) -> None:
    """It may forget, which costs a repeated offer; what it knows was offered, and the latest it knows."""
    offered = Offered(generation)
    for number in numbers:
        offered.remember([child(number)])
    known = {n for n in range(41) if not offered.fresh([child(n)])}
    assert known <= set(numbers)
    assert len(known) <= 2 * generation
    assert set(numbers[-generation:]) <= known
