"""The region of a link over time: what a page declares holds at once, what is judged only when it is clear.

A judgement rests on the whole page. Some links stand near the border between content and the rest, and a few other
words anywhere on the page take them across it. That must not be told as a change of the link: so a region that was
stored stays until the page declares another one, or until the content score is clearly on the other side. Which part
of the furniture a link stands in by judgement alone (menu or header, say) is told once and not again.

The bounds come from real pages whose texts were changed (``docs/decisions/0004-history.md``). The result depends on
what is stored and what is seen alone, and seeing the same again leaves it as it is.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from backlink_crawler.records import Link, Region

CLEARLY_CONTENT = 0.85
"""From this score on, what was furniture is content."""
CLEARLY_NOT = 0.15
"""Up to this score, what was content is so no more."""


class Place(NamedTuple):
    """A region, and whether the page itself declares it (or the link stands nowhere on it: its score is 0 or none)."""

    region: Region
    declared: bool


def place_of(link: Link) -> Place:
    """Return where a visit sees ``link``."""
    return Place(link.region, not link.content_score)


def recorded_place(record: Mapping[str, Any], link: Link) -> Place | None:
    """Return where a stored record has its link; ``None`` where that was told in another way than ``link`` is."""
    score = record.get("content_score")
    if score is None and link.content_score is not None:
        return None
    return Place(record["region"], not score)


def settle(before: Place | None, link: Link) -> Place:
    """Return the place of ``link`` from now on.

    :param before: as it was settled last; ``None`` where that is not known.
    """
    score = link.content_score
    if before is None or not score:
        return place_of(link)
    if link.region == "content":
        moves = before.region != "content" and (before.declared or score >= CLEARLY_CONTENT)
    else:
        moves = before.region == "content" and (before.declared or score <= CLEARLY_NOT)
    if moves:
        return place_of(link)
    return before if not before.declared else Place(before.region, declared=False)
