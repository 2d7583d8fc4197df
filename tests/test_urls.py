"""Identities of URLs: one string per page, one site per host."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backlink_crawler.urls import host_of, link_id, normalise, site_of, url_id

DATA = Path(os.environ.get("BACKLINK_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))

NORMALISED = [
    ("http://a.test", "http://a.test/", "an empty path is /"),
    ("HTTP://A.Test:80/", "http://a.test/", "scheme and host have no case; 80 is http's port"),
    ("https://a.test:443/x", "https://a.test/x", "443 is https's port"),
    ("http://a.test:443/", "http://a.test:443/", "443 is not http's port"),
    ("http://a.test/x#y", "http://a.test/x", "a fragment is never sent"),
    ("http://a.test/x?#y", "http://a.test/x?", "an empty query may be another page"),
    ("http://u:p@a.test/x", "http://a.test/x", "credentials are not part of a page"),
    ("http://a.test/x@y", "http://a.test/x@y", "an @ in the path is no credential"),
    ("http://a.test/a/../b/./c", "http://a.test/b/c", "dot segments"),
    ("  http://a.test/\n", "http://a.test/", "white space around a URL"),
    ("http://a.test/a\tb", "http://a.test/ab", "tabs inside a URL vanish"),
    ("http://a.test/ä ö?ü", "http://a.test/%C3%A4%20%C3%B6?%C3%BC", "percent-encoded as UTF-8"),
    ("http://Bücher.test/", "http://xn--bcher-kva.test/", "IDNA"),
    ("http://0x7f.1/", "http://127.0.0.1/", "hexadecimal IPv4"),
    ("http:\\\\a.test\\x", "http://a.test/x", "backslashes are slashes"),
    ("mailto:a@b.test", None, "no web address"),
    ("javascript:void(0)", None, "no web address"),
    ("ftp://a.test/", None, "another protocol"),
    ("http://", None, "no host"),
    ("http://a b/", None, "a space in the host"),
    ("x", None, "relative without a base"),
    ("http://a.test/" + "x" * 2_083, None, "longer than the bound"),
    ("http://a\ud800.test/", None, "a lone surrogate in the host"),
    ("http://a.test/\ud800", "http://a.test/%EF%BF%BD", "a lone surrogate elsewhere"),
]


@pytest.mark.parametrize(("url", "expected", "reason"), NORMALISED)
def test_normalise(url: str, expected: str | None, reason: str) -> None:
    """A URL has one identity, or none where it is no web address."""
    assert normalise(url) == expected, reason


@pytest.mark.parametrize(
    ("href", "expected"),
    [
        ("", "https://a.test/b/c"),
        ("d", "https://a.test/b/d"),
        ("../d", "https://a.test/d"),
        ("//x.test/y", "https://x.test/y"),
        ("?q", "https://a.test/b/c?q"),
        ("#f", "https://a.test/b/c"),
        ("HTTP://x.test", "http://x.test/"),
    ],
)
def test_resolves_against_a_base(href: str, expected: str) -> None:
    """References resolve as browsers resolve them."""
    assert normalise(href, "https://a.test/b/c") == expected


@given(st.text() | st.from_regex(r"https?://[a-z.:@/?#%\[\]\\ ]{0,40}"), st.sampled_from([None, "https://a.test/b/c"]))
def test_never_raises_and_is_idempotent(url: str, base: str | None) -> None:
    """Whatever the input, the answer is None or an identity that normalises to itself."""
    once = normalise(url, base)
    assert once is None or normalise(once) == once


@given(st.text())
def test_identities_have_a_host_and_a_site(text: str) -> None:
    """Every identity has a host, and the site of a host is its own site."""
    url = normalise(f"http://{text}/") or "http://a.test/"
    site = site_of(host_of(url))
    assert site
    assert site_of(site) == site


def test_agrees_with_the_url_standards_test_data() -> None:
    """Every http(s) case of the URL Standard's own data gives its result, less fragment and credentials."""
    path = DATA / "url" / "urltestdata.json"
    if not path.exists():
        pytest.skip(f"no {path}: set BACKLINK_TEST_DATA to the folder that has url/urltestdata.json")
    wrong = []
    for case in json.loads(path.read_text("utf-8")):
        if isinstance(case, str) or (case.get("base") and not case["base"].startswith("http")):
            continue
        got = normalise(case["input"], case.get("base"))
        if case.get("failure") or case["protocol"] not in {"http:", "https:"}:
            expected = None
        else:
            expected = f"{case['protocol']}//{case['host']}{case['pathname']}"
            expected += "?" if case["href"].split("#")[0].endswith("?") else case["search"]
        if got != expected:
            wrong.append((case["input"], case.get("base"), expected, got))
    assert not wrong


@pytest.mark.parametrize(
    ("host", "site", "reason"),
    [
        ("blog.example.co.uk", "example.co.uk", "a public suffix of two labels"),
        ("www.example.com", "example.com", "the usual case"),
        ("alice.github.io", "alice.github.io", "a private suffix: each customer is a site"),
        ("x.alice.github.io", "alice.github.io", "below a private suffix"),
        ("github.io", "github.io", "a suffix is its own site"),
        ("co.uk", "co.uk", "a suffix is its own site"),
        ("a.b.test", "b.test", "an unknown suffix follows the list's rule *"),
        ("localhost", "localhost", "a single label"),
        ("192.0.2.7", "192.0.2.7", "an IPv4 address has no domain"),
        ("[2001:db8::1]", "[2001:db8::1]", "nor has an IPv6 address"),
        ("www.example.com.", "example.com", "a trailing dot changes nothing"),
    ],
)
def test_site_of(host: str, site: str, reason: str) -> None:
    """A host belongs to its registrable domain."""
    assert site_of(host) == site, reason


@pytest.mark.parametrize(
    ("url", "host"),
    [("http://a.test:8080/x", "a.test"), ("http://[::1]:80/", "[::1]"), ("https://a.test/@:x", "a.test")],
)
def test_host_of(url: str, host: str) -> None:
    """The host of an identity comes without port."""
    assert host_of(url) == host


def test_ids_tell_apart_what_concatenation_would_not() -> None:
    """Ids are 16 bytes over length-prefixed parts: where one part ends matters."""
    assert len(url_id("http://a.test/")) == 16
    assert link_id("http://a.test/", "http://b.test/") != link_id("http://a.test/http:", "//b.test/")
    assert link_id("x", "y") != link_id("y", "x")
