"""The addresses that a page's references mean, each distinct reference resolved once.

Most references on the web are plain: ``https://example.com/a/b?c=d`` or ``/a/b``, nothing in them to escape or to
resolve. For these the URL Standard's parser gives back what it was given, so it is not asked; a test compares.
"""

import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from string import ascii_letters, digits

from backlink_crawler.extract.queries import in_page_encoding
from backlink_crawler.records import MAX_URL
from backlink_crawler.urls import identity_of, normalise

_KEPT = f"{ascii_letters}{digits}_~!$&()*+,;=:@%.?/-".encode()
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

    def of(self, hrefs: Sequence[str]) -> list[str | None]:
        """Return what each of ``hrefs`` means. To ask for all of a page at once takes a quarter of the time."""
        self._add_plain(dict.fromkeys(hrefs))
        return [self[href] for href in hrefs]

    def __missing__(self, href: str) -> str | None:
        url = self[href] = normalise(in_page_encoding(href, self._encoding), self.base)
        return url

    def _add_plain(self, hrefs: Collection[str]) -> None:
        """Add those that mean what they say."""
        references = [href.partition("#")[0] if "#" in href else href for href in hrefs]
        # To take out what a plain reference consists of leaves nothing of it, and is done for all of them in one step.
        together = "\n".join(references)
        leftovers = together.encode("utf-8", "surrogatepass").translate(None, _KEPT).split(b"\n")
        if len(leftovers) != len(references) > 0:
            self._add_plain([href for href in hrefs if "\n" not in href])
            return
        # Segments that begin with a dot, in any spelling, may mean the folder above.
        dotted = "/." in together or "/%" in together
        origin = self._origin
        for href, reference, leftover in zip(hrefs, references, leftovers, strict=False):
            if leftover or len(reference) >= _LONGEST or (dotted and ("/." in reference or "/%" in reference)):
                continue
            if reference[:1] != "/":
                end = reference.find("/", 8)
                if end < 0 or not _is_plain_origin(reference[:end]):
                    continue
            elif reference[1:2] == "/" or origin is None:
                continue
            else:
                reference = origin + reference
            self[href] = identity_of(reference) if "?" in reference or "%" in reference else reference


@lru_cache(maxsize=4_096)
def _is_plain_origin(origin: str) -> bool:
    return _PLAIN_ORIGIN.fullmatch(origin) is not None
