"""What is said of the past: the links of a site as they were at the end of a day, and day by day."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from backlink_crawler.history.series import Counts, Day
from backlink_crawler.records import LostReason
from backlink_crawler.reports.summary import Backlinks, Report, Row, counts, extent, meant, not_live, number_of

NEEDED = ("source_id", "source_url", "source_host", "source_site", "follow", "lost_reason")
"""Fields of a link that ``Totals`` counts, besides its status and dates."""

REGIONS = ("content", "nav", "header", "footer", "aside", "comment")


@dataclass(slots=True)
class Totals:
    """Adds up links as they were at one time (``history.timeline.state_at``), given in any order."""

    site: str
    _pages: set[bytes] = field(default_factory=set)
    _hosts: set[str] = field(default_factory=set)
    _sites: set[str] = field(default_factory=set)
    _live: int = 0
    _follow: int = 0
    _first_seen: datetime | None = None
    _example: str | None = None
    _unknown: int = 0
    _unknown_since: datetime | None = None
    _lost: Counter[LostReason] = field(default_factory=Counter)

    def add(self, link: Mapping[str, Any]) -> None:
        """Count one link."""
        if link["status"] == "lost":
            self._lost[link["lost_reason"]] += 1
        elif link["status"] == "unknown":
            self._unknown += 1
            since = link["source_unknown_since"]
            self._unknown_since = min(since, self._unknown_since or since)
        else:
            self._live += 1
            self._follow += link["follow"]
            self._pages.add(link["source_id"])
            self._hosts.add(link["source_host"])
            self._sites.add(link["source_site"])
            self._first_seen = min(link["first_seen"], self._first_seen or link["first_seen"])
            self._example = min(link["source_url"], self._example or link["source_url"])

    def backlinks(self) -> Backlinks:
        """Return what was counted so far; when a link was last seen then is not known any more."""
        total = None
        if self._first_seen and self._example:
            domains = len(self._sites)
            total = Row(self.site, self._live, domains, self._follow, self._first_seen, None, self._example)
        return Backlinks(
            total=total,
            pages=len(self._pages),
            hosts=len(self._hosts),
            source_sites=sorted(self._sites),
            unknown=self._unknown,
            unknown_since=self._unknown_since,
            lost=self._lost,
        )


@dataclass(frozen=True, slots=True)
class HistoryReport:
    """What a format needs: sentences for people, the same facts for programs, and the days."""

    title: str
    statements: tuple[str, ...]
    facts: Mapping[str, object]
    days: Sequence[Day]


def past_report(site: str, day: date, links: Backlinks, *, asked: str = "") -> Report:
    """Shape what was known of links to ``site`` at the end of ``day``, in UTC."""
    statements = meant(site, asked)
    if total := links.total:
        statements.append(
            f"At the end of {day} links to {site} stood on {extent(links)}: {number_of(total.backlinks, 'backlink')}, "
            f"{total.follow:,} followed; the first was seen {total.first_seen:%Y-%m-%d}."
        )
    else:
        statements.append(f"At the end of {day} no link to {site} was known to be live.")
    statements += [*not_live(links), "This is what had been seen by then; what was found later is not counted."]
    facts = {"site": site, "at": day.isoformat(), **counts(links), "asked": asked or site, "statements": statements}
    return Report(f"Backlinks of {site} on {day}", tuple(statements), facts, {"total": [total]} if total else {})


def history_report(site: str, days: Sequence[Day], *, asked: str = "") -> HistoryReport:
    """Shape the days of ``site``, of which there is at least one."""
    since, until = days[0].day, days[-1].day
    sums = Counts()
    for day in days:
        sums += day.total
    before, after = _live_before(days[0]), days[-1].total.live
    statements = [
        *meant(site, asked),
        f"Links to {site}: {before:,} before {since}, {after:,} at the end of {until}; {sums.new:,} new, "
        f"{sums.discovered:,} discovered with their pages, {sums.restored:,} restored, {sums.lost:,} lost "
        f"({sums.moved:,} of them moved to another page).",
        "Live means not known to be lost: links whose page could not be looked at are among them. Days are UTC.",
    ]
    facts: dict[str, object] = {
        "site": site,
        "since": since.isoformat(),
        "until": until.isoformat(),
        "live_before": before,
        "live": after,
        **{name: getattr(sums, name) for name in FLOWS},
        "asked": asked or site,
        "statements": statements,
    }
    return HistoryReport(f"Backlinks of {site} from {since} to {until}", tuple(statements), facts, days)


FLOWS = ("new", "discovered", "restored", "lost", "moved")
"""What changes the number of live links; the moved ones are among the lost."""


def _live_before(first: Day) -> int:
    total = first.total
    return total.live - total.new - total.discovered - total.restored + total.lost
