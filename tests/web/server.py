"""An HTTP/1.1 server for test content on loopback: plain and TLS on ephemeral ports, every request logged.

Names need no DNS: the *hosts file* says where each port of each name is really dialled, as JSON
``{"name": {"80": ["127.0.0.1", 41234], "443": ["127.0.0.1", 41235]}}``. A name that is not in it does not resolve.
"""

import asyncio
import datetime
import json
import re
import socket
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO, cast

import uvloop

from tests.web.reply import Content, Listener, Reply, Served, reply
from tests.web.tls import server_context, write_certificate

LOOPBACK = "127.0.0.1"
DRIP_SECONDS = 0.1
_MAX_HEAD = 65_536
_ETAG = re.compile(rb"\r\nETag: ([^\r]+)")
_BAD_REQUEST = reply(400, b"Bad request", "text/plain")


@dataclass(slots=True)
class ServedWeb:
    """A running server, seen from outside."""

    content: Content
    hosts_file: Path
    certificate: Path
    """PEM; trust it to verify the served names."""
    log: list[Served] = field(default_factory=list)
    """Every request, in order of arrival; grows while the server runs."""
    addresses: dict[Listener, tuple[str, int]] = field(default_factory=dict)


class _Connection(asyncio.Protocol):
    """One client: requests are answered in order, also when they are pipelined."""

    def __init__(self, scheme: str, web: ServedWeb, log_file: TextIO | None, open_ones: set[asyncio.Transport]) -> None:
        self._scheme = scheme
        self._web = web
        self._log_file = log_file
        self._open_ones = open_ones
        self._buffer = b""
        self._dripping: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's are no subclass
        self._open_ones.add(self._transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._open_ones.discard(self._transport)
        if self._dripping:
            self._dripping.cancel()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while not self._transport.is_closing() and not self._dripping:
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            if not found:
                if len(head) > _MAX_HEAD:
                    self._send(_BAD_REQUEST, "GET", close=True)
                return
            self._buffer = rest
            self._serve(head.decode("latin-1"))

    def _serve(self, head: str) -> None:
        start, *lines = head.split("\r\n")
        method, _, rest = start.partition(" ")
        target, _, version = rest.rpartition(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        authority = headers.get("host", "").lower()
        if method not in ("GET", "HEAD") or not target.startswith("/") or not authority:
            self._send(_BAD_REQUEST, method, close=True)
            return
        answer = _conditional(self._web.content.answer(self._scheme, authority, target), headers)
        self._note(Served(time.monotonic(), authority.partition(":")[0], target, answer.status))
        self._send(answer, method, close=version == "HTTP/1.0" or headers.get("connection", "").lower() == "close")

    def _note(self, served: Served) -> None:
        self._web.log.append(served)
        if self._log_file:
            self._log_file.write(json.dumps(served) + "\n")

    def _send(self, answer: Reply, method: str, *, close: bool) -> None:
        self._transport.write(answer.head if method == "HEAD" else answer.head + answer.body)
        if answer.drip and method != "HEAD":
            self._drip(answer.drip)
        elif close or b"\r\nConnection: close" in answer.head:
            self._transport.close()

    def _drip(self, piece: bytes) -> None:
        self._transport.write(piece)
        self._dripping = asyncio.get_running_loop().call_later(DRIP_SECONDS, self._drip, piece)


def _conditional(answer: Reply, headers: Mapping[str, str]) -> Reply:
    """Return 304 where the client has what would be sent (RFC 9110 §13.1.2); without ETag nothing is conditional.

    As from nginx, headers that say nothing of the body come with it (X-Robots-Tag, say).
    """
    match = _ETAG.search(answer.head)
    if answer.status != 200 or match is None:
        return answer
    known = {tag.strip().removeprefix("W/") for tag in headers.get("if-none-match", "").split(",")}
    if match[1].decode("latin-1").removeprefix("W/") not in known and "*" not in known:
        return answer
    lines = answer.head.split(b"\r\n")
    kept = [line for line in lines[1:] if not line.lower().startswith(b"content-")]
    return Reply(304, b"\r\n".join([b"HTTP/1.1 304 Not Modified", *kept]))


@asynccontextmanager
async def listening(
    content: Content, folder: Path, hosts_file: Path | None = None, log_file: TextIO | None = None
) -> AsyncIterator[ServedWeb]:
    """Serve ``content`` in the running loop; certificate and hosts file go to ``folder`` unless said otherwise."""
    ports = content.ports()
    web = ServedWeb(content, hosts_file or folder / "hosts.json", folder / "certificate.pem")
    write_certificate(web.certificate, ports, datetime.datetime.now(datetime.UTC))
    loop = asyncio.get_running_loop()
    connections: set[asyncio.Transport] = set()
    plain = await loop.create_server(lambda: _Connection("http", web, log_file, connections), LOOPBACK, 0)
    secure = await loop.create_server(
        lambda: _Connection("https", web, log_file, connections), LOOPBACK, 0, ssl=server_context(web.certificate)
    )
    with socket.socket() as closed:
        closed.bind((LOOPBACK, 0))  # taken, never listening: it refuses, and nobody else can get it
        web.addresses |= {
            "http": plain.sockets[0].getsockname(),
            "https": secure.sockets[0].getsockname(),
            "refused": closed.getsockname(),
        }
        _write_hosts_file(web)
        try:
            yield web
        finally:
            plain.close()
            secure.close()
            for transport in list(connections):
                transport.abort()
            await asyncio.gather(plain.wait_closed(), secure.wait_closed())


def _write_hosts_file(web: ServedWeb) -> None:
    """Write it beside its place and move it there: a reader sees all of it or nothing."""
    hosts = {
        name: {str(port): list(web.addresses[listener]) for port, listener in ports.items()}
        for name, ports in web.content.ports().items()
    }
    draft = web.hosts_file.with_name(f"{web.hosts_file.name}.draft")
    draft.write_text(json.dumps(hosts))
    draft.replace(web.hosts_file)


@contextmanager
def serve(content: Content) -> Iterator[ServedWeb]:
    """Serve ``content`` from a thread of this process until the block ends."""
    started: Future[tuple[ServedWeb, asyncio.AbstractEventLoop, asyncio.Event]] = Future()
    with tempfile.TemporaryDirectory(prefix="test-web-") as folder:

        async def run() -> None:
            stop = asyncio.Event()
            try:
                async with listening(content, Path(folder)) as web:
                    started.set_result((web, asyncio.get_running_loop(), stop))
                    await stop.wait()
            except BaseException as error:
                if started.done():
                    raise
                started.set_exception(error)

        thread = threading.Thread(target=lambda: uvloop.run(run()), name="test-web", daemon=True)
        thread.start()
        web, loop, stop = started.result()
        try:
            yield web
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join()
