"""Serves a few small pages of each of very many hosts: ``python -m tests.benchmarks.worker.hosts_server HOSTS``.

Every host is a site of its own with a robots.txt of its own. All names lead to one port of 127.0.0.1; the Host field
says which is meant, as on a machine that holds many sites. Pages are made as they are asked for. Connections are kept
open for as long as the client likes, so what is measured is what the client does about it.
"""

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import cast

import uvloop

PAGES = 3
"""Of each host: ``/``, ``/1``, ``/2``; each links to all of them."""
EXTERNAL = 8
"""Links of a page that lead to other sites, half of them to hosts that no other page names."""
_RULES = 12
_WORDS = "an old wall of brick keeps the warmth of the day for the pears that grow against it through the cold night "
_NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


def name_of(host: int) -> str:
    """Return the name of a host."""
    return f"orchard-{host}.test"


def page(host: int, number: int) -> str:
    """Return the HTML of a page, about 2 KB."""
    serial = host * PAGES + number
    inner = "".join(f'<li><a href="/{n or ""}">Row {n} of the orchard</a></li>' for n in range(PAGES))
    outer = "".join(
        f'<p>{_WORDS} <a href="http://{where}/pears-{serial}">pears of {where}</a></p>'
        for n in range(EXTERNAL)
        for where in [f"of-{serial}-{n}.example" if n % 2 else f"www.popular-{(serial + n) % 500}.example"]
    )
    title = f"Orchard {host}, row {number}"
    return (
        f"<!DOCTYPE html><html lang=en><head><meta charset=utf-8><title>{title}</title></head><body>"
        f"<nav><ul>{inner}</ul></nav><main><h1>{title}</h1>{outer}</main></body></html>"
    )


def robots(host: int) -> str:
    """Return the robots.txt of a host."""
    return "User-agent: *\n" + "".join(f"Disallow: /cellar-{host}/shelf-{n}/\n" for n in range(_RULES))


def answer(head: bytes) -> bytes:
    """Return what is sent for the head of a request."""
    target = head.split(b" ", 2)[1].decode("latin-1")
    name = head.lower().partition(b"\r\nhost: ")[2].partition(b"\r\n")[0].decode("latin-1")
    host = int(name.partition(":")[0].removeprefix("orchard-").removesuffix(".test"))
    if target == "/robots.txt":
        body, kind = robots(host), "text/plain"
    elif (number := target[1:] or "0").isdigit() and int(number) < PAGES:
        body, kind = page(host, int(number)), "text/html; charset=utf-8"
    else:
        return _NOT_FOUND
    content = body.encode()
    return f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content


class _Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's are no subclass

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head, self._buffer = self._buffer[:end], self._buffer[end + 4 :]
            self._transport.write(answer(head))


async def _run(hosts: int, files: Path) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    server = await loop.create_server(_Connection, "127.0.0.1", 0, backlog=1_024)
    address, port = server.sockets[0].getsockname()
    (files / "hosts.json").write_text(json.dumps({name_of(host): {"80": [address, port]} for host in range(hosts)}))
    print(port, flush=True)
    await stop.wait()


def main() -> int:
    """Serve until SIGTERM; the line printed when it is ready is the port."""
    parser = argparse.ArgumentParser("python -m tests.benchmarks.worker.hosts_server", description=__doc__)
    parser.add_argument("hosts", type=int)
    parser.add_argument("--files", type=Path, required=True, help="where the hosts file goes")
    options = parser.parse_args()
    uvloop.run(_run(options.hosts, options.files))
    return 0


if __name__ == "__main__":
    sys.exit(main())
