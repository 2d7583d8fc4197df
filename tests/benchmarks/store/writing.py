"""How fast visits are stored: pages seen for the first time, unchanged ones, changed ones.

    new        full records with all indexes, in the journal of the server before a batch counts as stored. The rate of
               every 100,000 links is kept: what matters is whether it is held while the data outgrows the cache
    unchanged  the first pages again, 30 days later, as they were: documents written are counted by the server
    changed    the same pages another 30 days later, one link in 20 changed: another anchor, now nofollow, or another
               target in its place

The rates depend on what else the machine does; the CPU seconds hardly do.
"""

import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from backlink_crawler.store import Saved, Store
from tests.benchmarks.store.lab import DATABASE, Lab
from tests.benchmarks.store.load import Meter, Spent, save_all
from tests.benchmarks.store.rows import Row, at_least
from tests.benchmarks.store.visits import LINKS_A_PAGE, Change, Crawl

FAMILY = "writing"
NEW_LINKS_A_SECOND = 15_000
REPORTED_EVERY = 100_000
_VISITED_AGAIN = 20_000
"""Pages; fewer where there are fewer."""


@dataclass(frozen=True, slots=True)
class Point:
    """One stretch of the growth."""

    links: int
    """In the index at its end."""
    links_a_second: float
    client_cpu: float
    """Seconds for 1,000 links."""
    server_cpu: float
    generator_share: float

    @classmethod
    def of(cls, links: int, added: int, spent: Spent) -> "Point":
        """Return what ``added`` links, of ``links`` now, took."""
        kilo = added / 1_000
        return cls(links, added / spent.wall, spent.client / kilo, spent.server / kilo, spent.generator_share)


async def grow(lab: Lab, crawl: Crawl) -> list[Point]:
    """Store every page of ``crawl`` for the first time."""
    points: list[Point] = []
    meter = Meter(lab)
    stored = reported = 0

    def report(saved: Saved) -> None:
        nonlocal stored, reported
        stored += saved.links_new
        if stored - reported >= REPORTED_EVERY or stored == crawl.pages * LINKS_A_PAGE:
            point = Point.of(stored, stored - reported, meter.read())
            points.append(point)
            reported = stored
            _tell(point)

    async with Store(lab.uri, DATABASE) as store:
        await save_all(store, meter.timed(crawl.visits(0, crawl.pages)), report)
    return points


def _tell(point: Point) -> None:
    print(
        f"  {point.links:>10,} links  {point.links_a_second:>7,.0f}/s  CPU s per 1,000 links: client"
        f" {point.client_cpu:.4f}, mongod {point.server_cpu:.4f}; generator {point.generator_share:.0%} of the client",
        file=sys.stderr,
        flush=True,
    )


def growth_rows(points: list[Point]) -> Iterator[Row]:
    """Tell the whole and the last fifth of the growth."""
    last = points[-max(1, len(points) // 5) :]
    whole, end = _rate(points), _rate(last)
    yield Row(FAMILY, f"new links, all {points[-1].links:,}", whole, "links/s")
    yield at_least(FAMILY, "new links, the last fifth", end, "links/s", NEW_LINKS_A_SECOND)
    yield Row(FAMILY, "new links, the slowest 100,000", min(point.links_a_second for point in points), "links/s")
    for name, part in (("all", points), ("the last fifth", last)):
        for who in ("client", "server"):
            value = sum(asdict(point)[f"{who}_cpu"] for point in part) / len(part)
            yield Row(FAMILY, f"CPU of {'mongod' if who == 'server' else who}, {name}", value, "s per 1,000 links")
    share = sum(point.generator_share for point in points) / len(points)
    yield Row(FAMILY, "making up the visits, beside that", 100 * share, "% of the client's CPU")


def _rate(points: list[Point]) -> float:
    """Stretches are equally long, but for the last."""
    return len(points) / sum(1 / point.links_a_second for point in points)


async def visit_again(lab: Lab, crawl: Crawl) -> list[Row]:
    """Store pages again: as they were, then changed."""
    rows = await _visits(lab, crawl, "unchanged", 30, "none")
    return rows + await _visits(lab, crawl, "changed", 60, "one_in_20")


async def _visits(lab: Lab, crawl: Crawl, name: str, days: float, change: Change) -> list[Row]:
    pages = min(crawl.pages, _VISITED_AGAIN)
    before = lab.documents_written()
    meter = Meter(lab)
    saved: list[Saved] = []
    async with Store(lab.uri, DATABASE) as store:
        await save_all(store, meter.timed(crawl.visits(0, pages, days=days, change=change)), saved.append)
    spent = meter.read()
    after = lab.documents_written()
    written = sum(after[kind] - before[kind] for kind in after) / pages
    events = sum(batch.events for batch in saved) / pages
    what = f"{name} re-visits"
    rows = [Row(FAMILY, f"{what}, documents written", written, "a page")]
    if change == "none":
        # The server itself writes down its sessions every few minutes.
        held = 1 <= written < 1.001 and sum(batch.unchanged for batch in saved) == pages
        rows = [Row(FAMILY, f"{what}, documents written", written, "a page", "exactly 1", held)]
    else:
        rows.append(Row(FAMILY, f"{what}, events", events, "a page"))
    return [
        *rows,
        Row(FAMILY, what, pages / spent.wall, "pages/s"),
        Row(FAMILY, f"{what}, CPU of client", 1_000 * spent.client / pages, "s per 1,000 pages"),
        Row(FAMILY, f"{what}, CPU of mongod", 1_000 * spent.server / pages, "s per 1,000 pages"),
    ]
