"""What the elements on the way from the root of a page to a box say of the links in it, whatever page that is.

The items of a list have the same elements around them, and so have the pages of a site. So each way is made once, from
the way around it in constant time, and is found again by what the element itself says.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from struct import Struct

from backlink_crawler.extract.placement.landmarks import LANDMARKS, declared, owns
from backlink_crawler.extract.placement.names import NameOdds, NameReader, joined
from backlink_crawler.records import Region

Shape = tuple[int, int, int, int, int, int, int, int, int]
"""How many elements on the way are lists, prose, cells, headings, figures, main parts, articles, forms and sections."""
Wording = tuple[float, float, float, float, float, float, float, float]
"""Log-odds of the names on the way. For content: sum, least, most and nearest; then the most for nav, header, footer
and aside."""
Said = tuple[str, str | None, str | None, str | None]
"""Tag, role, class and id of an element. The last two are left out where they are not read."""

ARTICLES = frozenset({"article", "main"})
LISTS = frozenset({"ul", "ol", "dl", "menu"})
OPEN = frozenset({"content", "nav"})
"""Regions in which others can be declared."""
ELSEWHERE, IN_TEXT, IN_LIST = range(3)
"""Whether a way leads through the running text of an ``article`` or ``main``, and there through a list."""
_FLOW = LISTS | {"h1", "h2", "h3", "h4", "h5", "h6", "p", "blockquote", "li", "dt", "dd"}
_COUNTED = (
    LISTS,
    {"p", "blockquote"},
    {"td", "th"},
    {"h1", "h2", "h3", "h4", "h5", "h6"},
    {"figure"},
    {"main"},
    {"article"},
    {"form"},
    {"section"},
)
_SHAPES: dict[str, int] = {tag: place for place, tags in enumerate(_COUNTED) for tag in tags}
"""Where in ``Shape`` an element of that name, or with that role, counts."""
_ROLES_COUNTED = frozenset({"main", "article"})
_UNNAMED = NameOdds()
_REMEMBERED = 8_192
"""Ways kept from page to page, each with up to ``_LONGEST`` characters: bounds the memory (about 6 MB)."""
_LONGEST = 512
_FLOATS = Struct("=18f")
PACKED = 18
"""Numbers in what :meth:`Way.packed` returns."""


@dataclass(slots=True, eq=False)
class Way:
    """The way to a box, the box included. Boxes of many pages share one object: it is not to be changed."""

    region: Region = "content"
    """As the page declares it; where that is not ``content``, the rest is left out."""
    owned: bool = False
    """An element on the way has a header and footer of its own."""
    depth: int = 0
    shape: Shape = (0, 0, 0, 0, 0, 0, 0, 0, 0)
    wording: Wording = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    own: float = 0.0
    """Mean log-odds for content of the box's own names."""
    flow: int = ELSEWHERE
    """``IN_TEXT``: since an article nothing but paragraphs, lists and headings, none of them named; ``IN_LIST``: a list
    among them."""
    inner: dict[tuple[object, ...], "Way"] = field(default_factory=dict)
    """Ways that go on from here: by what the next element says, and by what that means (see ``Ways.on``)."""
    _packed: bytes = b""

    def packed(self) -> bytes:
        """Return shape, wording and own odds as single floats, ready to be joined with those of other ways."""
        if not self._packed:
            self._packed = _FLOATS.pack(*self.shape, *self.wording, self.own)
        return self._packed


class Ways:
    """All ways that were met."""

    def __init__(self, read: NameReader) -> None:
        self.root = Way()
        self._read = read
        self._room = _REMEMBERED

    def begin_page(self) -> None:
        """Forget all ways if there are too many: within a page, what finds no room is made again each time."""
        if self._room <= 0:
            self.root, self._room = Way(), _REMEMBERED

    def on(self, around: Way, said: Said) -> Way:
        """Return the way on from ``around`` into an element that was not met there.

        Names that mean the same (``post-17`` and ``post-18``) lead the same way, so that what follows is shared.
        """
        tag, role, classes, identifier = said
        names = joined(classes, identifier)
        odds = self._read(names) if names else _UNNAMED
        meaning = (tag, role, odds, not names)
        inner = around.inner
        way = inner.get(meaning) or _on(around, tag, role, odds, not names)
        if self._room > 0 and len(role or "") + len(classes or "") + len(identifier or "") <= _LONGEST:
            self._room -= 1
            inner[said] = inner[meaning] = way
        return way


@lru_cache(4)
def ways_by(read: NameReader) -> Ways:
    """Return the ways as ``read`` understands names."""
    return Ways(read)


def _on(around: Way, tag: str, role: str | None, odds: NameOdds, unnamed: bool) -> Way:
    outer, owned = around.region, around.owned
    if role is not None or tag in LANDMARKS or odds.comments:
        region = declared(outer, owned, tag, role, odds.comments)
        if region != "content":
            return around if region == outer else Way(region, owned or owns(tag, role))
    shape, wording = around.shape, around.wording
    place = _SHAPES.get(role if role in _ROLES_COUNTED else tag)
    if place is not None:
        shape = (*shape[:place], shape[place] + 1, *shape[place + 1 :])  # type: ignore[assignment]  # as long as it was
        owned = owned or owns(tag, role)
    if odds.known:
        wording = _extended(wording, odds)
    return Way("content", owned, around.depth + 1, shape, wording, odds.mean, _flow(around.flow, tag, unnamed))


def _flow(around: int, tag: str, unnamed: bool) -> int:
    if tag in ARTICLES:
        return IN_TEXT
    if not unnamed or tag not in _FLOW:
        return ELSEWHERE
    return IN_LIST if around == IN_TEXT and tag in LISTS else around


def _extended(wording: Wording, said: NameOdds) -> Wording:
    """Return the wording of a way on into an element with such names.

    Comparisons are written out: on this path, which each element of a page met for the first time takes, calls of
    ``min`` and ``max`` would be most of the time.
    """
    total, least, most, _, nav, header, footer, aside = wording
    _, _, mean, own_least, own_most, own_nav, own_header, own_footer, own_aside = said
    return (
        total + mean,
        own_least if own_least < least else least,
        own_most if own_most > most else most,
        mean,
        own_nav if own_nav > nav else nav,
        own_header if own_header > header else header,
        own_footer if own_footer > footer else footer,
        own_aside if own_aside > aside else aside,
    )
