"""The project on a real Scrapyd: built, deployed, scheduled, and its records found in MongoDB."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from settings import broad
from tests.web.synthetic import synthetic_web
from tests.web.synthetic_content import serve_web

PROJECT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
SHIPPED = (
    "backlink_crawler",
    "pipelines",
    "settings",
    "deploy",
    "scrapy.cfg",
    "pyproject.toml",
    "setup.py",
    "README.md",
)


def call(url: str, **data: str | list[str]) -> dict[str, Any]:
    body = urllib.parse.urlencode(data, doseq=True).encode() if data else None
    with urllib.request.urlopen(url, body, timeout=60) as answer:
        return dict(json.load(answer))


def wait_for(what: str, condition: Any, seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            value = condition()
        except OSError:
            value = None
        if value:
            return value
        time.sleep(0.1)
    raise AssertionError(f"{what} did not happen within {seconds} s")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of what is shipped: deploying leaves build folders behind."""
    copy = tmp_path / "project"
    copy.mkdir()
    for name in SHIPPED:
        source = PROJECT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy / name)
    return copy


@pytest.fixture
def scrapyd(
    tmp_path: Path, project: Path, redis_url: str, mongodb_uri: str, mongodb_database: str
) -> Iterator[tuple[str, Path]]:
    """A Scrapyd with the project's own configuration on a port of its own; yields its address and its folder."""
    folder = tmp_path / "scrapyd"
    folder.mkdir()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    configuration = (project / "deploy" / "scrapyd.conf").read_text()
    (folder / "scrapyd.conf").write_text(configuration.replace("http_port = 6800", f"http_port = {port}"))
    environment = {
        **os.environ,
        "REDIS_URL": redis_url,
        "MONGODB_URI": mongodb_uri,
        "MONGODB_DATABASE": mongodb_database,
        "ALLOW_PRIVATE_ADDRESSES": "1",
        "FRONTIER_HOST_DELAY": "0",
    }
    with (folder / "out.log").open("w") as log:
        process = subprocess.Popen([BIN / "scrapyd"], cwd=folder, env=environment, stdout=log, stderr=log)
        try:
            yield f"http://127.0.0.1:{port}", folder
        finally:
            process.terminate()
            process.wait(timeout=20)


def test_deploy_schedule_and_find_the_records(
    scrapyd: tuple[str, Path], project: Path, mongodb_uri: str, mongodb_database: str
) -> None:
    """Two scheduled workers of one crawl share the work, by the profile they are given, and the index holds what they
    found."""
    url, folder = scrapyd
    wait_for("Scrapyd answering", lambda: call(f"{url}/daemonstatus.json")["status"] == "ok")
    cfg = project / "scrapy.cfg"
    cfg.write_text(cfg.read_text().replace("http://localhost:6800", url))
    deployed = subprocess.run(
        [BIN / "scrapyd-deploy", "--version", "1"], cwd=project, capture_output=True, text=True, check=False
    )
    assert '"status": "ok"' in deployed.stdout, deployed.stdout + deployed.stderr
    assert sorted(call(f"{url}/listspiders.json?project=backlink_crawler")["spiders"]) == [
        "check-targets",
        "competitors",
        "recheck",
        "seeds",
        "verify",
    ]
    web = synthetic_web(sites=30, pages=3)
    with serve_web(web) as served:
        for job in ("one", "two"):
            answer = call(
                f"{url}/schedule.json",
                project="backlink_crawler",
                spider="seeds",
                jobid=job,
                urls=",".join(host.pages[0].url for host in list(web.hosts.values())[:10]),
                setting=[
                    "CRAWL_ID=shared",
                    "CRAWL_PROFILE=broad",
                    f"NET_HOSTS_FILE={served.hosts_file}",
                    "DOWNLOAD_VERIFY_CERTIFICATES=0",
                ],
            )
            assert answer["status"] == "ok", answer
        jobs = f"{url}/listjobs.json?project=backlink_crawler"
        wait_for("both workers ending", lambda: len(call(jobs)["finished"]) == 2)
    logs = "".join(path.read_text() for path in (folder / "logs").rglob("*.log"))
    assert logs.count(f"at most {broad.MAX_PAGES_PER_SITE} pages of each") == 2, logs
    with MongoClient[dict[str, Any]](mongodb_uri) as client:
        database = client[mongodb_database]
        crawl = database["crawls"].find_one({"_id": "shared"})
        assert crawl is not None, logs + (folder / "out.log").read_text()
        assert crawl["workers"] == 2
        assert database["pages"].count_documents({"outcome": "ok"}) > 10, logs
        assert database["links"].count_documents({}) > 0
