"""Crashes and races by construction: every write of a worker can be its last, or wait for another worker's."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from random import Random
from typing import Any, Literal
from unittest.mock import patch

from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import BulkWriteError

Where = Literal["before", "first half", "second half", "after"]
WHERE: Sequence[Where] = ("before", "first half", "second half", "after")
"""A server that dies within a bulk write has done any part of it; the halves stand for that."""

_Send = Callable[[Sequence[Any]], Coroutine[Any, Any, Any]]
"""A write of the driver's with its documents or operations left open."""

_FIELD = {"insert": "documents", "update": "updates"}
_command, _bulk_write = AsyncDatabase.command, AsyncCollection.bulk_write


@contextmanager
def _writes(intercept: Callable[[str, Sequence[Any], _Send], Coroutine[Any, Any, Any]]) -> Iterator[None]:
    """Have every write go through ``intercept``, with the name of its collection and all that it writes."""

    async def bulk_write(self: AsyncCollection[Any], requests: Sequence[Any], **options: Any) -> Any:
        return await intercept(self.name, requests, lambda some: _bulk_write(self, some, **options))

    async def command(self: AsyncDatabase[Any], order: Any, *more: Any, **options: Any) -> Any:
        verb = next(iter(order)) if isinstance(order, dict) else order
        if verb not in _FIELD:
            return await _command(self, order, *more, **options)
        field = _FIELD[verb]
        return await intercept(order[verb], order[field], lambda some: _command(self, {**order, field: some}))

    with patch.object(AsyncCollection, "bulk_write", bulk_write), patch.object(AsyncDatabase, "command", command):
        yield


class Crash(BaseException):
    """The worker is gone: nothing in it can catch this."""


@contextmanager
def crash(number: int, where: Where = "before") -> Iterator[list[str]]:
    """End the worker at its ``number``-th write (from 0); yields the collections written to, in order."""
    written: list[str] = []

    async def intercept(name: str, documents: Sequence[Any], send: _Send) -> Any:
        written.append(name)
        if len(written) - 1 != number:
            return await send(documents)
        half = (len(documents) + 1) // 2
        parts = {"before": [], "first half": documents[:half], "second half": documents[half:], "after": documents}
        with suppress(BulkWriteError):  # the answer that nobody hears
            if done := parts[where]:
                await send(done)
        raise Crash

    with _writes(intercept):
        yield written


async def crashed(number: int, where: Where, work: Coroutine[Any, Any, Any]) -> bool:
    """Run ``work``; return whether it got as far as its ``number``-th write, and crashed there."""
    with crash(number, where):
        try:
            await work
        except Crash:
            return True
    return False


class Interleaving:
    """Two workers that take turns: each goes on, alone, up to its next write."""

    def __init__(self, schedule: Sequence[int], dies: tuple[int, int] | None = None) -> None:
        """Prepare.

        :param schedule: whose turn it is (0 or 1); when it is used up, or one has ended, the others go on in order.
        :param dies: which one crashes, before which of its writes.
        """
        self._schedule = schedule
        self._dies = dies
        self._writes = [0, 0]
        self._turns = [asyncio.Event(), asyncio.Event()]
        self._resting = asyncio.Event()
        self.taken: list[int] = []
        """Turns that were really taken."""
        self._choices: list[int] = []
        """At which of them, after the schedule, the other one could have gone on."""

    async def run(self, *work: Coroutine[Any, Any, Any]) -> None:
        """Run both workers to their ends."""
        workers = [asyncio.create_task(self._work(number, one)) for number, one in enumerate(work)]
        schedule = iter(self._schedule)
        with _writes(_taking_turns):
            while not all(worker.done() for worker in workers):
                number = next(schedule, 0)
                if workers[number].done():
                    number = 1 - number
                elif len(self.taken) >= len(self._schedule) and not workers[1 - number].done():
                    self._choices.append(len(self.taken))
                self.taken.append(number)
                self._resting.clear()
                self._turns[number].set()
                await self._resting.wait()
                await asyncio.sleep(0)  # one that has ended is done
        await asyncio.gather(*workers)

    def others(self) -> Iterator[list[int]]:
        """Yield the schedules that agree with this one up to a turn, and differ there.

        Starting with none and going on with what each one yields, every interleaving is met once.
        """
        for at in self._choices:
            yield [*self.taken[:at], 1 - self.taken[at]]

    async def _work(self, number: int, work: Coroutine[Any, Any, Any]) -> None:
        _current.set((self, number))
        await self._turn(number)
        try:
            with suppress(Crash):
                await work
        finally:
            self._resting.set()

    async def _turn(self, number: int) -> None:
        await self._turns[number].wait()
        self._turns[number].clear()

    async def write(self, number: int) -> None:
        """Rest before a write until it is this worker's turn."""
        if (number, self._writes[number]) == self._dies:
            raise Crash
        self._writes[number] += 1
        self._resting.set()
        await self._turn(number)


async def interleavings(
    work: Callable[[], tuple[Coroutine[Any, Any, Any], Coroutine[Any, Any, Any]]],
    most: int,
    dies: tuple[int, int] | None = None,
) -> AsyncIterator[Interleaving]:
    """Run two workers in interleavings of their writes; yields after each, for the state to be looked at.

    :param most: of so many, drawn at random, always the same; all where the environment has ``EVERY_INTERLEAVING``
        (hundreds a case, some minutes in all).
    """
    rng = Random(1)
    waiting: list[list[int]] = [[]]
    runs = 0
    while waiting and (runs < most or "EVERY_INTERLEAVING" in os.environ):
        one = Interleaving(waiting.pop(rng.randrange(len(waiting))), dies)
        await one.run(*work())
        waiting += one.others()
        runs += 1
        yield one


_current: ContextVar[tuple[Interleaving, int]] = ContextVar("worker")


async def _taking_turns(_name: str, documents: Sequence[Any], send: _Send) -> Any:
    interleaving, number = _current.get()
    await interleaving.write(number)
    return await send(documents)
