"""Pages already known to link to given sites: where the next crawl may look."""

from collections.abc import AsyncIterator, Sequence

from pymongo.asynchronous.database import AsyncDatabase

from backlink_crawler.store.documents import Document


async def pages_linking_to(
    database: AsyncDatabase[Document], target_sites: Sequence[str], *, per_site: int
) -> AsyncIterator[str]:
    """Yield URLs of pages on other sites that link to one of ``target_sites``, at most ``per_site`` of each site."""
    pipeline: list[Document] = [
        {"$match": {"target_site": {"$in": list(target_sites)}, "scope": "external"}},
        {"$group": {"_id": {"site": "$source_site", "url": "$source_url"}}},
        {"$group": {"_id": "$_id.site", "urls": {"$firstN": {"input": "$_id.url", "n": per_site}}}},
    ]
    async for site in await database["links"].aggregate(pipeline, allowDiskUse=True):
        for url in site["urls"]:
            yield url
