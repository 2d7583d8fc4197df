"""What a visit does to each link of its page: one case for each transition."""

from datetime import datetime
from typing import Any

import pytest

from backlink_crawler.history.life import found_elsewhere
from backlink_crawler.history.manifest import event_id
from backlink_crawler.records import Visit
from backlink_crawler.urls import link_id, url_id
from tests.history.index import DOWN, ELSEWHERE, GONE, NOINDEX, PAGE, Index, day, link, visit

FOUND = ("found_on_known_page", "status", None, "live")
LOST = ("lost", "status", "live", "lost")
RESTORED = ("restored", "status", "lost", "live")


@pytest.mark.parametrize(
    ("visits", "status", "told"),
    [
        pytest.param([visit(link("b.test"))], "live", [], id="found together with its page: no event"),
        pytest.param([visit(), visit(link("b.test"), at=1)], "live", [FOUND], id="found on a page known without it"),
        pytest.param([visit(**DOWN), visit(link("b.test"), at=1)], "live", [], id="the page was not seen before"),
        pytest.param([visit(**GONE), visit(link("b.test"), at=1)], "live", [FOUND], id="there was no page before"),
        pytest.param([visit(link("b.test")), visit(at=1)], "removed_from_html", [LOST], id="removed"),
        pytest.param([visit(link("b.test")), visit(at=1, **GONE)], "page_gone", [LOST], id="the page is gone"),
        pytest.param(
            [visit(link("b.test")), visit(at=1, outcome="redirect")], "page_redirected", [LOST], id="the page redirects"
        ),
        pytest.param(
            [visit(link("b.test")), visit(at=1, outcome="not_html")], "page_not_html", [LOST], id="the page is a file"
        ),
        pytest.param(
            [visit(link("b.test")), visit(link("b.test"), at=1, **NOINDEX)], "page_noindex", [LOST], id="noindex came"
        ),
        pytest.param(
            [visit(link("b.test")), visit(link("b.test"), at=1, **ELSEWHERE)],
            "page_not_canonical",
            [LOST],
            id="a canonical elsewhere came",
        ),
        pytest.param(
            [visit(link("b.test")), visit(link("b.test"), at=1, **NOINDEX), visit(link("b.test"), at=2)],
            "live",
            [LOST, RESTORED],
            id="noindex went",
        ),
        pytest.param(
            [visit(link("b.test")), visit(link("b.test"), at=1, **NOINDEX), visit(link("b.test"), at=2, **ELSEWHERE)],
            "page_noindex",
            [LOST],
            id="lost for one reason is not lost again for the next",
        ),
        pytest.param(
            [visit(link("b.test"), **NOINDEX)], "live", [], id="a page that never vouched has links all the same"
        ),
        pytest.param(
            [visit(link("b.test"), **NOINDEX), visit(link("b.test"), at=1)], "live", [], id="and goes on having them"
        ),
        pytest.param(
            [visit(link("b.test")), visit(link("b.test"), at=1, **NOINDEX), visit(at=2, **NOINDEX)],
            "page_noindex",
            [LOST],
            id="what is lost already is not lost by being removed",
        ),
        pytest.param(
            [visit(link("b.test")), visit(at=1), visit(link("b.test"), at=2)], "live", [LOST, RESTORED], id="restored"
        ),
        pytest.param(
            [visit(link("b.test")), visit(at=1, **GONE), visit(link("b.test"), at=2)],
            "live",
            [LOST, RESTORED],
            id="the page is back",
        ),
        pytest.param(
            [visit(link("b.test")), visit(at=1, **GONE), visit(link("b.test"), at=2, **NOINDEX)],
            "page_gone",
            [LOST],
            id="the page is back and does not vouch for its links",
        ),
        pytest.param(
            [visit(link("b.test")), visit(at=1, **GONE), visit(at=2, outcome="redirect")],
            "page_gone",
            [LOST],
            id="a page is withdrawn once",
        ),
        pytest.param([visit(link("b.test")), visit(at=1, not_modified=True)], "live", [], id="304: all is as it was"),
        pytest.param(
            [visit(link("b.test")), visit(at=1, truncated=True)], "live", [], id="it may stand beyond the bound"
        ),
        pytest.param(
            [visit(link("b.test")), visit(at=1, wall="login")], "live", [], id="it may stand behind the login"
        ),
        pytest.param(
            [visit(link("b.test")), visit(link("b.test"), link("c.test"), at=1, wall="consent"), visit(at=2)],
            "removed_from_html",
            [FOUND, LOST, LOST],
            id="what stands before the wall is seen",
        ),
    ],
)
def test_status(visits: list[Visit], status: str, told: list[tuple[str, str, Any, Any]]) -> None:
    """The state of a link after visits of its page, and what was told of it."""
    index = Index(*visits)
    assert index.status["b.test"] == status
    assert index.told == sorted(told, key=repr)


