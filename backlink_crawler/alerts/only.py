"""Which alerts a sink wants."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

from backlink_crawler.alerts.alert import DEFAULT_KINDS, FOUND, GAINS, LOSSES, Alert, AlertKind
from backlink_crawler.records import EventKind

FIELDS = ("anchor", "rel", "follow", "nofollow_cause", "region", "link_type", "hidden", "final_target_url")
"""Fields whose change is an event."""


@dataclass(frozen=True, slots=True)
class Only:
    """Conditions that an alert must all meet; a condition on what an alert does not have is met."""

    targets: frozenset[str]
    """Sites whose backlinks are meant."""
    events: frozenset[AlertKind] = DEFAULT_KINDS
    fields: frozenset[str] | None = None
    """Of ``changed``: the fields; ``None``: any."""
    follow: bool | None = None
    regions: frozenset[str] | None = None

    def wants(self, alert: Alert) -> bool:
        """Return whether the alert meets all conditions; links within a site are no backlinks and never do.

        A change of the very thing that is asked for concerns both of its sides: a link that turns nofollow is news for
        whoever wants followed links only.
        """
        return (
            alert.kind in self.events
            and alert.target_site in self.targets
            and alert.source_site != alert.target_site
            and (self.fields is None or alert.kind != "changed" or alert.field in self.fields)
            and _either(alert, "follow", alert.follow, None if self.follow is None else {self.follow})
            and _either(alert, "region", alert.region, self.regions)
        )

    @property
    def wants_sites(self) -> bool:
        """Whether the beginning or end of a site's links is asked for."""
        return "site_gained" in self.events or "site_lost" in self.events

    @property
    def stored_events(self) -> Sequence[EventKind]:
        """Kinds of ``link_events`` that have to be read: those wanted, and those that make what is wanted."""
        return [kind for kind in get_args(EventKind) if kind in self._causes]

    @property
    def found(self) -> Sequence[str]:
        """Values of ``links.found`` that have to be read."""
        return [found for kind, found in FOUND.items() if kind in self._causes]

    @property
    def _causes(self) -> frozenset[AlertKind]:
        causes = self.events
        if "site_gained" in self.events:
            causes |= GAINS
        if "site_lost" in self.events:
            causes |= LOSSES
        return causes


def _either(alert: Alert, name: str, value: Any, wanted: set[bool] | frozenset[str] | None) -> bool:
    if wanted is None or value is None:
        return True
    if alert.kind == "changed" and alert.field == name:
        return alert.old in wanted or alert.new in wanted
    return value in wanted
