"""Alerts as lines: whole lines, whatever happens to the disk or beside it."""

import json
import multiprocessing
import os
from pathlib import Path

import pytest

from backlink_crawler.alerts.sinks.files import ConsoleSink, FileSink, append_line
from tests.alerts.world import alert


async def test_each_alert_is_a_line_of_json(tmp_path: Path) -> None:
    """Appended to what is there."""
    path = tmp_path / "alerts.jsonl"
    sink = FileSink(path)
    await sink.flush()
    for number in range(3):
        assert (await sink.send(alert(number, anchor="two\nlines"))).kind == "accepted"
    await sink.flush()
    assert [json.loads(line)["id"] for line in path.read_text().splitlines()] == [alert(n).id.hex() for n in range(3)]


def test_what_a_crash_left_of_a_line_stays_alone(tmp_path: Path) -> None:
    """The next line begins on a line of its own, so a reader skips one broken line and no other."""
    path = tmp_path / "alerts.jsonl"
    path.write_bytes(b'{"id":"1"}\n{"id":"2')
    append_line(path, b'{"id":"3"}')
    assert path.read_bytes() == b'{"id":"1"}\n{"id":"2\n{"id":"3"}\n'


def _writer(path: Path, letter: bytes) -> None:
    for _ in range(200):
        append_line(path, letter * 5_000)


def test_writers_beside_each_other_tear_no_line(tmp_path: Path) -> None:
    """Lines of two processes never mix."""
    path = tmp_path / "alerts.jsonl"
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=_writer, args=(path, letter)) for letter in (b"a", b"b")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    lines = path.read_bytes().splitlines()
    assert sorted(lines) == [b"a" * 5_000] * 200 + [b"b" * 5_000] * 200


async def test_a_full_disk_leaves_no_part_of_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A short write is undone and told; the alert waits."""
    path = tmp_path / "alerts.jsonl"
    sink = FileSink(path)
    await sink.send(alert(0))
    whole = path.read_bytes()
    write = os.write
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:10]))
        answer = await sink.send(alert(1))
    assert (answer.kind, answer.detail) == ("try_again", "No space left on device")
    assert path.read_bytes() == whole


async def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    """The alert waits until somebody makes it."""
    answer = await FileSink(tmp_path / "no" / "alerts.jsonl").send(alert())
    assert (answer.kind, answer.detail) == ("try_again", "No such file or directory")


async def test_the_console_shows_a_line_that_commands_nothing() -> None:
    """Escape sequences of strangers do not reach the terminal."""
    lines: list[str] = []
    await ConsoleSink(lines.append).send(alert(anchor="\x1b[2Jboo\nnext"))
    (line,) = lines
    assert line.startswith("2026-03-01 12:00  lost")
    assert line.count("\n") == 1
    assert "\x1b" not in line
    assert "it is not in the page any more" in line
