"""Which answers are HTML: by their Content-Type, without one by their first bytes (WHATWG MIME Sniffing, §5 and §7.1).

As in browsers, a declared type is believed: HTML that is called ``text/plain`` is shown as text.
"""

import re

SNIFFED = 1_445
"""Bytes at the start of a body that tell (§5.2)."""
UNREAD = "body_not_read"
"""Flag of a response whose body was not fetched, because it cannot be HTML and only that was wanted."""

_HTML = frozenset({"text/html", "application/xhtml+xml"})
_UNDECLARED = frozenset({"unknown/unknown", "application/unknown", "*/*"})
_TYPE = re.compile(r"[!#$%&'*+.^_`|~\w-]+/[!#$%&'*+.^_`|~\w-]+", re.ASCII)
_TAGS = rb"!doctype html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p"
_MARKUP = re.compile(rb"[\t\n\x0c\r ]*(?:<!--|<(?:" + _TAGS + rb")[ >])", re.IGNORECASE)


def may_be_html(content_type: str | None) -> bool:
    """Whether the body has to be looked at: it is declared as HTML, or as nothing that means anything."""
    kind = _declared(content_type)
    return kind is None or kind in _HTML


def is_html(content_type: str | None, start: bytes) -> bool:
    """Whether an answer is HTML; ``start``: its first bytes, after decompression."""
    kind = _declared(content_type)
    return _MARKUP.match(start[:SNIFFED]) is not None if kind is None else kind in _HTML


def is_declared(content_type: str | None) -> bool:
    """Whether a Content-Type says anything."""
    return _declared(content_type) is not None


def _declared(content_type: str | None) -> str | None:
    kind = (content_type or "").partition(";")[0].strip().lower()
    return kind if _TYPE.fullmatch(kind) and kind not in _UNDECLARED else None
