"""When a page is due again: sooner where links change, later where they stay; and when silence means loss."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt
from typing import Any

_LATER = 1.5
_SOONER = 0.5
_MOST_EVIDENCE = 20


@dataclass(frozen=True, slots=True)
class Patience:
    """How often pages are looked at again, and what it takes to call a page unreachable."""

    recheck_min_days: float = 1.0
    recheck_max_days: float = 60.0
    unreachable_visits: int = 3
    """Crawls that must have failed to see the page …"""
    unreachable_days: float = 7.0
    """… over at least so many days, before its links are lost."""

    @property
    def first_interval(self) -> float:
        """Days until a new page is looked at again: half way between the bounds, as rates go."""
        return sqrt(self.recheck_min_days * self.recheck_max_days)

    def interval(self, before: float | None, *, changed: bool) -> float:
        """Return the days until the next visit of a page that was read."""
        if before is None:
            return self.first_interval
        wanted = before * (_SOONER if changed else _LATER)
        return min(max(wanted, self.recheck_min_days), self.recheck_max_days)

    def interval_unseen(self, usual: float | None) -> float:
        """Return the days until the next try of a page that could not be seen: such that the tries needed are made in
        the days needed, if the page is not due earlier anyway."""
        spaced = self.unreachable_days / max(self.unreachable_visits - 1, 1)
        return max(min(spaced, usual or self.first_interval), self.recheck_min_days)

    def is_unreachable(self, unseen: Sequence[Mapping[str, Any]]) -> bool:
        """Return whether ``unseen`` visits are enough, and spread widely enough, to call a page unreachable."""
        if len(unseen) < self.unreachable_visits:
            return False
        spread: timedelta = unseen[-1]["at"] - unseen[0]["at"]
        return spread >= timedelta(days=self.unreachable_days)


def with_unseen(
    unseen: Sequence[Mapping[str, Any]], at: datetime, crawl_id: str, facts: Mapping[str, Any]
) -> list[Mapping[str, Any]]:
    """Return the evidence with one more visit that saw nothing; of one crawl only the last counts: its retries, seconds
    apart, are one look."""
    earlier = [visit for visit in unseen if visit["crawl_id"] != crawl_id]
    kept = earlier if len(earlier) < _MOST_EVIDENCE else [earlier[0], *earlier[2 - _MOST_EVIDENCE :]]
    return [*kept, {"at": at, "crawl_id": crawl_id, **facts}]
