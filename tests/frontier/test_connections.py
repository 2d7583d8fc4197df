"""The shared queue as users reach it, through their settings: password, Unix socket, TLS, Sentinel."""

import asyncio
import datetime
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import pytest
from redis.asyncio.sentinel import SentinelManagedSSLConnection
from scrapy.settings import Settings

from backlink_crawler.frontier.connection import client_from
from backlink_crawler.frontier.contract import FrontierError, FrontierOptions, FrontierUnavailable
from backlink_crawler.frontier.redis import RedisFrontier
from tests.frontier.crawl import claim_one, finish, pages
from tests.frontier.sentinels import PASSWORD, SENTINEL_PASSWORD, SERVICE, Watched, watched
from tests.frontier.valkey import PATIENCE, Valkey, valkey
from tests.web.tls import server_context, write_certificate

T = TypeVar("T")

SENTINEL_CLASS = "backlink_crawler.frontier.redis.sentinel.SentinelRedis"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the servers of this file live."""
    return tmp_path_factory.mktemp("connections")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Valkey]:
    """A server with a password, a user who may not administer it, and a Unix socket."""
    user = ("--user", "crawler", "on", ">p:ss/w@rd", "~*", "+@all", "-@admin")
    with valkey(folder, "--requirepass", "secret", *user, "--unixsocket", str(folder / "valkey.sock")) as server:
        yield server


@asynccontextmanager
async def frontier(settings: dict[str, Any], crawl_id: str) -> AsyncIterator[RedisFrontier]:
    """A worker with these settings that has not joined yet; its connection is closed in any case."""
    client = client_from(Settings(settings))
    try:
        yield RedisFrontier(client, crawl_id, options=FrontierOptions(shards=4))
    finally:
        await client.aclose()


async def crawl_a_page(settings: dict[str, Any], crawl_id: str) -> None:
    """What each connection has to carry: join, discover, claim, finish, count."""
    async with frontier(settings, crawl_id) as worker:
        await worker.open()
        assert (await worker.discover(pages("a.example", 1))).new == 1
        lease = await claim_one(worker)
        assert lease.url == "https://a.example/0"
        assert await finish(worker, [lease]) == 1
        assert (await worker.counts()).done == 1
        await worker.close()


async def refusal(settings: dict[str, Any], *secrets: str) -> FrontierError:
    """Join where that cannot be; return the error, which is one line without any of the secrets."""
    async with frontier(settings, "refused") as worker:
        with pytest.raises(FrontierError) as raised:
            await worker.open()
    text = str(raised.value)
    assert "\n" not in text
    assert not any(secret in text for secret in secrets)
    return raised.value


@pytest.mark.parametrize(
    "settings",
    [
        {"REDIS_URL": "redis://:secret@127.0.0.1:{port}"},
        {
            "REDIS_URL": "redis://crawler:p%3Ass%2Fw%40rd@127.0.0.1:{port}/0"
        },  # a user of the ACL; all but letters encoded
        {
            "REDIS_URL": "redis://127.0.0.1:{port}",
            "REDIS_PARAMS": {"password": "secret"},
        },  # not in the URL, nor its logs
        {"REDIS_HOST": "127.0.0.1", "REDIS_PORT": "{port}", "REDIS_PARAMS": '{{"password": "secret"}}'},
        {"REDIS_URL": "unix://:secret@{folder}/valkey.sock"},
        {"REDIS_URL": "unix://{folder}/valkey.sock", "REDIS_PARAMS": {"username": "crawler", "password": "p:ss/w@rd"}},
    ],
)
async def test_password_and_unix_socket(settings: dict[str, Any], server: Valkey, folder: Path, crawl_id: str) -> None:
    """A password or a user may stand in the URL or in the parameters, on TCP and on a socket."""
    await crawl_a_page(placed(settings, port=server.port, folder=folder), crawl_id)


def placed(settings: dict[str, Any], **where: Any) -> dict[str, Any]:
    """Fill in what is known only once the server runs."""
    return {name: value.format(**where) if isinstance(value, str) else value for name, value in settings.items()}


@pytest.mark.parametrize("who", ["", ":wrong-word@", "crawler:wrong-word@", "nobody:wrong-word@"])
async def test_a_wrong_password(who: str, server: Valkey) -> None:
    """It is told as such, without the password, and is no passing trouble that a worker would wait out."""
    error = await refusal({"REDIS_URL": f"redis://{who}127.0.0.1:{server.port}"}, "wrong-word")
    assert not isinstance(error, FrontierUnavailable)
    assert "a user or a password, or another one: see REDIS_URL" in str(error)


@pytest.fixture(scope="module")
def certificate(folder: Path) -> Path:
    """A certificate of ``localhost`` that nobody trusts who is not told to."""
    path = folder / "server.pem"
    write_certificate(path, ["localhost"], datetime.datetime.now(datetime.UTC))
    return path


@pytest.fixture
async def tls_port(server: Valkey, certificate: Path) -> AsyncIterator[int]:
    """TLS in front of the server, whose wheel is built without."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back_reader, back_writer = await asyncio.open_connection("127.0.0.1", server.port)
        await asyncio.gather(_pass_on(reader, back_writer), _pass_on(back_reader, writer))

    async with await asyncio.start_server(serve, "127.0.0.1", 0, ssl=server_context(certificate)) as front:
        yield front.sockets[0].getsockname()[1]


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
    except ConnectionError:
        pass  # told to the other side by closing it, as an end is
    finally:
        writer.close()


