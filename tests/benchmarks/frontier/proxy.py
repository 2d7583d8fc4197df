"""A TCP proxy that delays both directions: a Redis that is not next door.

What was read at one moment is written a fixed time later, in order; nothing else is slowed down. The loop waits with
``select``, whose timeouts are in microseconds: epoll's are in milliseconds, too coarse for 0.3 ms.
"""

import argparse
import asyncio
import selectors
import signal
import sys
from typing import cast


class _Pipe(asyncio.Protocol):
    """One end of a connection; what it receives is written to the other end after a while."""

    def __init__(self, delay: float, other: "_Pipe | None" = None) -> None:
        self.delay = delay
        self.other = other
        self.transport: asyncio.Transport | None = None
        self._early: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(b"".join(self._early))

    def data_received(self, data: bytes) -> None:
        if self.other is not None and self.delay:
            asyncio.get_running_loop().call_later(self.delay, self.other.write, data)
        elif self.other is not None:
            self.other.write(data)

    def write(self, data: bytes) -> None:
        """Write now, or once there is a connection."""
        if self.transport is None:
            self._early.append(data)
        else:
            self.transport.write(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.close()


class _Front(_Pipe):
    """The client's end: it opens the other one."""

    def __init__(self, delay: float, host: str, port: int) -> None:
        super().__init__(delay)
        self._where = host, port

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        back = self.other = _Pipe(self.delay, self)
        loop = asyncio.get_running_loop()
        self._opening = loop.create_task(loop.create_connection(lambda: back, *self._where))


async def _run(host: str, port: int, delay: float) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    server = await loop.create_server(lambda: _Front(delay, host, port), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await stop.wait()


def main() -> int:
    """Serve until SIGTERM or Ctrl-C; the one line printed is the port."""
    parser = argparse.ArgumentParser("python -m tests.benchmarks.frontier.proxy", description=__doc__)
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds in each direction (%(default)s)")
    options = parser.parse_args()
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selectors.SelectSelector())) as runner:
        runner.run(_run(options.host, options.port, options.delay))
    return 0


if __name__ == "__main__":
    sys.exit(main())
