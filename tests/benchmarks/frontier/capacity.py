"""What one core of Redis carries: claim and finish, alone and with the children of real pages.

Eight clients of ours work at once in this process, each on a connection of its own: each claims 16 URLs and finishes
them, as a worker does that fetches some 500 pages a second and sends every 20 ms. Stock pops one and adds its children
one by one, which is all it can do (there is nothing to finish: a page is forgotten as it is handed out). 1,000 sites
with 50 known URLs each, no delay. The children of a page are of its own site: 10 new ones and 50 known. A worker of
ours offers no child twice (``offered``), so it matters whether it has met the 50 before, as it has with a site's
navigation, or whether only others have: both are measured. To stock it makes no difference.

The CPU is that of the server process, all of its threads, the log on disk (``appendfsync everysec``) included and what
it uses when nobody asks left out, divided by the pages. Pages a second of *one core* follow from it: clients in Python
cannot keep the server busy. Most of what stock costs the server is to be woken for each command, and a busy server is
woken less often; so stock's commands come from 32 connections at once, made beforehand, which is the best case for it.

The client's CPU is that of this process, the making of the children included; stock's is taken with its own scheduler,
queue and duplicates filter in one thread, as in a worker.
"""

import asyncio
import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

import redis.asyncio
from scrapy import Request
from scrapy_redis.scheduler import Scheduler

from backlink_crawler.frontier.contract import Finished, FrontierOptions, Lease, Verdict
from backlink_crawler.frontier.offered import Offered
from backlink_crawler.records import Child
from tests.benchmarks.frontier import names
from tests.benchmarks.frontier.contenders import OURS, STOCK, open_frontier, stock_parts
from tests.benchmarks.frontier.lab import Lab
from tests.benchmarks.frontier.rows import Row, better, of_runs
from tests.benchmarks.frontier.web import KNOWN, NEW

FAMILY = "capacity"
CLIENTS = 8
BATCH = 16
SITES = 1_000
CONNECTIONS, PREPARED = 32, 1_000
"""Of stock: how many send its commands, and for how many pages these are made at most."""
IDLE_SECONDS = 1.0
Children = Literal["none", "known", "met"]
"""Of a page: none; 10 new and 50 known; the same, and the worker has met the 50 before."""
_DONE = Verdict("done", "ok")
_OPTIONS = FrontierOptions(host_delay=0, max_pages_per_site=0)


@dataclass(frozen=True, slots=True)
class _Used:
    """Per page."""

    server_us: float
    client_ms: float
    wall_ms: float


def rows(lab: Lab) -> Iterator[Row]:
    """Work for some seconds, without children and with them."""
    seconds, repeats = (1.0, 1) if lab.quick else (6.0, 3)

    def ours(children: Children) -> list[_Used]:
        return [_ours(lab, seconds, children) for _ in range(repeats)]

    def commands(children: Children) -> list[_Used]:
        return [_stock_commands(lab, seconds, children) for _ in range(repeats)]

    if not lab.quick:
        note = "its is a pop: nothing is kept of what was handed out, nothing is to finish"
        yield _carried("claims and finishes", ours("none"), commands("none"), note)
    sent, worker = commands("known"), [_stock_worker(lab, seconds) for _ in range(repeats)]
    page = f"pages with {NEW} new and {KNOWN} known children"
    for mine, which in ((ours("known"), "first met"), (ours("met"), "met before")):
        yield _carried(f"{page}, {which}", mine, sent)
        reached = of_runs(mine, _reached), of_runs(worker, _reached)
        yield better(FAMILY, f"one process reaches, {page}, {which}", "1/s", *reached, more_is_better=True)
        client = of_runs(mine, _client_ms), of_runs(worker, _client_ms)
        yield better(FAMILY, f"CPU of the client, {page}, {which}", "ms", *client)


def _carried(what: str, ours: "list[_Used]", stock: "list[_Used]", note: str = "") -> Row:
    cpu, other = of_runs(ours, _server_us), of_runs(stock, _server_us)
    used = f"{cpu.median:.0f} µs of its CPU each, scrapy-redis {other.median:.0f}"
    rates = of_runs(ours, _carries), of_runs(stock, _carries)
    note = f"{used}; {note}" if note else used
    return better(FAMILY, f"one core of Redis carries, {what}", "1/s", *rates, more_is_better=True, note=note)


def _server_us(used: _Used) -> float:
    return used.server_us


def _carries(used: _Used) -> float:
    return 1e6 / used.server_us


def _reached(used: _Used) -> float:
    return 1e3 / used.wall_ms


def _client_ms(used: _Used) -> float:
    return used.client_ms


def _site(number: int) -> str:
    return names.host(number % SITES)


def _fill(lab: Lab, *, ours: bool) -> None:
    lab.fresh()
    urls = (names.url(_site(n), n) for n in range(SITES * KNOWN))
    (OURS if ours else STOCK).fill(lab, urls)


