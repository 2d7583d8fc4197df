"""When each site was first visited: a page published later, and found later, holds new links."""

from collections.abc import Sequence
from datetime import datetime

from pymongo import UpdateOne
from pymongo.asynchronous.database import AsyncDatabase

from backlink_crawler.records import Visit
from backlink_crawler.store.bulk import Operation, write
from backlink_crawler.store.documents import Document


async def known_since(database: AsyncDatabase[Document], visits: Sequence[Visit]) -> dict[str, datetime]:
    """Return when the sites of ``visits`` were first visited, noting it for those that are visited now."""
    sites: dict[str, datetime] = {}
    for visit in visits:
        sites[visit.page.site] = min(visit.at, sites.get(visit.page.site, visit.at))
    found = await database["sites"].find({"_id": {"$in": list(sites)}}).to_list()
    known = {site["_id"]: site["first_visited"] for site in found}
    earlier: list[Operation] = [
        UpdateOne({"_id": site}, {"$min": {"first_visited": at}}, upsert=True)
        for site, at in sites.items()
        if site not in known or at < known[site]
    ]
    await write(database["sites"], earlier)
    return {site: min(at, known.get(site, at)) for site, at in sites.items()}
