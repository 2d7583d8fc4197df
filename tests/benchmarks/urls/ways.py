"""The ways that are compared: each takes the references of one page and returns what they come to."""

from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from urllib.parse import urljoin

import ada_url
from w3lib.url import canonicalize_url

from backlink_crawler.extract.addresses import Addresses
from backlink_crawler.urls import normalise

Way = Callable[[str, Sequence[str]], list[str | None]]
"""URL of the page, its references as written → an address each, ``None`` where there is none."""

OURS = "normalise"


def ways() -> dict[str, Way]:
    """Return name → way; ``normalise`` first, courlan only where it is installed."""
    found: dict[str, Way] = {
        OURS: lambda base, hrefs: [normalise(href, base) for href in hrefs],
        "normalise, as extraction calls it": _as_extraction,
        "Ada, parsing alone": _parsed,
        "urljoin + w3lib canonicalize_url": _canonicalised,
    }
    if find_spec("courlan") is not None:
        found["courlan fix_relative_urls + clean_url"] = _cleaner()
    return found


def _as_extraction(base: str, hrefs: Sequence[str]) -> list[str | None]:
    """Each distinct reference of a page once, plain ones without a parser."""
    return Addresses(base, "UTF-8").of(hrefs)


def _parsed(base: str, hrefs: Sequence[str]) -> list[str | None]:
    found: list[str | None] = []
    for href in hrefs:
        try:
            found.append(ada_url.join_url(base, href))
        except ValueError:
            found.append(None)
    return found


def _canonicalised(base: str, hrefs: Sequence[str]) -> list[str | None]:
    found: list[str | None] = []
    for href in hrefs:
        try:
            found.append(canonicalize_url(urljoin(base, href)))
        except ValueError:
            found.append(None)
    return found


def _cleaner() -> Way:
    clean_url = import_module("courlan").clean_url
    absolute = import_module("courlan.urlutils").fix_relative_urls

    def cleaned(base: str, hrefs: Sequence[str]) -> list[str | None]:
        found: list[str | None] = []
        for href in hrefs:
            try:
                found.append(clean_url(absolute(base, href)))
            except ValueError:
                found.append(None)
        return found

    return cleaned
