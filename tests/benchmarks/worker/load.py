"""Shows that the server is never the limit: a connection a site asks for every page and throws away what comes.

``python -m tests.benchmarks.worker.load PORT SITES PAGES`` prints one JSON object: pages and seconds.
"""

import asyncio
import json
import sys
import time
from functools import partial
from typing import cast

import uvloop

from tests.benchmarks.worker.server import address_of
from tests.benchmarks.worker.web import path_of


class _Client(asyncio.Protocol):
    """Asks for the pages of one site, one after the other, on one connection."""

    def __init__(self, pages: int, done: "asyncio.Future[None]") -> None:
        self._paths = [path_of(page) for page in range(pages)]
        self._done = done
        self._missing = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._ask()

    def _ask(self) -> None:
        if not self._paths:
            self._transport.close()
            self._done.set_result(None)
            return
        path = self._paths.pop()
        self._transport.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n".encode())

    def data_received(self, data: bytes) -> None:
        if not self._missing:  # the server writes a head and its body at once, so a head is never torn
            head, _, body = data.partition(b"\r\n\r\n")
            self._missing = int(head.rpartition(b"Content-Length: ")[2]) - len(body)
        else:
            self._missing -= len(data)
        if not self._missing:
            self._ask()


async def _run(port: int, sites: int, pages: int) -> float:
    loop = asyncio.get_running_loop()
    done = [loop.create_future() for _ in range(sites)]
    start = time.monotonic()
    for site in range(sites):
        await loop.create_connection(partial(_Client, pages, done[site]), address_of(site), port)
    await asyncio.gather(*done)
    return time.monotonic() - start


if __name__ == "__main__":
    port, sites, pages = map(int, sys.argv[1:])
    print(json.dumps({"pages": sites * pages, "seconds": uvloop.run(_run(port, sites, pages))}))
