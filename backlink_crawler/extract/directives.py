"""What a page tells crawlers: ``<meta name="robots">`` and the ``X-Robots-Tag`` header.

Source: https://developers.google.com/search/docs/crawling-indexing/robots-meta-tag; the directives are those every
large crawler reads the same way. A directive addressed to another bot by name does not concern us.
"""

from collections.abc import Iterable
from dataclasses import dataclass

BOT_NAMES = frozenset({"robots", "backlink_crawler"})
"""Names under which a page may address us."""

_VALUED = frozenset({"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"})


@dataclass(frozen=True, slots=True)
class Directives:
    """What was said, and where."""

    noindex_cause: str | None = None
    nofollow_cause: str | None = None


def read_directives(meta: Iterable[tuple[str, str]], header: Iterable[str]) -> Directives:
    """Return what the page says.

    :param meta: (name, content) of every ``<meta>`` that has both.
    :param header: values of every ``X-Robots-Tag`` header.
    """
    from_meta = {token for name, content in meta if name.strip().lower() in BOT_NAMES for token in _tokens(content)}
    from_header = {token for value in header for token in _addressed_to_us(value)}
    return Directives(
        noindex_cause=_cause("noindex", from_meta, from_header),
        nofollow_cause=_cause("nofollow", from_meta, from_header),
    )


def _cause(directive: str, meta: set[str], header: set[str]) -> str | None:
    said = {directive, "none"}
    if said & meta:
        return "meta"
    return "header" if said & header else None


def _tokens(content: str) -> list[str]:
    return [token.strip() for token in content.lower().split(",")]


def _addressed_to_us(value: str) -> list[str]:
    """``otherbot: noindex, nofollow`` addresses all that follows to one bot; ``max-snippet: 5`` addresses nobody."""
    ours, tokens = True, []
    for token in _tokens(value):
        name, colon, rest = token.partition(":")
        if colon and name.strip() not in _VALUED:
            ours, token = name.strip() in BOT_NAMES, rest.strip()
        if ours:
            tokens.append(token)
    return tokens
