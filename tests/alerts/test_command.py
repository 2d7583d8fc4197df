"""``scrapy alerts``, as people run it."""

import asyncio
import json
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from tests.alerts.world import SECRET, Document, event, link, receiving
from tests.crawling import Crawling, Ended, ended

LONG_AGO = datetime.now(UTC).replace(microsecond=0) - timedelta(days=2)


def insert(crawling: Crawling, collection: str, *documents: Document) -> None:
    with MongoClient[Document](crawling.mongodb_uri) as client:
        client[crawling.database][collection].insert_many(documents)


def alerts_file(folder: Path, *sinks: str, top: str = "settle_minutes = 0") -> str:
    only = '[sink.only]\ntargets = ["shop.com"]\nevents = ["lost"]'
    path = folder / "alerts.toml"
    path.write_text("\n".join([top, *(f"[[sink]]\n{sink}\n{only}" for sink in sinks)]))
    return str(path)


LOG = 'name = "log"\nkind = "file"\npath = "out.jsonl"'
TERMINAL = 'name = "terminal"\nkind = "console"'


def run(crawling: Crawling, *arguments: str) -> Ended:
    return crawling.run("alerts", *arguments)


def test_what_is_new_is_told_once(crawling: Crawling, tmp_path: Path) -> None:
    """A first run begins now and says so; --since begins earlier; the next run tells nothing twice."""
    file = alerts_file(tmp_path, LOG)
    insert(crawling, "link_events", event(recorded=LONG_AGO))
    insert(crawling, "links", link(first_seen=LONG_AGO - timedelta(days=9)))
    since = f"{LONG_AGO - timedelta(days=1):%Y-%m-%d}"
    preview = run(crawling, file, "--dry-run", "--since", since)
    assert preview.code == 0, preview.err
    assert "https://blog.org/post → https://shop.com/; it is not in the page any more; anchor “Shop”" in preview.out
    assert "log: would be told 1 alert" in preview.err
    assert crawling.documents("alert_positions") == []
    assert not (tmp_path / "out.jsonl").exists()
    first = run(crawling, file, "--since", since)
    assert first.code == 0, first.err
    assert f"log: first run: tells what is recorded after {since}" in first.err
    assert "log: 1 told" in first.err
    again = run(crawling, file)
    assert (again.code, "log: 0 told" in again.err) == (0, True)
    (line,) = (tmp_path / "out.jsonl").read_text().splitlines()
    assert json.loads(line)["data"]["anchor"] == "Shop"


def test_nothing_old_is_told_unasked(crawling: Crawling, tmp_path: Path) -> None:
    """Nobody wants the alerts of years at the first run."""
    insert(crawling, "link_events", event(recorded=LONG_AGO))
    result = run(crawling, alerts_file(tmp_path, TERMINAL))
    assert (result.code, result.out) == (0, "")
    assert "which is now; --since DATE" in result.err


async def test_a_sink_that_fails_does_not_stop_the_others(crawling: Crawling, tmp_path: Path) -> None:
    """Exit code 1, the reason without the secret, and the other sinks told."""
    insert(crawling, "link_events", event(recorded=LONG_AGO))
    async with receiving(403) as receiver:
        hook = f'name = "hook"\nkind = "webhook"\nurl = "{receiver.url}"\nsecret = "{SECRET}"'
        file = alerts_file(tmp_path, hook, TERMINAL)
        result = await asyncio.to_thread(run, crawling, file, "--since", f"{LONG_AGO:%Y-%m-%d}")
    assert result.code == 1
    assert "hook: refuses what it is sent (HTTP 403), since" in result.err
    assert "https://blog.org/post" in result.out
    assert "hunter2" not in result.err + result.out
    assert SECRET not in result.err + result.out


