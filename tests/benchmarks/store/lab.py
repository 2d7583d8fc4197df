"""Where it is measured: a mongod of the benchmark's own, in a folder that vanishes with it."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pymongo import MongoClient
from pymongo.database import Database

from backlink_crawler import services
from backlink_crawler.services.servers import machine_cache_gb

DATABASE = "bench"
_TICKS = os.sysconf("SC_CLK_TCK")


class BenchmarkError(Exception):
    """It cannot be measured; the message says why."""


@dataclass(frozen=True, slots=True)
class Lab:
    """One mongod, and a connection to look at it, apart from the one that is measured."""

    uri: str
    pid: int
    cache_gb: float
    folder: Path
    client: MongoClient[dict[str, Any]]

    @property
    def database(self) -> Database[dict[str, Any]]:
        """The database that is filled."""
        return self.client[DATABASE]

    def server_cpu(self) -> float:
        """Return the CPU seconds of mongod so far, all threads, those that write to disk in the background too."""
        fields = Path(f"/proc/{self.pid}/stat").read_bytes().rpartition(b")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def documents_written(self) -> Mapping[str, int]:
        """Return how many documents mongod has inserted, updated and deleted so far; its own few among them."""
        written: Mapping[str, int] = self.client.admin.command("serverStatus")["metrics"]["document"]
        return {kind: int(written[kind]) for kind in ("inserted", "updated", "deleted")}

    def checkpoint(self) -> None:
        """Have everything written to the data files, so that their sizes are true."""
        self.client.admin.command("fsync")

    def sizes(self, collection: str) -> tuple[int, Mapping[str, int]]:
        """Return the bytes on disk of a collection's documents, and of each of its indexes."""
        stats = self.database.command("collStats", collection)
        return int(stats["storageSize"]), {name: int(size) for name, size in stats["indexSizes"].items()}

    def data_bytes(self) -> int:
        """Return what the folder takes on disk, the journal included."""
        return sum(path.lstat().st_blocks * 512 for path in self.folder.rglob("*") if path.is_file())

    def version(self) -> str:
        """Return the server's name and version."""
        return f"MongoDB {self.client.server_info()['version']}"


@contextmanager
def lab(*, bytes_needed: int, folder: Path | None = None) -> Iterator[Lab]:
    """Start the server with the cache that a crawl gives it; stop it and remove its data whatever happens.

    :param bytes_needed: on disk; the benchmark is not begun where twice as much is not free.
    :param folder: where to put the data; default: the folder for temporary files.
    :raises BenchmarkError: there is too little room.
    """
    with TemporaryDirectory(prefix="bench-store-", dir=folder) as name:
        place = Path(name)
        free = shutil.disk_usage(place).free
        if free < 2 * bytes_needed:
            raise BenchmarkError(f"needs {2 * bytes_needed / 1e9:.1f} GB in {place.parent}, {free / 1e9:.1f} are free")
        try:
            uri = services.start(place, ["MONGODB_URI"])["MONGODB_URI"]
            (pid,) = (found.pid for found in services.status(place) if found.name == "mongodb")
            assert pid is not None
            with MongoClient[dict[str, Any]](uri, tz_aware=True) as client:
                yield Lab(uri, pid, machine_cache_gb(), place, client)
        finally:
            services.stop(place)
