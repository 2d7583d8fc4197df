"""A page as it was known beside a visit of it."""

from collections.abc import Iterable
from typing import Any

import pytest

from backlink_crawler.history import comparison as compared
from backlink_crawler.history.comparison import KnownPage
from backlink_crawler.history.manifest import unpack
from backlink_crawler.urls import link_id
from tests.history.index import DOWN, GONE, NOINDEX, PAGE, Index, day, link, visit


@pytest.mark.parametrize(
    ("known", "new", "has", "outdates"),
    [
        pytest.param((None, 0, None), ("c", 1, 0), False, False, id="nothing is known"),
        pytest.param(("c", 1, 0), ("c", 1, 0), True, False, id="the same visit again"),
        pytest.param(("c", 2, 1), ("c", 1, 0), False, True, id="an older lease"),
        pytest.param(("c", 2, 1), ("c", 1, 9), False, True, id="within a crawl tokens tell, whatever the clocks say"),
        pytest.param(("c", 1, 9), ("c", 2, 0), False, False, id="a later lease by a worker whose clock is late"),
        pytest.param(("c", 5, 1), ("d", 1, 2), False, False, id="tokens of another crawl mean nothing"),
        pytest.param(("c", 1, 2), ("d", 5, 1), False, True, id="between crawls the time tells"),
        pytest.param(("c", 0, 1), ("c", 0, 2), False, False, id="without a lease the time tells"),
        pytest.param(("c", 0, 2), ("c", 0, 1), False, True, id="without a lease, older"),
        pytest.param(("c", 1, 1), ("d", 1, 1), False, False, id="of two crawls in one moment one is the later ..."),
        pytest.param(("d", 1, 1), ("c", 1, 1), False, True, id="... whichever comes first"),
    ],
)
def test_which_visit_is_later(
    known: tuple[str | None, int, float | None], new: tuple[str, int, float], has: bool, outdates: bool
) -> None:
    """A visit is the one that is stored, later, or older: the same for every worker."""
    crawl, token, at = known
    page = KnownPage(token=token, crawl_id=crawl, last_visited=None if at is None else day(at))
    one = visit(crawl=new[0], token=new[1], at=new[2])
    assert (page.has(one), page.outdates(one)) == (has, outdates)


def _hosts(targets: Iterable[bytes]) -> set[str]:
    names = "bcdefg"
    return {name for name in names if link_id(PAGE, f"http://{name}.test/") in set(targets)}


def test_what_a_visit_changes() -> None:
    """Links are fresh, gone, altered, or stay; only what is not as it was must be read."""
    index = Index(visit(link("b.test"), link("c.test"), link("d.test")))
    found = index.compare(visit(link("b.test"), link("c.test", "other"), link("e.test"), at=1))
    assert (_hosts(found.fresh), _hosts(found.gone), _hosts(found.altered)) == ({"e"}, {"d"}, {"c"})
    assert _hosts(found.to_read) == {"c", "d", "e"}
    assert (found.first, found.unchanged, found.rejudged) == (False, False, [])


def test_a_first_visit_reads_no_links() -> None:
    """There is nothing to compare with."""
    found = Index().compare(visit(link("b.test"), link("c.test")))
    assert (found.first, found.unchanged, found.to_read) == (True, False, [])
    assert _hosts(found.fresh) == {"b", "c"}


def test_the_order_of_links_and_what_is_volatile_do_not_matter() -> None:
    """The page around the links moved; they did not."""
    index = Index(visit(link("b.test", xpath="/a[1]"), link("c.test", xpath="/a[2]", ordinal=1)))
    assert index.compare(visit(link("c.test", xpath="/a[9]"), link("b.test", text_before="new"), at=1)).unchanged


@pytest.mark.parametrize(
    ("again", "unchanged"),
    [
        pytest.param({}, True, id="as it was"),
        pytest.param({"not_modified": True}, True, id="the server says so"),
        pytest.param(DOWN, True, id="not seen: nothing is known to have changed"),
        pytest.param(NOINDEX, False, id="the page ceased to vouch for its links"),
        pytest.param({"redirect_to": "http://b.test/"}, False, id="it leads elsewhere, too"),
        pytest.param(GONE, False, id="it is gone"),
    ],
)
def test_unchanged(again: dict[str, Any], unchanged: bool) -> None:
    """A re-visit is small if it says of the links what the index says."""
    shown = () if "outcome" in again or "not_modified" in again else (link("b.test"),)
    assert Index(visit(link("b.test"))).compare(visit(*shown, at=1, **again)).unchanged is unchanged


def test_rejudged_links_are_read() -> None:
    """Where the page's standing has changed, the links that stay are looked at."""
    found = Index(visit(link("b.test"), link("c.test"))).compare(
        visit(link("b.test"), link("c.test", "new"), at=1, **NOINDEX)
    )
    assert (_hosts(found.rejudged), _hosts(found.altered)) == ({"b"}, {"c"})


def test_a_truncated_page_says_nothing_of_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Known links beyond the bound stay in the manifest, a bounded number of them."""
    index = Index(visit(*(link(f"{name}.test") for name in "bcdef")))
    found = index.compare(visit(link("b.test"), link("g.test"), at=1, truncated=True))
    assert found.gone == []
    assert _hosts(unpack(found.packed)) == set("bcdefg")
    monkeypatch.setattr(compared, "MAX_LINKS", 2)
    assert len(unpack(index.compare(visit(link("b.test"), at=1, truncated=True)).packed)) == 3


def test_not_modified_of_a_page_never_read() -> None:
    """304 of a page whose links nobody has: it was not seen."""
    found = Index(visit(at=0, **DOWN)).compare(visit(at=1, not_modified=True))
    assert (found.sight.kind, found.first) == ("unseen", True)


def test_unreachable_with_its_evidence() -> None:
    """Failing visits of three crawls over a week are a loss, and they are its evidence."""
    index = Index(visit(link("b.test")), *(visit(at=at, **DOWN) for at in (1, 4)))
    assert index.compare(visit(at=7.9, **DOWN)).sight.kind == "unseen"
    found = index.compare(visit(at=8, **DOWN))
    assert (found.sight, _hosts(found.gone)) == (("withdrawn", "unreachable"), {"b"})
    assert [one["http_status"] for one in found.evidence] == [500, 500, 500]
