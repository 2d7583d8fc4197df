"""The database in one place: collections, indexes, versions.

===================  ======================  ====================================================================
collection           ``_id``                 one document per
===================  ======================  ====================================================================
``pages``            ``urls.url_id``         page that was asked for: what came of it last, its manifest of links
``links``            ``urls.link_id``        (source page, target URL); ``records.Link`` with ids, dates and status
``link_events``      ``history.event_id``    thing that happened to a link; only ever added to
``sites``            the site                site that was visited, with the time of the first visit
``sitemaps``         the host              host whose robots.txt names sitemaps, with their addresses
``crawls``           the crawl's id          crawl: spider, arguments, start, end, counters
``annotations``      kind and subject        thing that people decided about a link, page, host or site
``alert_positions``  the sink's name         alert sink: how far it was told
``set_aside``        generated               record that could not be stored or has no identity, with the reason
``meta``             ``"schema"``            database: versions of schema, URL rules and suffix list
===================  ======================  ====================================================================
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pymongo import ASCENDING, IndexModel

from backlink_crawler.urls import RULES_VERSION, suffixes_version

SCHEMA_VERSION = 3

BACKLINKS = (
    *("target_site", "source_site", "status", "lost_at", "first_seen", "found", "follow", "region", "link_type"),
    *("nofollow_cause", "ugc", "sponsored", "placement_type", "hidden", "lost_reason", "last_seen", "anchor"),
    *("target_id", "source_id"),
)
"""Fields of links that the index ``backlinks`` holds, in its order."""
PAGE_FACTS = (
    *("_id", "host", "subnet", "language", "platform", "page_type", "indexable", "last_read", "unknown_since"),
)
"""Fields of pages that the index ``facts`` holds, in its order."""


def versions() -> Mapping[str, int | str]:
    """Return what the ids and sites in a database depend on; stored with it and compared at every start."""
    return {"schema": SCHEMA_VERSION, "url_rules": RULES_VERSION, "suffixes": suffixes_version()}


def refusal(database: str, stored: Mapping[str, Any]) -> str | None:
    """Return why a database with these versions cannot be used, in one line that says what to do.

    :param stored: its document of versions.
    """
    if "migrating_from" in stored:
        return f"Database {database!r} is being migrated, or was and was interrupted. To finish it: scrapy migrate"
    if stored.get("schema") != SCHEMA_VERSION:
        return other_schema(database, stored.get("schema"))
    return other_rules(database, stored)


def other_schema(database: str, found: Any) -> str:
    """Return what to do with a database of another schema."""
    if isinstance(found, int) and found < SCHEMA_VERSION:
        return (
            f"Database {database!r} has schema {found}, this program has {SCHEMA_VERSION}. Stop all workers, then: "
            "scrapy migrate"
        )
    return f"Database {database!r} has schema {found}, this program has {SCHEMA_VERSION}: update the program."


def other_rules(database: str, stored: Mapping[str, Any]) -> str | None:
    """Return why ids or sites would not be those of this program, and what to do; ``None`` where they are."""
    told = {"url_rules": "the rules of URLs, version", "suffixes": "the suffix list"}
    other = [(told[name], stored.get(name), mine) for name, mine in versions().items() if name in told]
    other = [(what, theirs, mine) for what, theirs, mine in other if theirs != mine]
    if not other:
        return None
    differs = " and ".join(f"{what} {theirs}; this program follows {mine}" for what, theirs, mine in other)
    if has_newer_rules(stored):
        return f"Database {database!r} was written by {differs}: update the program."
    return (
        f"Database {database!r} was written by {differs}. Ids and sites would not agree. Stop all workers, then: "
        "scrapy migrate"
        + (" (or follow its list: scrapy suffixes)" if stored.get("suffixes") != versions()["suffixes"] else "")
    )


def has_newer_rules(stored: Mapping[str, Any]) -> bool:
    """Return whether a later version of this program wrote the database's ids."""
    rules = stored.get("url_rules")
    return not isinstance(rules, int) or rules > RULES_VERSION


@dataclass(frozen=True, slots=True)
class Collection:
    """One collection: its name, indexes, and whether its blocks are compressed with zstd."""

    name: str
    indexes: Sequence[IndexModel] = field(default_factory=tuple)
    zstd: bool = True

    @property
    def options(self) -> dict[str, Any]:
        """Arguments of ``create_collection``."""
        if not self.zstd:
            return {}
        return {"storageEngine": {"wiredTiger": {"configString": "block_compressor=zstd"}}}


def _index(*fields: str, **options: Any) -> IndexModel:
    return IndexModel([(name, ASCENDING) for name in fields], **options)


def _covering(name: str, fields: Sequence[str]) -> IndexModel:
    """Return an index that queries read in place of the documents; compressed, as it holds texts."""
    return _index(*fields, name=name, storageEngine={"wiredTiger": {"configString": "block_compressor=zstd"}})


COLLECTIONS: Sequence[Collection] = (
    Collection(
        "pages",
        (
            # What was tried on a site, and how it ended: coverage and "how much was blocked" without reading pages.
            _index("site", "outcome"),
            _index("outcome", "last_visited"),
            _index("next_visit"),
            # What counts of links ask of the pages they stand on; a page's document holds its manifest and is large.
            _covering("facts", PAGE_FACTS),
            # Redirects from other sites: links to them count as links to where they end.
            _index("final_site", "site", partialFilterExpression={"outcome": "redirect"}, name="redirects"),
            # Whose chain of redirects passes through here: looked for with every page that is stored.
            _index("chain", partialFilterExpression={"outcome": "redirect"}),
            # A worker died between a commit and its effects: found and rolled forward without reading all pages.
            _index("pending_since", sparse=True),
        ),
    ),
    Collection(
        "links",
        (
            # Answers counts of a site's backlinks, by day, site, anchor and so on, from the index alone: documents lie
            # scattered, and each would be a read of its own.
            _covering("backlinks", BACKLINKS),
            _index("target_site", "target_id"),
            # What a site links to; whether a link that is gone from one page stands on another.
            _index("source_site", "target_id"),
            _index("source_site", "target_id", "lost_at", partialFilterExpression={"status": "lost"}, name="lost"),
        ),
    ),
    Collection("link_events", (_index("target_site", "at"), _index("link_id", "at"), _index("recorded"))),
    Collection("sites", (), zstd=False),
    Collection("sitemaps", (_index("site"),)),
    Collection("crawls", (), zstd=False),
    Collection("annotations", ()),
    Collection("alert_positions", (), zstd=False),
    Collection("set_aside", (_index("at"),)),
    Collection("meta", (), zstd=False),
)
