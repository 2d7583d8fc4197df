"""What a frontier promises, in types: the life of a URL is *known → due → leased → done / failed*.

Pure: no socket, no clock, no environment. Implementations pass ``tests/frontier/contract.py``.

Glossary
    known    admitted to the crawl once; a second discovery changes nothing
    due      the host of the URL may be asked now (delay, Crawl-delay, Retry-After and back-off have passed)
    leased   one worker holds it until a time, under a token; when the lease expires it is due again
    done     its records are stored and its children are known
    failed   given up, with a reason; can be made known again by ``retry_failed``
    token    grows with every claim of a URL: a finish or renewal with an older token does nothing
    band     0 (first) to 3 (last); within a band, first discovered is first claimed
    crawl    one shared job; everything below is about one crawl, several share one server without touching
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from backlink_crawler.records import Child

BANDS = 4


@dataclass(frozen=True, slots=True)
class FrontierOptions:
    """What a crawl may do and must not do. All workers of a crawl should agree; the last to act decides for its act."""

    host_delay: float = 1.0
    """Seconds between two requests to one host; a longer Crawl-delay of its own wins."""
    max_crawl_delay: float = 60.0
    """Seconds; a host that wishes for more gets this."""
    host_concurrency: int = 1
    """Requests to one host at a time. With 1 the delay counts from the end of a request, else from its start."""
    site_concurrency: int = 4
    """Hosts of one site that are leased at a time."""
    lease_seconds: float = 300.0
    """A lease that is not renewed for so long is given to another worker."""
    max_lease_age: float = 3600.0
    """Seconds after which a lease cannot be renewed any more."""
    max_lost: int = 3
    """Expired leases after which a URL fails as ``worker_lost``."""
    retry_delay: float = 5.0
    """Seconds a failing host rests before its URL is tried again; doubled with each attempt, and six times as long
    where the server asks for patience and names no time."""
    max_host_wait: float = 3600.0
    """Seconds; a host that must rest for longer is given up."""
    max_host_troubles: int = 10
    """Troubles in a row (``Verdict.host_trouble``) after which a host is given up."""
    max_pages_per_site: int = 1000
    """Admitted URLs of one site; 0 = no limit."""
    max_pages: int = 0
    """Admitted URLs of the crawl; 0 = no limit."""
    shards: int = 256
    """Parts of the frontier; fixed by the worker that begins the crawl."""


@dataclass(frozen=True, slots=True)
class Lease:
    """One URL in the hands of one worker."""

    url: str
    host: str
    site: str
    depth: int
    band: int
    token: int
    attempt: int
    """1 at the first claim; grows with every claim, also after a lost worker."""
    redirects: int = 0
    """In a row that led to the URL when it became known."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a leased URL; made by ``politeness.judge`` from the outcome of a visit."""

    state: Literal["done", "failed", "retry"]
    reason: str = ""
    """Counted under this word: an outcome (``ok``, ``http_error`` …) or a failure (``dns``, ``worker_lost`` …)."""
    retry_after: float = 0.0
    """Seconds until the URL may be claimed again (state ``retry``)."""
    hold_host: float = 0.0
    """Seconds the whole host rests beyond its usual delay (Retry-After, back-off)."""
    host_trouble: bool = False
    """Counts towards giving the host up; any other verdict clears the count."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A visit that is stored: its lease, what becomes of it and what it made known."""

    lease: Lease
    verdict: Verdict
    children: Sequence[Child] = ()


@dataclass(slots=True)
class Discovered:
    """How many of the offered URLs were new, already known, or over a page budget."""

    new: int = 0
    known: int = 0
    over_budget: int = 0


@dataclass(slots=True)
class Claimed:
    """Leases handed out, and when asking again makes sense."""

    leases: list[Lease]
    next_due: float | None
    """Seconds until asking again makes sense; ``None`` when no time can be told: nothing waits, or what waits stands
    behind a lease that is not finished."""


