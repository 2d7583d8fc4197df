"""The ways a Redis may stand there: behind a password, on a Unix socket, killed and started again in mid-crawl."""

from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from backlink_crawler.frontier.contract import FrontierError, FrontierOptions, FrontierUnavailable
from backlink_crawler.frontier.redis import RedisFrontier
from tests.frontier.crawl import claim_urls, finish, pages
from tests.frontier.valkey import valkey


async def test_a_server_that_is_killed_and_comes_back(tmp_path: Path) -> None:
    """While it is away calls fail as *unavailable*; with its log it comes back with every URL and lease."""
    with valkey(tmp_path, "--appendonly", "yes", "--appendfsync", "always") as server:
        client = Redis(port=server.port, retry=Retry(NoBackoff(), 0))
        worker = RedisFrontier(client, "crawl", options=FrontierOptions(shards=4))
        await worker.open()
        await worker.discover(pages("a.example", 2) + pages("b.example", 1))
        leases = (await worker.claim(10)).leases
        server.kill()
        with pytest.raises(FrontierUnavailable, match="cannot be reached"):
            await finish(worker, leases)
        with pytest.raises(FrontierUnavailable):
            await worker.claim(10)
        server.start()
        assert await finish(worker, leases) == 2
        counts = await worker.counts()
        assert (counts.known, counts.waiting, counts.leased, counts.done) == (3, 1, 0, 2)
        await worker.close()


async def test_password_and_unix_socket(tmp_path: Path) -> None:
    """Whatever the client was given is used; a missing password is no passing trouble."""
    path = str(tmp_path / "valkey.sock")
    with valkey(tmp_path, "--requirepass", "secret", "--unixsocket", path):
        stranger = RedisFrontier(Redis(unix_socket_path=path, retry=Retry(NoBackoff(), 0)), "crawl")
        with pytest.raises(FrontierError, match="password") as refusal:
            await stranger.open()
        assert not isinstance(refusal.value, FrontierUnavailable)
        await stranger._client.aclose()
        worker = RedisFrontier(Redis(unix_socket_path=path, password="secret"), "crawl")
        await worker.open()
        await worker.discover(pages("a.example", 1))
        assert await claim_urls(worker) == ["https://a.example/0"]
        await worker.close()
