"""What elements are to a reading of the page, and what those around a node say of it."""

from functools import cache

BOX, BLOCK, PLAIN, ANCHOR, HEADING, LINK, FORM, SILENT, SCOPE, NOTED = range(10)
"""Kinds of elements, by what is to be done. Plain numbers: members of an enumeration take three times as long. A box is
a block that the outline counts as well (``placement.outline``); most elements are boxes, anchors or plain."""

_ITEMS = ("ul", "ol", "menu", "dl", "li", "dd", "dt")
_SECTIONS = (
    "address",
    "article",
    "aside",
    "body",
    "div",
    "footer",
    "header",
    "html",
    "main",
    "nav",
    "search",
    "section",
)
_FLOW = (
    "blockquote",
    "center",
    "details",
    "fieldset",
    "figcaption",
    "figure",
    "hgroup",
    "p",
    "pre",
    "search",
    "summary",
)
_TABLES = ("caption", "table", "tbody", "td", "tfoot", "th", "thead", "tr")

KINDS: dict[str, int] = {
    **dict.fromkeys((*_ITEMS, *_SECTIONS, *_FLOW, *_TABLES), BOX),
    **dict.fromkeys(("dialog", "dir", "hr", "legend", "listing", "optgroup", "option", "plaintext", "xmp"), BLOCK),
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), HEADING),
    **dict.fromkeys(("area", "iframe", "frame", "link"), LINK),
    **dict.fromkeys(("head", "select"), SILENT),
    **dict.fromkeys(("math", "noscript", "svg", "template"), SCOPE),
    **dict.fromkeys(
        ("base", "br", "img", "meta", "noembed", "noframes", "script", "style", "textarea", "title"), NOTED
    ),
    **dict.fromkeys(
        ("b", "button", "circle", "clipPath", "code", "defs", "em", "font", "g", "i", "input", "label", "path"), PLAIN
    ),
    **dict.fromkeys(
        ("picture", "rect", "small", "source", "span", "strong", "sub", "sup", "symbol", "time", "u", "use"), PLAIN
    ),
    "a": ANCHOR,
    "form": FORM,
}
"""Of HTML's elements; all others are ``PLAIN``. The plain ones named here are the most frequent."""
_SAME_SCOPE = frozenset({PLAIN, ANCHOR, LINK, SILENT})
_MAKE_BLOCKS = frozenset({BOX, BLOCK, HEADING, FORM})
_IN_LISTS = frozenset({*_ITEMS, "dir"})


class Scope:
    """What the elements around a node say of it: one object for all nodes, of any page, of which they say the same.

    There are some thousand at most, so they are kept: most pages need none that an earlier one had not.
    """

    __slots__ = ("block_tag", "foreign", "hidden", "in_list", "inner", "noscript")

    def __init__(self, block_tag: str, in_list: bool, hidden: str | None, foreign: bool, noscript: bool) -> None:
        self.block_tag = block_tag
        """The nearest element around that makes a block."""
        self.in_list = in_list
        self.hidden = hidden
        self.foreign = foreign
        """Something around is SVG or MathML."""
        self.noscript = noscript
        self.inner = _Inner(self)
        """Tag of an element in this scope → its kind and the scope in it."""

    def inside(self, tag: str) -> "Scope":
        """Return the scope in an element of this one."""
        is_noscript = tag == "noscript"
        return _scope(
            tag if KINDS.get(tag) in _MAKE_BLOCKS else self.block_tag,
            self.in_list or tag in _IN_LISTS,
            self.hidden or ("noscript" if is_noscript else None),
            self.foreign or tag in {"svg", "math"},
            self.noscript or is_noscript,
        )

    def hiding(self, reason: str | None) -> "Scope":
        """Return this scope in an element that hides what is in it (``None``: does not)."""
        if reason is None or self.hidden is not None:
            return self
        return _scope(self.block_tag, self.in_list, reason, self.foreign, self.noscript)


class _Inner(dict[str, tuple[int, Scope]]):
    """Filled as tags are met, so that one look-up tells all of an element. Names that nobody knows are not kept."""

    __slots__ = ("_scope",)

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self._scope = scope

    def __missing__(self, tag: str) -> tuple[int, Scope]:
        kind = KINDS.get(tag)
        if kind is None:
            return PLAIN, self._scope
        found = self[tag] = kind, self._scope if kind in _SAME_SCOPE else self._scope.inside(tag)
        return found


@cache
def _scope(block_tag: str, in_list: bool, hidden: str | None, foreign: bool, noscript: bool) -> Scope:
    return Scope(block_tag, in_list, hidden, foreign, noscript)


PAGE = _scope("body", False, None, False, False)
"""The scope of a page as a whole."""
