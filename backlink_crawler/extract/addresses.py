"""The addresses that a page's references mean, each distinct reference resolved once.

Most references on the web are plain: ``https://example.com/a/b?c=d`` or ``/a/b``, nothing in them to escape or to
resolve. For these the URL Standard's parser gives back what it was given, so it is not asked; a test compares.
"""

import re
from functools import lru_cache
from string import ascii_letters, digits

from backlink_crawler.extract.queries import in_page_encoding
from backlink_crawler.records import MAX_URL
from backlink_crawler.urls import identity_of, normalise

_KEPT = f"{ascii_letters}{digits}_~!$&()*+,;=:@%.?/-"
"""Characters that stay as they are in a path and in a query (URL Standard §1.3)."""
_PLAIN_ORIGIN = re.compile(r"https?://(?:(?!xn--)[a-z0-9-]+\.)+[a-z]{2,}")
_LONGEST = MAX_URL // 2


class Addresses(dict[str, str | None]):
    """Reference → the identity (:func:`~backlink_crawler.urls.normalise`) of what it means against one base; ``None``:
    no web address. Filled as references are asked for.
    """

    __slots__ = ("_encoding", "_origin", "base")

    def __init__(self, base: str, encoding: str | None, identity: str | None = None) -> None:
        """Get ready.

        :param base: what relative references resolve against.
        :param encoding: of the page (for queries).
        :param identity: of ``base``, where it is known.
        """
        super().__init__()
        self.base = base
        self._encoding = encoding
        is_identity = (identity or normalise(base)) == base
        self._origin = "/".join(base.split("/", 3)[:3]) if is_identity else None

    def __missing__(self, href: str) -> str | None:
        reference = href.partition("#")[0] if "#" in href else href
        plain = ""
        # To strip what a plain reference consists of leaves nothing of it; a regular expression takes three times as
        # long. Segments that begin with a dot, in any spelling, may mean the folder above.
        if not reference.strip(_KEPT) and "/." not in reference and "/%" not in reference:
            if reference[:1] != "/":
                end = reference.find("/", 8)
                plain = reference if end > 0 and _is_plain_origin(reference[:end]) else ""
            elif reference[:2] != "//" and self._origin is not None:
                plain = self._origin + reference
        url: str | None
        if plain and len(reference) < _LONGEST:
            url = identity_of(plain) if "?" in plain or "%" in plain else plain
        else:
            url = normalise(in_page_encoding(href, self._encoding), self.base)
        self[href] = url
        return url


@lru_cache(maxsize=4_096)
def _is_plain_origin(origin: str) -> bool:
    return _PLAIN_ORIGIN.fullmatch(origin) is not None
