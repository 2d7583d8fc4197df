"""Reports: the words, the formats, and the command that prints them."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from scrapy.settings import Settings

from backlink_crawler import services
from backlink_crawler.jobs.database import index_store
from backlink_crawler.records import UNSEEN_OUTCOMES
from backlink_crawler.reports.formats.harmless import plain
from backlink_crawler.reports.question import SCOPES, Scope
from backlink_crawler.reports.site import NotASite, place_named, site_named
from backlink_crawler.reports.summary import (
    Backlinks,
    Live,
    Observed,
    Tried,
    coverage_statements,
    meant,
    opening,
    unknown_cause,
)
from backlink_crawler.store import Store, StoreError
from backlink_crawler.urls import registry_site_of

PROJECT = Path(__file__).parent.parent
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
CRAWLED = Observed([Tried("ok", None, 3)], [], sites=2, crawls=1, as_of=NOON)
LIVE = Live(2, 1, NOON, NOON)


# --- Which site is meant -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "site"),
    [
        ("example.com", "example.com"),
        (" Example.COM. ", "example.com"),  # as people type and paste it
        ("blog.example.co.uk", "example.co.uk"),  # a host
        ("https://blog.example.co.uk/a?b#c", "example.co.uk"),  # a URL
        ("example.com/path", "example.com"),  # a URL without scheme
        ("example.com:8080", "example.com"),
        ("a.github.io", "a.github.io"),  # a private suffix is not a site, its customer is
        ("github.io", "github.io"),  # yet people link to the suffix itself
        ("münchen.de", "xn--mnchen-3ya.de"),
        ("192.0.2.7", "192.0.2.7"),
        ("http://[2001:db8::1]/", "[2001:db8::1]"),
        ("http://intranet/", "intranet"),  # a URL says that the label is meant
        ("https://me@example.com/", "example.com"),
    ],
)
def test_a_site_is_named_by_domain_host_or_url(text: str, site: str) -> None:
    """Whatever names a page or host of a site names the site."""
    assert site_named(text) == site


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not a domain",
        "foo",  # more likely a slip than an intranet host
        "me@example.com",  # a mail address
        "*.example.com",
        "a.com,b.com",
        "..",
        "a..b",
        "co.uk",  # a public suffix
        "ftp://example.com/",
        "javascript:alert(1)",
        "\x1b[2J.com",
    ],
)
def test_what_names_no_site_is_refused_in_one_line(text: str) -> None:
    """A slip is told as one, with an example; nothing is looked up for it."""
    with pytest.raises(NotASite, match="Example: ") as raised:
        site_named(text)
    assert plain(str(raised.value)).isprintable()


@pytest.mark.parametrize(
    ("site", "registry"),
    [
        ("a.github.io", "github.io"),
        ("example.co.uk", "example.co.uk"),
        ("b.test", "b.test"),
        ("192.0.2.7", "192.0.2.7"),
    ],
)
def test_registry_sites_ignore_private_suffixes_only(site: str, registry: str) -> None:
    """Customers of one private suffix merge; every other site stays itself."""
    assert registry_site_of(site) == registry


@pytest.mark.parametrize(
    ("text", "scope", "place"),
    [
        ("https://blog.shop.com/x", "site", "shop.com"),
        ("Blog.Shop.com.", "host", "blog.shop.com"),
        ("https://blog.shop.com:8443/x", "host", "blog.shop.com"),
        ("shop.com/sale", "prefix", "https://shop.com/sale"),  # https, as a browser takes it
        ("http://shop.com/sale/?utm_source=x#y", "url", "http://shop.com/sale/"),  # the identity of the URL
        ("shop.com", "url", "https://shop.com/"),
    ],
)
def test_a_scope_says_what_of_a_site_is_meant(text: str, scope: Scope, place: str) -> None:
    """The address itself, what begins with it, its host or its site."""
    assert place_named(text, scope) == place


@pytest.mark.parametrize("scope", SCOPES)
def test_no_scope_makes_sense_of_a_slip(scope: Scope) -> None:
    """What names no site names no part of one."""
    with pytest.raises(NotASite, match="Example: "):
        place_named("not a domain", scope)


# --- What is said --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "status", "cause"),
    [
        ("ok", None, None),
        ("redirect", None, None),
        ("not_html", None, None),
        ("http_error", 404, None),  # an answer: the page is not there
        ("http_error", 410, None),
        ("http_error", 401, "refused"),
        ("http_error", 403, "refused"),
        ("http_error", 429, "refused"),
        ("http_error", 500, "server error"),
        ("http_error", 503, "server error"),
        ("blocked_by_robots", None, "robots"),
        ("challenge", None, "challenge"),
        ("network_error", None, "network"),
        ("unsafe_address", None, "unsafe address"),
        ("certificate_error", None, "certificate"),
    ],
)
def test_blocked_and_unknown_is_what_says_nothing_of_the_page(outcome: str, status: int | None, cause: str) -> None:
    """Refusals and failures are unknown, an answer about the page is not."""
    assert unknown_cause(Tried(outcome, status, 1)) == cause


def test_every_unseen_outcome_has_a_cause() -> None:
    """An outcome that the records call unseen is never counted as looked at."""
    assert all(unknown_cause(Tried(outcome, None, 1)) for outcome in UNSEEN_OUTCOMES)


@pytest.mark.parametrize(
    ("observed", "answer"),
    [
        (Observed(), "Nothing has been crawled yet"),
        (Observed(crawls=1), "A crawl was started, but no page of it is stored yet"),
        (Observed([Tried("challenge", None, 4)], [], 2, 1, NOON), "Of what was tried no page could be seen"),
        (
            Observed([Tried("ok", None, 4)], [Tried("ok", None, 4)], 1, 1, NOON),
            "Only pages of shop.com itself were seen",
        ),
        (CRAWLED, "3 pages were seen and none links to shop.com."),
        (Observed([Tried("ok", None, 1)], [], 1, 1, NOON), "1 page was seen and none links to shop.com."),
    ],
)
def test_no_links_is_answered_with_its_kind(observed: Observed, answer: str) -> None:
    """Nothing crawled, nothing stored, nothing seen, only itself seen, or seen without links: each says so."""
    said, facts = opening("shop.com", observed, Backlinks())
    assert said[0].startswith(answer)
    assert "scrapy crawl" in said[1] or "log" in said[1]
    assert facts["backlinks"] == 0


def test_the_coverage_says_how_much_was_tried_and_blocked() -> None:
    """In the whole index and on the site itself, and as of when."""
    observed = Observed([Tried("ok", None, 1_999), Tried("challenge", None, 1)], [Tried("ok", None, 1)], 5, 2, NOON)
    assert coverage_statements("shop.com", observed) == [
        "2,000 pages of 5 sites tried in 2 crawls, 1,999 seen; <0.1 % of what was tried was blocked or unknown "
        "(challenge <0.1 %).",
        "shop.com itself: 1 page tried, 1 seen.",
        "As of 2026-03-01 12:00 UTC, the last visit.",
    ]


@pytest.mark.parametrize(
    ("site", "sources", "merged"),
    [
        ("shop.com", ["a.com", "b.com"], None),  # no difference, no sentence
        ("shop.com", ["a.github.io", "b.com"], None),
        (
            "shop.com",
            ["a.github.io", "b.github.io", "b.com"],
            "(all of github.io as one site), that is 2 referring domains.",
        ),
        # By registry suffix the neighbours are the site itself.
        ("a.github.io", ["b.github.io", "b.com"], "(all of github.io as one site), that is 1 referring domain."),
        ("a.github.io", ["github.io", "b.com"], "(all of github.io as one site), that is 1 referring domain."),
    ],
)
def test_private_suffixes_are_mentioned_where_they_matter(site: str, sources: list[str], merged: str | None) -> None:
    """Referring domains are counted both ways only if the two counts differ."""
    statements, _ = opening(site, CRAWLED, Backlinks(LIVE, 3, 3, sources))
    said = [s for s in statements if s.startswith("Counted without private suffixes")]
    assert [s.removeprefix("Counted without private suffixes ") for s in said] == ([merged] if merged else [])


def test_another_name_for_the_site_is_mentioned() -> None:
    """Who asked for a host or URL reads which site the numbers are about; who named the site does not."""
    said = "https://blog.shop.com/x belongs to the site shop.com, which this is about."
    assert meant("shop.com", "https://blog.shop.com/x") == [said]
    assert meant("shop.com", "Shop.com.") == meant("shop.com", "") == []


def test_nothing_is_called_total_in_words() -> None:
    """The index is a sample: no sentence says "total"."""
    said, _ = opening("shop.com", CRAWLED, Backlinks(LIVE, 2, 1, ["a.com"]))
    assert said[0] == (
        "Links to shop.com were seen on 2 pages of 1 referring domain (1 host): 2 backlinks, 1 followed; "
        "first seen 2026-03-01, last seen 2026-03-01."
    )
    assert "total" not in " ".join([*said, *coverage_statements("shop.com", CRAWLED)]).lower()


# --- The command ---------------------------------------------------------------------------------------------

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def report(mongodb_uri: str, mongodb_database: str) -> Command:
    """``scrapy report ...`` in a process of its own, on an empty database."""

    def run(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "scrapy", "report", *arguments],
            cwd=PROJECT,
            env={**os.environ, "MONGODB_URI": mongodb_uri, "MONGODB_DATABASE": mongodb_database, **environment},
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )

    return run


def test_an_empty_answer_is_an_answer(report: Command) -> None:
    """Exit code 0, and words instead of an empty table; UTF-8 whatever the locale."""
    done = report("https://www.shop.com/é", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Backlinks: shop.com\n\nhttps://www.shop.com/é belongs to the site shop.com")
    assert "Nothing has been crawled yet" in done.stdout


def test_csv_goes_to_stdout_and_what_it_means_to_stderr(report: Command) -> None:
    """A redirected CSV is nothing but CSV."""
    done = report("shop.com", "--format", "csv", "--limit", "3")
    assert (done.returncode, done.stdout.count("\n")) == (0, 1)
    assert done.stdout.startswith('"section","name","backlinks"')
    assert "Nothing has been crawled yet" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "exit_code", "why"),
    [
        (("not a domain",), 2, "'not a domain' is not a domain"),
        (("shop.com", "--frmat", "csv"), 2, "unknown argument '--frmat'"),
        (("shop.com", "-s", "MONGODB_URI=mongodb://127.0.0.1:1"), 1, "127.0.0.1:1 does not answer"),
        (("shop.com", "-s", "MONGODB_URI=mongodb://db:port"), 1, "MONGODB_URI is not a MongoDB address"),
    ],
)
def test_what_cannot_be_answered_is_one_line(
    report: Command, arguments: tuple[str, ...], exit_code: int, why: str
) -> None:
    """Exit code 2 for a wrong question, 1 for an index that cannot be read; one line on stderr, none on stdout."""
    done = report(*arguments)
    assert (done.returncode, done.stdout) == (exit_code, "")
    assert why in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("limit", ["1.5", "-3", "ten"])
def test_a_limit_is_a_number_of_rows(report: Command, limit: str) -> None:
    """Nonsense limits are wrong usage."""
    done = report("shop.com", f"--limit={limit}")
    assert done.returncode == 2
    assert "is not a number of rows" in done.stderr


def test_a_command_without_address_says_so() -> None:
    """Where services are not embedded, a missing ``MONGODB_URI`` is an error, not a local server."""
    with pytest.raises(StoreError, match="MONGODB_URI is not set"):
        index_store(Settings({"MONGODB_DATABASE": "backlinks"}))


async def test_a_command_finds_the_embedded_mongod(tmp_path: Path) -> None:
    """With embedded services and no address, a command talks to the project's own mongod and starts no Redis."""
    settings = Settings(
        {
            "SERVICES_EMBEDDED": True,
            "SERVICES_FOLDER": str(tmp_path),
            "MONGODB_DATABASE": "backlinks",
        }
    )
    try:
        store = index_store(settings)
        assert isinstance(store, Store)
        async with store:
            assert store.database.name == "backlinks"
        assert [s.name for s in services.status(tmp_path) if s.running] == ["mongodb"]
    finally:
        services.stop(tmp_path)
