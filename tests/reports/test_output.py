"""Where documents go: files that are there once they are whole, pipes, and what is refused."""

import argparse
import asyncio
import csv
import gc
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import openpyxl
import pyarrow.parquet as pq
import pytest
from pymongo import MongoClient
from scrapy.settings import Settings

from backlink_crawler.commands.report import Command
from backlink_crawler.jobs import document, report
from backlink_crawler.jobs.defaults import REPORT_VIEWS
from backlink_crawler.jobs.document import WrongFormat, chosen
from backlink_crawler.jobs.output import opened
from backlink_crawler.records import Page, Visit
from backlink_crawler.reports.answer import Wish, plan
from backlink_crawler.reports.engine import Engine
from backlink_crawler.reports.question import Question
from backlink_crawler.reports.view import View, read_view, views
from backlink_crawler.store import Store
from tests.reports.by_hand import day, link


class Broken(Exception):
    """Whatever goes wrong while a file is written."""


# --- Files ---------------------------------------------------------------------------------------------------


def test_a_file_is_there_once_it_is_whole(tmp_path: Path) -> None:
    """Until the end what was there before stays, then the new file has its place, and nothing is left beside it."""
    path = tmp_path / "links.csv"
    path.write_text("old")
    with opened(str(path)) as out:
        out.write(b"new")
        out.flush()
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_leaves_what_was_there(tmp_path: Path) -> None:
    """Half a file never gets the name, whether there was one before or not."""
    path = tmp_path / "links.csv"
    for before in (None, b"old"):
        if before:
            path.write_bytes(before)
        with pytest.raises(Broken):
            _write_half(path)
        assert [each.read_bytes() for each in tmp_path.iterdir()] == ([before] if before else [])


def _write_half(path: Path) -> None:
    with opened(str(path)) as out:
        out.write(b"half")
        raise Broken