@dataclass(slots=True)
class HostState:
    """One host of the crawl, for people."""

    host: str
    site: str
    waiting: int
    leased: int
    next_due: float
    """Seconds until it may be asked again; 0 when it is due."""
    delay: float
    troubles: int
    given_up: bool


@dataclass(slots=True)
class WorkerState:
    """One live worker."""

    name: str
    seen_ago: float
    """Seconds since its last sign of life."""
    leases: int
    pages: int
    pages_per_second: float


@dataclass(slots=True)
class Counts:
    """The state of a crawl at a moment; ``known`` = waiting + leased + done + failed, but for entries set aside."""

    known: int = 0
    waiting: int = 0
    """Admitted and not leased, whether due or not."""
    leased: int = 0
    done: int = 0
    failed: int = 0
    over_budget: int = 0
    """Offers that a page budget refused; the same URL counts each time."""
    failed_by_reason: Mapping[str, int] = field(default_factory=dict)
    done_by_reason: Mapping[str, int] = field(default_factory=dict)
    hosts_waiting: int = 0
    """Hosts that have at least one waiting URL."""
    set_aside: int = 0
    """Damaged entries taken out of the queue, kept for inspection."""
    seeded: bool = False
    ended: bool = False
    paused: bool = False


class FrontierError(Exception):
    """The frontier cannot be used; the message is one line that says what to do."""


class FrontierUnavailable(FrontierError):
    """It cannot be used just now (connection lost, server loading or full): repeat the same call later.

    Repeating is safe: a discovery, a verdict or a renewal that had got through does nothing the second time, and
    leases whose answer was lost come back when they expire.
    """


class Frontier(Protocol):
    """The operations of one worker on one crawl. All are coroutines; none is called concurrently with itself."""

    async def open(self) -> None:
        """Check the server (reachable, no evicting ``maxmemory-policy``, same key layout) and join the crawl.

        :raises FrontierError: with a line for people.
        """

    async def discover(self, children: Sequence[Child]) -> Discovered:
        """Make URLs known. Idempotent; budgets count admitted URLs only."""

    async def claim(self, limit: int) -> Claimed:
        """Lease up to ``limit`` due URLs, fair over sites, then hosts; expired leases come first.

        Nothing while the crawl is paused.
        """

    async def finish(self, finished: Sequence[Finished]) -> int:
        """Children first, then the verdicts. Returns how many leases were still ours; stale ones change nothing.

        Other workers may learn of it only with this worker's next call (``claim(0)`` will do).
        """

    async def renew(self, leases: Sequence[Lease]) -> list[Lease]:
        """Prolong leases in work. Returns those that are no longer ours."""

    async def release(self, leases: Sequence[Lease]) -> None:
        """Hand back unstarted leases: due again at once, the attempt not counted."""

    async def set_crawl_delay(self, host: str, seconds: float) -> None:
        """The host's own wish (robots Crawl-delay); never shortens the configured delay."""

    async def seeding_complete(self) -> None:
        """All start URLs of this crawl have been discovered."""

    async def pause(self) -> None:
        """Hand out nothing until ``resume``, to no worker; leases in work are finished as usual."""

    async def resume(self) -> None:
        """The opposite of ``pause``."""

    async def retry_failed(self, *, reason: str = "", host: str = "") -> int:
        """Make failed URLs wait again as if never tried, all or those of a reason or host. Returns how many."""

    async def drop(self) -> None:
        """Forget the crawl: delete everything stored for it, in small steps. Workers must have left."""

    async def workers(self) -> list[WorkerState]:
        """Workers that have been seen within ``lease_seconds``."""

    async def hosts(self, limit: int) -> list[HostState]:
        """The hosts with the most waiting URLs."""

    async def counts(self) -> Counts:
        """The state of the crawl, for people; may be a moment old."""

    async def ended(self) -> bool:
        """Seeding complete and nothing waiting or leased, seen twice with nothing changed in between."""

    async def close(self) -> None:
        """Leave the crawl and free the connection. Leases still held are released."""
