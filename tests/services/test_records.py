"""Whose server is it: what a record tells is believed only where the kernel agrees."""

import json
import os
import shutil
import signal
import subprocess
from dataclasses import asdict
from pathlib import Path

import pytest
from pymongo import MongoClient

from backlink_crawler import services
from backlink_crawler.services import ServiceError, launch, processes
from tests.services.project import Project, put, value_of


def test_killed_server_is_started_again(project: Project) -> None:
    """After kill -9 the next who asks gets a new server at the old address, with what was acknowledged."""
    url = project.start()
    put(url, "kept", "yes")
    killed = project.pid()
    os.kill(killed, signal.SIGKILL)
    assert project.start() == url
    assert project.pid() != killed
    assert value_of(url, "kept") == "yes"
    assert "Ready to accept connections" in (project.home / "server.log.1").read_text(), "its last log is kept"


@pytest.mark.parametrize(
    "forged",
    [
        pytest.param({"started": 1}, id="its id was given to another process"),
        pytest.param({"boot": "another"}, id="the machine was booted since"),
        pytest.param({"pid": 2**22 + 1}, id="it is dead"),
    ],
)
def test_record_of_another_process_is_replaced(project: Project, forged: dict[str, object]) -> None:
    """A record that fits no living process of ours is replaced, and nobody is signalled for it."""
    url = project.start()
    project.stop()
    path = project.home / "server.json"
    record = json.loads(path.read_text())
    with subprocess.Popen(["sleep", "60"]) as bystander:
        try:
            record["process"] = {**asdict(processes.identify(bystander.pid)), **forged}
            path.write_text(json.dumps(record))
            assert not project.status().running
            assert services.stop(project.path)[0].outcome == "not running"
            assert project.start() == url
            assert bystander.poll() is None
        finally:
            bystander.kill()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"process": {"pid": 1}}'])
def test_unreadable_record_is_replaced(project: Project, content: str) -> None:
    """Half a record, or none, is no record."""
    project.home.mkdir(parents=True)
    (project.home / "server.json").write_text(content)
    assert not project.status().running
    project.start()
    assert project.status().version


def test_copied_folder_gets_servers_of_its_own(project: Project, tmp_path: Path) -> None:
    """A copy of a project starts with the data copied, and shares nothing with the original's servers."""
    url = project.start()
    put(url, "who", "original")
    copy = Project(tmp_path / "copy")
    shutil.copytree(project.path, copy.path)
    assert not copy.status().running
    other = copy.start()
    assert other != url
    assert value_of(other, "who") == "original"
    copy.stop()
    assert project.status().url == url


def test_moved_folder_keeps_its_servers(project: Project, tmp_path: Path) -> None:
    """A project moved while its servers run still has them; they write in the new place and can be stopped there."""
    before = project.start_both()
    moved = Project(project.path.rename(tmp_path / "moved"))
    assert moved.start_both() == before
    with MongoClient[dict[str, object]](before.mongodb_uri) as client:
        client["after"]["the_move"].insert_one({"_id": 1})
    assert {ended.outcome for ended in services.stop(moved.path)} == {"stopped"}
    with MongoClient[dict[str, object]](moved.start_mongod()) as client:
        assert client["after"]["the_move"].count_documents({}) == 1


def test_lost_record_never_leads_to_two_servers_on_one_folder(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server whose record was deleted still holds its folder: a second one on its data is refused."""
    project.start()
    path = project.home / "server.json"
    record = path.read_text()
    path.unlink()
    monkeypatch.setattr(launch, "HANDOVER_SECONDS", 0.1)
    with pytest.raises(ServiceError, match="record was lost"):
        project.start()
    path.write_text(record)
    assert project.status().version
