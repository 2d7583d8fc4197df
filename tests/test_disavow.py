"""Disavow files: what Google takes, what is told of the rest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backlink_crawler.reports import disavow
from backlink_crawler.reports.disavow import Entry, difference, entries_of, read, written


def mark(kind: str, key: str, source_url: str | None = None) -> dict[str, str | None]:
    return {"kind": kind, "key": key, "source_url": source_url}


@pytest.mark.parametrize(
    ("text", "problems", "counting"),
    [
        ("# bad links\n\ndomain:spam.com\nhttp://a.com/x\n", [], 2),
        ("domain: spam.com", [], 1),  # a blank after the colon is how people write it
        ("DOMAIN:Spam.COM", [], 1),
        ("domain:münchen.de", [], 1),
        ("domain:https://spam.com", ["line 1: domain:https://spam.com has a scheme or a path"], 0),
        ("domain:spam.com/page", ["line 1: domain:spam.com/page has a scheme or a path"], 0),
        ("domain:spam", ["line 1: domain:spam is no domain"], 0),
        ("domain:co.uk", ["line 1: domain:co.uk is a public suffix"], 0),
        ("domain:", ["line 1: domain: is no domain"], 0),
        ("spam.com", ["line 1: 'spam.com' is neither"], 0),
        ("ftp://spam.com/x", ["line 1: 'ftp://spam.com/x' is neither"], 0),
        (f"http://a.com/{'x' * 2_036}", ["line 1: a URL of 2,049 characters; Google takes 2,048"], 0),
        (f"http://a.com/{'x' * 2_035}", [], 1),
        ("http://a.com/x\nhttp://a.com/x#y", ["line 2: http://a.com/x stands in line 1 already"], 1),
        ("domain:a.com\nhttp://b.a.com/x", ["line 2: http://b.a.com/x is covered by domain:a.com in line 1"], 2),
        ("domain:b.a.com\ndomain:a.com", ["line 1: domain:b.a.com is covered by domain:a.com in line 2"], 2),
        ("domain:a.com\nhttp://ba.com/x", [], 2),  # not a subdomain
        ("\n" * 100_001, ["100,001 lines; Google takes 100,000"], 0),
        ("#" + "x" * 2_000_000, ["2,000,001 bytes; Google takes 2 MB"], 0),
        ("\ufeffdomain:spam.com", [], 1),  # as an editor on Windows writes it
    ],
)
def test_what_google_would_not_take_is_told(text: str, problems: list[str], counting: int) -> None:
    """Each problem with its line; what makes no sense does not count."""
    found = read(text.encode())
    assert len(found.entries) == counting
    assert len(found.problems) == len(problems)
    for told, expected in zip(map(str, found.problems), problems, strict=True):
        assert told.startswith(expected)


def test_another_encoding_is_told() -> None:
    """UTF-16 is what Windows calls Unicode: Google refuses it."""
    assert "neither UTF-8 nor" in str(read("domain:a.com".encode("utf-16")).problems[0])


def test_what_is_only_needless_is_harmless() -> None:
    """Duplicates and covered lines cost nothing: only what Google refuses fails a check."""
    found = read(b"domain:a.com\ndomain:a.com\nhttp://x.a.com/\ndomain:spam")
    assert [problem.harmless for problem in found.problems] == [True, True, False]


def test_decisions_become_lines() -> None:
    """A link counts by its page; what a wider decision covers is left out; domains come first."""
    marks = [
        mark("page", "http://b.com/x"),
        mark("link", "00" * 16, "http://c.com/y"),
        mark("link", "01" * 16, "http://c.com/y"),  # another link of the same page
        mark("site", "a.com"),
        mark("host", "blog.a.com"),
        mark("page", "http://www.a.com/z"),
        mark("host", "blog.d.com"),
    ]
    assert [entry.line for entry in entries_of(marks)] == [
        "domain:a.com",
        "domain:blog.d.com",
        "http://b.com/x",
        "http://c.com/y",
    ]


def test_a_file_is_compared_with_the_one_before() -> None:
    """What is gone would count again: that is told, too."""
    now, then = (
        [Entry("domain", "a.com"), Entry("domain", "b.com")],
        [Entry("domain", "b.com"), Entry("url", "http://c.com/")],
    )
    changes = difference(now, then)
    assert [one.line for one in changes.added] == ["domain:a.com"]
    assert [one.line for one in changes.removed] == ["http://c.com/"]


_HOSTS = st.lists(st.sampled_from(["a", "b", "www"]), min_size=1, max_size=3).map(
    lambda labels: ".".join([*labels, "com"])
)


@given(st.lists(st.tuples(st.sampled_from(["site", "host", "page"]), _HOSTS)))
def test_what_is_written_is_read_back_without_a_problem(decided: list[tuple[str, str]]) -> None:
    """Property: whatever was decided makes a file that this program itself finds nothing wrong with."""
    marks = [mark(kind, f"http://{host}/x" if kind == "page" else host) for kind, host in decided]
    entries = entries_of(marks)
    found = read(written(entries, ["a head", "of two lines"]).encode())
    assert found.problems == []
    assert list(found.entries) == entries
    # Nothing that was decided lost its effect.
    domains = {entry.key for entry in entries if entry.kind == "domain"}
    for kind, host in decided:
        covering = {host, *disavow.hosts_above(host)} & domains
        assert covering or (kind == "page" and Entry("url", f"http://{host}/x") in entries)