@pytest.mark.parametrize(
    "page",
    [
        pytest.param({"outcome": "network_error", "reason": "dns"}, id="no such name"),
        pytest.param({"outcome": "network_error", "reason": "timeout"}, id="no answer"),
        pytest.param({"outcome": "blocked_by_robots"}, id="robots"),
        pytest.param({"outcome": "challenge"}, id="challenge"),
        pytest.param({"outcome": "too_large"}, id="too large"),
        pytest.param({"outcome": "unsafe_address"}, id="address"),
        pytest.param({"outcome": "certificate_error", "reason": "expired"}, id="certificate"),
        pytest.param({"outcome": "http_error", "http_status": 403}, id="forbidden"),
        pytest.param({"outcome": "http_error", "http_status": 503}, id="overloaded"),
        pytest.param({"outcome": "ok", "wall": "script_only"}, id="an empty shell"),
    ],
)
def test_what_was_not_seen_is_not_lost(page: dict[str, Any]) -> None:
    """No such visit changes a link, however often a crawl repeats it; the page is unknown since the first."""
    visits = [visit(crawl="same", token=2 + n, at=1 + 10 * n, **page) for n in range(5)]
    index = Index(visit(link("b.test"), crawl="first"), *visits)
    assert (index.status, index.told) == ({"b.test": "live"}, [])
    assert index.page is not None
    assert (index.page["unknown_since"], len(index.page["unseen"])) == (day(1), 1)


@pytest.mark.parametrize(
    ("field", "old", "new"),
    [
        ("anchor", "old", "new"),
        ("rel", (), ("nofollow",)),
        ("follow", True, False),
        ("nofollow_cause", None, "meta"),
        ("region", "content", "footer"),
        ("link_type", "text", "image"),
        ("hidden", None, "style"),
    ],
)
def test_a_change_of_each_watched_field(field: str, old: Any, new: Any) -> None:
    """A changed field is an event with the value before and after; the rest is taken over with it."""
    before: dict[str, Any] = {"anchor": "a", "rel": (), "follow": True, field: old}
    after: dict[str, Any] = {**before, field: new}
    index = Index(
        visit(link("b.test", xpath="/p[1]", **before), token=1, crawl="c"),
        visit(link("b.test", xpath="/p[2]", **after), token=2, crawl="c", at=1),
    )
    (event,) = [e for e in index.events if e["field"] == field]
    told = (event["event"], event["old"], event["new"], event["at"], event["revision"], event["visit"])
    assert told == ("changed", old, new, day(1), 2, "c/2")
    assert event["_id"] == event_id(link_id(PAGE, "http://b.test/"), 2, field)
    record = index.links["http://b.test/"]
    assert (record[field], record["xpath"], record["revision"], record["last_seen"]) == (new, "/p[2]", 2, day(1))


def test_follow_and_its_cause_change_with_rel() -> None:
    """One edit of a page may be several events, of one revision."""
    index = Index(visit(link("b.test")), visit(link("b.test", rel=("nofollow", "ugc")), at=1))
    assert index.told == [
        ("changed", "follow", True, False),
        ("changed", "nofollow_cause", None, "rel"),
        ("changed", "rel", (), ("nofollow", "ugc")),
    ]
    assert {(event["revision"], event["follow"]) for event in index.events} == {(2, False)}


