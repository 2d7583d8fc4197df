"""Records of links that are found: each has its own part, and all that one commit finds share the rest. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from backlink_crawler.records import Link

Document = dict[str, Any]

NewLink = tuple[bytes, bytes, Link]
"""A link that has no record yet, behind its id and its target's."""


@dataclass(slots=True)
class Found:
    """Links of one page that have no record before a commit."""

    source_id: bytes
    page: Document
    """``source_url``, ``source_host`` and ``source_site``."""
    life: Document
    """How every one of these lives begins: ``found``, ``status``, the times and the revision."""
    links: list[NewLink] = field(default_factory=list)

    def documents(self) -> Iterator[Document]:
        """Yield the records in full, their fields in the order in which they are stored."""
        for link_id, target_id, link in self.links:
            ids = {"_id": link_id, "source_id": self.source_id, "target_id": target_id}
            yield {**ids, **self.page, **own_part(link), **self.life}


def own_part(link: Link) -> Document:
    """Return the fields that do not follow from the link's page.

    Written out, as this is done for every new link: to gather them by their names takes a third longer.
    """
    return {
        "href": link.href,
        "target_url": link.target_url,
        "target_host": link.target_host,
        "target_site": link.target_site,
        "scope": link.scope,
        "link_type": link.link_type,
        "anchor": link.anchor,
        "anchor_source": link.anchor_source,
        "rel": link.rel,
        "nofollow": link.nofollow,
        "ugc": link.ugc,
        "sponsored": link.sponsored,
        "follow": link.follow,
        "nofollow_cause": link.nofollow_cause,
        "region": link.region,
        "content_score": link.content_score,
        "xpath": link.xpath,
        "ordinal": link.ordinal,
        "hidden": link.hidden,
        "occurrences": link.occurrences,
        "wrapped_url": link.wrapped_url,
        "placement_type": link.placement_type,
        "placement_reason": link.placement_reason,
        "offset": link.offset,
        "dom_depth": link.dom_depth,
        "block_tag": link.block_tag,
        "block_words": link.block_words,
        "block_link_density": link.block_link_density,
        "in_list": link.in_list,
        "heading": link.heading,
        "text_before": link.text_before,
        "text_after": link.text_after,
        "weight": link.weight,
    }
