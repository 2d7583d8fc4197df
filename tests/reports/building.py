"""Visits of made-up pages, for indexes that a test lays out itself."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from backlink_crawler.records import Link, Page, Visit
from backlink_crawler.urls import host_of, site_of


def day(number: int, hour: int = 12) -> datetime:
    """Return a time in March 2026."""
    return datetime(2026, 3, number, hour, tzinfo=UTC)


def page(url: str, outcome: Any = "ok", **facts: Any) -> Page:
    """Return a page; HTTP status 200 where it was read."""
    status = facts.pop("http_status", 200 if outcome == "ok" else None)
    return Page(url, host_of(url), site_of(host_of(url)), outcome, http_status=status, **facts)


def link(source: str, target: str, anchor: str = "Shop", **facts: Any) -> Link:
    """Return a followed link in the content, unless ``facts`` say otherwise."""
    rel = facts.pop("rel", ())
    cause = "rel" if {"nofollow", "ugc", "sponsored"} & set(rel) else None
    values: dict[str, Any] = {
        "source_url": source,
        "source_host": host_of(source),
        "source_site": site_of(host_of(source)),
        "href": target,
        "target_url": target,
        "target_host": host_of(target),
        "target_site": site_of(host_of(target)),
        "scope": "external",
        "link_type": "text",
        "anchor": anchor,
        "anchor_source": "text",
        "rel": rel,
        "nofollow": "nofollow" in rel,
        "ugc": "ugc" in rel,
        "sponsored": "sponsored" in rel,
        "follow": cause is None,
        "nofollow_cause": cause,
        "region": "content",
        "content_score": None,
        "xpath": "/html/body/a",
        "ordinal": 0,
        "hidden": None,
        "occurrences": 1,
    }
    return Link(**{**values, **facts})


def visit(at: datetime, url: str, links: Sequence[Link] = (), outcome: Any = "ok", **facts: Any) -> Visit:
    """Return a visit of a page on which these links stand."""
    return Visit(page(url, outcome, **facts), at, links=list(links))
