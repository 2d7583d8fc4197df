"""One pass over a page's tree, in document order: its text in lines, and where in it each linking element stands.

A *line* is a run of text between two block boundaries (HTML §15.3: what is rendered as a block), white space folded: a
paragraph, a list item's own text, a table cell. What browsers do not render as text (scripts, style sheets, templates,
the fallback of frames) is left out. Shadow roots that a page declares are read in the place of their host.

Everything that later features need is noted in passing, because reaching a node costs more than what is done with it.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from turbohtml import Document, DocumentFragment, Element, Namespace, Node, Text

from backlink_crawler.extract.visibility import hiding_elements

_CHUNK = 65_536
"""Longer text nodes are folded piece by piece: a node of megabytes must not become millions of words at once."""
_MAX_HEADING = 200
_PIECES_OF_HEADING = 32
"""A heading is made of a few pieces of text; one of a hundred thousand is read no further."""
_SHADOW_ROOTS = frozenset({"open", "closed"})

_BLOCK, _HEADING, _ANCHOR, _LINK, _FORM, _SCOPE, _NOTED = range(7)
"""Kinds of elements, by what is to be done. Plain numbers: members of an enumeration take three times as long."""

_ITEMS = ("ul", "ol", "menu", "dl", "dir", "li", "dd", "dt")
_BLOCKS = (
    *("address", "article", "aside", "blockquote", "body", "caption", "center", "details", "dialog", "div"),
    *("fieldset", "figcaption", "figure", "footer", "header", "hgroup", "hr", "html", "legend", "listing", "main"),
    *("nav", "optgroup", "option", "p", "plaintext", "pre", "search", "section", "summary"),
    *("table", "tbody", "td", "tfoot", "th", "thead", "tr", "xmp"),
)
_KINDS: dict[str, int] = {
    **dict.fromkeys((*_ITEMS, *_BLOCKS), _BLOCK),
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), _HEADING),
    **dict.fromkeys(("area", "iframe", "frame", "link"), _LINK),
    **dict.fromkeys(("math", "noscript", "svg", "template"), _SCOPE),
    **dict.fromkeys(
        ("base", "br", "img", "meta", "noembed", "noframes", "script", "style", "textarea", "title"), _NOTED
    ),
    "a": _ANCHOR,
    "form": _FORM,
}
_MAKE_BLOCKS = frozenset({_BLOCK, _HEADING, _FORM})


class Scope:
    """What the elements around a node say of it. Shared by all nodes of which they say the same."""

    __slots__ = ("block_tag", "foreign", "hidden", "in_list", "inner", "noscript")

    def __init__(self, block_tag: str, *, in_list: bool, hidden: str | None, foreign: bool, noscript: bool) -> None:
        self.block_tag = block_tag
        """The nearest element around that makes a block."""
        self.in_list = in_list
        self.hidden = hidden
        self.foreign = foreign
        """Something around is SVG or MathML."""
        self.noscript = noscript
        self.inner: dict[str, Scope] = {}
        """Scopes in elements of this one, by tag; those that hide, by blank and reason."""

    def inside(self, tag: str) -> "Scope":
        """Return the scope in an element of this one."""
        inner = self.inner.get(tag)
        if inner is None:
            is_noscript = tag == "noscript"
            inner = self.inner[tag] = Scope(
                tag if _KINDS.get(tag) in _MAKE_BLOCKS else self.block_tag,
                in_list=self.in_list or tag in _ITEMS,
                hidden=self.hidden or ("noscript" if is_noscript else None),
                foreign=self.foreign or tag in {"svg", "math"},
                noscript=self.noscript or is_noscript,
            )
        return inner

    def hiding(self, reason: str | None) -> "Scope":
        """Return this scope in an element that hides what is in it (``None``: does not)."""
        if reason is None or self.hidden is not None:
            return self
        inner = self.inner.get(f" {reason}")
        if inner is None:
            inner = self.inner[f" {reason}"] = Scope(
                self.block_tag, in_list=self.in_list, hidden=reason, foreign=self.foreign, noscript=self.noscript
            )
        return inner


class Occurrence(NamedTuple):
    """A linking element (``a area iframe frame form link``) in its place, with or without an address."""

    element: Element
    tag: str
    scope: Scope
    """Of the element itself, its own attributes included."""
    depth: int
    """Elements around it."""
    heading: int
    """Number of the heading it stands in or under; -1: above all."""
    start: int
    """Numbers of the pieces of text before which it begins and ends."""
    end: int
    image: Element | None = None
    """The first ``img`` in it."""
    alt: str = ""
    """The first text in it that stands in for an image: of ``alt``, or the title of a drawing."""


class _Anchor:
    """An ``a`` that has begun and not ended."""

    __slots__ = ("alt", "around", "image", "number")

    def __init__(self, number: int, around: "_Anchor | None") -> None:
        self.number = number
        self.around = around
        self.image: Element | None = None
        self.alt = ""


_Frame = tuple[Scope, bool, _Anchor | None, int]
"""Of an element that is no mere block: scope around it, whether it makes a block, the anchor that ends with it, and the
number of the heading before it (:data:`_NO_HEADING`: it is none)."""
_NO_HEADING = -2


class Reading:
    """What one pass over a document gives."""

    def __init__(self, document: Document) -> None:
        self.occurrences: list[Occurrence] = []
        """In document order."""
        self.metas: list[Element] = []
        """``meta`` elements outside ``noscript``: browsers run scripts."""
        self.scripts: list[Element] = []
        self.title: Element | None = None
        self.base: Element | None = None
        """The first ``base`` with an ``href``."""
        self._pieces = ["\n"]
        self._unseen: list[int] = []
        """Numbers of the pieces that are hidden."""
        self._anchor: _Anchor | None = None
        self._heading = -1
        self._headings: list[tuple[int, int]] = []
        self._hiding = hiding_elements(document)
        self._walk(document)
        self.text = "".join(self._pieces)
        """All lines, each between two line feeds."""

    @property
    def words(self) -> int:
        """Words of the text: runs of characters between white space or block boundaries."""
        return count_words(self.text)

    @property
    def words_seen(self) -> int:
        """Words of what is not hidden."""
        if not self._unseen:
            return self.words
        seen = self._pieces.copy()
        for number in self._unseen:
            seen[number] = " "
        return count_words("".join(seen))

    @property
    def places(self) -> list[tuple[int, int]]:
        """Where in :attr:`text` each occurrence's own text begins and ends; the same twice where it has none."""
        offsets = [0, *accumulate(map(len, self._pieces))]
        return [(offsets[link.start], offsets[link.end]) for link in self.occurrences]

    def heading(self, number: int) -> str | None:
        """Return the text of a heading, folded and bounded; ``None`` where there is none of that number."""
        if not 0 <= number < len(self._headings):
            return None
        start, end = self._headings[number]
        text = "".join(self._pieces[start : min(end, start + _PIECES_OF_HEADING)])
        return " ".join(text[: 4 * _MAX_HEADING].split())[:_MAX_HEADING] or None

    def _walk(self, document: Document) -> None:  # noqa: C901 - a call for each node would double its time
        """Visit every node; the loop is kept flat, as it runs some thousand times a page."""
        kinds, hiding, pieces, say = _KINDS, self._hiding, self._pieces, self._pieces.append
        found = self.occurrences.append
        scope = Scope("body", in_list=False, hidden=None, foreign=False, noscript=False)
        stack: list[Iterator[Node]] = [iter(document.children)]
        frames: list[Scope | _Frame | None] = [None]
        while stack:
            for node in stack[-1]:
                if type(node) is Text:
                    data = node.data
                    if data.isspace():
                        if pieces[-1] != "\n":
                            say(" ")
                        continue
                    if scope.hidden is not None:
                        self._unseen.append(len(pieces))
                    say(_folded(data) if "\n" in data or "  " in data or "\t" in data else data)
                elif type(node) is Element:
                    tag = node.tag
                    kind = kinds.get(tag)
                    frame: Scope | _Frame | None = None
                    if kind == _BLOCK and node not in hiding:
                        if pieces[-1] != "\n":
                            say("\n")
                        frame, scope = scope, scope.inner.get(tag) or scope.inside(tag)
                        children: Sequence[Node] = node.children
                    elif kind == _ANCHOR and len(node) == 1 and type(node[0]) is Text and node not in hiding:
                        data = node[0].data
                        start = len(pieces)
                        if scope.hidden is not None:
                            self._unseen.append(start)
                        say(_folded(data) if "\n" in data or "  " in data or "\t" in data else data)
                        found(Occurrence(node, tag, scope, len(stack) - 1, self._heading, start, start + 1))
                        continue
                    elif kind is not None or node in hiding:
                        frame, scope, children = self._enter(node, tag, kind, scope, len(stack) - 1)
                    else:
                        children = node.children
                    if children:
                        stack.append(iter(children))
                        frames.append(frame)
                        break
                    if frame is not None:
                        scope = self._leave(frame)
            else:
                stack.pop()
                frame = frames.pop()
                if type(frame) is Scope:
                    if pieces[-1] != "\n":
                        say("\n")
                    scope = frame
                elif frame is not None:
                    scope = self._leave(frame)

    def _enter(
        self, element: Element, tag: str, kind: int | None, outer: Scope, depth: int
    ) -> tuple[_Frame | None, Scope, Sequence[Node]]:
        """Begin an element; return what its end restores, the scope in it, and what is to be visited of it."""
        if outer.foreign and kind != _ANCHOR and element.namespace is not Namespace.HTML:
            return self._enter_foreign(element, tag, outer)
        if kind == _NOTED:
            self._note(element, tag, outer)
            return None, outer, ()
        scope = outer if kind in {None, _ANCHOR, _LINK} else outer.inside(tag)
        if element in self._hiding:
            scope = scope.hiding(self._hiding[element])
        if kind in {_ANCHOR, _LINK}:
            assert kind is not None
            return self._enter_link(element, tag, kind, outer, scope, depth)
        if kind is None or kind == _SCOPE:
            children = _shadow_root(element) if tag == "template" else element.children
            return (outer, False, None, _NO_HEADING), scope, children
        return self._enter_block(element, tag, kind, outer, scope, depth), scope, element.children

    def _enter_link(
        self, element: Element, tag: str, kind: int, outer: Scope, scope: Scope, depth: int
    ) -> tuple[_Frame | None, Scope, Sequence[Node]]:
        start = len(self._pieces)
        children: Sequence[Node] = ()  # what a frame holds is shown where there are no frames: nowhere
        if kind == _ANCHOR:
            children = element.children
            self._anchor = _Anchor(len(self.occurrences), self._anchor)
        self.occurrences.append(Occurrence(element, tag, scope, depth, self._heading, start, start))
        if kind == _LINK:
            return None, outer, ()
        return (outer, False, self._anchor, _NO_HEADING), scope, children

    def _enter_block(self, element: Element, tag: str, kind: int, outer: Scope, scope: Scope, depth: int) -> _Frame:
        self._break()
        before, number = _NO_HEADING, len(self._pieces)
        if kind == _HEADING:
            before, self._heading = self._heading, len(self._headings)
            self._headings.append((number, number))
        elif kind == _FORM:
            self.occurrences.append(Occurrence(element, tag, scope, depth, self._heading, number, number))
        return outer, True, None, before

    def _enter_foreign(self, element: Element, tag: str, outer: Scope) -> tuple[_Frame | None, Scope, Sequence[Node]]:
        """Begin an element of SVG or MathML: whatever its name, it is not HTML's element of that name."""
        if tag == "title" and self._anchor is not None:
            self._anchor.alt = self._anchor.alt or element.text
        if tag in {"title", "desc", "script", "style", "metadata"}:
            return None, outer, ()
        hiding = self._hiding.get(element)
        scope = outer if hiding is None else outer.hiding(hiding)
        return (outer, False, None, _NO_HEADING), scope, element.children

    def _leave(self, frame: Scope | _Frame) -> Scope:
        """End an element; return the scope around it."""
        if type(frame) is Scope:
            self._break()
            return frame
        assert type(frame) is tuple
        outer, is_block, anchor, before = frame
        if anchor is not None:
            self._anchor = anchor.around
            link = self.occurrences[anchor.number]
            self.occurrences[anchor.number] = link._replace(
                end=len(self._pieces), image=anchor.image, alt=" ".join(anchor.alt.split())
            )
        if before != _NO_HEADING:
            self._end_heading(before)
        if is_block:
            self._break()
        return outer

    def _break(self) -> None:
        """End the line, if it has begun."""
        if self._pieces[-1] != "\n":
            self._pieces.append("\n")

    def _end_heading(self, before: int) -> None:
        first, end = self._headings[-1][0], len(self._pieces)
        self._headings[-1] = (first, end)
        if not any(piece.strip() for piece in self._pieces[first : min(end, first + _PIECES_OF_HEADING)]):
            self._heading = before  # an empty heading is above nothing

    def _note(self, element: Element, tag: str, scope: Scope) -> None:
        """Keep an element that means something and has no content to visit."""
        if tag == "br":
            self._pieces.append(" ")
        elif tag == "img":
            if self._anchor is not None:
                self._anchor.image = self._anchor.image or element
                self._anchor.alt = self._anchor.alt or (element.attr("alt") or "").strip()
        elif tag == "script":
            self.scripts.append(element)
        elif tag == "meta" and not scope.noscript:
            self.metas.append(element)
        elif tag == "title" and self.title is None:
            self.title = element
        elif tag == "base" and self.base is None and element.attr("href") is not None:
            self.base = element


def _folded(data: str) -> str:
    """Return ``data`` with each run of white space as one blank, those at its ends too."""
    if len(data) > _CHUNK:
        return "".join(_folded(data[start : start + _CHUNK]) for start in range(0, len(data), _CHUNK))
    words = " ".join(data.split())
    return f"{' ' if data[0].isspace() else ''}{words}{' ' if data[-1].isspace() else ''}"


def count_words(text: str) -> int:
    """Count the runs of characters between white space; without making words of them, so twice as fast."""
    flat = text.replace("\n", " ").strip(" ")
    while "  " in flat:
        flat = flat.replace("  ", " ")
    return flat.count(" ") + 1 if flat else 0


def _shadow_root(template: Element) -> Sequence[Node]:
    """Return what a template shows: nothing, unless it declares a shadow root (HTML §4.12.3)."""
    if (template.attr("shadowrootmode") or "").lower() not in _SHADOW_ROOTS:
        return ()
    return [node for part in template.children if isinstance(part, DocumentFragment) for node in part.children]
