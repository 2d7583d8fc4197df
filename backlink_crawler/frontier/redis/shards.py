"""The shards of a crawl: scripts on many of them in one round trip, and an index of which are due.

The index (keys ``due``, ``expiry`` and ``epochs`` of the crawl) holds hints: the last answer of each shard. They are
collected here and handed in with the next look at the index, which comes with every claim. A hint may be late or lost;
the sweep that one worker does every ``SWEEP_SECONDS`` finds what they miss, so nothing rests on them but speed.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

import msgpack

from backlink_crawler.frontier.contract import FrontierOptions
from backlink_crawler.frontier.redis.keys import Keys
from backlink_crawler.frontier.redis.scripts import TURN, Call, Script, Sender, in_words

SWEEP_SECONDS = 15
"""All shards are looked at this often, by one worker, whatever the hints say."""

Arguments: TypeAlias = tuple[str | bytes | int | float, ...]


@dataclass(frozen=True, slots=True)
class Turn:
    """One look at the index."""

    now: float
    """The server's time, in seconds since 1970; so are the other times."""
    paused: bool
    sweep: bool
    """This worker is to look at all shards now."""
    due: list[int]
    """Shards with due URLs or expired leases."""
    later: float | None
    """When the next shard is due."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a script answered about its shard, and its own result."""

    epoch: int
    due: float | None
    expiry: float | None
    result: Any


class Shards:
    """Runs scripts on the shards of one crawl for one worker."""

    def __init__(
        self, sender: Sender, keys: Keys, count: int, options: FrontierOptions, clock: Callable[[], float] | None
    ) -> None:
        self.sender = sender
        self.keys = keys
        self.count = count
        self._options: bytes = msgpack.packb(asdict(options))
        self._clock = clock
        self._hints: dict[int, Answer] = {}

    @property
    def hints_wait(self) -> bool:
        """Whether the index does not yet know what the shards have answered."""
        return bool(self._hints)

    async def run(self, script: Script, arguments: Mapping[int, Arguments]) -> dict[int, Answer]:
        """Run ``script`` on the given shards, each with its own arguments.

        :raises FrontierError: where a shard fails; the others have done their part, and repeating it does no harm.
        """
        now = self._now()
        calls = [
            Call(script, (self.keys.of_shard(shard),), (now, self._options, *rest)) for shard, rest in arguments.items()
        ]
        answers: dict[int, Answer] = {}
        failure: Exception | None = None
        for shard, packed in zip(arguments, await self.sender.send(calls), strict=True):
            if isinstance(packed, Exception):
                failure = packed
            else:
                answers[shard] = self._note(shard, packed)
        if failure:
            raise in_words(failure) from failure
        return answers

    async def turn(self, worker: str, state: bytes, limit: int) -> Turn:
        """Hand in the hints with a sign of life of the worker, and learn which shards are due."""
        hints, self._hints = self._hints, {}
        flat = [field for shard, hint in hints.items() for field in (shard, hint.epoch, hint.due, hint.expiry)]
        names = ("meta", "workers", "due", "expiry", "epochs")
        keys = tuple(self.keys.of_crawl(name) for name in names)
        arguments = (self._now(), msgpack.packb(flat), limit, worker, state, SWEEP_SECONDS)
        try:
            answer = await self.sender.send_one(Call(TURN, keys, arguments))
        except Exception:
            self._hints = hints | self._hints
            raise
        now, paused, sweep, due, expired, later = msgpack.unpackb(answer)
        shards = dict.fromkeys(int(shard) for shard in [*expired, *due])
        return Turn(now, paused, sweep, list(shards)[:limit], later or None)

    def _note(self, shard: int, packed: bytes) -> Answer:
        epoch, due, expiry, result = msgpack.unpackb(packed)
        answer = Answer(epoch, due or None, expiry or None, result)
        before = self._hints.get(shard)
        if before is None or before.epoch <= epoch:
            self._hints[shard] = answer
        return answer

    def _now(self) -> str:
        return "" if self._clock is None else repr(self._clock())
