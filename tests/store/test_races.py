"""Two workers on one page: in every interleaving of their writes the end is that of one after the other."""

from typing import Any

import pytest

from backlink_crawler.records import Visit
from backlink_crawler.store import Store
from tests.history.index import DOWN, GONE, link, visit
from tests.store.contents import COLLECTIONS, Contents, contents, put_back, save, seen
from tests.store.faults import Interleaving, interleavings

PAGE = "http://a.test/"


def page(links: str, at: float = 0, crawl: str = "", token: int = 0, **facts: Any) -> Visit:
    """A visit with links in short: ``"b:old c"`` links to b.test as *old* and to c.test as *x*."""
    named = (one.partition(":") for one in links.split())
    return seen(
        PAGE, {f"{name}.test": anchor or "x" for name, _, anchor in named}, at=at, crawl=crawl, token=token, **facts
    )


def judged(score: float, at: float, crawl: str, rules: str = "1-a") -> Visit:
    """A visit whose links stand in the content by this score, or else in a menu."""
    region = "content" if score >= 0.5 else "nav"
    shown = [link(to, "x", source=PAGE, region=region, content_score=score) for to in ("b.test", "c.test")]
    return visit(*shown, url=PAGE, at=at, crawl=crawl, region_rules=rules)


EMPTY: Contents = {name: [] for name in COLLECTIONS}
FIRST = page("b:old c d", at=-9)
CHANGED = page("b:new c e", at=1, crawl="c", token=1)

CASES = [
    pytest.param([FIRST], CHANGED, CHANGED, id="the same visit by both: its lease ran out too early"),
    pytest.param([], CHANGED, CHANGED, id="the same first visit by both"),
    pytest.param([FIRST], CHANGED, page("b:old d f", at=1, crawl="c", token=2), id="an older and a newer lease"),
    pytest.param([FIRST], CHANGED, page("b:old c d", at=2, crawl="d"), id="two crawls, one finds all as it was"),
    pytest.param([FIRST], page("b:old c d", at=1, crawl="c"), page("b c", at=2, crawl="d"), id="unchanged, changed"),
    pytest.param([FIRST], page("b:old c d", at=1), page("b:old c d", at=2), id="both unchanged"),
    pytest.param([], CHANGED, page("b d", at=2, crawl="d"), id="two first visits"),
    pytest.param([], page("", at=1, **DOWN), page("b d", at=2), id="a first visit that saw nothing, and one that did"),
    pytest.param([FIRST], CHANGED, page("", at=2, crawl="d", **GONE), id="changed, then gone"),
    pytest.param([judged(0.9, -9, "a")], judged(0.4, 1, "c"), judged(0.1, 2, "d"), id="unclear, then clear"),
    pytest.param([judged(0.9, -9, "a")], judged(0.1, 1, "c"), judged(0.6, 2, "d"), id="clear, then unclear"),
    pytest.param([judged(0.9, -9, "a")], judged(0.1, 1, "c", "1-b"), judged(0.6, 2, "d", "1-b"), id="by other rules"),
    pytest.param([FIRST, page("", at=-5, **GONE)], CHANGED, page("", at=2, **GONE), id="back, then gone again"),
]


async def _after(store: Store, before: Contents, *visits: Visit) -> Contents:
    await put_back(store.database, before)
    for one in visits:
        await save(store, [one])
    return await contents(store.database)


@pytest.mark.parametrize(("stored", "older", "newer"), CASES)
async def test_two_workers_on_one_page(store: Store, stored: list[Visit], older: Visit, newer: Visit) -> None:
    """Both orders of arrival give the newer visit: after the older one, or alone where that one came too late."""
    before = await _after(store, EMPTY, *stored)
    allowed = [await _after(store, before, older, newer), await _after(store, before, newer, older)]
    await put_back(store.database, before)
    runs = 0
    async for run in interleavings(lambda: (save(store, [older]), save(store, [newer])), 10):
        assert await contents(store.database) in allowed, run.taken
        await put_back(store.database, before)
        runs += 1
    assert runs > 5


@pytest.mark.parametrize(("stored", "older", "newer"), CASES)
async def test_one_sleeps_between_two_writes(store: Store, stored: list[Visit], older: Visit, newer: Visit) -> None:
    """The other one finishes what it finds, goes on and ends; what the sleeper still writes then does nothing."""
    before = await _after(store, EMPTY, *stored)
    allowed = [await _after(store, before, older, newer), await _after(store, before, newer, older)]
    for sleeper in (0, 1):
        for writes in range(1, 6):
            await put_back(store.database, before)
            run = Interleaving([sleeper] * writes + [1 - sleeper] * 30)
            await run.run(save(store, [older]), save(store, [newer]))
            assert await contents(store.database) in allowed, run.taken


@pytest.mark.parametrize("dies", [(worker, write) for worker in (0, 1) for write in range(4)])
async def test_one_of_two_dies(store: Store, dies: tuple[int, int]) -> None:
    """Whatever one leaves open while the other goes on, the repeat of both ends as ever."""
    newer = page("b:old d f", at=2, crawl="d")
    before = await _after(store, EMPTY, FIRST)
    allowed = [await _after(store, before, CHANGED, newer), await _after(store, before, newer, CHANGED)]
    await put_back(store.database, before)
    async for run in interleavings(lambda: (save(store, [CHANGED]), save(store, [newer])), 5, dies):
        await save(store, [CHANGED])
        await save(store, [newer])
        assert await contents(store.database) in allowed, run.taken
        await put_back(store.database, before)
