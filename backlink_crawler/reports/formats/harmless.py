"""Texts of strangers made harmless: for a terminal, for a spreadsheet, for a reader of JSON."""

import json
import re
from collections.abc import Mapping
from datetime import date, datetime

_FORMULA = re.compile(r"[\t\r\n]|\s*[=+\-@\uff1d\uff0b\uff0d\uff20]")
"""What a spreadsheet takes for a formula (https://owasp.org/www-community/attacks/CSV_Injection), wide forms too."""

_COMMANDS = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, line separators and direction marks: they move the cursor or reorder what stands around them."""


def plain(text: str) -> str:
    """Return ``text`` on one line, without characters that command a terminal; each leaves a visible mark."""
    return _COMMANDS.sub(lambda found: " " if found[0] in "\t\n\r" else "\N{REPLACEMENT CHARACTER}", text)


def harmless_cell(text: str) -> str:
    """Return ``text`` as a CSV cell: with ``'`` before what a spreadsheet would take for a formula."""
    return f"'{plain(text)}" if _FORMULA.match(text) else plain(text)


def json_text(value: object) -> str:
    """Return ``value`` as JSON on one line, in which every character that could mislead is escaped."""
    text = json.dumps(value, ensure_ascii=False, default=plain_value)
    return _COMMANDS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def json_line(record: Mapping[str, object]) -> str:
    """Return ``record`` as one line of JSON."""
    return json_text(record) + "\n"


def plain_value(value: object) -> object:
    """Return a time as text, UTC to the second, and a day as text; anything else as it is."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    return value.isoformat() if isinstance(value, date) else value
