"""Handing visits to the index as a worker's last pipeline does, and what that takes."""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from backlink_crawler.records import Visit
from backlink_crawler.store import Saved, Store
from pipelines.persist import BATCH_LINKS, BATCHES_AT_ONCE
from tests.benchmarks.store.lab import Lab


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds: of the clock, and of CPU."""

    wall: float
    client: float
    """This process, without making up the visits."""
    generator: float
    """Making up the visits."""
    server: float
    """mongod, background threads included."""

    @property
    def generator_share(self) -> float:
        """Return the generator's share of this process' CPU, 0 to 1."""
        return self.generator / (self.client + self.generator)


class Meter:
    """Sums up seconds from when it is made, and from each reading."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._generator = 0.0
        self._since = self._now()

    def timed(self, visits: Iterable[Visit]) -> Iterator[Visit]:
        """Yield ``visits``, and note what making them takes."""
        ahead = iter(visits)
        while True:
            began = time.process_time()
            visit = next(ahead, None)
            self._generator += time.process_time() - began
            if visit is None:
                return
            yield visit

    def read(self) -> Spent:
        """Return what was spent since the last reading."""
        before, self._since = self._since, self._now()
        now = self._since
        generator = now[3] - before[3]
        return Spent(now[0] - before[0], now[1] - before[1] - generator, generator, now[2] - before[2])

    def _now(self) -> tuple[float, float, float, float]:
        return time.monotonic(), time.process_time(), self._lab.server_cpu(), self._generator


async def save_all(store: Store, visits: Iterable[Visit], stored: Callable[[Saved], None]) -> None:
    """Store ``visits`` in the batches of ``pipelines.persist``, as many at once as there.

    :param stored: called after each batch.
    """
    slots = asyncio.Semaphore(BATCHES_AT_ONCE)

    async def save(batch: list[Visit]) -> None:
        try:
            stored(await store.save_visits(batch))
        finally:
            slots.release()

    ahead = _batches(visits)
    async with asyncio.TaskGroup() as writing:
        while True:
            await slots.acquire()
            batch = next(ahead, None)
            if batch is None:
                return
            writing.create_task(save(batch))


def _batches(visits: Iterable[Visit]) -> Iterator[list[Visit]]:
    batch: list[Visit] = []
    links = 0
    for visit in visits:
        if batch and links + len(visit.links) > BATCH_LINKS:
            yield batch
            batch, links = [], 0
        batch.append(visit)
        links += len(visit.links)
    if batch:
        yield batch
