"""The contract, on a Valkey cluster of three nodes."""

from collections.abc import AsyncIterator, Iterator

import pytest
from redis.asyncio.cluster import RedisCluster

from backlink_crawler.frontier.contract import FrontierOptions
from backlink_crawler.frontier.redis import RedisFrontier
from tests.frontier.contract import FrontierContract
from tests.frontier.crawl import Clock, Crawl, crawl_all, pages
from tests.frontier.valkey import Valkey, cluster


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Valkey]]:
    """The cluster."""
    with cluster(tmp_path_factory.mktemp("cluster")) as nodes:
        yield nodes


class TestCluster(FrontierContract):
    """Every promise of the contract."""

    @pytest.fixture
    async def crawl(self, nodes: list[Valkey], crawl_id: str) -> AsyncIterator[Crawl]:
        """The crawl under test."""

        async def open_worker(clock: Clock, name: str, options: FrontierOptions) -> RedisFrontier:
            client = RedisCluster(host="127.0.0.1", port=nodes[0].port)
            worker = RedisFrontier(client, crawl_id, worker=name, options=options, clock=clock)
            await worker.open()
            return worker

        crawl = Crawl(open_worker)
        yield crawl
        await (await crawl.worker("last")).drop()
        await crawl.close()

    async def test_keys_spread_over_the_nodes(self, crawl: Crawl, nodes: list[Valkey], crawl_id: str) -> None:
        """Each node carries about a third of the crawl."""
        worker = await crawl.worker(shards=256)
        await worker.discover([child for n in range(300) for child in pages(f"{n}.example", 1)])
        lists = [sum(1 for _ in node.client().scan_iter(match=f"*{crawl_id}*:q1:*")) for node in nodes]
        assert sum(lists) == 300
        assert min(lists) > 60

    async def test_round_trips(self, crawl: Crawl) -> None:
        """Shards on different nodes are asked at the same time, so no more round trips are waited for."""
        worker = await crawl.worker(shards=256)
        assert isinstance(worker, RedisFrontier)
        await worker.discover([child for n in range(100) for child in pages(f"{n}.example", 3)])
        before = worker.round_trips
        assert len(await crawl_all(worker, crawl.clock, limit=16)) == 300
        assert (worker.round_trips - before) / 300 <= 0.5
