"""What the index knows of placed links: for many rows of a list in a few reads."""

from collections.abc import Sequence
from datetime import datetime

from pymongo.asynchronous.database import AsyncDatabase

from backlink_crawler.placed_links import PlacedLink
from backlink_crawler.store.documents import Document
from backlink_crawler.urls import host_of, site_of, url_id
from backlink_crawler.verification import Evidence

_PAGE = {"manifest": 0, "pending": 0, "unknown_periods": 0, "unseen": 0}
_LINK = dict.fromkeys(
    (
        *("source_id", "source_url", "target_id", "target_url", "target_site", "anchor", "rel", "follow", "region"),
        *("nofollow_cause", "hidden", "ordinal", "status", "lost_at", "lost_reason"),
    ),
    1,
)


async def evidence_of(
    database: AsyncDatabase[Document], rows: Sequence[PlacedLink], *, crawl_id: str, since: datetime
) -> list[Evidence]:
    """Return the evidence on each row.

    :param crawl_id: what this crawl visited counts,
    :param since: and what any crawl has visited since then; older visits are no evidence.
    """
    urls = {row.source for row in rows if row.problem is None}
    pages = await _pages(database, urls)
    ends = {url: page.get("final_url") or url for url, page in pages.items() if page["outcome"] == "redirect"}
    pages |= await _pages(database, set(ends.values()) - set(pages))
    fresh = {
        url: page for url, page in pages.items() if page.get("crawl_id") == crawl_id or page["last_visited"] >= since
    }
    links = await _links(database, rows, ends)
    leads_to = await _where_they_lead(database, {link["target_url"] for found in links.values() for link in found})
    told = []
    for row in rows:
        end = ends.get(row.source, row.source)
        there = links.get((end, row.target.site), []) if row.problem is None else []
        led = {link["target_url"]: leads_to[link["target_url"]] for link in there if link["target_url"] in leads_to}
        told.append(Evidence(fresh.get(row.source), fresh.get(end), there, led))
    return told


async def _pages(database: AsyncDatabase[Document], urls: set[str]) -> dict[str, Document]:
    found = database["pages"].find({"_id": {"$in": [url_id(url) for url in urls]}}, _PAGE)
    return {page["url"]: page async for page in found}


async def _links(
    database: AsyncDatabase[Document], rows: Sequence[PlacedLink], ends: dict[str, str]
) -> dict[tuple[str, str], list[Document]]:
    """Return (page, target site) → the links between them, in the order of the page."""
    wanted: dict[str, set[str]] = {}
    for row in rows:
        if row.problem is None:
            wanted.setdefault(row.target.site, set()).add(ends.get(row.source, row.source))
    links: dict[tuple[str, str], list[Document]] = {}
    for site, urls in wanted.items():
        query = {
            "target_site": site,
            "source_site": {"$in": sorted({site_of(host_of(url)) for url in urls})},
            "source_id": {"$in": [url_id(url) for url in urls]},
        }
        async for link in database["links"].find(query, _LINK).sort("ordinal", 1):
            links.setdefault((link["source_url"], site), []).append(link)
    return links


async def _where_they_lead(database: AsyncDatabase[Document], urls: set[str]) -> dict[str, str]:
    query = {"_id": {"$in": [url_id(url) for url in urls]}, "final_url": {"$gt": ""}}
    found = database["pages"].find(query, {"_id": 0, "url": 1, "final_url": 1})
    return {page["url"]: page["final_url"] async for page in found}