@pytest.mark.parametrize(
    "settings",
    [
        {"REDIS_URL": "rediss://:secret@localhost:{port}/0?ssl_ca_certs={certificate}"},
        {
            "REDIS_URL": "rediss://:secret@localhost:{port}",
            "REDIS_PARAMS": '{{"ssl_ca_certs": "{certificate}", "ssl_min_version": 771}}',
        },
    ],
)
async def test_tls(settings: dict[str, Any], tls_port: int, certificate: Path, crawl_id: str) -> None:
    """``rediss`` is TLS, verified against the authorities that the URL or the parameters name."""
    await crawl_a_page(placed(settings, port=tls_port, certificate=certificate), crawl_id)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("rediss://:secret@localhost:{tls}", "certificate verify failed"),  # the system's authorities do not know it
        ("rediss://:secret@127.0.0.1:{tls}?ssl_ca_certs={certificate}", "certificate is not valid for '127.0.0.1'"),
        ("rediss://:secret@localhost:{tls}?ssl_ca_certs=/no/such/file", "No such file"),
        ("redis://:secret@localhost:{tls}", "Connection"),  # a client without TLS
    ],
)
async def test_tls_that_cannot_be(url: str, why: str, tls_port: int, certificate: Path) -> None:
    """A server that cannot prove who it is hears no password; the line says why."""
    error = await refusal({"REDIS_URL": url.format(tls=tls_port, certificate=certificate)}, "secret")
    assert why in str(error)


@pytest.mark.parametrize(
    "where", [{"REDIS_URL": "redis://127.0.0.1:{port}"}, {"REDIS_HOST": "127.0.0.1", "REDIS_PORT": "{port}"}]
)
async def test_a_lost_connection_is_told_at_once(where: dict[str, str]) -> None:
    """No client repeats unseen what may have been done: the frontier must know of every answer that was lost."""
    connections = 0

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as listener:
        port = listener.sockets[0].getsockname()[1]
        assert isinstance(await refusal(placed(where, port=port)), FrontierUnavailable)
    assert connections == 1


@pytest.fixture(scope="module")
def servers(folder: Path) -> Iterator[Watched]:
    """A primary and a replica with a password, and the Sentinel that watches them, with another."""
    with watched(folder) as servers:
        yield servers


def sentinel_params(servers: Watched, **more: Any) -> str:
    """``REDIS_PARAMS`` as ``-s`` gives it."""
    asked = {"sentinels": [["127.0.0.1", servers.sentinel.port]], "sentinel_kwargs": {"password": SENTINEL_PASSWORD}}
    return json.dumps({"redis_cls": SENTINEL_CLASS, **asked, **more})


