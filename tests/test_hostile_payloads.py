"""What strangers write reaches the index as bounded, harmless text, and whoever reads it as text."""

import csv
import io
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from backlink_crawler.records import MAX_ANCHOR, MAX_CONTEXT, MAX_URL, MAX_XPATH
from backlink_crawler.texts import without_controls
from tests.crawling import Crawling, Ended
from tests.web.hostile import payloads, serve_hostile
from tests.web.server import ServedWeb

ROOT = f"http://{payloads.HOST}"
COLLECTIONS = ("pages", "links", "link_events", "crawls", "set_aside", "sites", "meta")
BOUNDS = {
    **dict.fromkeys(
        ("url", "href", "target_url", "source_url", "canonical_url", "wrapped_url", "redirect_to"), MAX_URL
    ),
    **dict.fromkeys(("title", "anchor"), MAX_ANCHOR),
    **dict.fromkeys(("text_before", "text_after"), MAX_CONTEXT),
    **dict.fromkeys(("etag", "last_modified", "content_type"), 4_096),
    "xpath": MAX_XPATH,
    "heading": 200,
    "author": 120,
    "language": 35,
    "record": 2_000,
    "reason": 500,
    **dict.fromkeys(("host", "site", "source_host", "source_site", "target_host", "target_site"), 255),
}
"""Field → its longest text (docs/records.md)."""
WORD = 64
"""Characters of any other field: words of our own."""
MAX_RECORD = 65_536
"""Bytes of all texts of a link."""
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
COMMANDS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""What moves a cursor or reorders a line, but for its end."""


@pytest.fixture
def web() -> Iterator[ServedWeb]:
    """The payloads."""
    with serve_hostile(payloads.hosts()) as web:
        yield web


def texts_in(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text of a document with the name of its field, names of fields included."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield "(name)", key
            yield from texts_in(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_in(inner, name)
    elif isinstance(value, str):
        yield name, value


def test_hostile_pages_in_the_index(crawling: Crawling, web: ServedWeb) -> None:
    """Crawled, stored, reported: no payload is lost, none does anything, and one bad record stops no other."""
    crawled = crawling.run("crawl", "seeds", "-a", f"urls={ROOT}/", NET_HOSTS_FILE=web.hosts_file)
    assert crawled.code == 0, crawled.err
    assert crawled.errors == []
    assert not COMMANDS.search(crawled.err)
    outcomes = crawling.outcomes()
    for path in payloads.paths():
        expected = {"network_error", "too_large"} if path.startswith("/length") else {"ok"}
        assert outcomes[f"{ROOT}{path}"] in expected, path
    check_texts(crawling)
    check_payloads(crawling)
    (noted,) = crawling.documents("crawls")
    aside = crawling.documents("set_aside")
    assert noted["counters"].get("links_set_aside", 0) == len(aside)
    assert all(each["kind"] == "link" and "too large" in each["reason"] for each in aside), aside
    check_report(crawling)
    check_extract(crawling, web)


def check_texts(crawling: Crawling) -> None:
    """Every text of every document is bounded, UTF-8 and without control characters; every field is one of ours."""
    seen = 0
    for collection in COLLECTIONS:
        for document in crawling.documents(collection):
            found = list(texts_in(document))
            seen += len(found)
            for name, text in found:
                assert not CONTROLS.search(text), (collection, name, text[:80])
                if name == "(name)":
                    assert re.fullmatch(r"[a-z0-9_]{1,40}", text), (collection, text)
                elif name != "rel":
                    assert len(text) <= BOUNDS.get(name, WORD), (collection, name, len(text))
            assert sum(len(text.encode()) for _, text in found) <= MAX_RECORD, collection
    assert seen > 5_000


def check_payloads(crawling: Crawling) -> None:
    """Each payload is there as it was written, white space folded and control characters marked."""
    links = crawling.links()
    for case, text in payloads.TEXTS.items():
        link = links[f"{ROOT}/text/{case}", f"http://{payloads.VICTIM}/?anchor"]
        written = " ".join(text.replace("\x00", "").split())[:MAX_ANCHOR]
        assert link["anchor"] == without_controls(written), case
    assert links[f"{ROOT}/text/mongo-operator", f"http://{payloads.VICTIM}/?anchor"]["anchor"] == '{"$gt":""}'
    pages = {page["url"]: page for page in crawling.documents("pages")}
    dated = [pages[f"{ROOT}/date/{n}"].get("published_at") for n in range(len(payloads.DATES))]
    assert dated == [None] * len(payloads.DATES)


def harmless(ended: Ended) -> str:
    """Return what a command printed, which no terminal obeys."""
    assert ended.code == 0, ended.err
    assert not COMMANDS.search(ended.out + ended.err)
    return ended.out


def check_report(crawling: Crawling) -> None:
    """Tables and CSV of hostile anchors are obeyed neither by terminals nor by spreadsheets."""
    table = harmless(crawling.run("report", payloads.VICTIM, "--limit", "60"))
    assert "[bold red]x[/]" in table, "markup is text"
    assert "root#" in table
    cells = [cell for row in csv.reader(io.StringIO(csv_of(crawling))) for cell in row]
    assert not [cell for cell in cells if cell[:1] in {"=", "+", "-", "@", "\t", "\r", "\uff1d"}]
    assert any(cell.startswith("'=cmd|") for cell in cells)


def csv_of(crawling: Crawling) -> str:
    """Return the report as a spreadsheet gets it."""
    return harmless(crawling.run("report", payloads.VICTIM, "--limit", "60", "--format", "csv"))


def check_extract(crawling: Crawling, web: ServedWeb) -> None:
    """The crawler's view of the page with everything is one JSON line a link."""
    lines = harmless(crawling.run("extract", f"{ROOT}/all", NET_HOSTS_FILE=web.hosts_file)).splitlines()
    assert len(lines) == len(payloads.TEXTS)
    assert all(json.loads(line)["target_site"] == payloads.VICTIM for line in lines)


@pytest.mark.parametrize(
    ("text", "stored", "why"),
    [
        ("plain", "plain", "nothing to do"),
        ("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e", "Persian needs its joiner"),
        ("a\u202eb", "a\u202eb", "direction is text; what prints it marks it"),
        ("a\x1b[2Jb", "a\ufffd[2Jb", "a terminal's command"),
        ("a\x9bb", "a\ufffdb", "the same in one byte"),
        ("a\tb\r\nc", "a b  c", "white space"),
        ("a\x00b\x7f", "a\ufffdb\ufffd", "NUL and DEL"),
        ("a\ud800b", "a\ufffdb", "half a character"),
        ("\U0001f600\u00a0\u00ad", "\U0001f600\u00a0\u00ad", "what is merely not printable"),
    ],
)
def test_without_controls(text: str, stored: str, why: str) -> None:
    """Commands are marked, scripts are left alone."""
    assert without_controls(text) == stored, why