async def test_a_test_message_goes_to_every_sink(crawling: Crawling, tmp_path: Path) -> None:
    """Marked as a test, once each; neither index nor positions are touched."""
    async with receiving(204, 200) as receiver:
        hook = f'name = "hook"\nkind = "webhook"\nurl = "{receiver.url}"\nsecret = "{SECRET}"'
        team = f'name = "team"\nkind = "slack"\nurl = "{receiver.url}"'
        file = alerts_file(tmp_path, hook, team, LOG, TERMINAL)
        result = await asyncio.to_thread(run, crawling, file, "--test")
    assert result.code == 0, result.err
    assert result.err.count("took the test message") == 4
    by_kind = {("type" in request.json): request.json for request in receiver.requests}
    assert by_kind[True]["type"] == "test"
    assert "target.invalid" in by_kind[False]["text"]
    assert "A test of the sink terminal: nothing has happened" in result.out
    assert json.loads((tmp_path / "out.jsonl").read_text())["type"] == "test"
    assert crawling.documents("alert_positions") == []


async def test_a_test_message_that_is_not_taken_is_an_error(crawling: Crawling, tmp_path: Path) -> None:
    """Whoever tries a sink out sees why it does not work."""
    async with receiving(401) as receiver:
        hook = f'name = "hook"\nkind = "webhook"\nurl = "{receiver.url}"\nsecret = "{SECRET}"'
        result = await asyncio.to_thread(run, crawling, alerts_file(tmp_path, hook), "--test")
    assert result.code == 1
    assert "hook: did not take the test message: HTTP 401" in result.err


def test_follow_tells_what_comes_until_it_is_stopped(crawling: Crawling, tmp_path: Path) -> None:
    """Events that are written while it runs are told; SIGTERM ends it well and frees its sinks."""
    file = alerts_file(tmp_path, TERMINAL, top="settle_minutes = 0\npoll_seconds = 1")
    with crawling.start("alerts", file, "--follow") as process:
        assert process.stderr is not None
        assert process.stdout is not None
        assert "first run" in process.stderr.readline()
        insert(crawling, "link_events", event(recorded=datetime.now(UTC)))
        assert "https://blog.org/post" in process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        result = ended(process)
    assert result.code == 0, result.err
    (position,) = crawling.documents("alert_positions")
    assert "holder" not in position


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nowhere.toml"], "nowhere.toml cannot be read: No such file or directory"),
        (["{file}", "--nonsense"], "unknown argument '--nonsense'"),
        (["{file}", "--since", "yesterday"], "'yesterday' is no date. Examples: 2026-11-21"),
        (["{file}", "--dry-run", "--follow"], "leave out --follow"),
        (["{file}", "--once", "--test"], "not allowed with argument --once"),
        (["{bad}"], "bad.toml, line 2: sinks is not an option here"),
    ],
)
def test_wrong_usage(crawling: Crawling, tmp_path: Path, arguments: list[str], told: str) -> None:
    """Exit code 2 and a line that says what is wrong; no traceback."""
    bad = tmp_path / "bad.toml"
    bad.write_text('[[sink]]\n[[sinks]]\nname = "x"\n')
    names: dict[str, Any] = {"file": alerts_file(tmp_path, TERMINAL), "bad": str(bad)}
    result = run(crawling, *(argument.format(**names) for argument in arguments))
    assert result.code == 2
    assert told in result.err
    assert "Traceback" not in result.err


def test_an_index_that_is_away(crawling: Crawling, tmp_path: Path) -> None:
    """Exit code 1 and one line."""
    result = crawling.run("alerts", alerts_file(tmp_path, TERMINAL), MONGODB_URI="mongodb://127.0.0.1:9")
    assert result.code == 1
    assert "MongoDB at 127.0.0.1:9 does not answer" in result.err
    assert "Traceback" not in result.err


def test_help_teaches(crawling: Crawling) -> None:
    """What it does, an example, and what the exit codes mean."""
    result = crawling.run("alerts", "--help")
    assert result.code == 0
    for needed in ("[[sink]]", "--follow", "--dry-run", "Exit codes:", "docs/alerts.md"):
        assert needed in result.out
