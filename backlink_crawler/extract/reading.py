"""One pass over a page's tree, in document order: its text in lines, where in it each linking element stands, and its
outline.

A *line* is a run of text between two block boundaries (HTML §15.3: what is rendered as a block), white space folded: a
paragraph, a list item's own text, a table cell. What browsers do not render as text (scripts, style sheets, templates,
the fallback of frames) is left out. Shadow roots that a page declares are read in the place of their host.

Everything that later features need is noted in passing, because reaching a node costs more than what is done with it.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import accumulate, islice
from typing import Any, Protocol

from turbohtml import Document, DocumentFragment, Element, Namespace, Node, Text

from backlink_crawler.extract.occurrences import Occurrence
from backlink_crawler.extract.placement.outline import NOWHERE, Outline, box_of
from backlink_crawler.extract.scopes import (
    ANCHOR,
    BLOCK,
    BOX,
    FORM,
    HEADING,
    LINK,
    NOTED,
    PAGE,
    PLAIN,
    SCOPE,
    SILENT,
    Scope,
)
from backlink_crawler.extract.visibility import hiding_elements
from backlink_crawler.extract.words import Blanks, beginnings, blanks_of, count_words, folded_text
from backlink_crawler.records import MAX_ANCHOR

_MAX_HEADING = 200
_PIECES_OF_HEADING = 32
"""A heading is made of a few pieces of text; one of a hundred thousand is read no further."""
_SHADOW_ROOTS = frozenset({"open", "closed"})


_new = tuple.__new__
"""Makes an :class:`Occurrence` of all its fields in half the time of calling the class."""
_UNFINISHED: Any = None
"""Takes the place of an ``a`` among the occurrences until it ends: others may begin in it."""
_UNREAD_IN_DRAWINGS = frozenset({"title", "desc", "script", "style", "metadata"})


class _Ending(Protocol):
    """What is to be done where an element ends, other than to end a line."""

    def end(self, reading: "Reading") -> None: ...


_Begun = tuple[Element, str, str | None, Scope, int | None, int, int, int]
"""What is known of an :class:`Occurrence` when it begins: its fields up to ``start``."""


class _Anchor:
    """An ``a`` that has begun and not ended."""

    __slots__ = ("_around", "_begun", "_number", "alt", "image")

    def __init__(self, begun: _Begun, number: int, around: "_Anchor | None") -> None:
        self._begun = begun
        self._number = number
        self._around = around
        self.image: Element | None = None
        self.alt = ""

    def end(self, reading: "Reading") -> None:
        reading._anchor = self._around
        alt = " ".join(self.alt.split()) if self.alt else ""
        link = (*self._begun, len(reading._pieces), self.image, alt, "")
        reading.occurrences[self._number] = _new(Occurrence, link)


class _Heading:
    """A heading that has begun and not ended."""

    __slots__ = ("_above",)

    def __init__(self, above: int) -> None:
        self._above = above

    def end(self, reading: "Reading") -> None:
        pieces, headings = reading._pieces, reading._headings
        first, end = headings[-1][0], len(pieces)
        headings[-1] = (first, end)
        if all(map(str.isspace, pieces[first : min(end, first + _PIECES_OF_HEADING)])):
            reading._heading = self._above  # an empty heading is above nothing
        reading._break()


class _Shadow:
    """A shadow root that has begun and not ended: it is no element, so it does not count in the depth."""

    __slots__ = ()

    def __init__(self, reading: "Reading") -> None:
        reading._shadows += 1

    def end(self, reading: "Reading") -> None:
        reading._shadows -= 1


_Entered = tuple[_Ending | bool, Scope, int]
"""Of an element that has begun: what its end does (``True``: it ends a line; ``False``: nothing), scope and slot in
it."""
_Around = tuple[Node, Scope, int, _Ending | bool]
"""Of an element or shadow root that has begun: what is around it, scope and slot there, and what its end does."""


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
        self.outline = Outline()
        self._pieces = ["\n"]
        self._unseen: list[int] = []
        """Numbers of the pieces that are hidden."""
        self._anchor: _Anchor | None = None
        self._heading = -1
        self._shadows = 0
        self._headings: list[tuple[int, int]] = []
        self._hiding = hiding_elements(document)
        self._walk(document)
        self.outline.measure()
        self.text = "".join(self._pieces)
        """All lines, each between two line feeds."""

    @cached_property
    def words(self) -> int:
        """Words of the text: runs of characters between white space or block boundaries."""
        return count_words(self.beginnings)

    @cached_property
    def beginnings(self) -> Blanks:
        """For each character of the text but the last, whether a word begins after it."""
        return beginnings(self._blanks)

    @cached_property
    def _blanks(self) -> Blanks:
        return blanks_of(self.text)

    @property
    def words_seen(self) -> int:
        """Words of what is not hidden."""
        if not self._unseen:
            return self.words
        blanks, offsets = self._blanks.copy(), self.offsets
        for number in self._unseen:
            blanks[offsets[number] : offsets[number + 1]] = True
        return count_words(beginnings(blanks))

    @cached_property
    def offsets(self) -> list[int]:
        """Where in :attr:`text` each piece begins, and the end of the last one."""
        return [0, *accumulate(map(len, self._pieces))]

    def heading(self, number: int) -> str | None:
        """Return the text of a heading, folded and bounded; ``None`` where there is none of that number."""
        if not 0 <= number < len(self._headings):
            return None
        start, end = self._headings[number]
        text = "".join(self._pieces[start : min(end, start + _PIECES_OF_HEADING)])
        return " ".join(text[: 4 * _MAX_HEADING].split())[:_MAX_HEADING] or None

    def _walk(self, around: Node) -> None:  # noqa: C901 - a call for each node would double its time
        """Visit every node in ``around``; what ended before one shows in its parent. ``slot``: see :class:`Outline`."""
        hiding, pieces, unseen = self._hiding, self._pieces, self._unseen
        outline, sizes, links = self.outline, self.outline.sizes, self.outline.links
        elements, tags, around_boxes = outline.elements, outline.tags, outline.parents
        stack: list[_Around] = []
        scope, slot, nodes = PAGE, 2, around.descendants
        for node in nodes:
            parent = node.parent
            while around is not parent:
                around, scope, slot, ending = stack.pop()
                if ending is True:
                    if pieces[-1] != "\n":
                        pieces.append("\n")
                elif ending is not False:
                    ending.end(self)
            if type(node) is Text:
                data = node.data
                if not data.isspace():
                    if scope.hidden is not None:
                        unseen.append(len(pieces))
                    pieces.append(folded_text(data) if "\n" in data or "  " in data or "\t" in data else data)
                    sizes[slot] += len(data.strip())
                elif pieces[-1] != "\n":
                    pieces.append(" ")
            elif type(node) is Element:
                kind, inner = scope.inner[tag := node.tag]
                if kind <= PLAIN and not (hiding and node in hiding):
                    stack.append((around, scope, slot, kind != PLAIN))
                    around = node
                    if kind != PLAIN:
                        if pieces[-1] != "\n":
                            pieces.append("\n")
                        scope = inner
                        if kind == BOX and slot > 1:  # as in ``Outline.begin``
                            elements.append(node)
                            tags.append(tag)
                            around_boxes.append((slot >> 1) - 1)
                            slot = len(sizes) | slot & 1
                            sizes += (0, 0)
                            links.append(0)
                elif kind == ANCHOR and len(node) == 1 and type(text := node[0]) is Text and node not in hiding:
                    next(nodes)  # an ``a`` that holds nothing but text, as most do
                    self._add_anchor(node, text.data, scope, slot, len(stack))
                elif (entered := self._enter(node, tag, kind, scope, slot, len(stack))) is None:
                    _pass_over(nodes, node)
                else:
                    stack.append((around, scope, slot, entered[0]))
                    around, (_, scope, slot) = node, entered
            elif type(node) is DocumentFragment:
                stack.append((around, scope, slot, _Shadow(self)))
                around = node
        self._end(stack)

    def _add_anchor(self, node: Element, data: str, scope: Scope, slot: int, depth: int) -> None:
        """Add an ``a`` whose only child is the text ``data``."""
        href, start, pieces = node.attr("href"), len(self._pieces), self._pieces
        if scope.hidden is not None:
            self._unseen.append(start)
        label = " ".join(data.split()) if len(data) <= MAX_ANCHOR else ""
        outline = self.outline
        outline.sizes[slot | 1] += len(data.strip())
        outline.links[slot >> 1] += href is not None
        pieces.append(folded_text(data) if label != data and ("\n" in data or "  " in data or "\t" in data) else data)
        box = (slot >> 1) - 1 if slot > 1 else None
        link = (
            *(node, "a", href, scope, box, depth - self._shadows, self._heading),
            *(start, start + 1, None, "", label),
        )
        self.occurrences.append(_new(Occurrence, link))

    def _end(self, stack: Sequence[_Around]) -> None:
        """End what the end of the page ends."""
        for *_, ending in reversed(stack):
            if ending is True:
                self._break()
            elif ending is not False:
                ending.end(self)

    def _enter(self, element: Element, tag: str, kind: int, outer: Scope, slot: int, depth: int) -> _Entered | None:
        """Begin an element; return what holds in it, ``None`` if nothing of it is to be read."""
        if kind == ANCHOR:
            return self._enter_anchor(element, outer.hiding(self._hiding.get(element)), slot | 1, depth)
        if outer.foreign and element.namespace is not Namespace.HTML:
            return self._enter_foreign(element, tag, kind, outer, slot)
        if kind == NOTED:
            self._note(element, tag, outer, slot)
            return None
        scope = outer.inner[tag][1].hiding(self._hiding.get(element))
        if kind == LINK:
            # What a frame holds is shown where there are no frames: nowhere.
            self._found(element, tag, scope, slot | 1, depth)
            self._weigh(element, slot | 1)
            return None
        if kind == SILENT:
            return False, scope, NOWHERE
        if kind in {PLAIN, SCOPE}:
            is_read = tag != "template" or _is_shadow_root(element)
            return (False, scope, slot) if is_read else None
        return self._enter_block(element, tag, kind, scope, slot, depth)

    def _enter_anchor(self, element: Element, scope: Scope, slot: int, depth: int) -> _Entered:
        href, number = element.attr("href"), len(self.occurrences)
        if href is not None:
            self.outline.links[slot >> 1] += 1
        depth -= self._shadows
        begun = (element, "a", href, scope, box_of(slot), depth, self._heading, len(self._pieces))
        self._anchor = anchor = _Anchor(begun, number, self._anchor)
        self.occurrences.append(_UNFINISHED)
        return anchor, scope, slot

    def _enter_block(self, element: Element, tag: str, kind: int, scope: Scope, slot: int, depth: int) -> _Entered:
        self._break()
        if kind != BLOCK:
            slot = self.outline.begin(element, tag, slot)
        if kind == HEADING:
            above, self._heading = self._heading, len(self._headings)
            self._headings.append((len(self._pieces), len(self._pieces)))
            return _Heading(above), scope, slot
        if kind == FORM:
            self._found(element, tag, scope, slot, depth)
        return True, scope, slot

    def _enter_foreign(self, element: Element, tag: str, kind: int, outer: Scope, slot: int) -> _Entered | None:
        """Begin an element of SVG or MathML: whatever its name, it is not HTML's element of that name."""
        if tag == "title" and self._anchor is not None:
            self._anchor.alt = self._anchor.alt or element.text
        if tag in _UNREAD_IN_DRAWINGS:
            if tag in {"desc", "metadata"}:
                self._weigh(element, slot)
            return None
        if kind in {BOX, HEADING, FORM}:
            slot = self.outline.begin(element, tag, slot)
        elif kind == SILENT or tag == "textarea" or (tag == "template" and not _is_shadow_root(element)):
            slot = NOWHERE
        elif tag == "iframe":
            slot |= 1
        return False, outer.hiding(self._hiding.get(element)), slot

    def _found(self, element: Element, tag: str, scope: Scope, slot: int, depth: int) -> None:
        """Keep a linking element that is no ``a``."""
        href, start = element.attr("href"), len(self._pieces)
        self.occurrences.append(
            Occurrence(element, tag, href, scope, box_of(slot), depth - self._shadows, self._heading, start, start)
        )

    def _weigh(self, element: Element, slot: int) -> None:
        """Count text that is not read in the outline, as the model of placement was trained with it."""
        self.outline.sizes[slot] += sum(
            len(node.data.strip()) for node in element.descendants if isinstance(node, Text)
        )

    def _break(self) -> None:
        """End the line, if it has begun."""
        if self._pieces[-1] != "\n":
            self._pieces.append("\n")

    def _note(self, element: Element, tag: str, scope: Scope, slot: int) -> None:
        """Keep an element that means something and has no content to visit."""
        if tag == "br":
            self._pieces.append(" ")
        elif tag == "img":
            if self._anchor is not None:
                self._anchor.image = self._anchor.image or element
                self._anchor.alt = self._anchor.alt or (element.attr("alt") or "").strip()
        elif tag == "script":
            self.scripts.append(element)
        elif tag in {"noembed", "noframes"}:
            self._weigh(element, slot)
        else:
            self._note_head(element, tag, scope)

    def _note_head(self, element: Element, tag: str, scope: Scope) -> None:
        if tag == "meta" and not scope.noscript:
            self.metas.append(element)
        elif tag == "title" and self.title is None:
            self.title = element
        elif tag == "base" and self.base is None and element.attr("href") is not None:
            self.base = element


def _pass_over(nodes: Iterator[Node], element: Element) -> None:
    """Take everything inside ``element``, which came last, out of ``nodes``."""
    if len(element) == 1 and type(element[0]) is Text:
        next(nodes)
    elif len(element):
        deque(islice(nodes, sum(1 for _ in element.descendants)), maxlen=0)


def _is_shadow_root(template: Element) -> bool:
    """Whether a template is shown, as it declares a shadow root (HTML §4.12.3)."""
    return (template.attr("shadowrootmode") or "").lower() in _SHADOW_ROOTS
