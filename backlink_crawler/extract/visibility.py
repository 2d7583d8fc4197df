"""Whether a reader can see an element, as far as its own attributes say: no style sheet is read.

Reasons: ``attribute`` (HTML §6.1), ``aria`` (WAI-ARIA 1.2 ``aria-hidden``: hidden from assistive technology, which most
often means decoration), and of an inline style ``display``, ``visibility``, ``opacity``, ``size`` (nothing of it is
left), ``off_screen``, ``text_indent`` (the text is moved away) and ``colour`` (the text has the colour of its ground).
Google's spam policies name the same list (developers.google.com/search/docs/essentials/spam-policies, "Hidden text").
"""

import re
from functools import lru_cache

from turbohtml import Document, Element

_MAY_HIDE = "[hidden],[style],[aria-hidden]"
_LONGEST_STYLE = 2_000
_FAR = 500.0
"""Pixels beyond which nothing of a box stands on a screen's edge any more."""

_WORTH_READING = re.compile(
    r"display|visibility|opacity|color|background|clip|scale|-\s*\d{3}|(?:width|height|size)\s*:\s*[01]", re.IGNORECASE
)
_LENGTH = re.compile(r"\s*(-?\d*\.?\d+)\s*(px|em|rem|pt|vw|vh|%|)\s*(?:!|$)")
_PIXELS = {"": 1.0, "px": 1.0, "pt": 4 / 3, "em": 16.0, "rem": 16.0, "vw": 10.0, "vh": 10.0, "%": 10.0}
"""Pixels of a unit on a screen of 1,000 by 1,000 with the usual letters: enough to tell far from near."""
_CLIPPED = re.compile(r"rect\(\s*(?:[01](?:px)?[\s,]*){4}\)|inset\(\s*(?:50|100)%")
_SHRUNK = re.compile(r"scale[xy]?\(\s*0(?:\.0+)?\s*[,)]")
_MOVED = re.compile(r"translate[xy3d]*\([^)]*-\s*(\d{3,})")
_NAMED_COLOURS = {"white": "ffffff", "black": "000000", "red": "ff0000", "blue": "0000ff", "yellow": "ffff00"}
_RGB = re.compile(r"rgba?\(\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})\s*[,/)]")
_HEX = re.compile(r"#([0-9a-f]{6}|[0-9a-f]{3})(?![0-9a-f])")


def hiding_elements(document: Document) -> dict[Element, str]:
    """Return the elements that hide what is in them, each with its reason."""
    hiding = {}
    for element in document.select(_MAY_HIDE):
        reason = _reason(element)
        if reason is not None:
            hiding[element] = reason
    return hiding


def _reason(element: Element) -> str | None:
    if element.attr("hidden") is not None:
        return "attribute"
    style = element.attr("style")
    by_style = hidden_by_style(style[:_LONGEST_STYLE]) if style else None
    if by_style is not None:
        return by_style
    return "aria" if (element.attr("aria-hidden") or "").strip().lower() == "true" else None


@lru_cache(maxsize=4_096)
def hidden_by_style(style: str) -> str | None:
    """Return why an inline style (the attribute's value) hides its element, or ``None``."""
    if not _WORTH_READING.search(style):
        return None
    said = _declarations(style)
    if said.get("display") == "none":
        return "display"
    if said.get("visibility") in {"hidden", "collapse"}:
        return "visibility"
    if _pixels(said.get("opacity", "1")) == 0:
        return "opacity"
    if _no_size(said):
        return "size"
    if _off_screen(said):
        return "off_screen"
    if (_pixels(said.get("text-indent", "0")) or 0) <= -_FAR:
        return "text_indent"
    return "colour" if _same_colour(said) else None


def _declarations(style: str) -> dict[str, str]:
    """The last declaration of a property counts (CSS Cascade §6.4); ``!important`` is taken off."""
    said = {}
    for declaration in style.lower().split(";"):
        name, colon, value = declaration.partition(":")
        if colon:
            said[name.strip()] = value.partition("!")[0].strip()
    return said


def _pixels(value: str) -> float | None:
    match = _LENGTH.match(value)
    return float(match[1]) * _PIXELS[match[2]] if match else None


def _no_size(said: dict[str, str]) -> bool:
    if _pixels(said.get("font-size", "1")) == 0 or _CLIPPED.search(said.get("clip", "") + said.get("clip-path", "")):
        return True
    if _SHRUNK.search(said.get("transform", "")):
        return True
    # A box without size shows what overflows it unless that is cut off.
    cut = said.get("overflow", "visible") in {"hidden", "clip"}
    sides = [_pixels(said[side]) for side in ("width", "height", "max-width", "max-height") if side in said]
    return cut and any(side is not None and side <= 1 for side in sides)


def _off_screen(said: dict[str, str]) -> bool:
    if _MOVED.search(said.get("transform", "")):
        return True
    if said.get("position") not in {"absolute", "fixed", "relative"}:
        return False
    return any((_pixels(said.get(side, "0")) or 0) <= -_FAR for side in ("left", "top", "right", "bottom"))


def _same_colour(said: dict[str, str]) -> bool:
    text = _colour(said.get("color", ""))
    return text is not None and text == _colour(said.get("background-color") or said.get("background", ""))


def _colour(value: str) -> str | None:
    """Return a colour as six hexadecimal digits; ``transparent`` and what isn't known are none."""
    match = _HEX.search(value)
    if match:
        return match[1] if len(match[1]) == 6 else "".join(digit * 2 for digit in match[1])
    match = _RGB.search(value)
    if match:
        return "".join(f"{min(int(part), 255):02x}" for part in match.groups())
    return next((code for name, code in _NAMED_COLOURS.items() if name in value.split()), None)
