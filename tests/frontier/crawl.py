"""A crawl under test: its clock, its workers, and short words for what they do."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from backlink_crawler.frontier.contract import Finished, Frontier, FrontierOptions, Lease, Verdict
from backlink_crawler.records import Child

DONE = Verdict("done", "ok")
BEGINNING = 1_800_000_000.0


class Clock:
    """The time of a crawl, in seconds since 1970; it stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = BEGINNING

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        """Let time pass; a negative number sets the clock back."""
        self.now += seconds


OpenWorker = Callable[[Clock, str, FrontierOptions], Awaitable[Frontier]]


class Crawl:
    """Opens workers of one crawl and closes them at the end."""

    def __init__(self, open_worker: OpenWorker) -> None:
        self.clock = Clock()
        self._open_worker = open_worker
        self._workers: list[Frontier] = []

    async def worker(self, name: str = "", **options: Any) -> Frontier:
        """Open a worker with these options of the crawl."""
        options = {"shards": 16, **options}
        worker = await self._open_worker(self.clock, name, FrontierOptions(**options))
        self._workers.append(worker)
        return worker

    async def close(self) -> None:
        """Close every worker; one that the test has closed already does not mind."""
        for worker in self._workers:
            await worker.close()


def pages(host: str, count: int, *, band: int = 1, depth: int = 0) -> list[Child]:
    """Return ``count`` URLs of a host: ``/0``, ``/1`` …"""
    return [Child(f"https://{host}/{i}", depth, band) for i in range(count)]


async def finish(worker: Frontier, leases: Iterable[Lease], verdict: Verdict = DONE) -> int:
    """Give all the same verdict."""
    return await worker.finish([Finished(lease, verdict) for lease in leases])


async def claim_one(worker: Frontier) -> Lease:
    """Claim exactly one."""
    claimed = await worker.claim(1)
    assert len(claimed.leases) == 1
    return claimed.leases[0]


async def claim_urls(worker: Frontier, limit: int = 100) -> list[str]:
    """Claim, and return the URLs in the order they came."""
    return [lease.url for lease in (await worker.claim(limit)).leases]


async def crawl_all(worker: Frontier, clock: Clock, limit: int = 100) -> list[Lease]:
    """Claim and finish until nothing waits, letting the time pass that the frontier asks for."""
    crawled: list[Lease] = []
    while True:
        claimed = await worker.claim(limit)
        crawled += claimed.leases
        await finish(worker, claimed.leases)
        if not claimed.leases:
            if claimed.next_due is None:
                return crawled
            clock.advance(claimed.next_due)
