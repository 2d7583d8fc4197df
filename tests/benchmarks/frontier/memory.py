"""Bytes of Redis per seen URL, per queued URL and per known host.

A million URLs of 74 characters are made known over 1, 1,000 and 100,000 hosts, each host a site of its own (16
characters); none is claimed, so each of them is seen and queued. Then the keys are deleted family by family, and what
``used_memory`` falls by is what the family held, by the allocator's own count: values, names of keys, tables. Buffers
of clients and of the log on disk are left out, and nothing is freed in the background.

    seen     ours: the buckets of fingerprints          stock: the set of the duplicates filter
    queued   ours: the lists of all hosts and bands     stock: the sorted set of pickled requests
    hosts    ours: what is left: records of hosts and sites, turns, counters, the crawl's own keys; stock has none

The parts add up to the whole. A host's empty list costs nothing; while it has URLs its keys count as *queued*, which is
why that grows where there are ten URLs to a host. Stock's keys do not know hosts: it is filled once, with requests that
carry no ``meta``, as small as they get.
"""

import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from itertools import islice

from tests.benchmarks.frontier import names
from tests.benchmarks.frontier.contenders import OURS, STOCK, stock_parts
from tests.benchmarks.frontier.lab import Lab
from tests.benchmarks.frontier.rows import Row, at_most, better, exact

FAMILY = "memory"
SEEN_BUDGET, QUEUED_BUDGET, HOST_BUDGET = 12, 130, 400
_DELETED_AT_ONCE = 1_000
_OURS = {"seen": re.compile(rb":seen:"), "queued": re.compile(rb":q[0-3]:")}

Bytes = Mapping[str, int]
"""Family of keys → bytes."""


def rows(lab: Lab) -> Iterator[Row]:
    """Fill, take apart, divide."""
    urls, hosts = (10_000, (1, 1_000)) if lab.quick else (1_000_000, (1, 1_000, 100_000))
    stock = _stock(lab, urls)
    for n in hosts:
        ours = _ours(lab, urls, n)
        where = f"{urls:,} URLs over {n:,} host{'s' * (n > 1)}"
        for family, budget in (("seen", SEEN_BUDGET), ("queued", QUEUED_BUDGET)):
            of_each = exact(ours[family] / urls), exact(stock[family] / urls)
            yield at_most(FAMILY, f"{family} URL, {where}", "bytes", *of_each, budget)
        whole = exact(sum(ours.values()) / urls), exact(sum(stock.values()) / urls)
        yield better(FAMILY, f"all of it per URL, {where}", "bytes", *whole)
        if n == hosts[-1]:
            per_host = exact(ours["rest"] / n)
            held = per_host.median <= HOST_BUDGET
            yield Row(
                FAMILY,
                f"known host, {n:,} of them",
                "bytes",
                per_host,
                exact(0),
                f"at most {HOST_BUDGET}",
                held,
                note="stock keeps nothing of a host, and so cannot know when it may be asked",
            )


def _urls(count: int, hosts: int) -> Iterator[str]:
    """Yield the URLs in a random order of hosts, as links come."""
    numbers = list(range(count))
    random.Random(1).shuffle(numbers)
    return (names.url(names.host(n % hosts), n) for n in numbers)


def _ours(lab: Lab, count: int, hosts: int) -> Bytes:
    lab.fresh()
    OURS.fill(lab, islice(_urls(count, hosts), 1))  # the scripts are loaded, and stay
    lab.fresh()
    empty = lab.used_memory()
    OURS.fill(lab, _urls(count, hosts))
    return _taken_apart(lab, empty, lambda key: next((name for name, of in _OURS.items() if of.search(key)), "rest"))


def _stock(lab: Lab, count: int) -> Bytes:
    lab.fresh()
    empty = lab.used_memory()
    STOCK.fill(lab, _urls(count, 1))
    _, queue, seen = stock_parts(lab.client)
    names = {queue.key.encode(): "queued", seen.key.encode(): "seen"}
    return _taken_apart(lab, empty, lambda key: names.get(key, "rest"))


def _taken_apart(lab: Lab, empty: int, family_of: Callable[[bytes], str]) -> Bytes:
    """Delete all keys, one family after the other, and return what each of them held."""
    families: dict[str, list[bytes]] = defaultdict(list)
    for key in lab.client.scan_iter(count=1_000):
        families[family_of(key)].append(key)
    held = {}
    before = lab.used_memory()
    whole = before - empty
    for family in ("seen", "queued"):
        keys = iter(families[family])
        while some := list(islice(keys, _DELETED_AT_ONCE)):
            lab.client.delete(*some)
        after = lab.used_memory()
        held[family] = before - after
        before = after
    return {**held, "rest": whole - sum(held.values())}
