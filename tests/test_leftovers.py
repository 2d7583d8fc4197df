"""A test run ends what it left behind, and nothing else."""

import os
import subprocess
from collections.abc import Iterator

import psutil
import pytest

from tests.leftovers import MARK, end_leftovers


@pytest.fixture
def sleepers() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Two processes in sessions of their own, of two runs."""
    started = [
        subprocess.Popen(["sleep", "60"], env={**os.environ, MARK: run}, start_new_session=True)
        for run in ("this run", "another")
    ]
    yield started
    for process in started:
        process.kill()
        process.wait()


def test_what_a_run_left_is_ended(sleepers: list[subprocess.Popen[bytes]]) -> None:
    """A server that left its parents is found by the mark it inherited; one of another run lives on."""
    assert end_leftovers("this run", patience=0) == ["sleep 60"]
    ours, foreign = sleepers
    ours.wait(10)
    assert not psutil.pid_exists(ours.pid)
    assert foreign.poll() is None


def test_no_run_is_no_run() -> None:
    """Without a name nothing is looked for: unmarked processes are everybody's."""
    with pytest.raises(ValueError, match="a run has a name"):
        end_leftovers("", patience=0)


def test_nothing_left() -> None:
    """A run that cleaned up is told nothing."""
    assert end_leftovers("a run without processes", patience=0) == []
