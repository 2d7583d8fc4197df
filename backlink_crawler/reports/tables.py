"""The tables that relations and views are made of: what is read from the index, and from where it is read.

A view (``sql/views``) selects from relations (``sql/relations``), a relation from these tables. Which columns of which
tables a question needs is asked of the query planner (``engine``), so nothing else is read.
"""

from collections.abc import Mapping, Sequence

from backlink_crawler.reports.dictionary import EVENTS, LINKS, MARKS, PAGES, Column

_MATCHED = Column("matched", "text", "direct: the target itself is asked for; final: the target redirects there")

_PAIR = (
    Column("source_site", "text", "registrable domain that links"),
    Column("target_site", "text", "registrable domain it links to"),
)
_COUNTED = (
    *_PAIR,
    Column("follow", "flag", "of these links"),
    Column("links", "count", "how many, not known to be lost"),
    Column("first_seen", "time", "first visit that found one"),
)
_EXAMPLE = frozenset({"source_url", "target_url", "anchor", "region", "follow", "first_seen"})
_THEN = frozenset(
    {"link_id", "source_id", "source_url", "source_host", "source_site", "target_url", "target_host", "target_site"}
    | {"anchor", "rel", "nofollow", "ugc", "sponsored", "follow", "nofollow_cause", "region", "link_type", "hidden"}
    | {"first_seen", "last_seen", "status", "lost_at", "lost_reason"}
)
"""What is known of the past of a link; its other columns are those of now."""

TABLES: Mapping[str, Sequence[Column]] = {
    # Links from other sites to what is asked for.
    "links_in": (*LINKS, _MATCHED, *MARKS),
    # Links of the sites asked for to others.
    "links_out": LINKS,
    # Links to the sites asked for: found in the time asked for; lost in it; to pages that are dead or redirect.
    "links_new": LINKS,
    "links_gone": LINKS,
    "links_broken": LINKS,
    # Links to dead pages of other sites.
    "links_dead": LINKS,
    # Live links to competitors that stand in lists, directories, forums and bios, or beside a brand term.
    "links_versus": LINKS,
    # What happened, in the time asked for, to links to the sites asked for; and these links.
    "events_in": EVENTS,
    "event_links": LINKS,
    # Pages that the links above stand on and point to.
    "source_pages": PAGES,
    "target_pages": PAGES,
    # Pages of the sites asked for that lead to another address, by redirects or as their canonical one.
    "target_ways": (
        Column("target_id", "id", "of the URL that leads elsewhere"),
        Column("told_id", "id", "of the URL under which it is told"),
        Column("told_url", "text", "the URL under which it is told"),
        Column("way", "text", "its URL and those it leads through, that under which it is told last, with > between"),
    ),
    # Pages of the sites asked for; those of them that are dead or redirect.
    "own_pages": PAGES,
    "broken_pages": PAGES,
    # Pages of other sites: that are dead; that were read.
    "dead_pages": PAGES,
    "seen_pages": PAGES,
    # Which sites have live links to the sites asked for and to their competitors.
    "linking_sites": _PAIR,
    # The live links of ``gap_sites`` to competitors, and of ``shared_sites`` to all; one link of each, the oldest.
    "gap_links": _COUNTED,
    "shared_links": _COUNTED,
    "gap_examples": (*_PAIR, *(column for column in LINKS if column.name in _EXAMPLE)),
    # Where sites that are shown link to on social networks, with how many links.
    "social_links": (*_PAIR, Column("target_url", "text", "a profile"), Column("links", "count", "how many")),
    # Links to what is asked for as they were at the end of the day asked for (--at).
    "links_then": (
        *(column for column in LINKS if column.name in _THEN),
        Column("unknown_since", "time", "of unknown ones: since when their page could not be looked at then"),
    ),
    # Links of the sites asked for, day by day.
    "daily": (
        Column("day", "time", "a UTC day"),
        Column("follow", "flag", "links that are followed, or not, that day"),
        Column("region", "text", "where they stand, that day"),
        Column("live", "count", "at the end of the day, unknown ones among them"),
        Column("new", "count", "found on a page read before without them, or published since its site is known"),
        Column("discovered", "count", "found together with their page: how old they are is not known"),
        Column("restored", "count", "lost before, and back"),
        Column("lost", "count", "lost that day"),
        Column("moved", "count", "of the lost ones: to another page of their site"),
        Column("changed", "count", "turned to this follow and region, less those turned from it"),
    ),
    # What people decided, one row per subject.
    "marks": (
        Column("kind", "text", "link, page, host or site"),
        Column("key", "text", "of a link its id, of a page its URL, of a host or site its name"),
        Column("source_url", "text", "of a link: the page it stands on"),
        Column("target_url", "text", "of a link: where it points"),
        *MARKS,
        Column("marked", "time", "when that was written"),
    ),
    # Lines of a disavow file that is looked at; filled by who looks.
    "disavow_lines": (Column("line", "text", "as it stands in the file"),),
    # How pages of each site ended, of all sites.
    "tried_pages": (
        Column("site", "text", "registrable domain"),
        Column("outcome", "text", "what came of asking for them last"),
        Column("http_status", "count", "HTTP status, of HTTP errors alone"),
        Column("pages", "count", "how many"),
        Column("oldest_visit", "time", "the last visit of the one that was visited least recently"),
        Column("newest_visit", "time", "the last visit of any"),
    ),
    # Sites that the links above stand on.
    "source_sites": (
        Column("site", "text", "registrable domain"),
        Column("pages_read", "count", "its pages that could be read at their last visit"),
    ),
}

LATE: Mapping[str, str] = {
    "gap_links": """
        SELECT source_site, target_site FROM linking_sites
        WHERE source_site IN (FROM gap_sites) AND list_contains(getvariable('versus'), target_site)
    """,
    "shared_links": "SELECT * FROM linking_sites WHERE source_site IN (FROM shared_sites)",
    "gap_examples": "SELECT source_site, unnest(getvariable('versus')) AS target_site FROM shown",
    "social_links": "SELECT source_site, target_site FROM shown, social_networks",
}
"""Tables that are read last, for the pairs of source and target site that this SQL names: of what was read before, and
of ``shown``, the rows that are to be shown."""
