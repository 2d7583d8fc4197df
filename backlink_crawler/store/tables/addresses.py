"""URLs by their ids: of pages that were asked for, and of targets that are only linked."""

from collections.abc import Iterator, Sequence

from pymongo.asynchronous.database import AsyncDatabase

from backlink_crawler.reports.question import Question
from backlink_crawler.store.documents import Document

_IDS = 5_000
"""In one filter."""


async def urls_of(database: AsyncDatabase[Document], question: Question, ids: Sequence[bytes]) -> dict[bytes, str]:
    """Return id → URL, as far as any page or link to the sites asked for has it."""
    urls: dict[bytes, str] = {}
    for part in _parts(ids):
        async for page in database["pages"].find({"_id": {"$in": part}}, {"url": 1}):
            urls[page["_id"]] = page["url"]
    sites = list(question.sites)
    for part in _parts([one for one in ids if one not in urls]):
        match = {"target_site": {"$in": sites}, "target_id": {"$in": part}}
        first = {"$group": {"_id": "$target_id", "url": {"$first": "$target_url"}}}
        async for target in await database["links"].aggregate([{"$match": match}, first]):
            urls[target["_id"]] = target["url"]
    return urls


def _parts(ids: Sequence[bytes]) -> Iterator[list[bytes]]:
    for start in range(0, len(ids), _IDS):
        yield list(ids[start : start + _IDS])
