"""Many alerts in one message: counted in full, shown as far as people read."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from backlink_crawler.alerts.alert import Alert, Kind
from backlink_crawler.alerts.wording import TITLES

SHOWN = 25
"""Alerts of one target site and kind that a digest keeps."""


@dataclass(frozen=True, slots=True)
class Group:
    """Alerts of one kind about one target site."""

    target_site: str
    kind: Kind
    number: int
    shown: tuple[Alert, ...]
    """The first of them in the order of time."""

    @property
    def hidden(self) -> int:
        """How many are counted and not shown."""
        return self.number - len(self.shown)


@dataclass(slots=True)
class Digest:
    """Alerts as they come in, grouped by target site and kind; memory is bounded by the number of groups."""

    since: datetime
    until: datetime
    shown: int = SHOWN
    _numbers: Counter[tuple[str, Kind]] = field(default_factory=Counter)
    _first: defaultdict[tuple[str, Kind], list[Alert]] = field(default_factory=lambda: defaultdict(list))

    def add(self, alerts: Iterable[Alert]) -> None:
        """Take alerts in."""
        for alert in alerts:
            key = alert.target_site, alert.kind
            self._numbers[key] += 1
            first = self._first[key]
            first.append(alert)
            if len(first) > 2 * self.shown:
                self._first[key] = _earliest(first, self.shown)

    def __len__(self) -> int:
        return self._numbers.total()

    def groups(self) -> Iterator[Group]:
        """Yield the groups: sites in the order of their names, kinds in the order in which they matter."""
        order = list(TITLES)
        for site, kind in sorted(self._numbers, key=lambda key: (key[0], order.index(key[1]))):
            first = _earliest(self._first[site, kind], self.shown)
            yield Group(site, kind, self._numbers[site, kind], tuple(first))

    @property
    def target_sites(self) -> list[str]:
        """Sites that the digest is about."""
        return sorted({site for site, _ in self._numbers})


def _earliest(alerts: list[Alert], number: int) -> list[Alert]:
    return sorted(alerts, key=lambda alert: (alert.at, alert.id))[:number]
