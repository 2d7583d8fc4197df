"""Run crawls as people do, in processes of their own, and read what they stored."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pymongo import MongoClient

PROJECT = Path(__file__).parents[1]
SCRAPY = Path(sys.executable).parent / "scrapy"

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Crawling:
    """Commands against one database, one crawl and a web without DNS."""

    mongodb_uri: str
    database: str
    settings: Mapping[str, object]
    processes: list[subprocess.Popen[str]] = field(default_factory=list)
    """All that were started, so that none outlives its test."""

    def start(self, *arguments: str, **settings: object) -> subprocess.Popen[str]:
        """Start ``scrapy`` with ``arguments`` and ``settings``."""
        given = {**self.settings, **settings}
        options = [part for name, value in given.items() for part in ("-s", f"{name}={value}")]
        process = subprocess.Popen(
            [SCRAPY, *arguments, *options],
            cwd=PROJECT,
            env={**os.environ, "SCRAPY_SETTINGS_MODULE": "settings.testing"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.processes.append(process)
        return process

    def run(self, *arguments: str, **settings: object) -> "Ended":
        """Run ``scrapy`` to its end."""
        with self.start(*arguments, **settings) as process:
            return ended(process)

    def documents(self, collection: str) -> list[Document]:
        """Return what is stored."""
        with MongoClient[Document](self.mongodb_uri) as client:
            return list(client[self.database][collection].find().sort("_id"))

    def outcomes(self) -> dict[str, str]:
        """Return URL → outcome of the stored pages."""
        return {page["url"]: page["outcome"] for page in self.documents("pages")}

    def links(self) -> dict[tuple[str, str], Document]:
        """Return (source URL, target URL) → stored link."""
        return {(link["source_url"], link["target_url"]): link for link in self.documents("links")}


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def errors(self) -> list[str]:
        """Lines of the log that report errors, and what went wrong without a log."""
        return [line for line in self.err.splitlines() if " ERROR " in line or line.startswith(("Error", "Traceback"))]


def ended(process: subprocess.Popen[str], seconds: float = 300) -> Ended:
    """Wait for a process to end; the limit is far off, so that a busy machine is no failure."""
    out, err = process.communicate(timeout=seconds)
    return Ended(process.returncode, out, err)


def until(condition: Callable[[], object], what: str, seconds: float = 30) -> None:
    """Wait for something that another process does.

    :raises AssertionError: it did not happen in time.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(0.01)
