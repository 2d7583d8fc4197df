"""Bringing a database that an older version of this program wrote to the schema of this one.

A database says in ``meta`` which schema it has. While it is being migrated it has the new one already, with
``migrating_from`` beside it: programs of the old version refuse it then, and those of this version refuse it as long as
that mark is there. Every step can be repeated, so a migration that was interrupted is finished by running it again.

One module per step, named after the schemas it leads from and to; ``STEPS`` knows them all. Where the database was
written by older rules of URLs, or by another suffix list, ``identities`` comes last: records get other ids and sites.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import OperationFailure

from backlink_crawler.history.revisiting import Patience
from backlink_crawler.store import schema
from backlink_crawler.store.bulk import DURABLE
from backlink_crawler.store.connection import PROGRAM_NAME, Store, StoreError
from backlink_crawler.store.documents import Document
from backlink_crawler.store.migrations import from_1_to_2, from_2_to_3, identities
from backlink_crawler.store.migrations.identities import Rules

NAME = f"{PROGRAM_NAME} migrate"
"""Under which MongoDB lists the connections of a migration."""

Progress = Callable[[str, int, int], None]
"""What is being done, how many are done, of how many."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: from one schema to the next."""

    what: str
    """In a line, for people."""
    outstanding: Callable[[AsyncDatabase[Document]], Awaitable[Mapping[str, int]]]
    """Tells what there is to do: kind of documents → how many."""
    run: Callable[[AsyncDatabase[Document], Patience, Progress], Awaitable[None]]
    """Does it. Whatever of it was done before, by itself or by a step that was interrupted, stays as it is."""


STEPS: Mapping[int, Step] = {
    1: Step("pages get manifests, links their status and history", from_1_to_2.outstanding, from_1_to_2.run),
    2: Step("counts of backlinks are answered by indexes alone", from_2_to_3.outstanding, from_2_to_3.run),
}
"""Schema → the step that leads to the next one."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a migration has to do."""

    schema: int
    """That the database has, or had when its migration began."""
    interrupted: bool
    steps: Mapping[int, Mapping[str, int]]
    """Schema to start from → what there is to do in that step."""
    connected: int | None
    """Connections that workers and commands of this program have to the server; ``None``: it does not say."""
    other: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    """``url_rules``, ``suffixes`` where they are others: of the database, of this program."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.steps or self.other or self.interrupted)


async def plan(store: Store) -> Plan:
    """Return what has to be done; nothing is written.

    :raises StoreError: the database cannot be migrated by this program.
    """
    async with store.answers():
        stored = await store.database["meta"].find_one({"_id": "schema"})
        version, interrupted = _version(store.database.name, stored)
        assert stored is not None
        steps = {n: await STEPS[n].outstanding(store.database) for n in range(version, schema.SCHEMA_VERSION)}
        mine = schema.versions()
        other = {n: (stored.get(n), mine[n]) for n in ("url_rules", "suffixes") if stored.get(n) != mine[n]}
        there_is_something = steps or other or interrupted
        return Plan(version, interrupted, steps, await _connected(store) if there_is_something else None, other)


async def outstanding(
    store: Store, progress: Progress, *, internal_too: bool = False
) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """Return what other rules change, and what has no identity any more, by counting; nothing is written."""
    async with store.answers():
        return await identities.outstanding(store.database, identities.current(internal_too=internal_too), progress)


async def migrate(
    store: Store,
    patience: Patience,
    progress: Progress,
    *,
    beside_others: bool = False,
    internal_too: bool = False,
    rules: Rules | None = None,
) -> None:
    """Bring the database to this program's schema, rules and suffix list; where it has them, nothing is done.

    :param beside_others: go on though others are connected: a worker of the old version that goes on writing would
        leave records that no manifest names.
    :param internal_too: links that are within one site now are kept (``STORE_INTERNAL_LINKS``).
    :param rules: in place of this program's.
    :raises StoreError: the database cannot be migrated by this program, or others are connected.
    """
    planned = await plan(store)
    if planned.is_empty:
        return
    if planned.connected and not beside_others:
        raise StoreError(
            f"{planned.connected} connections of workers or commands are open to this MongoDB. Stop them, or say "
            "--force if they use other databases."
        )
    meta = store.database["meta"].with_options(write_concern=DURABLE)
    async with store.answers():
        begun = {"schema": schema.SCHEMA_VERSION, "migrating_from": planned.schema}
        await meta.update_one({"_id": "schema"}, {"$set": begun})
        await store.make_collections()
        for version in planned.steps:
            await STEPS[version].run(store.database, patience, progress)
        rules = rules or identities.current(internal_too=internal_too)
        if planned.other or await identities.is_begun(store.database):
            await identities.run(store.database, rules, progress)
        progress("indexes and views", 0, 1)
        await store.make_indexes()
        progress("indexes and views", 1, 1)
        end = {"$set": dict(rules.versions), "$unset": {"migrating_from": ""}}
        await meta.update_one({"_id": "schema"}, end)


def _version(database: str, stored: Mapping[str, Any] | None) -> tuple[int, bool]:
    """Return the schema to begin with, and whether a migration has begun."""
    if stored is None:
        raise StoreError(f"Database {database!r} holds no index.")
    if schema.has_newer_rules(stored):
        raise StoreError(schema.other_rules(database, stored))
    begun = stored.get("migrating_from")
    version = int(stored["schema"] if begun is None else begun)
    if stored["schema"] > schema.SCHEMA_VERSION:
        raise StoreError(schema.other_schema(database, stored["schema"]))
    if any(n not in STEPS for n in range(version, schema.SCHEMA_VERSION)):
        raise StoreError(f"Database {database!r} has schema {version}, which this program cannot migrate.")
    return version, begun is not None


async def _connected(store: Store) -> int | None:
    """How many connections of this program's other processes the server has; ``None``: we may not ask."""
    stages: list[Mapping[str, Any]] = [
        {"$currentOp": {"allUsers": True, "idleConnections": True}},
        {"$match": {"appName": PROGRAM_NAME}},
        {"$count": "n"},
    ]
    try:
        found = await (await store.database.client.admin.aggregate(stages)).to_list()
    except OperationFailure as error:
        if error.code != _UNAUTHORIZED:
            raise
        return None
    return int(found[0]["n"]) if found else 0


_UNAUTHORIZED = 13
