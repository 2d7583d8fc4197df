"""What becomes of a URL and its host after a visit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backlink_crawler.frontier.contract import FrontierOptions, Verdict
from backlink_crawler.frontier.politeness import judge
from backlink_crawler.records import Outcome

OPTIONS = FrontierOptions(retry_delay=5.0, max_host_wait=3600.0)

ANSWERED: list[tuple[Outcome, int | None, str | None, str]] = [
    ("ok", 200, None, "a page"),
    ("redirect", 301, None, "its target is a URL of its own"),
    ("not_html", 200, None, "no links to be had"),
    ("too_large", 200, "body", "asking again would not make it smaller"),
    ("blocked_by_robots", None, "disallowed", "the site said no"),
    ("unsafe_address", None, "not_public", "not for us to ask"),
    ("http_error", 404, None, "gone is an answer"),
    ("http_error", 403, None, "no is an answer"),
    ("http_error", 304, None, "so is anything else that is no failure of the server"),
    ("http_error", None, None, "an answer without a status"),
    ("challenge", 302, "login", "not for us to see, and the host is well"),
    ("challenge", 302, "consent", "neither is this"),
]

TROUBLES: list[tuple[Outcome, int | None, str | None, int, Verdict, str]] = [
    ("http_error", 500, None, 1, Verdict("retry", "http_500", hold_host=5, host_trouble=True), "may pass"),
    ("http_error", 502, None, 2, Verdict("retry", "http_502", hold_host=10, host_trouble=True), "twice as long"),
    ("http_error", 504, None, 3, Verdict("failed", "http_504", hold_host=20, host_trouble=True), "out of attempts"),
    ("http_error", 408, None, 1, Verdict("retry", "http_408", hold_host=5, host_trouble=True), "a timeout it noticed"),
    ("network_error", None, "timeout", 1, Verdict("retry", "timeout", hold_host=5, host_trouble=True), "may pass"),
    ("network_error", None, "refused", 3, Verdict("failed", "refused", hold_host=20, host_trouble=True), "does not"),
    ("network_error", None, None, 3, Verdict("failed", "network_error", hold_host=20, host_trouble=True), "no word"),
    ("network_error", None, "dns", 1, Verdict("retry", "dns", hold_host=5, host_trouble=True), "a hiccup of ours"),
    ("network_error", None, "dns", 2, Verdict("failed", "dns", hold_host=10, host_trouble=True), "no such name"),
    ("network_error", None, "tls", 1, Verdict("failed", "tls", hold_host=5, host_trouble=True), "stays bad for weeks"),
    (
        "certificate_error",
        None,
        "expired",
        1,
        Verdict("failed", "certificate_error", hold_host=5, host_trouble=True),
        "stays bad for weeks, too",
    ),
    ("challenge", 403, None, 1, Verdict("failed", "challenge", hold_host=60, host_trouble=True), "not welcome"),
    ("challenge", 200, "challenge", 1, Verdict("failed", "challenge", hold_host=60, host_trouble=True), "nor here"),
    ("challenge", 302, "challenge", 2, Verdict("failed", "challenge", hold_host=60, host_trouble=True), "sent to one"),
]

PATIENCE: list[tuple[int, float | None, int, Verdict, str]] = [
    (429, 90.0, 1, Verdict("retry", "http_429", hold_host=90, host_trouble=True), "as long as it says"),
    (503, 1.0, 4, Verdict("retry", "http_503", hold_host=1, host_trouble=True), "also when that is short"),
    (429, None, 1, Verdict("retry", "http_429", hold_host=30, host_trouble=True), "it names no time"),
    (429, None, 3, Verdict("retry", "http_429", hold_host=120, host_trouble=True), "doubled with each attempt"),
    (503, 0.0, 1, Verdict("retry", "http_503", hold_host=30, host_trouble=True), "at once is no time"),
    (503, -5.0, 1, Verdict("retry", "http_503", hold_host=30, host_trouble=True), "neither is a date in the past"),
    (429, 60.0, 5, Verdict("failed", "http_429", hold_host=60, host_trouble=True), "patience has an end"),
    (503, 7200.0, 1, Verdict("retry", "http_503", hold_host=7200, host_trouble=True), "gives the host up"),
    (503, 1e12, 1, Verdict("retry", "http_503", hold_host=86400, host_trouble=True), "nonsense stays a number"),
]


@pytest.mark.parametrize(("outcome", "status", "reason", "why"), ANSWERED, ids=[row[3] for row in ANSWERED])
def test_an_answer_is_an_answer(outcome: Outcome, status: int | None, reason: str | None, why: str) -> None:
    """What was answered is done, counted by its outcome, and no trouble of the host."""
    assert judge(outcome, status, reason, 1, None, options=OPTIONS) == Verdict("done", outcome)


@pytest.mark.parametrize(("outcome", "status", "reason", "attempt", "verdict", "why"), TROUBLES)
def test_troubles(
    outcome: Outcome, status: int | None, reason: str | None, attempt: int, verdict: Verdict, why: str
) -> None:
    """A failing host rests longer each time; its URL is tried again a few times."""
    assert judge(outcome, status, reason, attempt, None, options=OPTIONS) == verdict


@pytest.mark.parametrize(("status", "retry_after", "attempt", "verdict", "why"), PATIENCE)
def test_patience(status: int, retry_after: float | None, attempt: int, verdict: Verdict, why: str) -> None:
    """A server that asks for patience gets what it asks for."""
    assert judge("http_error", status, None, attempt, retry_after, options=OPTIONS) == verdict


def test_robots_that_cannot_be_read_hold_the_host() -> None:
    """Nothing is asked of a host while its robots.txt is unreachable (RFC 9309, 2.3.1.4)."""
    verdict = judge("blocked_by_robots", None, "robots_unreachable", 1, None, options=OPTIONS)
    assert verdict == Verdict("retry", "robots_unreachable", hold_host=30, host_trouble=True)


@given(
    outcome=st.sampled_from(["ok", "http_error", "network_error", "challenge", "blocked_by_robots"]),
    status=st.none() | st.integers(100, 999),
    reason=st.none() | st.sampled_from(["dns", "tls", "timeout", "robots_unreachable", "login", "challenge"]),
    attempt=st.integers(1, 10_000),
    retry_after=st.none() | st.floats(-1e9, 1e18),
)
def test_no_url_is_tried_for_ever(
    outcome: Outcome, status: int | None, reason: str | None, attempt: int, retry_after: float | None
) -> None:
    """Attempts are bounded whatever the server answers, rests are bounded, and a guess of ours gives no host up."""
    verdict = judge(outcome, status, reason, attempt, retry_after, options=OPTIONS)
    assert verdict.state != "retry" or attempt < 5
    assert 0 <= verdict.hold_host <= 86_400
    if retry_after is None:
        assert verdict.hold_host <= OPTIONS.max_host_wait
