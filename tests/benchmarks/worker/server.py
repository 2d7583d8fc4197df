"""Serves a written web from memory: ``python -m tests.benchmarks.worker.server FOLDER``.

Site *n* listens on 127.0.1.*n+1*, all on one port, so a client needs no names; clients that map names find the sites
in the hosts file as ``garden-n.test``. The address of the connection says which site is meant. Bodies go out as they
lie on disk (gzip); a client that does not accept that gets them plain.
"""

import argparse
import asyncio
import datetime
import gzip
import json
import signal
import socket
import ssl
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import cast

import uvloop

from tests.benchmarks.worker.web import path_of
from tests.web.tls import server_context, write_certificate

ROBOTS = b"User-agent: *\nDisallow: /private/\n"
_GZIP = "Content-Encoding: gzip\r\n"
_NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"

Pages = Mapping[bytes, tuple[bytes, bytes]]
"""Path → head and compressed body."""


def address_of(site: int) -> str:
    """Return the loopback address of a site."""
    return f"127.0.1.{site + 1}"


def name_of(site: int) -> str:
    """Return the name of a site."""
    return f"garden-{site}.test"


class _Connection(asyncio.Protocol):
    """One client of one site."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head, self._buffer = self._buffer[:end], self._buffer[end + 4 :]
            self._answer(head)

    def _answer(self, request: bytes) -> None:
        found = self._pages.get(request.split(b" ", 2)[1])
        if found is None:
            self._transport.write(_NOT_FOUND)
            return
        head, body = found
        if b"gzip" not in request:
            body = gzip.decompress(body)
            head = _head(body, "")
        self._transport.write(head + body)


def _head(body: bytes, encoding: str, kind: str = "text/html; charset=utf-8") -> bytes:
    return (f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n{encoding}Content-Length: {len(body)}\r\n\r\n").encode()


def _read(folder: Path) -> Pages:
    body = gzip.compress(ROBOTS)
    pages = {b"/robots.txt": (_head(body, _GZIP, "text/plain"), body)}
    for file in folder.iterdir():
        body = file.read_bytes()
        path = path_of(int(file.name.partition(".")[0]))
        pages[path.encode()] = _head(body, _GZIP), body
    return pages


def _sockets(sites: int) -> list[socket.socket]:
    """Bind one port on every address; another is tried where one of them is taken."""
    for _ in range(20):
        bound = [_bound(address_of(0), 0)]
        try:
            bound += [_bound(address_of(site), bound[0].getsockname()[1]) for site in range(1, sites)]
        except OSError:
            for one in bound:
                one.close()
            continue
        return bound
    raise OSError("no port is free on all addresses")


def _bound(address: str, port: int) -> socket.socket:
    one = socket.socket()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    one.bind((address, port))
    return one


async def _run(web: Path, files: Path, sites: int, tls: bool) -> None:
    context: ssl.SSLContext | None = None
    if tls:
        certificate = files / "certificate.pem"
        write_certificate(certificate, map(name_of, range(sites)), datetime.datetime.now(datetime.UTC))
        context = server_context(certificate)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    sockets = _sockets(sites)
    for site, bound in enumerate(sockets):
        pages = _read(web / str(site))
        await loop.create_server(partial(_Connection, pages), sock=bound, ssl=context, backlog=1_024)
    port = sockets[0].getsockname()[1]
    mapped = {name_of(site): {"443" if tls else "80": [address_of(site), port]} for site in range(sites)}
    (files / "hosts.json").write_text(json.dumps(mapped))
    print(port, flush=True)
    await stop.wait()


def main() -> int:
    """Serve until SIGTERM; the line printed when it is ready is the port."""
    parser = argparse.ArgumentParser("python -m tests.benchmarks.worker.server", description=__doc__)
    parser.add_argument("web", type=Path)
    parser.add_argument("--files", type=Path, required=True, help="where the hosts file and the certificate go")
    parser.add_argument("--tls", action="store_true")
    options = parser.parse_args()
    sites = sum(place.is_dir() for place in options.web.iterdir())
    uvloop.run(_run(options.web, options.files, sites, options.tls))
    return 0


if __name__ == "__main__":
    sys.exit(main())
