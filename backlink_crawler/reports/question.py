"""What is asked of the index: whose links, of what time, against whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

Scope = Literal["url", "prefix", "host", "site"]
SCOPES: Sequence[Scope] = ("url", "prefix", "host", "site")


@dataclass(frozen=True, slots=True)
class Question:
    """Whose links are asked for. Pure values: a view may read all of them by ``getvariable('…')``."""

    sites: Sequence[str]
    """Registrable domains asked about; links between them are nobody's backlinks."""
    now: datetime
    """UTC, aware."""
    scope: Scope = "site"
    place: str = ""
    """Of ``url`` and ``prefix`` a URL identity (or its beginning), of ``host`` a host."""
    versus: Sequence[str] = ()
    """Competitors' sites."""
    least: int = 1
    """Of how many competitors something must be true."""
    since: datetime | None = None
    until: datetime | None = None
    """Not included."""
    at: datetime | None = None
    """The last moment of a day in the past."""
    brands: Sequence[str] = ()
    commercial: Sequence[str] = ()
    """Terms of the project, lower case. Without brands the sites' own names stand for them."""

    @property
    def last_day(self) -> datetime:
        """Midnight (UTC) at which the last day asked for begins."""
        last = self.until - timedelta(milliseconds=1) if self.until else self.now
        return last.replace(hour=0, minute=0, second=0, microsecond=0)

    def of_last(self, days: int) -> "Question":
        """Return the question with a beginning: where it has none, so many UTC days up to its end or to today."""
        return self if self.since else replace(self, since=self.last_day - timedelta(days=days - 1))

    def variables(self) -> Mapping[str, object]:
        """Return name → value, of what SQL may ask for; times without a zone, in UTC."""
        return {
            "sites": list(self.sites),
            "scope": self.scope,
            "place": self.place,
            "versus": list(self.versus),
            "least": self.least,
            "now": _naive(self.now),
            "since": _naive(self.since),
            "until": _naive(self.until),
            "at": _naive(self.at),
            "brands": list(self.brands) or [_label(site) for site in self.sites],
            "commercial": list(self.commercial),
        }


def _label(site: str) -> str:
    """Return the name in a registrable domain as people write it: ``xn--bcher-kva.de`` → ``bücher``."""
    label = site.partition(".")[0]
    try:
        return label.encode("ascii").decode("idna")
    except UnicodeError:
        return label


def _naive(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=None) if at else None
