"""Local services in Scrapy: the add-on and the command, each in a real ``scrapy`` process."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.services.project import REPOSITORY, Project, gone

SETTINGS = """
BOT_NAME = "tried"
SPIDER_MODULES = ["tried_spiders"]
COMMANDS_MODULE = "backlink_crawler.commands"
ADDONS = {"backlink_crawler.services.LocalServices": 100}
REDIS_URL = None
MONGODB_URI = "mongodb://configured:27017"
LOG_LEVEL = "ERROR"
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False
"""
SPIDER = """
import scrapy

class Tried(scrapy.Spider):
    name = "tried"

    async def start(self):
        print(self.settings["REDIS_URL"], self.settings["MONGODB_URI"])
        return
        yield
"""


@pytest.fixture
def scrapy_project(project: Project) -> Project:
    """A Scrapy project with the add-on and the commands, with MongoDB configured and Redis not."""
    (project.path / "scrapy.cfg").write_text("[settings]\ndefault = tried_settings\n")
    (project.path / "tried_settings.py").write_text(SETTINGS)
    (project.path / "tried_spiders.py").write_text(SPIDER)
    return project


def scrapy(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "scrapy", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_addon_fills_what_is_unset(scrapy_project: Project) -> None:
    """A crawl, also from a folder below, gets the local Redis where nothing is said, and keeps what is configured."""
    below = scrapy_project.path / "below"
    below.mkdir()
    told = scrapy(below, "crawl", "tried")
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.split() == [scrapy_project.status().url, "mongodb://configured:27017"]


def test_addon_ends_the_command_in_one_line(scrapy_project: Project, on_path: Callable[[str, str], Path]) -> None:
    """A server that cannot start ends ``scrapy crawl`` with one line and exit code 1, without a traceback."""
    on_path("valkey-server", "kill -KILL $$")
    told = scrapy(scrapy_project.path, "crawl", "tried")
    assert told.returncode == 1
    assert told.stderr.splitlines() == [
        "scrapy: valkey-server was killed while it started, usually for want of memory: free some, "
        "or set REDIS_URL to a server you run"
    ]


def test_switched_off_nothing_starts(scrapy_project: Project) -> None:
    """``SERVICES_EMBEDDED`` off keeps the add-on and the command from starting anything."""
    off = ("-s", "SERVICES_EMBEDDED=0")
    assert scrapy(scrapy_project.path, "crawl", "tried", *off).stdout.split()[0] == "None"
    told = scrapy(scrapy_project.path, "services", "start", *off)
    assert told.returncode == 1
    assert told.stderr == "scrapy services: local servers are off here (SERVICES_EMBEDDED); set REDIS_URL\n"
    assert not (scrapy_project.path / ".services").exists()


def test_command_starts_shows_and_stops(scrapy_project: Project) -> None:
    """``scrapy services``: a table for people, JSON for programs, exit codes for scripts."""
    folder = scrapy_project.path
    assert scrapy(folder, "services", "status").returncode == 3
    started = scrapy(folder, "services", "start", "--json")
    valkey, mongodb = json.loads(started.stdout)
    assert started.returncode == 0
    assert (valkey["state"], valkey["url"]) == ("running", scrapy_project.status().url)
    assert mongodb == {"name": "mongodb", "state": "configured", "url": "mongodb://configured:27017"}

    shown = scrapy(folder, "services", "status", "-s", "MONGODB_URI=mongodb://me:secret@there/?tls=true")
    header, first, second = shown.stdout.splitlines()
    assert shown.returncode == 0
    assert header.split() == ["name", "state", "pid", "url", "version", "size", "data"]
    assert first.split()[:4] == ["redis", "running", str(valkey["pid"]), valkey["url"]]
    assert "mongodb://me:***@there/?tls=true" in second

    stopped = scrapy(folder, "services", "stop")
    assert stopped.returncode == 0
    assert [line.split()[:2] for line in stopped.stdout.splitlines()[1:]] == [["redis", "stopped"], ["mongodb", "not"]]
    assert gone(valkey["pid"])


def test_help_teaches(scrapy_project: Project) -> None:
    """``--help`` names the actions, the settings that decide, and the exit codes."""
    told = " ".join(scrapy(scrapy_project.path, "services", "--help").stdout.split())
    for word in ("start|stop|status", "--json", "REDIS_URL", "MONGODB_URI", "SERVICES_FOLDER", "Exit codes"):
        assert word in told
