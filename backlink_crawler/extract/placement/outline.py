"""The outline of a page: its boxes, and how much text and how many links each holds.

A box is an element that usually starts a line of its own (HTML §15.3: paragraphs, lists, tables, sections, forms).
Everything else is transparent: its text and links belong to the box around it. Text is *linked* inside ``<a>`` and
*plain* elsewhere. Boxes are numbered in document order, so a parent comes before its children and the boxes inside
``i`` are ``i + 1 … i + extent[i] - 1``.

Elements and texts are each enumerated once by the parser; nothing here looks at a node twice. So an outline takes
time and memory linear in the page, whatever the nesting.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from turbohtml import Document, Element
from turbohtml.traverse import NodeFilter, NodeIterator

PROSE = 80
"""Characters of plain text directly in a box that make it a paragraph of prose: shorter ones are labels and dates."""

_LISTS = ("ul", "ol", "dl", "menu", "li", "dt", "dd")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6", "hgroup")
_TABLES = ("table", "thead", "tbody", "tfoot", "tr", "td", "th", "caption")
_SECTIONS = ("body", "div", "section", "article", "main", "aside", "header", "footer", "nav", "search", "address")
_FLOW = ("p", "blockquote", "pre", "figure", "figcaption", "center", "details", "summary", "form", "fieldset")
_BOXES = ("html", *_SECTIONS, *_FLOW, *_LISTS, *_HEADINGS, *_TABLES)
_SILENT = ("head", "script", "style", "select", "textarea", "title")
_MARKED = (*_BOXES, *_SILENT, "template", "iframe", "a")
_IS_BOX = frozenset(_BOXES)
_SHADOW_ROOTS = frozenset({"open", "closed"})


Counts = npt.NDArray[np.int64]
_MOST_BOXES = 1 << 40
"""More than any page has."""


@dataclass(slots=True)
class Outline:
    """Boxes of a page in document order. All lists run parallel; text is counted in characters."""

    elements: list[Element] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    """Number of the box around each; -1 for the root."""
    masses: list[list[int]] = field(default_factory=list)
    """Of the box with all boxes inside: plain text, linked text, links, and prose: plain text that stands in boxes with
    at least ``PROSE`` characters of it."""
    before: Counts = field(default_factory=lambda: np.zeros((1, 4), dtype=np.int64))
    """The same sums over all boxes that begin before each; one line more, for the end of the page. Text counts where
    its box begins."""
    extent: list[int] = field(default_factory=list)
    """The box itself and all boxes inside."""
    _slots: dict[object, int | None] = field(default_factory=dict)
    """Box of each node met: its number, ``~number`` inside a link, ``None`` where nothing is shown."""

    def sums(self) -> Counts:
        """Return ``masses`` as a table."""
        start = np.arange(len(self.extent))
        sums: Counts = self.before[start + self.extent] - self.before[start]
        return sums

    def box_of(self, element: Element) -> int | None:
        """Return the number of the box that ``element`` is or stands in; ``None`` in the head and the like."""
        slot = self._slots.get(element, -_MOST_BOXES)
        if slot == -_MOST_BOXES:
            slot = self._slot(element)
        return slot if slot is None or slot >= 0 else ~slot

    def _slot(self, node: object) -> int | None:
        passed: list[object] = []
        slots = self._slots
        while node is not None and node not in slots:
            passed.append(node)
            node = getattr(node, "parent", None)
        slot = None if node is None else slots[node]
        for inner in passed:
            slots[inner] = slot
        return slot


def outline_of(document: Document) -> Outline:
    """Return the outline of ``document``; an empty one for a document without a root."""
    outline = Outline()
    root = document.root
    if root is not None:
        around_links = _find_boxes(outline, root)
        _measure(outline, around_links, *_texts(outline, root))
    return outline


def _find_boxes(outline: Outline, root: Element) -> list[int]:
    """Fill in the boxes and return the box of each link that has a target."""
    slots, elements, tags, parents = outline._slots, outline.elements, outline.tags, outline.parents
    around_links: list[int] = []
    slots[root] = 0
    elements.append(root)
    tags.append(root.tag)
    parents.append(-1)
    for element in root.iter_elements(_MARKED):
        parent = element.parent
        around = slots.get(parent, -_MOST_BOXES)
        if around == -_MOST_BOXES:
            around = outline._slot(parent)
        tag = element.tag
        if around is None:
            slots[element] = None
        elif tag == "a" or tag == "iframe":
            slots[element] = around if around < 0 else ~around
            if tag == "a" and element.attr("href") is not None:
                around_links.append(around if around >= 0 else ~around)
        elif tag in _IS_BOX:
            slots[element] = len(tags) if around >= 0 else ~len(tags)
            elements.append(element)
            tags.append(tag)
            parents.append(around if around >= 0 else ~around)
        elif tag == "template" and (element.attr("shadowrootmode") or "").lower() in _SHADOW_ROOTS:
            slots[element] = around  # browsers render it in the place of its host's content
        else:
            slots[element] = None
    return around_links


def _texts(outline: Outline, root: Element) -> tuple[list[int], list[int]]:
    """Return the plain and the linked text directly in each box, in characters."""
    slots = outline._slots
    own, linked = [0] * len(outline.tags), [0] * len(outline.tags)
    for text in NodeIterator(root, NodeFilter.SHOW_TEXT):
        data: str = text.data  # type: ignore[attr-defined]  # SHOW_TEXT yields Text alone
        if data.isspace():
            continue
        parent = text.parent
        slot = slots.get(parent, -_MOST_BOXES)
        if slot == -_MOST_BOXES:
            slot = outline._slot(parent)
        if slot is None:
            continue
        if slot >= 0:
            own[slot] += len(data.strip())
        else:
            linked[~slot] += len(data.strip())
    return own, linked


def _measure(outline: Outline, around_links: list[int], own: list[int], linked: list[int]) -> None:
    parents = outline.parents
    count = len(parents)
    extent = outline.extent = [1] * count
    for box in range(count - 1, 0, -1):
        extent[parents[box]] += extent[box]
    direct = np.zeros((count + 1, 4), dtype=np.int64)
    direct[1:, 0] = own
    direct[1:, 1] = linked
    direct[1:, 2] = np.bincount(np.array(around_links, dtype=np.int64), minlength=count)
    direct[1:, 3] = direct[1:, 0] * (direct[1:, 0] >= PROSE)
    outline.before = direct.cumsum(axis=0)
    outline.masses = outline.sums().tolist()
