"""Values as people read them, in tables of a terminal and of a page."""

from collections.abc import Sequence
from datetime import date, datetime

from backlink_crawler.reports.formats.harmless import json_text, plain
from backlink_crawler.reports.formats.rows import Column, Kind

NUMERIC: frozenset[Kind] = frozenset({"count", "number"})

_SHORT = {"referring_domains": "ref. domains", "referring_pages": "ref. pages", "referring_hosts": "ref. hosts"}
_ACRONYMS = {"ip", "tld", "url"}


def heading(name: str) -> str:
    """Return a column's name as the head of its column: ``first_seen`` → ``first seen``."""
    return _SHORT.get(name, plain(name).replace("_", " "))


def title_of(section: object) -> str:
    """Return the value of a section column as a title: ``link_type`` → ``Link type``."""
    words = [word.upper() if word in _ACRONYMS else word for word in plain(str(section)).replace("_", " ").split(" ")]
    title = " ".join(words)
    return title[:1].upper() + title[1:]


def cell(value: object) -> str:
    """Return a value as one line of text that commands no terminal; what is not known is empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return plain(" ".join(value))
    return plain(value if isinstance(value, str) else json_text(value))


def shown_columns(columns: Sequence[Column], names: Sequence[str]) -> Sequence[Column]:
    """Return the columns that are for people, in the order of ``names``."""
    known = {column.name: column for column in columns}
    return [known[name] for name in names if name in known] or columns


def extent(shown: int, total: int, sections: bool) -> str:
    """Return ``20 of 345 rows``, and how to see the others where there are any."""
    if shown >= total:
        return f"{shown:,} row{'' if shown == 1 else 's'}"
    of_each = ", the first of each section" if sections else ""
    return f"{shown:,} of {total:,} rows{of_each}; --limit 0 shows all"


def _number(value: float) -> str:
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 0.0005 else f"{value:.1e}" if value else "0"
