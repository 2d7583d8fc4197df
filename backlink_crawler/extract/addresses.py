"""The addresses that a page's references mean, each distinct reference resolved once.

Most references on the web are plain: ``https://example.com/a/b?c=d`` or ``/a/b``, nothing in them to escape or to
resolve. For these the URL Standard's parser gives back what it was given, so it is not asked; a test compares.
"""

import re

from backlink_crawler.extract.queries import in_page_encoding
from backlink_crawler.records import MAX_URL
from backlink_crawler.urls import identity_of, normalise

_KEPT = r"[A-Za-z0-9_~!$&()*+,;=:@%.?/-]*"
"""Characters that stay as they are in a path and in a query (URL Standard §1.3)."""
_PLAIN_PATH = re.compile(rf"/(?!/){_KEPT}")
_PLAIN_ABSOLUTE = re.compile(rf"https?://(?:(?!xn--)[a-z0-9-]+\.)+[a-z]{{2,}}(/{_KEPT})")
_LONGEST = MAX_URL // 2


class Addresses:
    """Resolves references against one base."""

    def __init__(self, base: str, encoding: str | None) -> None:
        """:param base: what relative references resolve against; :param encoding: the page's (for queries)."""
        self.base = base
        self._encoding = encoding
        self._known: dict[str, str | None] = {}
        is_identity = normalise(base) == base
        self._origin = "/".join(base.split("/", 3)[:3]) if is_identity else None

    def of(self, href: str) -> str | None:
        """Return the identity (:func:`~backlink_crawler.urls.normalise`) of ``href``; ``None``: no web address."""
        try:
            return self._known[href]
        except KeyError:
            url = self._known[href] = self._resolve(href)
            return url

    def _resolve(self, href: str) -> str | None:
        reference = href.partition("#")[0]
        # Segments that begin with a dot, in any spelling, may mean the folder above.
        if "/." not in reference and "/%" not in reference and len(reference) < _LONGEST:
            if _PLAIN_PATH.fullmatch(reference):
                if self._origin is not None:
                    return _identity(self._origin + reference)
            elif _PLAIN_ABSOLUTE.fullmatch(reference):
                return _identity(reference)
        return normalise(in_page_encoding(href, self._encoding), self.base)


def _identity(href: str) -> str:
    """Return the identity of a serialised URL; one without query and escapes is its own."""
    return identity_of(href) if "?" in href or "%" in href else href
