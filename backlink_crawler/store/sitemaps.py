"""Where sites say their sitemaps are: one document per host whose robots.txt names any."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pymongo import UpdateOne
from pymongo.asynchronous.database import AsyncDatabase

from backlink_crawler.store.bulk import Operation, write
from backlink_crawler.store.documents import Document
from backlink_crawler.urls import site_of


@dataclass(frozen=True, slots=True)
class NamedSitemaps:
    """What the robots.txt of a host names, as it was read at a time."""

    host: str
    urls: tuple[str, ...]
    """Identities; they may lie on other hosts, as sitemaps.org allows for those that robots.txt names."""
    at: datetime


async def note_sitemaps(database: AsyncDatabase[Document], named: Sequence[NamedSitemaps]) -> None:
    """Store what each host names now. A host that never named any gets no document."""
    await write(database["sitemaps"], [_noted(one) for one in named])


def _noted(named: NamedSitemaps) -> Operation:
    return UpdateOne(
        {"_id": named.host},
        {
            "$set": {"site": site_of(named.host), "urls": list(named.urls), "last_seen": named.at},
            "$min": {"first_seen": named.at},
        },
        upsert=bool(named.urls),
    )
