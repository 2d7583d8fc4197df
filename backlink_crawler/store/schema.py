"""The database in one place: collections, indexes, versions.

=============  ======================  =========================================================================
collection     ``_id``                 one document per
=============  ======================  =========================================================================
``pages``      ``urls.url_id``         page that was asked for, with what came of it last
``links``      ``urls.link_id``        (source page, target URL); ``records.Link`` with ids and dates
``crawls``     the crawl's id          crawl: spider, arguments, start, end, counters
``set_aside``  generated               record that could not be stored, with the reason
``meta``       ``"schema"``            database: versions of schema, URL rules and suffix list
=============  ======================  =========================================================================
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pymongo import ASCENDING, IndexModel

from backlink_crawler.urls import RULES_VERSION, SUFFIXES_VERSION

SCHEMA_VERSION = 1

VERSIONS: Mapping[str, int | str] = {
    "schema": SCHEMA_VERSION,
    "url_rules": RULES_VERSION,
    "suffixes": SUFFIXES_VERSION,
}
"""What the ids and sites in a database depend on; stored with it and compared at every start."""


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


def _index(*fields: str) -> IndexModel:
    return IndexModel([(name, ASCENDING) for name in fields])


COLLECTIONS: Sequence[Collection] = (
    # What was tried on a site, and how it ended: coverage and "how much was blocked" without reading pages.
    Collection("pages", (_index("site", "outcome"), _index("outcome", "last_visited"))),
    Collection(
        "links",
        (
            # Also the shard key: every question about a target site stays on its shards.
            _index("target_site", "_id"),
            _index("target_site", "source_site"),
            _index("source_site", "target_site"),
            _index("source_id"),
        ),
    ),
    Collection("crawls", (), zstd=False),
    Collection("set_aside", (_index("at"),)),
    Collection("meta", (), zstd=False),
)