@pytest.mark.parametrize(
    ("published", "since", "found"),
    [
        pytest.param(5, 0, "with_new_page", id="published after we came to know the site: new"),
        pytest.param(-5, 0, "with_page", id="it was there before us"),
        pytest.param(None, 0, "with_page", id="it does not say"),
        pytest.param(5, None, "with_page", id="nothing is known of the site"),
        pytest.param(0, 0, "with_page", id="the day we came"),
    ],
)
def test_found_with_a_page(published: float | None, since: float | None, found: str) -> None:
    """A link that comes with its page is new if the page is; otherwise it was discovered."""
    when = None if published is None else day(published)
    known: datetime | None = None if since is None else day(since)
    index = Index(visit(link("b.test"), at=10, published_at=when), site_since=known)
    assert index.links["http://b.test/"]["found"] == found
    assert index.events == []


def test_found_on_a_known_page_stays_so() -> None:
    """How a link was found is never overwritten, nor when."""
    index = Index(visit(), visit(link("b.test"), at=1), visit(link("b.test", "x"), at=2), visit(at=3))
    record = index.links["http://b.test/"]
    assert (record["found"], record["first_seen"]) == ("on_known_page", day(1))
    assert record["source_id"] == url_id(PAGE)


def test_a_loss_tells_when_the_link_was_seen_last() -> None:
    """Not the visit that wrote it, but the last one that read the page; a failed visit did not."""
    index = Index(visit(link("b.test")), visit(link("b.test"), at=1), visit(at=2, **DOWN), visit(at=3))
    record = index.links["http://b.test/"]
    assert (record["last_seen"], record["lost_at"]) == (day(1), day(3))
    rejudged = Index(visit(link("b.test")), visit(link("b.test"), at=1, **NOINDEX)).links["http://b.test/"]
    assert (rejudged["last_seen"], rejudged["lost_at"]) == (day(1), day(1))


def test_a_restored_link_tells_what_it_was_lost_for() -> None:
    """The loss that ends is told with its reason and its time, and what changed meanwhile is told too."""
    index = Index(visit(link("b.test", "old")), visit(at=1, **GONE), visit(link("b.test", "new"), at=2))
    restored, changed = (next(e for e in index.events if e["event"] == kind) for kind in ("restored", "changed"))
    assert (restored["reason"], restored["evidence"]) == ("page_gone", {"lost_at": day(1)})
    assert (changed["old"], changed["new"], restored["revision"]) == ("old", "new", changed["revision"])
    record = index.links["http://b.test/"]
    assert (record["lost_at"], record["lost_reason"], record["last_seen"]) == (None, None, day(2))


def test_retargeted() -> None:
    """The old link is lost to the new one, which is found."""
    index = Index(visit(link("b.test", "Acme", xpath="/a")), visit(link("c.test", "Acme", xpath="/a"), at=1))
    assert index.status == {"b.test": "retargeted", "c.test": "live"}
    assert index.told == [FOUND, ("retargeted", "target_url", "http://b.test/", "http://c.test/")]
    (event,) = [e for e in index.events if e["event"] == "retargeted"]
    assert (event["link_id"], event["reason"]) == (link_id(PAGE, "http://b.test/"), "retargeted")


def test_retargeted_and_back() -> None:
    """The link is restored, and the other one is lost to it."""
    old, new = link("b.test", "Acme", xpath="/a"), link("c.test", "Acme", xpath="/a")
    index = Index(visit(old), visit(new, at=1), visit(old, at=2))
    assert index.status == {"b.test": "live", "c.test": "retargeted"}


def test_a_page_that_is_gone_retargets_nothing() -> None:
    """A redirect's own link has taken no element's place."""
    target = link("c.test", "Acme", xpath="/a")
    index = Index(visit(link("b.test", "Acme", xpath="/a")), visit(target, at=1, outcome="redirect"))
    assert index.status == {"b.test": "page_redirected", "c.test": "live"}


