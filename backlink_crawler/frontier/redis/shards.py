"""The shards of a crawl: scripts on many of them in one round trip, and an index of which are due.

The index (keys ``due``, ``expiry`` and ``epochs`` of the crawl) holds hints: the last answer of each shard. They are
collected here and handed in with the next look at the index, which comes with every claim. A hint may be late or lost;
the sweep that one worker does every ``SWEEP_SECONDS`` finds what they miss, so nothing rests on them but speed.
"""

import time
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
    """Runs scripts on the shards of one crawl for one worker.

    :param state: returns what the registry of workers shall say of this one, with every look at the index.
    """

    def __init__(
        self,
        sender: Sender,
        keys: Keys,
        count: int,
        options: FrontierOptions,
        clock: Callable[[], float] | None,
        worker: str,
        state: Callable[[], bytes],
    ) -> None:
        self.sender = sender
        self.keys = keys
        self.count = count
        self._options: bytes = msgpack.packb(asdict(options))
        self._clock = clock
        self._worker = worker
        self._state = state
        self._hints: dict[int, Answer] = {}
        self._last: dict[int, Answer] = {}
        self._ahead = 0.0

    def seem_due(self) -> list[int]:
        """Return the shards that are due by their last answer to this worker, the longest due first."""
        now = self._clock() if self._clock else time.monotonic() + self._ahead
        due = [(answer.due, shard) for shard, answer in self._last.items() if answer.due and answer.due <= now]
        return [shard for _, shard in sorted(due)]

    async def run(self, script: Script, arguments: Mapping[int, Arguments]) -> dict[int, Answer]:
        """Run ``script`` on the given shards, each with its own arguments; hints go along.

        :raises FrontierError: where a shard fails; the others have done their part, and repeating it does no harm.
        """
        if not arguments:
            return {}
        answers, _ = await self._batch(script, arguments, 0 if self._hints else None)
        return answers

    async def turn(
        self, limit: int, script: Script | None = None, arguments: Mapping[int, Arguments] | None = None
    ) -> tuple[Turn, dict[int, Answer]]:
        """Hand in the hints, learn which shards are due, and run ``script`` in the same round trip.

        :param limit: how many shards to name; with 0 it only hands in and tells the time.
        :raises FrontierError: as ``run``.
        """
        answers, turn = await self._batch(script or TURN, arguments or {}, limit)
        assert turn is not None
        return turn, answers

    async def time(self) -> float:
        """Return the server's time, without a sign of life."""
        return self._read_turn(await self.sender.send_one(self._turn_call(self._now(), 0, {}, worker=""))).now

    async def hand_in_hints(self) -> None:
        """Let the other workers know now; else the next call of this worker does."""
        if self._hints:
            await self.turn(0)

    async def _batch(
        self, script: Script, arguments: Mapping[int, Arguments], limit: int | None
    ) -> tuple[dict[int, Answer], Turn | None]:
        now = self._now()
        calls = [
            Call(script, (self.keys.of_shard(shard),), (now, self._options, *rest)) for shard, rest in arguments.items()
        ]
        handed_in = {} if limit is None else dict(self._hints)
        if limit is not None:
            calls.append(self._turn_call(now, limit, handed_in, worker=self._worker))
        packed = await self.sender.send(calls)
        turn = None if limit is None else packed.pop()
        if isinstance(turn, bytes):
            self._hints = {shard: hint for shard, hint in self._hints.items() if handed_in.get(shard) is not hint}
        answers = {
            shard: self._note(shard, answer)
            for shard, answer in zip(arguments, packed, strict=True)
            if not isinstance(answer, Exception)
        }
        failure = next((answer for answer in (*packed, turn) if isinstance(answer, Exception)), None)
        if failure:
            raise in_words(failure) from failure
        return answers, None if turn is None else self._read_turn(turn)

    def _now(self) -> str:
        return "" if self._clock is None else repr(self._clock())

    def _turn_call(self, now: str, limit: int, hints: Mapping[int, Answer], *, worker: str) -> Call:
        flat: list[float] = []
        for shard, hint in hints.items():
            flat += (shard, hint.epoch, hint.due or False, hint.expiry or False)  # a Lua array cannot hold nil
        keys = tuple(self.keys.of_crawl(name) for name in ("meta", "workers", "due", "expiry", "epochs"))
        return Call(TURN, keys, (now, msgpack.packb(flat), limit, worker, self._state(), SWEEP_SECONDS))

    def _note(self, shard: int, packed: bytes) -> Answer:
        epoch, due, expiry, result = msgpack.unpackb(packed)
        answer = Answer(epoch, due or None, expiry or None, result)
        before = self._last.get(shard)
        if before is None or before.epoch < epoch:
            self._last[shard] = self._hints[shard] = answer
        return answer

    def _read_turn(self, packed: bytes) -> Turn:
        now, paused, sweep, due, expired, later = msgpack.unpackb(packed)
        self._ahead = now - time.monotonic()
        shards = dict.fromkeys(int(shard) for shard in [*expired, *due])
        return Turn(now, paused, sweep, list(shards), later or None)
