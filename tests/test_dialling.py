"""What is dialled: the address guard stands at the socket, behind every way to name or to change an address."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from scrapy import Request
from scrapy.exceptions import CannotResolveHostError
from scrapy.http import Response
from scrapy.utils.test import get_crawler

from backlink_crawler.net import connector, resolver
from backlink_crawler.net.errors import UnsafeAddressError, WireError
from backlink_crawler.net.handler import GuardedHandler
from backlink_crawler.urls import normalise

PUBLIC, PRIVATE = "127.0.0.1", "127.0.0.2"
"""In these tests the first of them counts as public: nothing may leave this machine."""


@asynccontextmanager
async def handler(**settings: Any) -> AsyncIterator[GuardedHandler]:
    """A handler as a crawl has it, guard included."""
    made = GuardedHandler(get_crawler(settings_dict={"DOWNLOAD_TIMEOUT": 5, **settings}))
    try:
        yield made
    finally:
        await made.close()


@asynccontextmanager
async def servers(port: int = 0) -> AsyncIterator[tuple[int, list[str]]]:
    """Listen on both addresses; yields the port, and the addresses that were dialled so far."""
    dialled: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        dialled.append(writer.get_extra_info("sockname")[0])
        await reader.readuntil(b"\r\n\r\n")
        writer.write(
            b"HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.2/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )
        writer.close()

    first = await asyncio.start_server(answer, PUBLIC, port)
    port = first.sockets[0].getsockname()[1]
    second = await asyncio.start_server(answer, PRIVATE, port)
    async with first, second:
        yield port, dialled


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What DNS says, one answer after the other; the last one stays. ``PUBLIC`` counts as public."""
    told: list[list[str]] = []

    def look_up(host: str, port: int, family: int) -> Sequence[tuple[Any, ...]]:
        addresses = told.pop(0) if len(told) > 1 else told[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(resolver, "_look_up", look_up)
    monkeypatch.setattr(connector, "is_public", lambda address: address == PUBLIC)
    return told


async def fetched(wire: GuardedHandler, url: str) -> Response:
    """Ask, with the names of earlier answers forgotten."""
    dns = wire._session.connector
    assert isinstance(dns, connector.GuardedConnector)
    dns.clear_dns_cache()
    return await wire.download_request(Request(url))


async def test_rebinding(answers: list[list[str]]) -> None:
    """A name that is public first and private then is refused when it is private: nothing is decided beforehand."""
    answers += [[PUBLIC], [PRIVATE]]
    async with servers() as (port, dialled), handler() as wire:
        assert (await fetched(wire, f"http://rebinding.test:{port}/")).status == 301
        with pytest.raises(UnsafeAddressError):
            await fetched(wire, f"http://rebinding.test:{port}/")
    assert dialled == [PUBLIC]


@pytest.mark.parametrize(
    ("addresses", "reached"),
    [
        ([PRIVATE, PUBLIC], True),
        ([PUBLIC, PRIVATE], True),
        ([PRIVATE], False),
        ([PRIVATE, PRIVATE, "127.0.0.3"], False),
    ],
)
async def test_names_with_several_addresses(answers: list[list[str]], addresses: list[str], reached: bool) -> None:
    """Each address is judged when its turn comes: a private one is passed over, and is the outcome if no other is."""
    answers.append(addresses)
    async with servers() as (port, dialled), handler() as wire:
        if reached:
            assert (await fetched(wire, f"http://several.test:{port}/")).status == 301
        else:
            with pytest.raises(UnsafeAddressError):
                await fetched(wire, f"http://several.test:{port}/")
    assert dialled == [PUBLIC] * reached


async def test_a_redirect_is_an_answer(answers: list[list[str]]) -> None:
    """Where a redirect leads is asked for by the frontier, if at all, and refused like any other address."""
    answers.append([PUBLIC])
    async with servers() as (port, dialled), handler() as wire:
        response = await fetched(wire, f"http://redirect.test:{port}/")
        with pytest.raises(UnsafeAddressError):
            await fetched(wire, (response.headers["Location"] or b"").decode())
    assert dialled == [PUBLIC]


FORMS = [
    ("http://127.0.0.1", "as it is"),
    ("http://127.0.0.1.", "a trailing dot"),
    ("http://localhost", "by name"),
    ("http://localhost.", "by name, with a trailing dot"),
    ("http://2130706433", "as one number"),
    ("http://017700000001", "as an octal one"),
    ("http://0x7f000001", "as a hexadecimal one"),
    ("http://127.1", "abbreviated"),
    ("http://0177.0.0.1", "octal parts"),
    ("http://0x7f.0.0.0x1", "hexadecimal parts"),
    ("http://0", "unspecified"),
    ("http://0.0.0.0", "unspecified, which is this machine"),
    ("http://[::ffff:127.0.0.1]", "IPv4-mapped"),
    ("http://[::ffff:7f00:1]", "IPv4-mapped, in hexadecimal"),
    ("http://[64:ff9b::127.0.0.1]", "behind NAT64"),
    ("http://[2002:7f00:1::]", "6to4"),
    ("http://[::1]", "IPv6"),
    ("http://①②⑦.⓪.⓪.①", "digits that become others"),
    ("http://user:password@127.0.0.1", "behind credentials"),
    ("http://169.254.169.254", "the metadata service of clouds"),
    ("http://[fd00:ec2::254]", "the same over IPv6"),
    ("http://100.100.100.200", "that of another cloud"),
]


@pytest.mark.parametrize(("origin", "why"), FORMS, ids=[row[1] for row in FORMS])
async def test_forms_of_private_addresses(origin: str, why: str) -> None:
    """However a private address is written: it is refused, and nobody is dialled."""
    async with servers() as (port, dialled), handler() as wire:
        raw = f"{origin}:{port}/"
        url = normalise(raw)
        assert url is not None
        # not every system's resolver takes the dotted name for its own
        unknown = (CannotResolveHostError,) if origin.endswith("localhost.") else ()
        with pytest.raises((UnsafeAddressError, *unknown)):
            await wire.download_request(Request(url))
        with pytest.raises((WireError, CannotResolveHostError)):  # also one that no rule of ours has rewritten
            await wire.download_request(Request(raw))
    assert dialled == [], why


async def test_a_slow_name_delays_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names whose servers do not answer leave room for others, as many as there may be requests."""
    answer = threading.Event()

    def look_up(host: str, port: int, family: int) -> Sequence[tuple[Any, ...]]:
        if host.startswith("slow"):
            answer.wait()
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (PUBLIC, port))]

    monkeypatch.setattr(resolver, "_look_up", look_up)
    async with servers() as (port, _), handler(ALLOW_PRIVATE_ADDRESSES=True, CONCURRENT_REQUESTS=12) as wire:
        slow = [asyncio.ensure_future(fetched(wire, f"http://slow-{number}.test:{port}/")) for number in range(11)]
        try:
            await asyncio.sleep(0)
            assert (await fetched(wire, f"http://quick.test:{port}/")).status == 301
            assert not any(each.done() for each in slow)
        finally:
            answer.set()
            await asyncio.gather(*slow)


async def test_a_name_with_hundreds_of_addresses(answers: list[list[str]]) -> None:
    """Few of them are tried: no page makes us knock at hundreds of doors."""
    answers.append([f"127.0.3.{number}" for number in range(1, 201)])
    async with handler() as wire:
        found = await resolver.ThreadedResolver(1).resolve("many.test", 80)
        with pytest.raises(UnsafeAddressError) as told:
            await fetched(wire, "http://many.test/")
    assert len(found) == resolver.MOST_ADDRESSES
    assert str(told.value).count("127.0.3.") <= resolver.MOST_ADDRESSES


async def test_many_names_are_forgotten(answers: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept of names, successful or not, is bounded however many there are."""
    monkeypatch.setattr(connector, "_KEPT_NAMES", 20)
    answers.append([PUBLIC])
    async with servers() as (port, dialled), handler() as wire:
        for number in range(100):
            await wire.download_request(Request(f"http://host-{number}.test:{port}/"))
        dns = wire._session.connector
        assert isinstance(dns, connector.GuardedConnector)
        assert len(dialled) == 100
        assert len(dns._cached_hosts._addrs_rr) <= 20
        assert not dns._throttle_dns_futures
        assert not dns._acquired_per_host
        assert not dns._waiters


@asynccontextmanager
async def lasting_server() -> AsyncIterator[tuple[int, list[asyncio.StreamWriter]]]:
    """A server that never closes a connection itself; yields its port and the connections made so far."""
    made: list[asyncio.StreamWriter] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        made.append(writer)
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi")
        writer.close()

    server = await asyncio.start_server(answer, PUBLIC, 0)
    async with server:
        yield server.sockets[0].getsockname()[1], made
        for writer in made:
            writer.close()


async def test_idle_connections_are_bounded_in_number(answers: list[list[str]]) -> None:
    """However many hosts were asked, few connections stay open: those used last, which are used again."""
    answers.append([PUBLIC])
    async with lasting_server() as (port, made), handler(NET_IDLE_CONNECTIONS=3) as wire:
        for number in range(20):
            await wire.download_request(Request(f"http://host-{number}.test:{port}/"))
        dns = wire._session.connector
        assert isinstance(dns, connector.GuardedConnector)
        assert sum(map(len, dns._conns.values())) == len(dns._conns) == 3
        for number in (17, 18, 19, 17, 18, 19):
            await wire.download_request(Request(f"http://host-{number}.test:{port}/"))
        assert len(made) == 20
        await wire.download_request(Request(f"http://host-16.test:{port}/"))
        assert len(made) == 21


async def test_idle_connections_of_one_host_are_bounded(answers: list[list[str]]) -> None:
    """The bound counts connections, not hosts: several at once to one host leave no more behind."""
    answers.append([PUBLIC])
    async with lasting_server() as (port, made), handler(NET_IDLE_CONNECTIONS=2) as wire:
        requests = [Request(f"http://one.test:{port}/{number}") for number in range(6)]
        await asyncio.gather(*map(wire.download_request, requests))
        dns = wire._session.connector
        assert isinstance(dns, connector.GuardedConnector)
        assert len(made) == 6
        assert sum(map(len, dns._conns.values())) == 2


@pytest.mark.parametrize(
    ("settings", "connections"), [({}, 1), ({"NET_IDLE_SECONDS": 0}, 3), ({"NET_IDLE_CONNECTIONS": 0}, 3)]
)
async def test_idle_connections_are_bounded_in_time(
    answers: list[list[str]], settings: dict[str, object], connections: int
) -> None:
    """A connection that was idle for longer than it may be is not used again; with no time, or no room, none is."""
    answers.append([PUBLIC])
    async with lasting_server() as (port, made), handler(**settings) as wire:
        for _ in range(3):
            await wire.download_request(Request(f"http://one.test:{port}/"))
        assert len(made) == connections
