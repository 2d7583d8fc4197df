"""The source of a page as text that can be edited in one place while every other byte stays as it was.

Bytes are looked at as Latin-1, whatever the page's encoding: what is edited or added is ASCII.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

_PASSED_OVER = re.compile(
    r"<!--.*?-->|<(script|style|noscript|template|textarea|title)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL
)
_ANCHOR = re.compile(
    r"<a(?=[\s/])(?P<attributes>[^<>]*)>(?P<inner>(?:(?!<a[\s>]).)*?)</a\s*>", re.IGNORECASE | re.DOTALL
)
_ATTRIBUTE = r"(?<=[\s\"'])(?P<name>{name})\s*=\s*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'|(?P<bare>[^\s\"'>]+))"
_END_OF_PARAGRAPH = re.compile(r"</p\s*>", re.IGNORECASE)
_HEAD = re.compile(r"<head(?:\s[^>]*)?>", re.IGNORECASE)
_BODY = re.compile(r"<body(?:\s[^>]*)?>", re.IGNORECASE)
_END_OF_BODY = re.compile(r"</body\s*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Anchor:
    """One ``<a>`` element where it stands in the source."""

    start: int
    end: int
    attributes: str
    """All that stands between ``<a`` and ``>``."""
    inner: str
    """All that stands between ``>`` and ``</a>``."""

    def get(self, name: str) -> str | None:
        """Return an attribute's value, with its character references resolved."""
        match = _attribute(name).search(self.attributes)
        if match is None:
            return None
        return html.unescape(match["double"] or match["single"] or match["bare"] or "")

    def with_attribute(self, name: str, value: str) -> "Anchor":
        """Return the element with an attribute set; ``value`` is written as it is."""
        written = f'{name}="{value}"'
        attributes, replaced = _attribute(name).subn(lambda _: written, self.attributes, count=1)
        if not replaced:
            attributes = f" {written}{self.attributes}"
        return Anchor(self.start, self.end, attributes, self.inner)

    def with_inner(self, inner: str) -> "Anchor":
        """Return the element with another content."""
        return Anchor(self.start, self.end, self.attributes, inner)

    @property
    def text(self) -> str:
        """The source of the element."""
        return f"<a{self.attributes}>{self.inner}</a>"


def _attribute(name: str) -> re.Pattern[str]:
    return re.compile(_ATTRIBUTE.format(name=name), re.IGNORECASE)


def text_of(body: bytes) -> str:
    """Return the source as text."""
    return body.decode("latin-1")


def bytes_of(text: str) -> bytes:
    """Undo :func:`text_of`."""
    return text.encode("latin-1")


def anchors(text: str) -> list[Anchor]:
    """Return the ``<a>`` elements with an ``href`` that stand in the page itself: not in comments, scripts and such."""
    plain = _blanked(text)
    found = []
    for match in _ANCHOR.finditer(plain):
        anchor = Anchor(match.start(), match.end(), match["attributes"], match["inner"])
        if anchor.get("href") is not None and match[0] == text[match.start() : match.end()]:
            found.append(anchor)
    return found


def replaced(text: str, anchor: Anchor, by: str) -> str:
    """Return the source with other text in the place of an element."""
    return text[: anchor.start] + by + text[anchor.end :]


def swapped(text: str, one: Anchor, other: Anchor) -> str:
    """Return the source with two elements in each other's place; ``one`` stands before ``other``."""
    between = text[one.end : other.start]
    return text[: one.start] + other.text + between + one.text + text[other.end :]


def ends_of_paragraphs(text: str) -> list[int]:
    """Return where something can be added after a paragraph."""
    return [match.end() for match in _END_OF_PARAGRAPH.finditer(_blanked(text))]


def in_head(text: str, addition: str) -> str | None:
    """Return the source with an addition at the beginning of its head; ``None`` where it writes none."""
    return _inserted(text, _HEAD, addition)


def top_of_body(text: str, addition: str) -> str | None:
    """Return the source with an addition at the beginning of its body; ``None`` where it writes none."""
    return _inserted(text, _BODY, addition)


def end_of_body(text: str, addition: str) -> str | None:
    """Return the source with an addition at the end of its body; ``None`` where it writes none."""
    ends = list(_END_OF_BODY.finditer(_blanked(text)))
    return text[: ends[-1].start()] + addition + text[ends[-1].start() :] if ends else None


def tags(text: str) -> Iterator[re.Match[str]]:
    """Yield every start tag with attributes (group ``attributes``) outside comments, scripts and such."""
    yield from re.finditer(r"<[a-z][a-z0-9]*(?P<attributes>(?:\s+[a-z-]+=\"[^\"<>]*\")+)\s*>", _blanked(text), re.I)


def _inserted(text: str, place: re.Pattern[str], addition: str) -> str | None:
    match = place.search(_blanked(text))
    return text[: match.end()] + addition + text[match.end() :] if match else None


def _blanked(text: str) -> str:
    """The source with comments, scripts and such blanked out: places stay what they are."""
    return _PASSED_OVER.sub(lambda match: " " * len(match[0]), text)
