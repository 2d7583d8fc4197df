"""Schema 2 to 3: indexes that answer counts of backlinks without their documents. No document changes.

indexes   the new ones are made, then the one is dropped that ``backlinks`` replaces: five million links take a few
          minutes. One that was being made when its server stopped is made anew
"""

from collections.abc import Callable, Mapping

from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import OperationFailure

from backlink_crawler.history.revisiting import Patience
from backlink_crawler.store.documents import Document
from backlink_crawler.store.schema import COLLECTIONS

_REPLACED = "target_site_1_source_site_1_status_1_lost_at_1_first_seen_1_found_1_follow_1_region_1"
"""Of links in schema 2."""
_NEW = {"pages": ("facts", "redirects"), "links": ("backlinks",)}

_Progress = Callable[[str, int, int], None]


async def outstanding(database: AsyncDatabase[Document]) -> Mapping[str, int]:
    """Return how many indexes there are to make and to drop."""
    there = {name: set(await database[name].index_information()) for name in _NEW}
    missing = sum(index not in there[name] for name, indexes in _NEW.items() for index in indexes)
    return {"indexes": missing + (_REPLACED in there["links"])}


async def run(database: AsyncDatabase[Document], _patience: Patience, progress: _Progress) -> None:
    """Do the step, or what of it is left."""
    made, whole = 0, sum(map(len, _NEW.values()))
    for collection in COLLECTIONS:
        for index in collection.indexes:
            if index.document["name"] in _NEW.get(collection.name, ()):
                progress("covering indexes", made, whole)
                await database[collection.name].create_indexes([index])
                made += 1
    progress("covering indexes", made, whole)
    try:
        await database["links"].drop_index(_REPLACED)
    except OperationFailure as error:
        if error.code != _INDEX_NOT_FOUND:
            raise


_INDEX_NOT_FOUND = 27