def _new_urls(site: str, numbers: "itertools.count[int]") -> Iterator[str]:
    return (names.url(site, n) for n in itertools.islice(numbers, NEW))


def _ours(lab: Lab, seconds: float, children: Children) -> _Used:
    _fill(lab, ours=True)
    known = {_site(s): [Child(names.url(_site(s), s + n * SITES), 1) for n in range(KNOWN)] for s in range(SITES)}
    numbers = itertools.count(SITES * KNOWN)

    def finished(lease: Lease) -> Finished:
        if children == "none":
            return Finished(lease, _DONE)
        return Finished(lease, _DONE, [*(Child(url, 1) for url in _new_urls(lease.host, numbers)), *known[lease.host]])

    async def work(deadline: float, offered: Offered) -> int:
        frontier = open_frontier(lab, _OPTIONS)
        await frontier.open()
        pages = 0
        while time.monotonic() < deadline:
            leases = (await frontier.claim(BATCH)).leases
            visits = [finished(lease) for lease in leases]
            pages += await frontier.finish([replace(visit, children=offered.fresh(visit.children)) for visit in visits])
            for visit in visits:
                offered.remember(visit.children)
        await frontier.close()
        return pages

    memories = [Offered() for _ in range(CLIENTS)]
    for offered in memories if children == "met" else ():
        offered.remember(child for of_site in known.values() for child in of_site)

    async def all_of_them() -> int:
        deadline = time.monotonic() + seconds
        return sum(await asyncio.gather(*(work(deadline, offered) for offered in memories)))

    return _used(lab, lambda: asyncio.run(all_of_them()))


def _stock_worker(lab: Lab, seconds: float) -> _Used:
    """Let stock's own parts take pages and add their children, as inside a worker."""
    _fill(lab, ours=False)
    known = {_site(s): [names.url(_site(s), s + n * SITES) for n in range(KNOWN)] for s in range(SITES)}
    numbers = itertools.count(SITES * KNOWN)

    def work() -> int:
        pages, deadline = 0, time.monotonic() + seconds
        spider, queue, seen = stock_parts(lab.client)
        scheduler = Scheduler(lab.client, persist=True, dupefilter=seen)
        scheduler.spider, scheduler.queue = spider, queue
        while time.monotonic() < deadline:
            site = scheduler.next_request().url.split("/")[2]
            for url in itertools.chain(_new_urls(site, numbers), known[site]):
                scheduler.enqueue_request(Request(url, callback=spider.parse, errback=spider.failed))
            pages += 1
        return pages

    return _used(lab, work)


def _stock_commands(lab: Lab, seconds: float, children: Children) -> _Used:
    """Send what stock would send for its pages, from many connections."""
    _fill(lab, ours=False)
    spider, queue, seen = stock_parts(lab.client)
    pages = PREPARED // 5 if lab.quick else PREPARED

    def prepared(url: str) -> tuple[str, bytes]:
        request = Request(url, callback=spider.parse, errback=spider.failed)
        return seen.request_fingerprint(request), queue._encode_request(request)

    known = [prepared(names.url(_site(n), n)) for n in range(pages * KNOWN)]
    new = (prepared(names.url(_site(n), n)) for n in itertools.count(SITES * KNOWN))
    stock = [[*itertools.islice(new, NEW), *known[n * KNOWN : (n + 1) * KNOWN]] for n in range(pages)]
    left = iter(stock if children != "none" else [[] for _ in range(SITES * KNOWN)])

    async def work(deadline: float) -> int:
        done = 0
        async with redis.asyncio.Redis.from_url(lab.redis_url) as client:
            while time.monotonic() < deadline and (page := next(left, None)) is not None:
                pop = client.pipeline()
                pop.zrange(queue.key, 0, 0)
                pop.zremrangebyrank(queue.key, 0, 0)
                await pop.execute()
                for fingerprint, entry in page:
                    if await client.sadd(seen.key, fingerprint):
                        await client.zadd(queue.key, {entry: 0})
                done += 1
        return done

    async def all_of_them() -> int:
        deadline = time.monotonic() + seconds
        return sum(await asyncio.gather(*(work(deadline) for _ in range(CONNECTIONS))))

    return _used(lab, lambda: asyncio.run(all_of_them()))


def _used(lab: Lab, work: Callable[[], int]) -> _Used:
    """Do the work, which returns the pages done, and divide."""
    idle = _idle(lab)
    server, client, began = lab.cpu_seconds(), time.process_time(), time.monotonic()
    pages = work()
    wall, client = time.monotonic() - began, time.process_time() - client
    server = lab.cpu_seconds() - server - idle * wall
    return _Used(1e6 * server / pages, 1e3 * client / pages, 1e3 * wall / pages)


def _idle(lab: Lab) -> float:
    """Return the share of a core that the server uses when nobody asks."""
    before, began = lab.cpu_seconds(), time.monotonic()
    time.sleep(IDLE_SECONDS)
    return (lab.cpu_seconds() - before) / (time.monotonic() - began)
