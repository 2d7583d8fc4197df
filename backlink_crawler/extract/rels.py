"""The tokens of a ``rel`` attribute, bounded."""

import re
from itertools import islice

from backlink_crawler.records import MAX_REL, MAX_REL_TOKEN

_TOKENS = re.compile(r"[^\s,]+")
_MEANT = re.compile(r"(?<![^\s,])(?:nofollow|ugc|sponsored|author|canonical|alternate|stylesheet)(?![^\s,])")
"""Tokens by which something is decided: they count wherever they stand."""


def rel_tokens(rel: str) -> tuple[str, ...]:
    """Return the tokens of ``rel``, lower case, in their order (HTML §4.6.7), commas taken for blanks.

    Search engines read ``rel="nofollow,ugc"`` as what was meant; a token of its own with a comma in it means nothing.
    At most 32 tokens of at most 64 characters are returned; where there are more, each once, and among them all that
    decide something.
    """
    rel = rel.lower()
    if len(rel) <= MAX_REL_TOKEN:  # as nearly all are: no token is longer, and there are at most 32
        return tuple(rel.replace(",", " ").split())
    tokens = [found[0][:MAX_REL_TOKEN] for found in islice(_TOKENS.finditer(rel), MAX_REL + 1)]
    if len(tokens) <= MAX_REL:
        return tuple(tokens)
    first = list(dict.fromkeys(tokens[:MAX_REL]))
    meant = dict.fromkeys(found[0] for found in _MEANT.finditer(rel))
    late = [token for token in meant if token not in first]
    idle = [token for token in first if token not in meant]
    dropped = frozenset(idle[len(idle) - max(len(first) + len(late) - MAX_REL, 0) :])
    return (*(token for token in first if token not in dropped), *late)
