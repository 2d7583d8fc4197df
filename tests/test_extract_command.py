"""``scrapy extract``: what the crawler sees on one page, from a file or over the wire."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import fields

import pytest

from backlink_crawler.records import Link, Page
from tests.crawling import PROJECT, SCRAPY
from tests.golden.reading import FOLDER
from tests.web.plan import Web
from tests.web.server import ServedWeb
from tests.web.synthetic import synthetic_web
from tests.web.synthetic_content import serve_web
from tests.web.truth import links_of

Done = subprocess.CompletedProcess[str]
Command = Callable[..., Done]

ARTICLE = str(FOLDER / "article" / "page.html")
ARTICLE_URL = "https://blog.golden.test/2024/03/choosing-a-spade"


@pytest.fixture
def extract() -> Command:
    """The command, run as people run it, with settings that need no server."""

    def run(*arguments: str, stdin: str = "", **environment: str) -> Done:
        return subprocess.run(
            [SCRAPY, "extract", *arguments],
            cwd=PROJECT,
            env={**os.environ, "SCRAPY_SETTINGS_MODULE": "settings.testing", **environment},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def test_links_of_a_file(extract: Command) -> None:
    """One JSON line a target, with every field of a record."""
    done = extract(ARTICLE, "--url", ARTICLE_URL)
    assert (done.returncode, done.stderr) == (0, "")
    links = {link["target_url"]: link for link in map(json.loads, done.stdout.splitlines())}
    assert all(set(link) == {each.name for each in fields(Link)} for link in links.values())
    assert links["https://tools.example/spades?ref=shed"]["placement_type"] == "editorial"
    assert links["https://shop.example/spade"]["nofollow_cause"] == "rel"
    assert sum(link["weight"] for link in links.values()) == pytest.approx(1)


def test_only_external_links(extract: Command) -> None:
    """The site's own links can be left out."""
    done = extract(ARTICLE, "--url", ARTICLE_URL, "--external")
    assert {link["scope"] for link in map(json.loads, done.stdout.splitlines())} == {"external"}


def test_facts_of_a_file(extract: Command) -> None:
    """--page tells what the page says of itself."""
    done = extract(ARTICLE, "--url", ARTICLE_URL, "--page")
    facts = json.loads(done.stdout)
    assert set(facts) == {each.name for each in fields(Page)}
    assert (facts["title"], facts["outcome"], facts["links_external"]) == (
        "Choosing a spade | The Potting Shed",
        "ok",
        13,
    )


def test_standard_input(extract: Command) -> None:
    """A page may come through a pipe; its address is example's by default."""
    done = extract("-", stdin="<a href=x>t</a>")
    assert [json.loads(line)["target_url"] for line in done.stdout.splitlines()] == ["http://example/x"]


def test_table(extract: Command) -> None:
    """For eyes; nothing of a page commands the terminal."""
    done = extract("-", "--table", "--url", "https://a.test/", stdin="<a href=//b.test/x>[b]\x1b[31m\u202e</a>")
    assert done.returncode == 0
    assert "https://b.test/x" in done.stdout
    assert "[b]" in done.stdout
    assert not {"\x1b", "\u202e"} & set(done.stdout)
    facts = extract("-", "--page", "--table", stdin="<title>T</title>")
    assert "title" in facts.stdout
    assert "None" not in facts.stdout


@pytest.mark.parametrize(
    ("arguments", "exit_code", "why"),
    [
        (("no-such-file.html",), 1, "no-such-file.html cannot be read: No such file"),
        (("-", "--url", "nonsense"), 2, "'nonsense' is no web address"),
        (("https://", "--page"), 2, "'https://' is no web address"),
        (("https://a.test/", "--url", "https://b.test/"), 2, "--url is the address of a file"),
        (("-", "--frmat"), 2, "unknown argument '--frmat'"),
        (("-", "--content-type", "application/pdf"), 1, "not_html"),
    ],
)
def test_what_cannot_be_read_is_one_line(
    extract: Command, arguments: tuple[str, ...], exit_code: int, why: str
) -> None:
    """Exit code 2 for wrong usage, 1 for a page that cannot be read; one line on stderr."""
    done = extract(*arguments)
    assert (done.returncode, done.stdout) == (exit_code, "")
    assert why in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.fixture(scope="module")
def web() -> Web:
    """Every odd corner, few pages."""
    return synthetic_web(sites=30, pages=3)


@pytest.fixture(scope="module")
def served(web: Web) -> Iterator[ServedWeb]:
    """The web on loopback."""
    with serve_web(web) as running:
        yield running


def test_links_over_the_wire(extract: Command, web: Web, served: ServedWeb) -> None:
    """A URL is asked for, and its links are those that stand on it."""
    page = web.page("https://elements.test/")
    done = extract(page.url, "--external", *_through(served))
    assert done.returncode == 0, done.stderr
    found = {(link["source_url"], link["target_url"]): link for link in map(json.loads, done.stdout.splitlines())}
    expected = {(link.source_url, link.target_url): link for link in links_of(web, page)}
    assert found.keys() == expected.keys()
    assert all(link.agrees(found[pair]) for pair, link in expected.items())


def test_a_redirect_is_shown_and_not_followed(extract: Command, served: ServedWeb) -> None:
    """The crawler asks for the target another time; so may people."""
    done = extract("https://redirects.test/here-301", *_through(served))
    assert [json.loads(line)["link_type"] for line in done.stdout.splitlines()] == ["redirect"]
    assert "redirects to https://redirects.test/arrived" in done.stderr
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("url", "why", "settings"),
    [
        ("https://elements.test/no-such-page", "http_error (404)", ()),
        ("https://no-such-name.invalid/", "network_error (dns)", ()),
        ("https://elements.test/", "unsafe_address (not_public)", ("-s", "ALLOW_PRIVATE_ADDRESSES=0")),
    ],
)
def test_a_page_that_cannot_be_read(
    extract: Command, served: ServedWeb, url: str, why: str, settings: tuple[str, ...]
) -> None:
    """Exit code 1, and the reason on stderr."""
    done = extract(url, *_through(served), *settings)
    assert (done.returncode, done.stdout) == (1, "")
    assert why in done.stderr


def test_robots_txt_is_obeyed(extract: Command, web: Web, served: ServedWeb) -> None:
    """What a site does not want asked for is not asked for."""
    url = next(url for url, page in web.pages.items() if page.outcomes == ("blocked_by_robots",))
    done = extract(url, *_through(served))
    assert done.returncode == 1
    assert "blocked_by_robots" in done.stderr


def _through(served: ServedWeb) -> tuple[str, ...]:
    return "-s", f"NET_HOSTS_FILE={served.hosts_file}", "-s", "DOWNLOAD_VERIFY_CERTIFICATES=0"


def test_help_teaches(extract: Command) -> None:
    """--help tells what is printed, what is asked of the web, exit codes and examples."""
    text = " ".join(extract("--help").stdout.split())
    for word in ("robots.txt", "Exit codes", "Examples", "--table", "--external", "standard input"):
        assert word in text
