"""Projects of their own for the tests of local services, and programs that fail on PATH."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backlink_crawler import services
from tests.services.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """An empty project folder. Servers in it, or in folders beside it, are gone afterwards whatever happened."""
    path = tmp_path / "project"
    path.mkdir()
    yield Project(path)
    for folder in tmp_path.iterdir():
        services.stop(folder)


@pytest.fixture
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Path]:
    """``on_path(name, script)`` puts a shell script in front of everything else on PATH."""
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")

    def install(name: str, script: str) -> Path:
        program = programs / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        return program

    return install
