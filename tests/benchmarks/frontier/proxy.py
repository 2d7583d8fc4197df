"""A TCP proxy that holds the answers back: a Redis that is not next door.

All of the round trip is added on the way back, as the client cannot tell where its time went, and as each timer costs
0.1 ms by itself. What was read at one moment is written a fixed time later, in order; nothing else is slowed down. The
loop waits with ``select``, whose timeouts are in microseconds: epoll's are in milliseconds, too coarse here.
"""

import argparse
import asyncio
import selectors
import signal
import sys
from typing import cast


class _End(asyncio.Protocol):
    """One end of a connection; what it receives is written to the other end, after ``delay`` seconds."""

    def __init__(self, delay: float = 0.0, other: "_End | None" = None) -> None:
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


class _Client(_End):
    """The client's end: it opens the server's."""

    def __init__(self, host: str, port: int, answers_delay: float) -> None:
        super().__init__()
        self._where = host, port
        self._answers_delay = answers_delay

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        server = self.other = _End(self._answers_delay, self)
        loop = asyncio.get_running_loop()
        self._opening = loop.create_task(loop.create_connection(lambda: server, *self._where))


async def _run(host: str, port: int, delay: float) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    server = await loop.create_server(lambda: _Client(host, port, delay), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await stop.wait()


def main() -> int:
    """Serve until SIGTERM or Ctrl-C; the one line printed is the port."""
    parser = argparse.ArgumentParser("python -m tests.benchmarks.frontier.proxy", description=__doc__)
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds added to each answer (%(default)s)")
    options = parser.parse_args()
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selectors.SelectSelector())) as runner:
        runner.run(_run(options.host, options.port, options.delay))
    return 0


if __name__ == "__main__":
    sys.exit(main())