def test_unreachable_at_last() -> None:
    """Lost with the failed visits as evidence, once; back when the page is."""
    failing = [visit(at=at, **DOWN) for at in (1, 4, 7, 8.5, 9, 20)]
    index = Index(visit(link("b.test")), *failing)
    assert index.status == {"b.test": "unreachable"}
    (lost,) = index.events
    assert (lost["reason"], lost["at"], [one["at"] for one in lost["evidence"]]) == (
        "unreachable",
        day(8.5),
        [day(1), day(4), day(7), day(8.5)],
    )
    assert index.page is not None
    assert index.page["unknown_since"] == day(1)
    index.take(visit(link("b.test"), at=30))
    assert index.status == {"b.test": "live"}
    assert index.page["unknown_periods"] == [[day(1), day(30)]]
    assert "unknown_since" not in index.page
    assert "unseen" not in index.page


def test_what_stands_before_a_wall_is_reachable() -> None:
    """A page that hides behind a wall for weeks loses what it hides, and nothing else."""
    behind = [visit(link("b.test"), at=at, wall="login") for at in (1, 5, 9, 12)]
    index = Index(visit(link("b.test"), link("c.test")), *behind)
    assert index.status == {"b.test": "live", "c.test": "unreachable"}
    assert index.told == [LOST]


def test_one_read_clears_the_evidence() -> None:
    """Failures before a page was read say nothing of the failures after."""
    pages = [visit(at=at, **DOWN) for at in (1, 4)] + [visit(link("b.test"), at=5)]
    index = Index(visit(link("b.test")), *pages, *(visit(at=at, **DOWN) for at in (6, 8)))
    assert index.status == {"b.test": "live"}


def test_a_redirect_is_a_link_of_its_page() -> None:
    """A page that redirects off its site links there."""
    index = Index(visit(link("c.test", link_type="redirect"), outcome="redirect"))
    assert index.status == {"c.test": "live"}


@pytest.mark.parametrize("change", [GONE, {"outcome": "not_html"}, {"outcome": "redirect"}])
def test_a_page_whose_links_are_gone_has_no_validator(change: dict[str, Any]) -> None:
    """Asked whether it was modified since, a page that is back would say no, and its links would stay lost."""
    index = Index(visit(link("b.test"), etag="e", last_modified="l"), visit(at=1, **change))
    assert index.page is not None
    assert (index.page["etag"], index.page["last_modified"]) == (None, None)
    unreachable = Index(visit(link("b.test"), etag="e"), *(visit(at=at, **DOWN) for at in (1, 5, 9)))
    assert unreachable.page is not None
    assert unreachable.page["etag"] is None
    failed_once = Index(visit(link("b.test"), etag="e"), visit(at=1, **DOWN))
    assert failed_once.page is not None
    assert failed_once.page["etag"] == "e"


@pytest.mark.parametrize(
    ("others", "last_seen", "place"),
    [
        pytest.param([], 1, None, id="it stands nowhere else"),
        pytest.param([("p", 2)], 1, "p", id="it turned up elsewhere since it was seen here"),
        pytest.param([("p", 0)], 1, None, id="it stood there too: it was removed here"),
        pytest.param([("p", 1)], 1, None, id="both were seen in one moment"),
        pytest.param([("p", 0), ("q", 2)], 1, None, id="a sitewide link that spreads"),
        pytest.param([("q", 3), ("p", 2)], 1, "p", id="the first of two places"),
        pytest.param([("q", 2), ("p", 2)], 1, "p", id="of two at once always the same"),
        pytest.param([("p", 2)], None, None, id="nobody knows when it was seen here"),
    ],
)
def test_found_elsewhere(others: list[tuple[str, float]], last_seen: float | None, place: str | None) -> None:
    """A loss was a move if the link was found on another page since it was last seen here, and on none before."""
    pages = [{"source_url": url, "first_seen": day(at)} for url, at in others]
    assert found_elsewhere(pages, last_seen=None if last_seen is None else day(last_seen)) == place
