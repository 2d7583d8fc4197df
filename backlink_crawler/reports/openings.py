"""What is told before the rows of a view: a relation of one row, in sentences and as facts.

A view names its relation (``opening`` of its head); that of each is told by a function of its own.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from backlink_crawler.reports.summary import Observed, counts, extent, not_live, number_of, opening, totals_of

Said = tuple[Sequence[str], Mapping[str, object]]
"""Sentences for people, and the same for programs."""

FLOWS = ("new", "discovered", "restored", "lost", "moved")
"""What changes the number of live links; the moved ones are among the lost."""


def told(name: str, site: str, observed: Observed, row: Mapping[str, Any]) -> Said:
    """Return what the row of the relation ``name`` says of links to ``site``."""
    return OPENINGS[name](site, observed, row)


def _now(site: str, observed: Observed, row: Mapping[str, Any]) -> Said:
    return opening(site, observed, totals_of(row))


def _then(site: str, _: Observed, row: Mapping[str, Any]) -> Said:
    """Tell what was known at the end of a day."""
    day, links = row["day"], totals_of(row)
    if live := links.live:
        said = (
            f"At the end of {day} links to {site} stood on {extent(links)}: {number_of(live.backlinks, 'backlink')}, "
            f"{live.follow:,} followed; the first was seen {live.first_seen:%Y-%m-%d}."
        )
    else:
        said = f"At the end of {day} no link to {site} was known to be live."
    return [said, *not_live(links)], {"at": day.isoformat(), **counts(links)}


def _days(site: str, _: Observed, row: Mapping[str, Any]) -> Said:
    """Tell what came and went."""
    since, until = row["since"], row["until"]
    said = (
        f"Links to {site}: {row['live_before']:,} before {since}, {row['live']:,} at the end of {until}; "
        f"{row['new']:,} new, {row['discovered']:,} discovered with their pages, {row['restored']:,} restored, "
        f"{row['lost']:,} lost ({row['moved']:,} of them moved to another page)."
    )
    days = {"since": since.isoformat(), "until": until.isoformat()}
    return [said], {**days, **{name: row[name] for name in ("live_before", "live", *FLOWS)}}


OPENINGS: Mapping[str, Callable[[str, Observed, Mapping[str, Any]], Said]] = {
    "totals": _now,
    "totals_then": _then,
    "days_summed": _days,
}
"""Relation of one row → how it is told."""
