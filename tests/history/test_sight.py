"""What a visit lets us say of the links of its page."""

from typing import Any

import pytest

from backlink_crawler.history.sight import sight_of, standing_of
from tests.history.index import visit

GONE_LINK, KEPT_LINK = b"g", b"k"


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        pytest.param({"outcome": "ok", "http_status": 200}, ("read", None), id="its links were read"),
        pytest.param({"outcome": "ok", "http_status": 203}, ("read", None), id="any success is one"),
        pytest.param({"outcome": "redirect"}, ("withdrawn", "page_redirected"), id="readers are sent elsewhere"),
        pytest.param({"outcome": "not_html"}, ("withdrawn", "page_not_html"), id="a file has no links to read"),
        pytest.param({"outcome": "http_error", "http_status": 404}, ("withdrawn", "page_gone"), id="not found"),
        pytest.param({"outcome": "http_error", "http_status": 410}, ("withdrawn", "page_gone"), id="gone"),
        pytest.param({"outcome": "http_error", "http_status": 401}, ("unseen", None), id="needs a login"),
        pytest.param({"outcome": "http_error", "http_status": 403}, ("unseen", None), id="we are not welcome"),
        pytest.param({"outcome": "http_error", "http_status": 429}, ("unseen", None), id="we were too fast"),
        pytest.param({"outcome": "http_error", "http_status": 451}, ("unseen", None), id="not shown in this country"),
        pytest.param({"outcome": "http_error", "http_status": 500}, ("unseen", None), id="the server failed"),
        pytest.param({"outcome": "http_error", "http_status": 503}, ("unseen", None), id="the server rests"),
        pytest.param({"outcome": "http_error", "http_status": None}, ("unseen", None), id="no status, no evidence"),
        pytest.param({"outcome": "network_error", "reason": "dns"}, ("unseen", None), id="no such name, for now"),
        pytest.param({"outcome": "network_error", "reason": "timeout"}, ("unseen", None), id="no answer"),
        pytest.param({"outcome": "blocked_by_robots"}, ("unseen", None), id="we must not look"),
        pytest.param({"outcome": "challenge"}, ("unseen", None), id="the page is behind it"),
        pytest.param({"outcome": "too_large"}, ("unseen", None), id="what was not read says nothing"),
        pytest.param({"outcome": "unsafe_address"}, ("unseen", None), id="we do not dial that"),
        pytest.param({"outcome": "certificate_error", "reason": "expired"}, ("unseen", None), id="it proves nothing"),
    ],
)
def test_each_outcome(page: dict[str, Any], expected: tuple[str, str | None]) -> None:
    """Only an answer in which links should have been is evidence of their absence."""
    assert sight_of(visit(**page), [GONE_LINK], []) == expected


@pytest.mark.parametrize("wall", ["challenge", "login", "consent", "script_only"])
@pytest.mark.parametrize(
    ("before", "now", "kind"),
    [
        pytest.param([GONE_LINK, KEPT_LINK], [KEPT_LINK], "unseen", id="a known link may be behind it"),
        pytest.param([KEPT_LINK], [KEPT_LINK, b"n"], "read", id="all that is known is in front of it"),
        pytest.param([], [], "read", id="nothing is missed"),
    ],
)
def test_behind_a_wall(wall: str, before: list[bytes], now: list[bytes], kind: str) -> None:
    """A wall vouches for what stands in front of it, not for the absence of anything."""
    assert sight_of(visit(wall=wall), before, now).kind == kind


def test_not_modified_is_a_read() -> None:
    """304: the links are those of the last read, wall or not."""
    assert sight_of(visit(not_modified=True, wall="consent"), [GONE_LINK], []).kind == "read"


@pytest.mark.parametrize(
    ("cause", "reason"),
    [("meta", "page_noindex"), ("header", "page_noindex"), ("canonical", "page_not_canonical"), (None, None)],
)
def test_standing(cause: str | None, reason: str | None) -> None:
    """A page that asks not to be indexed, or names another as canonical, does not vouch for its links."""
    assert standing_of(visit(indexable_cause=cause).page) == reason
