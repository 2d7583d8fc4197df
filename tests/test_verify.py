"""``scrapy verify`` on real servers: lists in, verdicts out."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from backlink_crawler.jobs.verify import FAILED, NOT_DONE, UNKNOWN, WRONG_USAGE
from backlink_crawler.verification import COLUMNS, Reason
from tests.crawling import PROJECT, Crawling, Ended
from tests.living_web import Answer, LivingWeb, a, living_web

DOCUMENT = (PROJECT / "docs" / "verify.md").read_text("utf-8")
GIVEN, RESULT = re.findall(r"```csv\n(.*?)```", DOCUMENT, re.DOTALL)


@pytest.fixture
def web(tmp_path: Path) -> Iterator[LivingWeb]:
    """The web of the example in docs/verify.md."""
    with living_web(tmp_path, "blog.test", "news.test") as web:
        web.page("http://blog.test/review", a("http://shop.test/", "garden tools"))
        web.page("http://blog.test/list", a("http://shop.test/spades", "Spades", rel="nofollow"), a("/deeper"))
        web.redirect("http://news.test/old", "/new")
        web.page("http://news.test/new", a("http://shop.test/", rel="sponsored"))
        web.page("http://news.test/private/", a("http://shop.test/"))
        web.answers["http://news.test/robots.txt"] = Answer(
            200, "User-agent: *\nDisallow: /private/\n", {"Content-Type": "text/plain"}
        )
        yield web


def verify(crawling: Crawling, web: LivingWeb, text: str, *arguments: str, out: str = "-", **settings: object) -> Ended:
    """Check a list."""
    listed = web.hosts_file.with_name("links.csv")
    listed.write_text(text, "utf-8")
    given = {"NET_HOSTS_FILE": web.hosts_file, "FRONTIER_RETRY_DELAY": 0.01, **settings}
    return crawling.run("verify", str(listed), "--out", out, *arguments, **given)


def rows(text: str) -> list[dict[str, str]]:
    """Read a result."""
    return list(csv.DictReader(io.StringIO(text)))


def without_time(found: list[dict[str, str]]) -> list[dict[str, str]]:
    """Leave out what differs between runs."""
    return [{name: cell for name, cell in row.items() if name != "last_visited"} for row in found]


def test_the_example_in_the_documentation_is_true(crawling: Crawling, web: LivingWeb, tmp_path: Path) -> None:
    """The list of docs/verify.md gives the result that stands there; nothing else is visited; the result is a file."""
    out = tmp_path / "checked.csv"
    end = verify(crawling, web, GIVEN, out=str(out))
    assert (end.code, end.out, end.errors) == (FAILED, "", [])
    assert without_time(rows(out.read_text("utf-8"))) == rows(RESULT)
    times = [row["last_visited"] for row in rows(out.read_text("utf-8"))]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", time) for time in times[:5])
    assert sorted(web.asked_for()) == [
        "http://blog.test/list",
        "http://blog.test/review",
        "http://news.test/gone",
        "http://news.test/new",
        "http://news.test/old",
    ]
    assert end.err.splitlines()[-1] == "6 links: 1 ok, 3 fail, 2 unknown"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize(
    ("sources", "code"),
    [
        (["http://blog.test/review"], 0),
        (["http://blog.test/review", "http://news.test/private/"], UNKNOWN),
        (["http://news.test/private/", "http://news.test/gone"], FAILED),
        (["nonsense"], UNKNOWN),
        (["http://nowhere.test/"], UNKNOWN),
    ],
    ids=["all ok", "one unknown", "one fails", "no row makes sense", "no page answers"],
)
def test_exit_codes(crawling: Crawling, web: LivingWeb, sources: list[str], code: int) -> None:
    """A plain list with --target; the exit code says what the worst verdict is."""
    end = verify(crawling, web, "\n".join(sources), "--target", "shop.test")
    assert end.code == code, end.err
    assert [row["source"] for row in rows(end.out)] == sources
    assert "Traceback" not in end.err


def test_a_result_can_be_checked_again(crawling: Crawling, web: LivingWeb) -> None:
    """Its verdicts give way to the new ones, from a new visit that reads the page whole."""
    web.page("http://blog.test/review", a("http://shop.test/"), etag='"1"')
    first = verify(
        crawling, web, "source,target\nhttp://blog.test/review,shop.test\n", CRAWL_ID=f"{crawling.database}1"
    )
    web.page("http://blog.test/review", etag='"1"')
    second = verify(crawling, web, first.out, CRAWL_ID=f"{crawling.database}2")
    assert (first.code, second.code) == (0, FAILED)
    assert list(rows(second.out)[0]) == ["source", "target", *COLUMNS]
    assert rows(second.out)[0]["reason"] == "link_missing"
    assert rows(second.out)[0]["detail"].startswith("was there until 2")


def test_what_this_run_did_not_visit_is_unknown(crawling: Crawling, web: LivingWeb) -> None:
    """What the index knew before is no evidence."""
    text = "source,target\nhttp://blog.test/review,shop.test\nhttp://blog.test/list,shop.test\n"
    assert verify(crawling, web, text, CRAWL_ID=f"{crawling.database}1").code == FAILED
    end = verify(crawling, web, text, CRAWL_ID=f"{crawling.database}2", MAX_PAGES=1)
    assert [row["reason"] for row in rows(end.out)] == ["ok", "not_visited"]
    assert end.code == UNKNOWN


@pytest.mark.parametrize(
    ("text", "arguments", "code", "said"),
    [
        ("source,target\n", [], WRONG_USAGE, "links.csv has no rows: write one link a line"),
        (
            "http://blog.test/review\n",
            [],
            WRONG_USAGE,
            "a list without a header line that names 'source' needs --target",
        ),
        ("source\nblog.test\n", ["--target", "co.uk"], WRONG_USAGE, "'co.uk' is a public suffix"),
        ("source,target\na.com,b.com\n", ["--bogus"], WRONG_USAGE, "unknown argument '--bogus'"),
    ],
)
def test_wrong_usage(crawling: Crawling, web: LivingWeb, text: str, arguments: list[str], code: int, said: str) -> None:
    """One line on stderr, nothing on stdout, nobody is asked for anything."""
    end = verify(crawling, web, text, *arguments)
    assert (end.code, end.out, web.log) == (code, "", [])
    assert said in end.err.strip().splitlines()[-1]
    assert "Traceback" not in end.err


@pytest.mark.parametrize(
    ("out", "said"), [("/nowhere/at/all.csv", "there is no such folder"), ("/tmp", "that is a folder")]
)
def test_no_place_for_the_result(crawling: Crawling, web: LivingWeb, out: str, said: str) -> None:
    """Told before anything is crawled."""
    end = verify(crawling, web, "source,target\na.com,b.com\n", out=out)
    assert (end.code, web.log) == (WRONG_USAGE, [])
    assert end.err.strip().endswith(f"--out {out}: {said}")


@pytest.mark.parametrize("setting", ["MONGODB_URI", "REDIS_URL"])
def test_servers_that_do_not_answer(crawling: Crawling, web: LivingWeb, tmp_path: Path, setting: str) -> None:
    """Neither a failure of the links nor a result: an exit code of its own, and an older result stays."""
    out = tmp_path / "checked.csv"
    out.write_text("older")
    address = f"{'mongodb' if setting == 'MONGODB_URI' else 'redis'}://127.0.0.1:1"
    end = verify(crawling, web, GIVEN, out=str(out), **{setting: address})
    assert end.code == NOT_DONE, end.err
    assert "127.0.0.1:1" in end.err.strip().splitlines()[-1]
    assert "Traceback" not in end.err
    assert out.read_text() == "older"


def test_help_names_every_column_and_reason(crawling: Crawling) -> None:
    """``--help`` and docs/verify.md tell the same columns and reasons as the code."""
    shown = crawling.run("verify", "--help").out
    told = set(re.findall(r"`(\w+)`", DOCUMENT))
    for name in (*COLUMNS, *get_args(Reason)):
        assert re.search(rf"\b{name}\b", shown), name
        assert name in told, name
