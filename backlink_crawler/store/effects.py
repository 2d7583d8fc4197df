"""After a commit: its links and events are written. Whoever does it, and however often, the result is the same.

A link record carries the revision of its page's commit that wrote it last. An insert meets the record that is there
already, an amendment meets a record of its own or a later revision: both then do nothing.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

from bson import decode
from bson.raw_bson import RawBSONDocument
from pymongo import InsertOne
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase

from backlink_crawler.store.bulk import DUPLICATE_KEY, Outcome, insert, update, write
from backlink_crawler.store.documents import Document, bounded_text
from backlink_crawler.store.encoding import encoded
from backlink_crawler.store.moves import Moves, explain_losses, losses_of
from backlink_crawler.store.pending import Opening

_BATCH = 5_000


async def apply(database: AsyncDatabase[Document], openings: Sequence[Opening]) -> int:
    """Write the effects of commits and close them; returns how many records MongoDB refused (now in ``set_aside``).

    :raises pymongo.errors.PyMongoError: connection-level failures; what is open stays open, for anybody.
    """
    if not openings:
        return 0
    links = database["links"]
    refused = await _write_all(insert, links, [record for opening in openings for record in opening.inserts])
    refused += await _write_all(update, links, [statement for opening in openings for statement in _amending(opening)])
    losses = await losses_of(database, openings)
    moves = await explain_losses(database, losses)
    events = [event for opening in openings for event in opening.events if event["_id"] not in moves.replaced]
    refused += await _tell(database, [*events, *moves.events], moves)
    # Whoever found such a link while these events were on their way saw no loss to explain: look once more.
    unexplained = [loss for loss in losses if loss.event["_id"] not in moves.replaced]
    late = await explain_losses(database, unexplained)
    refused += await _tell(database, late.events, late)
    await update(database["pages"], _closing(openings))
    return refused


async def _tell(database: AsyncDatabase[Document], events: Sequence[Document], moves: Moves) -> int:
    """Write events, then the links that moved: one marked as moved is not looked at again."""
    now = datetime.now(UTC)
    recorded = [encoded({**event, "recorded": now}) for event in events]
    refused = await _write_all(insert, database["link_events"], recorded)
    return refused + await _write_all(update, database["links"], moves.amendments)


def _amending(opening: Opening) -> list[RawBSONDocument]:
    earlier = {"$lt": opening.revision}
    return [
        encoded({"q": {"_id": a.link_id, "target_site": a.target_site, "revision": earlier}, "u": {"$set": a.values}})
        for a in opening.amendments
    ]


def _closing(openings: Sequence[Opening]) -> list[RawBSONDocument]:
    """Return statements that close commits, one for all pages of the same revision: most are new and have the first."""
    pages: dict[int, list[bytes]] = {}
    for opening in openings:
        pages.setdefault(opening.revision, []).append(opening.page_id)
    done = {"$unset": {"pending": "", "pending_since": ""}}
    return [
        encoded({"q": {"_id": {"$in": ids}, "revision": revision}, "u": done, "multi": True})
        for revision, ids in pages.items()
    ]


_Way = Callable[[AsyncCollection[Document], Sequence[RawBSONDocument]], Awaitable[Outcome]]
"""``insert`` or ``update``."""


async def _write_all(way: _Way, collection: AsyncCollection[Document], documents: Sequence[RawBSONDocument]) -> int:
    """Write in parts; set aside what MongoDB refuses for another reason than being there already."""
    aside: list[Document] = []
    for start in range(0, len(documents), _BATCH):
        part = documents[start : start + _BATCH]
        done = await way(collection, part)
        aside += (
            {
                "at": datetime.now(UTC),
                "kind": collection.name,
                "reason": bounded_text({"reason": refusal.message}, 500),
                "source_url": None,
                "record": bounded_text(decode(part[refusal.place].raw)),
            }
            for refusal in done.refused
            if refusal.code != DUPLICATE_KEY
        )
    await write(collection.database["set_aside"], [InsertOne(document) for document in aside])
    return len(aside)
