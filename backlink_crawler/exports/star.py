"""The star schema: two facts, links and events, around two dimensions, pages and sites; daily counts beside them.

Columns are those of the data dictionary of reports, so a name means the same everywhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from backlink_crawler.reports.dictionary import EVENTS, LINKS, PAGES, Column

Name = Literal["links", "pages", "events", "sites", "daily"]


@dataclass(frozen=True, slots=True)
class Table:
    """One table of an export."""

    name: Name
    row: str
    """What a row is."""
    key: Sequence[str]
    """Columns that name a row: a later export replaces rows of an earlier one that have the same key."""
    columns: Sequence[Column]
    month_of: str | None
    """The time by whose month Parquet files are partitioned; ``None``: they are not."""
    joins: Mapping[str, str] = field(default_factory=dict)
    """Column → ``table.column`` that it names."""
    changed: str = ""
    """What ``--since`` chooses; empty: it is always written whole."""


_SITES = (
    Column("site", "text", "registrable domain that was visited"),
    Column("first_visited", "time", "first time one of its pages was asked for"),
    Column("pages", "count", "its pages that were asked for"),
    Column("pages_ok", "count", "of these: those that were read"),
    Column("last_visited", "time", "last time one of them was asked for"),
)
_DAILY = (
    Column("target_site", "text", "site that the links point to, from other sites"),
    Column("day", "time", "the day (UTC), at its midnight"),
    Column("follow", "flag", "links that are followed that day, or those that are not"),
    Column("region", "text", "where on their pages these links stand that day"),
    Column("live", "count", "links at the end of the day that are not known to be lost"),
    Column("new", "count", "found on a page read before without them, or on a page published since its site is known"),
    Column("discovered", "count", "found together with their page: their age is not known"),
    Column("restored", "count", "lost before, and there again"),
    Column("lost", "count", "lost that day"),
    Column("moved", "count", "of the lost ones: those that went to another page of their site"),
    Column("changed", "count", "turned to this follow and region less those turned from it"),
)

TABLES: Mapping[str, Table] = {
    table.name: table
    for table in (
        Table(
            "links",
            "a link: one source page and one target URL, with status and last_seen as its page decides them now",
            ("link_id",),
            LINKS,
            "first_seen",
            {
                "source_id": "pages.page_id",
                "target_id": "pages.page_id",
                "source_site": "sites.site",
                "target_site": "sites.site",
            },
            "links first seen, lost, or with an event (changed, restored and so on) since then. That a page was read "
            "again, or could not be, is told by pages: its last_read and unknown_since decide last_seen and status",
        ),
        Table(
            "pages",
            "a page that was asked for, as of its last visit",
            ("page_id",),
            PAGES,
            "last_visited",
            {"site": "sites.site"},
            "pages asked for since then. Where a redirect ends may change without a visit of its own",
        ),
        Table(
            "events",
            "a thing that happened to a link; never changed afterwards",
            ("event_id",),
            EVENTS,
            "at",
            {"link_id": "links.link_id", "source_site": "sites.site", "target_site": "sites.site"},
            "events recorded since then",
        ),
        Table("sites", "a site that was visited", ("site",), _SITES, None),
        Table(
            "daily",
            "a day of the links to a site, of one follow and region",
            ("target_site", "day", "follow", "region"),
            _DAILY,
            "day",
            {"target_site": "sites.site"},
        ),
    )
}
