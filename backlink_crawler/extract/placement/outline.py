"""The outline of a page: its boxes, and how much text and how many links each holds.

A box is an element that usually starts a line of its own (HTML §15.3: paragraphs, lists, tables, sections, forms).
Everything else is transparent: its text and links belong to the box around it. Text is *linked* inside ``<a>`` and
*plain* elsewhere. Boxes are numbered in document order, so a parent comes before its children and the boxes inside
``i`` are ``i + 1 … i + extent[i] - 1``.

It is filled in passing while the page is read (``reading``), and takes time and memory linear in the page.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from turbohtml import Element

PROSE = 80
"""Characters of plain text directly in a box that make it a paragraph of prose: shorter ones are labels and dates."""

Counts = npt.NDArray[np.int64]


NOWHERE = 0
"""The slot of what is not shown."""


def box_of(slot: int) -> int | None:
    """Return the box that a slot belongs to."""
    return (slot >> 1) - 1 if slot > 1 else None


@dataclass(slots=True)
class Outline:
    """Boxes of a page in document order. All lists run parallel; text is counted in characters.

    While the page is read, a *slot* says where text counts: ``2 * box + 2``, and one more inside a link. Below stand
    the two slots of no box, so that nobody needs to ask whether there is one.
    """

    elements: list[Element] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    """Number of the box around each; -1 for the root."""
    sizes: list[int] = field(default_factory=lambda: [0, 0])
    """Text of each slot."""
    links: list[int] = field(default_factory=lambda: [0])
    """``<a href>`` of each pair of slots."""
    masses: Counts = field(default_factory=lambda: np.zeros((0, 4), dtype=np.int64))
    """Of the box with all boxes inside: plain text, linked text, links, and prose: plain text that stands in boxes with
    at least ``PROSE`` characters of it."""
    plain: list[int] = field(default_factory=list)
    """First column of ``masses``; single numbers are read from lists three times as fast as from tables."""
    inner_links: list[int] = field(default_factory=list)
    """Its third column."""
    weights: list[int] = field(default_factory=list)
    """Plain text, prose weighing four times as much as other."""
    before: Counts = field(default_factory=lambda: np.zeros((1, 4), dtype=np.int64))
    """The same sums over all boxes that begin before each; one line more, for the end of the page. Text counts where
    its box begins."""
    paragraphs: Counts = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    """Numbers of the boxes with prose directly in them."""
    extent: list[int] = field(default_factory=list)
    """The box itself and all boxes inside."""

    def begin(self, element: Element, tag: str, slot: int) -> int:
        """Add the box that ``element`` makes, unless it stands nowhere; return the slot in it.

        :param slot: around the element; 2 around the root, which is box 0.
        """
        if slot <= 1:
            return slot
        self.elements.append(element)
        self.tags.append(tag)
        self.parents.append((slot >> 1) - 1)
        slot = len(self.sizes) | slot & 1
        self.sizes += (0, 0)
        self.links.append(0)
        return slot

    def measure(self) -> None:
        """Sum up what was counted, once all of the page is read."""
        if not self.parents:
            return
        self.parents[0] = -1
        parents = self.parents
        count = len(parents)
        extent = self.extent = [1] * count
        for box in range(count - 1, 0, -1):
            extent[parents[box]] += extent[box]
        direct = np.zeros((count + 1, 4), dtype=np.int64)
        direct[1:, :2] = _array(self.sizes).reshape(count + 1, 2)[1:]
        direct[1:, 2] = _array(self.links)[1:]
        plain = direct[1:, 0]
        direct[1:, 3] = plain * (plain >= PROSE)
        self.paragraphs = direct[1:, 3].nonzero()[0]
        before = self.before = direct.cumsum(axis=0)
        masses = self.masses = before.take(np.arange(count) + _array(extent), axis=0) - before[:-1]
        self.plain = masses[:, 0].tolist()
        self.inner_links = masses[:, 2].tolist()
        self.weights = (3 * masses[:, 3] + masses[:, 0]).tolist()


def _array(numbers: list[int]) -> npt.NDArray[np.int64]:
    """Return ``numbers`` as an array, in half the time of ``np.array``, which looks for the type of each first."""
    return np.fromiter(numbers, dtype=np.int64, count=len(numbers))
