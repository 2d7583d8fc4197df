"""The server of the measurement: one page on many loopback addresses, answered from memory without parsing.

Run as a process of its own; prints its ports as one line of JSON and serves until its standard input ends.
"""

import argparse
import asyncio
import datetime
import gzip
import json
import resource
import sys
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import cast

import brotli
import uvloop
import zstandard

from tests.benchmarks.extract.page import benchmark_page
from tests.web.tls import server_context, write_certificate

_ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "identity": lambda page: page,
    "gzip": lambda page: gzip.compress(page, 6),
    "deflate": lambda page: zlib.compress(page, 6),
    "br": lambda page: brotli.compress(page, quality=5),
    "zstd": lambda page: zstandard.ZstdCompressor(3).compress(page),
}


def addresses(count: int) -> list[str]:
    """Return that many addresses of 127/8, from 127.0.1.1 on."""
    return [f"127.0.{1 + index // 250}.{1 + index % 250}" for index in range(count)]


class _Connection(asyncio.Protocol):
    """Answers every head with the page of its path's encoding; says goodbye after ``last`` answers."""

    def __init__(self, answers: dict[bytes, tuple[bytes, bytes]], last: int) -> None:
        self._answers = answers
        self._left = last
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
            kept, closing = self._answers[head.split(b"/", 2)[1]]
            self._left -= 1
            self._transport.write(kept if self._left else closing)
            if not self._left:
                self._transport.close()
                return


def _answers() -> dict[bytes, tuple[bytes, bytes]]:
    page = benchmark_page()
    answers = {}
    for name, encode in _ENCODERS.items():
        body = encode(page)
        head = (
            "HTTP/1.1 200 OK\r\nServer: bench\r\nDate: Sun, 01 Mar 2026 10:00:00 GMT\r\n"
            f"Content-Type: text/html; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
            'ETag: "5f3a"\r\nCache-Control: max-age=60\r\nVary: Accept-Encoding\r\n'
        )
        if name != "identity":
            head += f"Content-Encoding: {name}\r\n"
        answers[name.encode()] = (
            f"{head}\r\n".encode() + body,
            f"{head}Connection: close\r\n\r\n".encode() + body,
        )
    return answers


async def _serve(hosts: int, last: int, certificate: Path) -> None:
    loop = asyncio.get_running_loop()
    answers = _answers()
    ports: dict[str, int] = {}
    for scheme, context in (("http", None), ("https", server_context(certificate))):
        for address in addresses(hosts):
            server = await loop.create_server(
                lambda: _Connection(answers, last), address, ports.get(scheme, 0), ssl=context, backlog=512
            )
            ports[scheme] = server.sockets[0].getsockname()[1]
    print(json.dumps(ports), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({"cpu": used.ru_utime + used.ru_stime}), flush=True)


def main() -> None:
    """Run the server."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--hosts", type=int, default=1)
    parser.add_argument("--last", type=int, default=0, help="answers a connection; 0 = no end")
    options = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory() as folder:
        certificate = Path(folder) / "certificate.pem"
        write_certificate(certificate, ["bench.test"], datetime.datetime.now(datetime.UTC))
        uvloop.run(_serve(options.hosts, options.last or -1, certificate))


if __name__ == "__main__":
    main()
