"""One connection to the index: opened with its versions checked, closed when the work is done."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from bson.codec_options import CodecOptions
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import (
    ConfigurationError,
    ConnectionFailure,
    InvalidName,
    InvalidURI,
    OperationFailure,
    PyMongoError,
)

from backlink_crawler.history.revisiting import Patience
from backlink_crawler.records import Visit
from backlink_crawler.store import schema
from backlink_crawler.store.bulk import TRANSIENT_CODES
from backlink_crawler.store.documents import Document
from backlink_crawler.store.views import make_views
from backlink_crawler.store.writes import Saved, save_visits

PROGRAM_NAME = "backlink_crawler"
"""Under which MongoDB lists the connections of workers and commands."""


class StoreError(Exception):
    """The index cannot be used; the message is one line that says what to do."""


class StoreUnavailable(StoreError):
    """MongoDB did not answer this time; the same call may be repeated."""


class Store:
    """The index in one MongoDB database. All methods are coroutines of the loop that made the first call."""

    def __init__(
        self,
        uri: str,
        database: str,
        *,
        read_only: bool = False,
        answer_within: float = 5.0,
        patience: Patience | None = None,
        program: str = PROGRAM_NAME,
    ) -> None:
        """Prepare the connection; nothing is sent yet.

        :param read_only: create nothing: reading needs no right to write, and leaves no trace of a mistyped name.
        :param patience: how often pages are due, and what makes one unreachable.
        :param answer_within: seconds MongoDB has to be found and to answer before ``StoreUnavailable``.
        :param program: the name under which MongoDB lists the connection.
        :raises StoreError: the address or the name is not one.
        """
        self._read_only = read_only
        self._patience = patience or Patience()
        try:
            if not uri.startswith(("mongodb://", "mongodb+srv://")):
                raise InvalidURI("such an address begins with mongodb:// or mongodb+srv://")
            self._client: AsyncMongoClient[Document] = AsyncMongoClient(
                uri,
                serverSelectionTimeoutMS=int(answer_within * 1000),
                tz_aware=True,
                appname=program,
            )
            self.database: AsyncDatabase[Document] = self._client.get_database(
                database, codec_options=CodecOptions(tz_aware=True, tzinfo=UTC)
            )
        except InvalidName as error:
            raise StoreError(f"MONGODB_DATABASE {database!r} is not the name of a database: {error}") from error
        except (InvalidURI, ConfigurationError, ValueError) as error:
            raise StoreError(f"MONGODB_URI is not a MongoDB address ({error}). Example: {_EXAMPLE}") from error
        self._where = ", ".join(f"{host}:{port}" for host, port in _nodes(uri))

    async def __aenter__(self) -> Self:
        try:
            await self.open()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def open(self) -> None:
        """Make sure MongoDB answers, was written by these versions, and (unless read only) holds our collections.

        :raises StoreUnavailable: no answer.
        :raises StoreError: other versions, or no right to read.
        """
        async with self.answers():
            await self._client.admin.command("ping")
            await self._check_versions()
            if self._read_only:
                return
            await self.make_collections()
            await self.make_indexes()

    async def make_collections(self) -> None:
        """Make those collections that are not there."""
        existing = set(await self.database.list_collection_names())
        for collection in schema.COLLECTIONS:
            if collection.name not in existing:
                await self._create(collection)

    async def make_indexes(self) -> None:
        """Make those indexes and views that are not there."""
        for collection in schema.COLLECTIONS:
            if collection.indexes:
                await self.database[collection.name].create_indexes(list(collection.indexes))
        await make_views(self.database)

    async def close(self) -> None:
        """Free the connections."""
        await self._client.close()

    async def save_visits(self, visits: Sequence[Visit]) -> Saved:
        """Store visits; see :func:`backlink_crawler.store.writes.save_visits`.

        :raises StoreUnavailable: MongoDB did not answer; repeat the call.
        """
        async with self.answers():
            return await save_visits(self.database, visits, self._patience)

    async def start_crawl(self, crawl_id: str, spider: str, arguments: Mapping[str, Any]) -> None:
        """Note that a worker joined ``crawl_id``; the first one's spider and arguments stand."""
        first = {"spider": spider, "arguments": dict(arguments), "started": datetime.now(UTC)}
        async with self.answers():
            await self.database["crawls"].update_one(
                {"_id": crawl_id}, {"$setOnInsert": first, "$inc": {"workers": 1}}, upsert=True
            )

    async def end_crawl(self, crawl_id: str, reason: str, counters: Mapping[str, int]) -> None:
        """Note how one worker ended, and add its counters to the crawl's."""
        changes = {f"counters.{name}": value for name, value in counters.items()}
        async with self.answers():
            await self.database["crawls"].update_one(
                {"_id": crawl_id},
                {"$set": {"ended": datetime.now(UTC), "reason": reason}, **({"$inc": changes} if changes else {})},
            )

    async def _create(self, collection: schema.Collection) -> None:
        try:
            await self.database.create_collection(collection.name, check_exists=False, **collection.options)
        except OperationFailure as error:
            if error.code != _NAMESPACE_EXISTS:  # another worker, starting at the same moment, was first
                raise

    async def _check_versions(self) -> None:
        meta = self.database["meta"]
        if not self._read_only:
            await meta.update_one({"_id": "schema"}, {"$setOnInsert": dict(schema.versions())}, upsert=True)
        stored = await meta.find_one({"_id": "schema"}) or schema.versions()
        if refusal := schema.refusal(self.database.name, stored):
            raise StoreError(refusal)

    @asynccontextmanager
    async def answers(self) -> AsyncIterator[None]:
        """Run MongoDB operations, with what goes wrong told as ``StoreUnavailable`` or ``StoreError``."""
        try:
            yield
        except ConnectionFailure as error:
            raise StoreUnavailable(
                f"MongoDB at {self._where} does not answer. Is it running, and is MONGODB_URI right?"
            ) from error
        except PyMongoError as error:
            if isinstance(error, OperationFailure) and error.code in TRANSIENT_CODES:
                raise StoreUnavailable(f"MongoDB at {self._where} cannot just now: {error}") from error
            raise StoreError(f"MongoDB at {self._where} refused: {error}") from error


_NAMESPACE_EXISTS = 48
_EXAMPLE = "mongodb://user:password@db.example:27017"


def _nodes(uri: str) -> list[tuple[str, int | str]]:
    """Host and port of every node in a MongoDB address, without user and password."""
    hosts = uri.partition("://")[2].rpartition("@")[2].partition("/")[0].partition("?")[0]
    split = [node.rpartition(":") for node in hosts.split(",")]
    return [(host, port) if host else (port, 27017) for host, _, port in split]
