"""After a commit: its links and events are written. Whoever does it, and however often, the result is the same.

A link record carries the revision of its page's commit that wrote it last. An insert meets the record that is there
already, an amendment meets a record of its own or a later revision: both then do nothing.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from pymongo import InsertOne, UpdateOne
from pymongo.asynchronous.database import AsyncDatabase

from backlink_crawler.store.bulk import DUPLICATE_KEY, Operation, write
from backlink_crawler.store.documents import Document, bounded_text
from backlink_crawler.store.moves import Moves, explain_losses, losses_of
from backlink_crawler.store.pending import Opening

_BATCH = 5_000


async def apply(database: AsyncDatabase[Document], openings: Sequence[Opening]) -> int:
    """Write the effects of commits and close them; returns how many records MongoDB refused (now in ``set_aside``).

    :raises pymongo.errors.PyMongoError: connection-level failures; what is open stays open, for anybody.
    """
    if not openings:
        return 0
    refused = await _write_all(database, "links", [op for opening in openings for op in _link_writes(opening)])
    losses = await losses_of(database, openings)
    moves = await explain_losses(database, losses)
    events = [event for opening in openings for event in opening.events if event["_id"] not in moves.replaced]
    refused += await _tell(database, [*events, *moves.events], moves)
    # Whoever found such a link while these events were on their way saw no loss to explain: look once more.
    unexplained = [loss for loss in losses if loss.event["_id"] not in moves.replaced]
    late = await explain_losses(database, unexplained)
    refused += await _tell(database, late.events, late)
    closed: list[Operation] = [
        UpdateOne({"_id": o.page_id, "revision": o.revision}, {"$unset": {"pending": "", "pending_since": ""}})
        for o in openings
    ]
    await write(database["pages"], closed)
    return refused


async def _tell(database: AsyncDatabase[Document], events: Sequence[Document], moves: Moves) -> int:
    """Write events, then the links that moved: one marked as moved is not looked at again."""
    now = datetime.now(UTC)
    recorded: list[Operation] = [InsertOne({**event, "recorded": now}) for event in events]
    refused = await _write_all(database, "link_events", recorded)
    return refused + await _write_all(database, "links", moves.amendments)


def _link_writes(opening: Opening) -> list[Operation]:
    inserts: list[Operation] = [InsertOne(document) for document in opening.encoded]
    amendments: list[Operation] = [
        UpdateOne(
            {"_id": a.link_id, "target_site": a.target_site, "revision": {"$lt": opening.revision}}, {"$set": a.values}
        )
        for a in opening.amendments
    ]
    return inserts + amendments


async def _write_all(database: AsyncDatabase[Document], collection: str, operations: Sequence[Operation]) -> int:
    """Write in parts; set aside what MongoDB refuses for another reason than being there already."""
    aside: list[Document] = []
    for start in range(0, len(operations), _BATCH):
        part = operations[start : start + _BATCH]
        done = await write(database[collection], part)
        aside += (
            {
                "at": datetime.now(UTC),
                "kind": collection,
                "reason": bounded_text({"reason": refusal.message}, 500),
                "source_url": None,
                "record": bounded_text(part[refusal.place]),
            }
            for refusal in done.refused
            if refusal.code != DUPLICATE_KEY
        )
    await write(database["set_aside"], [InsertOne(document) for document in aside])
    return len(aside)
