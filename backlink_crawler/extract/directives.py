"""What a page tells crawlers: ``<meta name="robots">`` and the ``X-Robots-Tag`` header.

Source: https://developers.google.com/search/docs/crawling-indexing/robots-meta-tag; the directives are those every
large crawler reads the same way. A directive addressed to another bot by name does not concern us.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from backlink_crawler.extract.dates import parse_date

BOT_NAMES = frozenset({"robots", "backlink_crawler"})
"""Names under which a page may address us."""

_VALUED = frozenset({"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"})
_EXPIRY = "unavailable_after"


@dataclass(frozen=True, slots=True)
class Directives:
    """What was said, and where."""

    noindex_cause: str | None = None
    """``meta`` or ``header``; where ``unavailable_after`` is meant, its date has passed."""
    nofollow_cause: str | None = None


def read_directives(meta: Iterable[tuple[str, str]], header: Iterable[str], at: datetime | None = None) -> Directives:
    """Return what the page says.

    :param meta: (name, content) of every ``<meta>`` that has both.
    :param header: values of every ``X-Robots-Tag`` header.
    :param at: the time to compare ``unavailable_after`` with; without it, no date has passed.
    """
    from_meta = {token for name, content in meta if name.strip().lower() in BOT_NAMES for token in _tokens(content)}
    from_header = {token for value in header for token in _addressed_to_us(value)}
    if at is not None:
        from_meta |= _expired(from_meta, at)
        from_header |= _expired(from_header, at)
    return Directives(
        noindex_cause=_cause("noindex", from_meta, from_header),
        nofollow_cause=_cause("nofollow", from_meta, from_header),
    )


def _cause(directive: str, meta: set[str], header: set[str]) -> str | None:
    said = {directive, "none"}
    if said & meta:
        return "meta"
    return "header" if said & header else None


def _expired(tokens: set[str], at: datetime) -> set[str]:
    for token in tokens:
        name, _, date = token.partition(":")
        until = parse_date(date) if name.strip() == _EXPIRY else None
        if until is not None and until < at:
            return {"noindex"}
    return set()


def _tokens(content: str) -> list[str]:
    """Directives are separated by commas; ``noindex nofollow``, which people write too, has no other meaning.

    The comma in a date (``Tue, 25 Jun 2030``) does not end its directive.
    """
    tokens: list[str] = []
    for part in content.lower().split(","):
        token = part.strip()
        if tokens and tokens[-1].startswith(_EXPIRY) and token[:1].isdigit():
            tokens[-1] += f", {token}"
        elif ":" in token:
            tokens.append(token)
        else:
            tokens += token.replace(";", " ").split()
    return tokens


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
