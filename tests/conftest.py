"""Real servers for every test: one Valkey and one mongod per session, in a folder that vanishes with it."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import hypothesis
import pytest
from pymongo import MongoClient

from backlink_crawler import services
from tests.crawling import Crawling

# A busy machine is no reason to fail, and a shared run must not fail on a whim: its examples are always the same.
hypothesis.settings.register_profile("project", deadline=None, derandomize="CI" in os.environ)
hypothesis.settings.load_profile("project")


def pytest_sessionstart() -> None:
    """A test run that is told to end still stops its servers: by default SIGTERM would skip all clean-up."""
    signal.signal(signal.SIGTERM, lambda *_: pytest.exit("terminated", returncode=143))


@pytest.fixture(scope="session")
def local_services() -> Iterator[services.Services]:
    """The session's pair of servers, stopped at its end whatever happened."""
    with TemporaryDirectory(prefix="backlink-services-") as name:
        folder = Path(name)
        try:
            yield services.ensure(folder, redis_url=None, mongodb_uri=None, mongod_cache_gb=0.25)
        finally:
            services.stop(folder)


@pytest.fixture(scope="session")
def redis_url(local_services: services.Services) -> str:
    """A real Valkey shared by the session: take a key prefix of your own, flush nothing but that."""
    return local_services.redis_url


@pytest.fixture(scope="session")
def mongodb_uri(local_services: services.Services) -> str:
    """A real mongod shared by the session: take a database of your own (``mongodb_database``)."""
    return local_services.mongodb_uri


@pytest.fixture
def mongodb_database(mongodb_uri: str) -> Iterator[str]:
    """The name of a database nobody else uses, dropped afterwards."""
    name = f"test_{uuid4().hex}"
    yield name
    with MongoClient[dict[str, object]](mongodb_uri) as client:
        client.drop_database(name)


@pytest.fixture
def crawling(redis_url: str, mongodb_uri: str, mongodb_database: str) -> Iterator[Crawling]:
    """``scrapy`` commands with the testing settings, on the session's servers, into a database of their own."""
    servers = {"REDIS_URL": redis_url, "MONGODB_URI": mongodb_uri, "MONGODB_DATABASE": mongodb_database}
    crawling = Crawling(mongodb_uri, mongodb_database, {**servers, "CRAWL_ID": mongodb_database})
    yield crawling
    for process in crawling.processes:
        if process.poll() is None:
            process.kill()
            process.communicate()
