"""Dates as pages and headers write them, as moments in UTC. No locale and no clock is asked."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_LONGEST = 64
_NAMES = "jan feb mar apr may jun jul aug sep oct nov dec"
_MONTHS = {name: number for number, name in enumerate(_NAMES.split(), start=1)}
_MONTH = r"([A-Za-z]{3})[A-Za-z]*\.?"
_DAY = r"(\d{1,2})(?:st|nd|rd|th)?"
_WRITTEN = (
    re.compile(rf"{_MONTH}\s+{_DAY},?\s+(?P<year>\d{{4}})"),
    re.compile(rf"{_DAY}\.?\s+{_MONTH},?\s+(?P<year>\d{{4}})"),
)
_NUMERIC = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})\b")
_RAGGED = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d?):(\d\d)(:\d\d)?(?:\.\d+)?\s*(Z|[+-]\d\d:?\d\d)?")
_EARLIEST, _LATEST = 1990, 2100
"""Years outside are slips of a program: 1970 is a clock that was never set, 9999 is for ever."""


def parse_date(text: str) -> datetime | None:
    """Return the moment that ``text`` means, in UTC; ``None`` where it means none, or a year outside 1990 to 2100.

    Read are ISO 8601, the three forms of RFC 9110 §5.6.7, ``2024/03/05``, ``5 March 2024`` and ``March 5, 2024``. A day
    without a time means its midnight, a time without a zone means UTC.
    """
    text = text.strip()[:_LONGEST]
    if not text:
        return None
    for read in (_iso, _ragged_iso, _mail, _written):
        try:
            moment = read(text)
            if moment is None:
                continue
            moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        return moment if _EARLIEST <= moment.year <= _LATEST else None
    return None


def _iso(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text[:4].isdigit() and (text[4:5] == "-" or text[:8].isdigit()) else None


def _ragged_iso(text: str) -> datetime | None:
    """As programs write it that do not quite know the standard: ``2024-03-05 9:00 +0200``."""
    match = _RAGGED.match(text)
    if match is None:
        return None
    day, hour, minute, second, zone = match.groups()
    zone = "+00:00" if zone in {None, "Z"} else zone
    return datetime.fromisoformat(f"{day}T{int(hour):02}:{minute}{second or ':00'}{zone}")


def _mail(text: str) -> datetime | None:
    # Without a time of day, the parser of RFC 5322 dates would take a year for one.
    return parsedate_to_datetime(text) if ":" in text and not text[:4].isdigit() else None


def _written(text: str) -> datetime | None:
    match = _NUMERIC.match(text)
    if match is not None:
        return datetime(int(match[1]), int(match[2]), int(match[3]), tzinfo=UTC)
    for pattern in _WRITTEN:
        match = pattern.search(text)
        if match is not None:
            first, second = match[1], match[2]
            name, day = (second, first) if first.isdigit() else (first, second)
            month = _MONTHS.get(name.lower())
            if month is not None:
                return datetime(int(match["year"]), month, int(day), tzinfo=UTC)
    return None
