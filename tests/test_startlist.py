"""Start lists: what people write, read kindly, and what makes no sense told by line."""

from pathlib import Path

import pytest

from backlink_crawler.spiders.startlist import read_start_list

ENTRIES = [
    ("a.com", "https://a.com/", "/", "http://a.com/", "a domain"),
    ("A.com/", "https://a.com/", "/", "http://a.com/", "a domain as browsers show it"),
    ("a.com/blog", "https://a.com/blog", "/blog/", "http://a.com/blog", "a path without scheme"),
    ("https://b.org/blog/", "https://b.org/blog/", "/blog/", None, "a path"),
    ("https://b.org/blog/post.html", "https://b.org/blog/post.html", "/blog/", None, "a file stands for its folder"),
    ("http://b.org", "http://b.org/", "/", None, "a URL keeps its scheme"),
    ("http://b.org/?q=a/b.c", "http://b.org/?q=a/b.c", "/", None, "a query is no path"),
    ("bücher.de", "https://xn--bcher-kva.de/", "/", "http://xn--bcher-kva.de/", "an IDN"),
    ("http://localhost:8000/", "http://localhost:8000/", "/", None, "a single label, when it is meant"),
]


@pytest.mark.parametrize(("entry", "url", "prefix", "fallback", "reason"), ENTRIES)
def test_entries(entry: str, url: str, prefix: str, fallback: str | None, reason: str) -> None:
    """An entry names where to start and the path to stay under."""
    found = read_start_list(entry)
    assert found.problems == []
    (start,) = found.starts
    assert (start.url, start.prefix, start.fallback) == (url, prefix, fallback), reason


@pytest.mark.parametrize("entry", ["nonsense", "two words.com", "ftp://a.com", "a.com:80:90", "me@a.com", "http://"])
def test_nonsense_is_named(entry: str) -> None:
    """What is no domain is told with its own text, and the rest stands."""
    found = read_start_list(f"good.com, {entry}")
    assert [start.host for start in found.starts] == ["good.com"]
    assert len(found.problems) == 1
    assert repr(entry) in found.problems[0]


def test_files_have_comments_and_line_numbers(tmp_path: Path) -> None:
    """A file is read line by line; problems name the line."""
    path = tmp_path / "sites.txt"
    path.write_text("\ufeff# my sites\n\na.com  # home\nnot a domain\nhttps://b.org/x/\n", "utf-8")
    found = read_start_list(f"@{path}")
    assert [start.url for start in found.starts] == ["https://a.com/", "https://b.org/x/"]
    assert found.problems == [f"'not a domain' ({path}, line 4) is neither a domain nor a web address"]


def test_missing_empty_and_binary_files_are_told(tmp_path: Path) -> None:
    """A file that gives nothing says why."""
    empty, binary = tmp_path / "empty.txt", tmp_path / "binary.txt"
    empty.write_text("# nothing yet\n")
    binary.write_bytes(b"\xff\xfe\xfa")
    found = read_start_list(f"@{tmp_path}/none.txt,@{empty},@{binary}")
    assert found.starts == []
    assert found.problems == [
        f"{tmp_path}/none.txt cannot be read: No such file or directory",
        f"{empty} has no entries: write one domain or URL a line",
        f"{binary} cannot be read: not UTF-8 text",
    ]


def test_an_entry_given_twice_counts_once() -> None:
    """Starting twice from one page would be one start."""
    assert len(read_start_list("a.com,A.COM,https://a.com/").starts) == 1


def test_pages_to_start_from_leave_the_whole_host_open() -> None:
    """``urls`` name pages, ``domains`` with a path name a part of a site."""
    (start,) = read_start_list("https://b.org/blog/post.html", whole_host=True).starts
    assert start.prefix == "/"
