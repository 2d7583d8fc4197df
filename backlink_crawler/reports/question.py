"""What is asked of the index: whose links, of what time, against whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
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
    brands: Sequence[str] = ()
    commercial: Sequence[str] = ()
    """Terms of the project, lower case."""

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
            "brands": list(self.brands),
            "commercial": list(self.commercial),
        }


def _naive(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=None) if at else None