async def test_sentinel(servers: Watched, crawl_id: str) -> None:
    """The host of the URL is the service's name; name and password may also stand in the parameters alone."""
    url = f"redis://:{quote(PASSWORD, safe='')}@{SERVICE}/0"
    await crawl_a_page({"REDIS_URL": url, "REDIS_PARAMS": sentinel_params(servers)}, crawl_id)
    alone = sentinel_params(servers, service_name=SERVICE, password=PASSWORD)
    await crawl_a_page({"REDIS_PARAMS": alone}, f"{crawl_id}-2")


async def test_sentinel_failover(servers: Watched, crawl_id: str) -> None:
    """A lease of the old primary is finished on the new one; in between, the frontier is *unavailable* at worst."""
    settings = {"REDIS_URL": f"redis://:{quote(PASSWORD, safe='')}@{SERVICE}", "REDIS_PARAMS": sentinel_params(servers)}
    async with frontier(settings, crawl_id) as worker:
        await worker.open()
        await worker.discover(pages("a.example", 1) + pages("b.example", 1))
        lease = await claim_one(worker)
        old = servers.primary()
        servers.fail_over()
        assert await patiently(lambda: finish(worker, [lease])) == 1
        other = await patiently(lambda: claim_one(worker))
        assert await finish(worker, [other]) == 1
        assert (await worker.counts()).done == 2
        assert servers.primary() is not old
        assert servers.primary().ask("HLEN", worker.keys.of_crawl("workers")) == 1
        await worker.close()


async def patiently(ask: Callable[[], Awaitable[T]]) -> T:
    """Ask again while the frontier is unavailable, as the scheduler does."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                return await ask()
            except FrontierUnavailable:
                await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("url", "more", "why"),
    [
        ("redis://:wrong-word@mymaster", {}, "a user or a password, or another one"),
        ("redis://mymaster", {"sentinel_kwargs": {"password": "wrong-word"}}, "sentinel_kwargs"),
        ("redis://other", {}, "names a primary for 'other'"),
        ("redis://mymaster", {"sentinels": [["127.0.0.1", 1]]}, "no Sentinel of 127.0.0.1:1 "),  # nobody listens there
    ],
)
async def test_sentinels_that_do_not_help(url: str, more: dict[str, Any], why: str, servers: Watched) -> None:
    """The line says whether it is the primary's password, the Sentinels, or the name."""
    error = await refusal({"REDIS_URL": url, "REDIS_PARAMS": sentinel_params(servers, **more)}, "wrong-word")
    assert why in str(error)


@pytest.mark.parametrize(
    ("params", "why"),
    [
        ({"redis_cls": SENTINEL_CLASS}, 'needs "sentinels"'),
        ({"redis_cls": SENTINEL_CLASS, "sentinels": ["10.0.0.1:26379"]}, 'needs "sentinels"'),
        ({"redis_cls": f"{SENTINEL_CLASS}s"}, "redis_cls cannot be loaded"),
        ("{'password': 'secret'}", "not a JSON object"),  # quotes of Python
    ],
)
async def test_parameters_that_cannot_be(params: dict[str, Any] | str, why: str) -> None:
    """They are refused before anything is connected, in one line without what they say."""
    with pytest.raises(FrontierError, match=why) as raised:
        client_from(Settings({"REDIS_URL": "redis://mymaster", "REDIS_PARAMS": params}))
    assert "\n" not in str(raised.value)
    assert "secret" not in str(raised.value)


async def test_sentinel_with_tls() -> None:
    """``rediss`` is TLS to the primary; the Sentinels have parameters of their own."""
    params = {"redis_cls": SENTINEL_CLASS, "sentinels": [["127.0.0.1", 26_379]]}
    client = client_from(Settings({"REDIS_URL": "rediss://mymaster/3?ssl_ca_certs=/ca.pem", "REDIS_PARAMS": params}))
    connection = client.connection_pool.make_connection()
    assert isinstance(connection, SentinelManagedSSLConnection)
    assert (connection.db, connection.ca_certs) == (3, "/ca.pem")
