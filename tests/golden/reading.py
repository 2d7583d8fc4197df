"""Golden pages as they are read today."""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from backlink_crawler.extract import extract_page
from backlink_crawler.features import build_links
from backlink_crawler.history.regions import CLEARLY_CONTENT
from backlink_crawler.records import Page
from backlink_crawler.urls import host_of, site_of

FOLDER = Path(__file__).parent
AT = datetime(2026, 6, 1, tzinfo=UTC)
"""When all golden pages are answered."""

_URL = re.compile(rb"<!-- url: (\S+) -->")
_HEADER = re.compile(rb"<!-- header ([A-Za-z-]+): (.*?) -->")


def pages() -> Iterator[Path]:
    """Yield the folders of all golden pages, by name."""
    yield from sorted(path.parent for path in FOLDER.glob("*/page.html"))


def read(folder: Path) -> dict[str, Any]:
    """Return all that is read from a page, as plain JSON: facts, linking elements, and the records made of them."""
    body = (folder / "page.html").read_bytes()
    address = _URL.search(body)
    url = address[1].decode() if address else "https://golden.test/page"
    headers: dict[str, list[str]] = {}
    for name, value in _HEADER.findall(body):
        headers.setdefault(name.decode().lower(), []).append(value.decode("latin-1"))
    content_type = headers.get("content-type", [""])[0]
    extracted = extract_page(body, url, content_type, headers, at=AT)
    host = host_of(url)
    page = Page(
        url,
        host,
        site_of(host),
        "ok",
        nofollow=extracted.directives.nofollow_cause is not None,
        nofollow_cause=extracted.directives.nofollow_cause,
    )
    records = build_links(page, extracted.links, internal_too=True)
    facts = asdict(extracted)
    return {
        "page": _plain({name: value for name, value in facts.items() if name != "links"}),
        "elements": [_plain(_without_guesses(asdict(link))) for link in extracted.links],
        "links": [
            _plain({name: value for name, value in asdict(link).items() if name in _OF_RECORDS}) for link in records
        ],
    }


_OF_RECORDS = frozenset(
    {"target_url", "target_site", "scope", "follow", "nofollow_cause", "occurrences", "ordinal", "wrapped_url"}
)
"""Fields that an element does not have; the others are those of the element ``ordinal``."""

_TRAINED = frozenset({"content_score", "region_rules"})
"""What changes with each training of the placement model; so ``weight`` is left out as well."""


def _without_guesses(element: dict[str, Any]) -> dict[str, Any]:
    """Leave out a region that another training may tell otherwise: one that is judged, and not clearly content."""
    score = element["content_score"]
    if not score or score == _NOT_JUDGED or score >= CLEARLY_CONTENT:
        return element
    return {name: value for name, value in element.items() if name != "region"}


_NOT_JUDGED = 0.5
"""Score of links on pages that are too small."""


def as_text(read_page: dict[str, Any]) -> str:
    """Return the text of ``expected.json``."""
    return json.dumps(read_page, ensure_ascii=False, indent=1, default=str) + "\n"


def _plain(value: Any) -> Any:
    """Leave out what says nothing, and round what would differ in the last digit."""
    if isinstance(value, dict):
        return {
            name: _plain(each)
            for name, each in value.items()
            if each not in (None, "", (), []) and name not in _TRAINED
        }
    return round(value, 4) if isinstance(value, float) else value
