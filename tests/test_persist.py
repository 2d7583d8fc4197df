"""The last stage: how visits are gathered into batches, on the real MongoDB."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
from scrapy import Spider
from scrapy.utils.test import get_crawler

from backlink_crawler.records import Visit
from backlink_crawler.store import Saved, Store
from pipelines.persist import ENOUGH, Persist
from tests.store.contents import seen


class Batches(list[int]):
    """The sizes of the batches that were begun, in order; while ``may_go`` is not set none of them is stored."""

    def __init__(self) -> None:
        super().__init__()
        self.may_go = asyncio.Event()
        self.may_go.set()
        self.begun = asyncio.Event()


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> Batches:
    """What is stored from now on."""
    watched, save = Batches(), Store.save_visits

    async def save_visits(store: Store, visits: Sequence[Visit]) -> Saved:
        watched.append(len(visits))
        watched.begun.set()
        await watched.may_go.wait()
        return await save(store, visits)

    monkeypatch.setattr(Store, "save_visits", save_visits)
    return watched


@pytest.fixture
async def persist(mongodb_uri: str, mongodb_database: str) -> AsyncIterator[Persist]:
    """The stage of a worker that has just begun."""
    given = {"MONGODB_URI": mongodb_uri, "MONGODB_DATABASE": mongodb_database, "CRAWL_ID": "c"}
    patience = {"RECHECK_MIN_DAYS": 1, "RECHECK_MAX_DAYS": 60, "UNREACHABLE_VISITS": 3, "UNREACHABLE_DAYS": 7}
    crawler = get_crawler(settings_dict={**given, **patience})
    crawler.spider = Spider("test")
    stage = Persist.from_crawler(crawler)
    await stage.open_spider()
    yield stage
    await stage.spider_closed(crawler.spider, "finished")


def visits(first: int, number: int) -> list[Visit]:
    return [seen(f"http://a.test/{n}", {"b.test": "x"}, token=n + 1) for n in range(first, first + number)]


async def store(persist: Persist, some: Sequence[Visit]) -> None:
    await asyncio.gather(*map(persist.process_item, some))


async def a_few_turns() -> None:
    """Let everything that can go on do so."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_visits_that_come_together_are_stored_together(persist: Persist, batches: Batches) -> None:
    """However many: there is one batch, as there was nobody to wait for."""
    await store(persist, visits(0, 3 * ENOUGH))
    assert batches == [3 * ENOUGH]


async def test_a_worker_with_much_to_do_gathers(persist: Persist, batches: Batches) -> None:
    """After a batch of many, a visit waits a moment for those that come behind it."""
    await store(persist, visits(0, ENOUGH))
    first, *rest = visits(ENOUGH, 5)
    waiting = asyncio.create_task(store(persist, [first]))
    await a_few_turns()
    await asyncio.gather(waiting, store(persist, rest))
    assert batches == [ENOUGH, 5]


async def test_a_worker_with_little_to_do_waits_for_nothing(persist: Persist, batches: Batches) -> None:
    """Visits that come one by one are stored one by one."""
    for one in visits(0, 3):
        await store(persist, [one])
    assert batches == [1, 1, 1]


async def test_a_second_batch_is_begun_when_it_is_worth_it(persist: Persist, batches: Batches) -> None:
    """While one is being stored, a few visits wait for its end; many do not."""
    batches.may_go.clear()
    first = asyncio.create_task(store(persist, visits(0, 1)))
    await batches.begun.wait()
    few = asyncio.create_task(store(persist, visits(1, ENOUGH - 1)))
    await a_few_turns()
    assert batches == [1]
    many = asyncio.create_task(store(persist, visits(ENOUGH, 1)))
    await a_few_turns()
    assert batches == [1, ENOUGH]
    batches.may_go.set()
    await asyncio.gather(first, few, many)
