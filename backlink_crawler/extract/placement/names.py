"""What the names (classes and ids) of an element say of the region of its links, as learned from other pages.

Sites name their boxes in a language of their own, yet "sidebar", "breadcrumb" or "entry" mean the same on most. Each
word that several sites use has a log-odds for content and for each region of the page's furniture; numbers, hashes and
words of one site have none.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NamedTuple

from turbohtml import Element

from backlink_crawler.extract.placement.landmarks import names_comments

_WORDS = re.compile(r"[A-Z]{2,}(?![a-z])|[A-Z]?[a-z]+")
_MAX_NAMES = 256
_REMEMBERED = 8_192
"""Names repeat within a page and a site; texts are cut to ``_MAX_NAMES``, so this bounds the memory (about 5 MB)."""

WordOdds = tuple[float, float, float, float, float]
"""Log-odds of content, nav, header, footer and aside, each against all other links of the same sites."""


class NameOdds(NamedTuple):
    """What one element's names say."""

    comments: bool = False
    known: bool = False
    """Whether any word is known; if not, all odds are 0."""
    mean: float = 0.0
    """Of content, over the known words; so are ``least`` and ``most``."""
    least: float = 0.0
    most: float = 0.0
    nav: float = 0.0
    """The most of any word; so are the next ones."""
    header: float = 0.0
    footer: float = 0.0
    aside: float = 0.0


_NOTHING, _COMMENTS = NameOdds(), NameOdds(comments=True)
NameReader = Callable[[str], NameOdds]


def words_of(names: str) -> set[str]:
    """Return the words that ``names`` is made of, lower case: of "siteNav main-2" site, nav and main."""
    return {word.lower() for word in _WORDS.findall(names) if 2 < len(word) < 20}


def names_of(element: Element) -> str:
    """Return class and id of ``element``, cut to a bounded length; empty where it has neither."""
    return joined(element.attr("class"), element.attr("id"))


def joined(classes: str | None, identifier: str | None) -> str:
    """Return class and id of an element as its names: see :func:`names_of`."""
    if not identifier:
        return classes[:_MAX_NAMES] if classes else ""
    return f"{classes[:_MAX_NAMES] if classes else ''} {identifier[:_MAX_NAMES]}"


def reader(odds: Mapping[str, WordOdds]) -> NameReader:
    """Return a function from names to what they say by ``odds``, which remembers the names it met last."""

    @lru_cache(_REMEMBERED)
    def read(names: str) -> NameOdds:
        comments = names_comments(names)
        known = [found for word in words_of(names) if (found := odds.get(word)) is not None]
        if not known:
            return _COMMENTS if comments else _NOTHING
        content, nav, header, footer, aside = zip(*known, strict=True)
        ordered = sorted(content)  # a set has no order, and a sum of floats depends on it
        return NameOdds(
            comments,
            True,
            sum(ordered) / len(ordered),
            min(ordered[0], 0.0),
            max(ordered[-1], 0.0),
            max(0.0, *nav),
            max(0.0, *header),
            max(0.0, *footer),
            max(0.0, *aside),
        )

    return read