def test_permissions_are_those_of_any_file(tmp_path: Path) -> None:
    """A new file may be read by whom the umask lets, one that is replaced keeps its permissions."""
    path, usual = tmp_path / "links.csv", tmp_path / "usual"
    usual.touch()
    for mode in (usual.stat().st_mode, 0o100640):
        with opened(str(path)) as out:
            out.write(b"x")
        assert oct(path.stat().st_mode) == oct(mode)
        path.chmod(0o640)


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """What a symbolic link points to is replaced, not the link."""
    target, path = tmp_path / "there", tmp_path / "here"
    target.write_text("old")
    path.symlink_to(target)
    with opened(str(path)) as out:
        out.write(b"new")
    assert path.is_symlink()
    assert target.read_text() == "new"


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    """What is no file cannot be replaced by one."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with opened(str(path)) as out:
            out.write(b"x")
        assert os.read(reader, 10) == b"x"
    finally:
        os.close(reader)
    assert path.is_fifo()


# --- Formats -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "out", "format_"),
    [
        (None, None, "table"),
        (None, "-", "table"),
        (None, "links.xlsx", "xlsx"),
        (None, "dir.csv/links.HTML", "html"),
        ("csv", "links.txt", "csv"),  # what is said goes before what the name tells
        ("jsonl", None, "jsonl"),
    ],
)
def test_the_format_is_said_or_told_by_the_name(name: str | None, out: str | None, format_: str) -> None:
    """``--format`` says it, else the suffix of ``--out``, else it is a table."""
    assert chosen(name, out).name == format_


@pytest.mark.parametrize("out", ["links", "links.pdf", "links.csv.gz"])
def test_a_name_that_tells_no_format(out: str) -> None:
    """It is asked for, with the suffixes that would tell it."""
    with pytest.raises(WrongFormat, match=rf"--out {out}: its name does not tell the format \(.*\.csv, .*--format"):
        chosen(None, out)


def test_a_terminal_is_spared_what_it_cannot_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """Binary files and pages need a file or a pipe, and it is said how."""
    monkeypatch.setattr(document, "to_terminal", lambda out: out is None)
    for name in ("parquet", "xlsx", "html"):
        with pytest.raises(WrongFormat, match=rf"add --out FILE\.{name}"):
            chosen(name, None)
        assert chosen(name, f"x.{name}").name == name
    assert chosen("csv", None).name == "csv"


# --- The first rows ------------------------------------------------------------------------------------------

SECTIONS = (
    "-- Numbers\n-- sort: -section, -n\n-- section: section\nSELECT if(x < 7, 'small', 'great') AS section, x AS n,"
    " -x AS m FROM range(10) t (x)"
)


@pytest.mark.parametrize(
    ("view", "wish", "rows"),
    [
        (read_view("plain", "-- N\n-- sort: -n\nSELECT x AS n FROM range(9) t (x)"), Wish(limit=2), [(8,), (7,)]),
        (
            read_view("divided", SECTIONS),
            Wish(limit=2),
            [("small", 6, -6), ("small", 5, -5), ("great", 9, -9), ("great", 8, -8)],
        ),
        # Another order stays within the sections, also by a column that is not shown.
        (read_view("divided", SECTIONS), Wish(limit=1, sort=("n",)), [("small", 0, 0), ("great", 7, -7)]),
        (
            read_view("divided", SECTIONS),
            Wish(limit=1, sort=("m",), columns=("section", "n")),
            [("small", 6), ("great", 9)],
        ),
        # Without its column there are no sections.
        (read_view("divided", SECTIONS), Wish(limit=3, columns=("n",)), [(6,), (5,), (4,)]),
    ],
)
def test_the_limit_is_of_each_section(view: View, wish: Wish, rows: list[tuple[object, ...]]) -> None:
    """Where sections divide a view, each has its first rows, and the sections keep their order."""
    with Engine(Question(("shop.com",), datetime(2026, 3, 1, tzinfo=UTC))) as engine:
        planned = plan(engine, view, wish)
        assert [tuple(row.values()) for row in engine.answer(planned.limited).read_all().to_pylist()] == rows
        assert engine.count(planned.sql) == (9 if view.name == "plain" else 10)
        assert (planned.view.section is None) == ("section" not in engine.columns(planned.sql))


# --- The command ---------------------------------------------------------------------------------------------

LINKS = 23
Report = Callable[..., int]


@pytest.fixture(scope="module")
def index(mongodb_uri: str) -> Iterator[Settings]:
    """A small index, as the settings of a command; read only."""
    name = f"output_{uuid4().hex}"
    asyncio.run(_fill(Store(mongodb_uri, name)))
    yield Settings({"MONGODB_URI": mongodb_uri, "MONGODB_DATABASE": name})
    with MongoClient[dict[str, object]](mongodb_uri) as client:
        client.drop_database(name)


async def _fill(store: Store) -> None:
    async with store:
        await store.start_crawl("one", "seeds", {})
        visits = []
        for number in range(LINKS):
            url = f"https://a{number % 5}.com/{number}"
            found = link(url, f"https://shop.com/{number}", f"=anchor {number}", "content")
            page = Page(url, found.source_host, found.source_site, "ok", crawl_id="one")
            visits.append(Visit(page, day(1), links=[found]))
        await store.save_visits(visits)


@pytest.fixture
def run(index: Settings) -> Report:
    """``scrapy report shop.com …`` in this process."""

    def report_of(*arguments: str) -> int:
        parser, command = argparse.ArgumentParser(), Command()
        command.settings = index
        command.add_options(parser)
        return report.run(index, [], parser.parse_args(["shop.com", *arguments]))

    return report_of


def test_every_format_as_a_file(run: Report, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each format, told by the file's name, has all rows that the index has; limits are said."""
    for name in ("links.csv", "links.jsonl", "links.parquet", "links.xlsx", "links.html", "links.txt"):
        assert run("--view", "backlinks", "--out", str(tmp_path / name)) == 0
    with (tmp_path / "links.csv").open(encoding="utf-8", newline="") as file:
        anchors = {row["anchor"] for row in csv.DictReader(file)}
    assert anchors == {f"'=anchor {number}" for number in range(LINKS)}
    facts, *rows = map(json.loads, (tmp_path / "links.jsonl").read_text("utf-8").splitlines())
    assert (facts["rows"], len(rows)) == (LINKS, LINKS)
    assert pq.read_table(tmp_path / "links.parquet").num_rows == LINKS
    book = openpyxl.load_workbook(tmp_path / "links.xlsx")
    assert book["backlinks"].max_row == LINKS + 1
    assert (tmp_path / "links.html").read_text("utf-8").count("<tr") == LINKS + 1
    assert f"20 of {LINKS} rows; --limit 0 shows all" in (tmp_path / "links.txt").read_text("utf-8")
    told = capsys.readouterr()
    assert told.out == ""
    assert "5 sites tried" in told.err  # of CSV, which cannot say it itself


