"""The tables that relations and views are made of: what is read from the index, and from where it is read.

A view (``sql/views``) selects from relations (``sql/relations``), a relation from these tables. Which columns of which
tables a question needs is asked of the query planner (``engine``), so nothing else is read.
"""

from collections.abc import Mapping, Sequence

from backlink_crawler.reports.dictionary import EVENTS, LINKS, PAGES, Column

_MATCHED = Column("matched", "text", "direct: the target itself is asked for; final: the target redirects there")

TABLES: Mapping[str, Sequence[Column]] = {
    # Links from other sites to what is asked for.
    "links_in": (*LINKS, _MATCHED),
    # Links of the sites asked for to others.
    "links_out": LINKS,
    # Links to targets that are dead, wherever they stand.
    "links_dead": LINKS,
    # Pages that the links above stand on and point to.
    "source_pages": PAGES,
    "target_pages": PAGES,
    # Pages of the sites asked for.
    "own_pages": PAGES,
    # What happened to links to the sites asked for.
    "events_in": EVENTS,
    # Links to the sites asked for and to their competitors, counted by both sites.
    "domains_in": (
        Column("source_site", "text", "registrable domain that links"),
        Column("target_site", "text", "registrable domain it links to"),
        Column("live", "count", "links not known to be lost"),
        Column("lost", "count", "links that are lost"),
        Column("follow", "count", "live links that are followed"),
        Column("first_seen", "time", "first visit that found one"),
        Column("content", "count", "live links that stand in the content"),
    ),
    # How pages of each site ended.
    "tried_pages": (
        Column("site", "text", "registrable domain"),
        Column("outcome", "text", "what came of asking for them last"),
        Column("pages", "count", "how many"),
    ),
}
