"""Regions that a page declares itself: by landmark elements, by roles, and comments by their name.

Sources: WAI-ARIA 1.2 §5.3.4 (landmark roles); HTML §4.3.8 and §4.3.9 (a ``header`` or ``footer`` inside an article or
the main part belongs to that part, not to the page). Comments have no element; only their names tell.
"""

import re

from backlink_crawler.records import Region

_ROLES: dict[str, Region] = {
    "banner": "header",
    "contentinfo": "footer",
    "navigation": "nav",
    "complementary": "aside",
    "search": "nav",
}
_ELEMENTS: dict[str, Region] = {"header": "header", "footer": "footer", "nav": "nav", "aside": "aside", "search": "nav"}
LANDMARKS = frozenset(_ELEMENTS)
"""Elements that declare a region; any other one does so only by its role or as comments."""
_OWNING_ELEMENTS = frozenset({"article", "main", "section"})
_OWNING_ROLES = frozenset({"main", "article"})
_COMMENTS = re.compile(
    r"(?:^|[\s_-])(?<!has-)(?<!no-)(?:comments?|commentlist|disqus[\w-]*|respond)"
    r"(?:$|[\s_-])(?<!comments-(?=open|closed|enabled|disabled))",
    re.IGNORECASE,
)


def names_comments(names: str) -> bool:
    """Whether a class or id in ``names`` says that comments stand there; "comments-open" says that they may."""
    folded = names.casefold()
    # The expression tries every place; most names hold none of its words. (An i may match others than itself.)
    return ("comment" in folded or "qus" in folded or "pond" in folded) and _COMMENTS.search(names) is not None


def owns(tag: str, role: str | None) -> bool:
    """Whether an element has a header and footer of its own."""
    return tag in _OWNING_ELEMENTS or role in _OWNING_ROLES


def declared(around: Region, owned: bool, tag: str, role: str | None, comments: bool) -> Region:
    """Return the region that holds inside an element.

    :param around: the region declared around it; ``content`` where none is. The outermost of header, footer, aside and
        comment decides; ``nav`` only outside those.
    :param owned: an element around it has a header and footer of its own.
    :param comments: its names say that it holds comments.
    """
    if around not in {"content", "nav"}:
        return around
    if comments:
        return "comment"
    own = _ELEMENTS.get(tag) if role is None else _ROLES.get(role) or _ELEMENTS.get(tag)
    if own is None or (owned and tag in {"header", "footer"}):
        return around
    return own