def test_a_report_of_several_views(run: Report, tmp_path: Path) -> None:
    """Without a view a page tells most of a site: every view of the report is a part, in its order."""
    assert run("--out", str(tmp_path / "site.html")) == 0
    page = (tmp_path / "site.html").read_text("utf-8")
    titles = [re.escape(views()[name].title) for name in REPORT_VIEWS]
    assert re.search(
        ".*".join(f'<h2 id="part-{n}-title">{title}: shop.com' for n, title in enumerate(titles, 1)), page, re.S
    )


def test_limits(run: Report, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """``--limit 0`` is all rows of a table, a number that many of any format."""
    assert run("--view", "backlinks", "--limit", "0") == 0
    assert capsysbinary.readouterr().out.decode().endswith(f"\n{LINKS} rows\n")
    assert run("--view", "backlinks", "--limit", "2", "--format", "jsonl") == 0
    assert len(capsysbinary.readouterr().out.splitlines()) == 3


@pytest.mark.parametrize("name", ["csv", "jsonl", "parquet", "xlsx", "html", "table"])
def test_every_format_through_a_pipe(run: Report, name: str, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """Where somebody reads on, every format may go to stdout."""
    assert run("--view", "backlinks", "--format", name) == 0
    begins = {"parquet": b"PAR1", "xlsx": b"PK", "html": b"<!doctype html>", "csv": b'"link_id"', "jsonl": b"{"}
    assert capsysbinary.readouterr().out.lstrip().startswith(begins.get(name, b"Links from"))


@pytest.mark.parametrize("name", ["csv", "jsonl", "parquet", "html", "table"])
def test_a_full_disk_is_told(run: Report, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 1 and the system's own words, whatever wrote the file."""
    assert run("--view", "backlinks", "--format", name, "--out", "/dev/full") == 1
    assert "/dev/full: No space left on device" in capsys.readouterr().err


def test_a_disk_too_full_for_a_workbook(
    run: Report, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A workbook says it in the same words."""
    # Python's zip file tries once more when it is forgotten, and complains to nobody.
    monkeypatch.setattr(sys, "unraisablehook", lambda _: None)
    assert run("--view", "backlinks", "--format", "xlsx", "--out", "/dev/full") == 1
    gc.collect()
    assert "/dev/full: No space left on device" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        (("--where", "follow", "--out", "{}/x.html"), 2, "--where asks something of one view: name it with --view"),
        (("--view", "nothing"), 2, "there is no view 'nothing'"),
        (("--view", "backlinks", "--out", "x.pdf"), 2, "does not tell the format"),
        (("--view", "backlinks", "--where", "follow =", "--out", "{}/x.csv"), 2, "--where"),
        (("--view", "backlinks", "--out", "{}/no/x.csv"), 1, "/no/x.csv: No such file or directory"),
        (("--view", "backlinks", "--format", "csv", "--out", "{}"), 1, ": Is a directory"),
        (("--at", "2026-03-02", "--view", "backlinks"), 2, "--at is the view past: not with --view backlinks"),
    ],
)
def test_what_cannot_be_written_is_one_line(
    run: Report, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], code: int, why: str
) -> None:
    """The exit code says whose fault it is, one line why; no file is left."""
    assert run(*(each.format(tmp_path) for each in arguments)) == code
    told = capsys.readouterr()
    assert told.out == ""
    assert why in told.err
    assert told.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
