"""When something is sent: again after a failure, and digests by the clock. The clock is an argument."""

from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from typing import Literal

Every = Literal["hour", "day", "week"]

ATTEMPTS = 5
FIRST_DELAY, LONGEST_DELAY = 1.0, 60.0
"""Seconds between attempts within one turn of a sink."""
LONGEST_PAUSE = 900.0
"""Seconds between turns of a sink that keeps failing."""


def delays(random: Callable[[], float], attempts: int = ATTEMPTS) -> Iterator[float]:
    """Yield the seconds to wait between ``attempts``: doubled each time, the upper half of each left to chance.

    So those who failed together do not come back together ("equal jitter" of
    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).

    :param random: returns numbers from 0 to 1.
    """
    for attempt in range(attempts - 1):
        longest = min(LONGEST_DELAY, FIRST_DELAY * 2**attempt)
        yield longest / 2 * (1 + random())


def pause(failures: int, poll: float, random: Callable[[], float]) -> float:
    """Return the seconds until the next turn of a sink whose last ``failures`` turns failed."""
    longest = min(max(LONGEST_PAUSE, poll), poll * 2.0 ** min(failures, 20))
    return longest if failures == 0 else longest / 2 * (1 + random())


def last_boundary(now: datetime, every: Every, at: time) -> datetime:
    """Return the last moment, ``now`` included, at which a digest was due; weeks begin on Monday.

    Boundaries stand in the calendar (UTC) and not at a distance from the last digest, so a job that starts a second
    early or late each day still sends one each day.

    :param at: time of day; of ``hour`` only its minutes count.
    """
    if every == "hour":
        boundary = now.replace(minute=at.minute, second=0, microsecond=0)
        return boundary if boundary <= now else boundary - timedelta(hours=1)
    boundary = now.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
    if every == "week":
        boundary -= timedelta(days=boundary.weekday())
    step = timedelta(days=7 if every == "week" else 1)
    return boundary if boundary <= now else boundary - step


def is_due(last: datetime, now: datetime, every: Every, at: time) -> bool:
    """Return whether a digest became due after the ``last`` one was made."""
    return last < last_boundary(now, every, at)
