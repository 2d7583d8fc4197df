"""Real servers for every test: one Valkey and one mongod per test process, in a folder that vanishes with the run.

Tests may be spread over processes (``-n``, pytest-xdist). Each is a session of its own with servers of its own; the
process that was started first marks all others, ends what they leave behind, and calls that a failure.
"""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import hypothesis
import pytest
from pymongo import MongoClient

from backlink_crawler import services
from tests.crawling import Crawling
from tests.leftovers import MARK, end_leftovers

# A busy machine is no reason to fail, and a shared run must not fail on a whim: its examples are always the same.
hypothesis.settings.register_profile("project", deadline=None, derandomize="CI" in os.environ)
hypothesis.settings.load_profile("project")


_RUN_FOLDER = pytest.StashKey[TemporaryDirectory[str]]()


def pytest_configure(config: pytest.Config) -> None:
    """Mark the run: whatever a test starts inherits this variable."""
    if not hasattr(config, "workerinput"):
        folder = TemporaryDirectory(prefix="backlink-tests-", ignore_cleanup_errors=True)
        config.stash[_RUN_FOLDER] = folder
        os.environ[MARK] = folder.name


def pytest_sessionstart() -> None:
    """A test run that is told to end still stops its servers: by default SIGTERM would skip all clean-up."""
    signal.signal(signal.SIGTERM, lambda *_: pytest.exit("terminated", returncode=143))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """After every fixture and every test process has ended, nothing of the run may be alive."""
    if _RUN_FOLDER not in session.config.stash:
        return
    left = end_leftovers(os.environ[MARK])
    if left and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    for command in left:
        sys.stderr.write(f"\nERROR: left running by the tests, ended now: {command}\n")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the folder of the run, with the data of servers that were killed."""
    if _RUN_FOLDER in config.stash:
        config.stash[_RUN_FOLDER].cleanup()


@pytest.fixture(scope="session")
def local_services() -> Iterator[services.Services]:
    """The session's pair of servers, stopped at its end whatever happened."""
    with TemporaryDirectory(prefix="services-", dir=os.environ[MARK]) as name:
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
