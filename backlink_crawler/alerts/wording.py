"""How an alert reads, in a line: for consoles, mails and messages. What pages said is text, never markup."""

from collections.abc import Mapping
from typing import Any

from backlink_crawler.alerts.alert import Alert, Kind
from backlink_crawler.reports.formats.harmless import plain

TITLES: Mapping[Kind, str] = {
    "site_lost": "Sites that do not link any more",
    "lost": "Links lost",
    "moved": "Links moved to another page of the same site",
    "retargeted": "Links that point elsewhere now",
    "changed": "Links changed",
    "site_gained": "Sites that link now",
    "found_on_known_page": "New links",
    "found_on_new_page": "New links on new pages",
    "restored": "Links that are back",
    "discovered": "Links seen for the first time, with their page",
    "test": "A test: nothing has happened",
}
"""Kinds in the order in which they matter, with the heading of a group of them."""

_WHY = {
    "removed_from_html": "it is not in the page any more",
    "retargeted": "it points elsewhere",
    "moved": "it stands on another page",
    "page_redirected": "its page redirects",
    "page_gone": "its page is gone (404 or 410)",
    "page_noindex": "its page asks not to be indexed",
    "page_not_canonical": "its page names another one as canonical",
    "page_not_html": "its page is no HTML any more",
    "unreachable": "its page could not be reached for days",
}
_HOW = {
    "found_on_known_page": "a new link on a known page",
    "found_on_new_page": "a link on a new page",
    "discovered": "a page that had not been visited before",
    "restored": "a link that is back",
    "lost": "the last link is gone",
    "moved": "the last link moved to a page that is gone too",
    "retargeted": "the last link points elsewhere",
}
MAX_SHOWN = 120


def line(alert: Alert) -> str:
    """Return what happened, without line breaks or control characters, URLs in full."""
    if alert.source_url is None:
        parts = [f"{alert.source_site} → {alert.target_site}"]
    else:
        parts = [f"{alert.source_url} → {alert.target_url}"]
    return plain("; ".join(part for part in (*parts, *details(alert)) if part))


def details(alert: Alert) -> list[str]:
    """Return what there is to say besides the two ends of the link, in order of weight."""
    if alert.kind in {"site_gained", "site_lost"}:
        return [_HOW.get(alert.reason or "", "")]
    said = [_what(alert)]
    if alert.anchor:
        said.append(f"anchor {shown(alert.anchor)}")
    if alert.follow is not None:
        said.append(f"{'follow' if alert.follow else 'nofollow'}, {alert.region}")
    return [part for part in said if part]


def shown(value: Any) -> str:
    """Return a value of a field, in quotes where it is text, cut where it is long."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return " ".join(map(str, value)) or "none"
    text = str(value)
    return f"“{text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + '…'}”"


def _what(alert: Alert) -> str:
    why = _WHY.get(alert.reason or "", alert.reason or "")
    if alert.kind == "changed":
        return f"{alert.field} {shown(alert.old)} → {shown(alert.new)}"
    if alert.kind in {"moved", "retargeted"}:
        return f"now {'on' if alert.kind == 'moved' else 'to'} {alert.new}"
    if alert.kind == "restored":
        return f"it had been lost: {why}" if why else ""
    return why if alert.kind == "lost" else ""
