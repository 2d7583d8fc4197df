"""Paths by which an element is found again in the tree that a browser builds of the same page."""

import re

from turbohtml import Element

from backlink_crawler.extract.occurrences import Occurrence
from backlink_crawler.records import MAX_XPATH

_DEEPEST = MAX_XPATH // 2
"""A step takes two characters at least: deeper paths cannot fit, and would take quadratic time to write."""
_PLAIN = re.compile(r"[a-z0-9/\[\]-]*")


class Paths:
    """Writes the XPaths of one page's links."""

    def __init__(self) -> None:
        self._numbers: dict[Element, dict[Element, int]] = {}

    def of(self, link: Occurrence) -> str:
        """Return an XPath 1.0 expression that selects the element; ``""`` beyond 512 characters, and in shadow roots,
        into which no path leads.

        In a document of HTML, a name in XPath means an element of HTML (DOM §8): steps through SVG, MathML and names
        that XPath reads otherwise (``fb:like``) count elements instead.
        """
        if link.depth > _DEEPEST:
            return ""
        path = link.element.xpath_path()
        if link.scope.foreign or not _PLAIN.fullmatch(path):
            path = self._counted(link.element)
        return path if len(path) <= MAX_XPATH and path.startswith("/html") else ""

    def _counted(self, element: Element) -> str:
        steps: list[str] = []
        parent = element.parent
        while isinstance(parent, Element):
            numbers = self._numbers.get(parent)
            if numbers is None:
                siblings = (child for child in parent.children if isinstance(child, Element))
                numbers = self._numbers[parent] = {child: number for number, child in enumerate(siblings, 1)}
            steps.append(f"*[{numbers[element]}]")
            element, parent = parent, parent.parent
        return "/".join(["", element.tag, *reversed(steps)])
