"""What becomes of a URL, and of its host, after a visit: the crawler's manners in one pure function.

The rules, first match first:

    the server asks for patience (429, 503)     retry, the host rests for Retry-After, or twice as long each time
    robots.txt cannot be read for now           the same: nothing of the host may be asked for (RFC 9309, 2.3.1.4)
    the host fails (other 5xx, 408, network)    retry, the host rests a little; trouble of the host
    a name that is not known, a bad certificate the same with fewer attempts, as they seldom go away
    a login or consent form instead of the page done: the page is not for us, and the host is well
    a challenge instead of the page             failed, not tried again by itself; trouble of the host
    anything else                               done: the answer is the answer, also a 404

What is out of attempts fails with its reason. Troubles in a row give a host up; so does a rest that is longer than
``max_host_wait``, because the server that asks for it has said how welcome we are.
"""

from typing import Literal

from backlink_crawler.frontier.contract import FrontierOptions, Verdict
from backlink_crawler.records import Outcome

ATTEMPTS = 3
"""Times a URL is asked for while its host fails."""
PATIENT_ATTEMPTS = 5
"""Times a URL is asked for while its server asks for patience."""
STUBBORN_ATTEMPTS = {"dns": 2, "tls": 1, "certificate_error": 1, "malformed": 1, "bad_encoding": 1, "proxy": 1}
"""Times a URL is asked for in spite of a failure that seldom goes away."""
PATIENCE = 6
"""A host that asks for patience and names no time rests this many times as long as one that fails."""
CHALLENGE_REST = 60.0
"""Seconds a host rests that showed a challenge."""
MAX_DOUBLINGS = 20
MAX_RETRY_AFTER = 86_400.0
"""A longer Retry-After (also a nonsensical one) counts as this many seconds."""

_ASKS_FOR_PATIENCE = frozenset({429, 503})
_TIMED_OUT = 408
_NOT_FOR_US = frozenset({"login", "consent"})


def judge(
    outcome: Outcome,
    http_status: int | None,
    reason: str | None,
    attempt: int,
    retry_after: float | None,
    *,
    options: FrontierOptions | None = None,
) -> Verdict:
    """Return what becomes of a URL that was asked for the ``attempt``-th time.

    :param reason: of a network error or a refusal, in one word.
    :param retry_after: seconds that the server asked for.
    """
    options = options or FrontierOptions()
    if outcome == "http_error" and http_status in _ASKS_FOR_PATIENCE:
        return _be_patient(f"http_{http_status}", attempt, retry_after, options)
    if outcome == "blocked_by_robots" and reason == "robots_unreachable":
        return _be_patient(reason, attempt, retry_after, options)
    if outcome == "http_error" and http_status is not None and (http_status >= 500 or http_status == _TIMED_OUT):
        return _try_again(f"http_{http_status}", attempt, ATTEMPTS, options)
    if outcome in {"network_error", "certificate_error"}:
        word = outcome if outcome == "certificate_error" else reason or outcome
        return _try_again(word, attempt, STUBBORN_ATTEMPTS.get(word, ATTEMPTS), options)
    if outcome == "challenge" and reason not in _NOT_FOR_US:
        return Verdict("failed", outcome, hold_host=CHALLENGE_REST, host_trouble=True)
    return Verdict("done", outcome)


def _be_patient(reason: str, attempt: int, retry_after: float | None, options: FrontierOptions) -> Verdict:
    """A named time may give the host up; our own guess must not, so it stays within ``max_host_wait``."""
    if retry_after is not None and retry_after > 0:
        rest = min(retry_after, MAX_RETRY_AFTER)
    else:
        rest = min(PATIENCE * options.retry_delay * 2.0 ** min(attempt - 1, MAX_DOUBLINGS), options.max_host_wait)
    state: Literal["failed", "retry"] = "retry" if attempt < PATIENT_ATTEMPTS else "failed"
    return Verdict(state, reason, hold_host=rest, host_trouble=True)


def _try_again(reason: str, attempt: int, attempts: int, options: FrontierOptions) -> Verdict:
    rest = min(options.retry_delay * 2.0 ** min(attempt - 1, MAX_DOUBLINGS), options.max_host_wait)
    state: Literal["failed", "retry"] = "retry" if attempt < attempts else "failed"
    return Verdict(state, reason, hold_host=rest, host_trouble=True)
