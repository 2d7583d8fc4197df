"""Identities of URLs: one string per page, one site per host."""

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backlink_crawler import tracking
from backlink_crawler.urls import RULES_VERSION, host_of, link_id, normalise, parse, site_of, url_id
from tests import real_data
from tests.real_input import addresses

DATA = real_data.DATA / "url"
DOCS = Path(__file__).parents[1] / "docs" / "urls.md"

BY_THE_STANDARD = [
    ("http://a.test", "http://a.test/", "an empty path is /"),
    ("HTTP://A.Test:80/", "http://a.test/", "scheme and host have no case; 80 is http's port"),
    ("https://a.test:443/x", "https://a.test/x", "443 is https's port"),
    ("http://a.test:443/", "http://a.test:443/", "443 is not http's port"),
    ("http://a.test/a/../b/./c", "http://a.test/b/c", "dot segments"),
    ("http://a.test/a/%2e%2E/%2e/b", "http://a.test/b", "dot segments are dot segments when escaped"),
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
    ("http://a\ud800.test/", None, "a lone surrogate in the host"),
    ("http://a.test/\ud800", "http://a.test/%EF%BF%BD", "a lone surrogate elsewhere"),
]

BEYOND_IT = [
    ("http://a.test/x#y", "http://a.test/x", "a fragment is never sent"),
    ("http://a.test/x?#y", "http://a.test/x", "an empty query is the same as none to what makes the page"),
    ("http://a.test/x??", "http://a.test/x??", "a query of ? is not empty"),
    ("http://u:p@a.test/x", "http://a.test/x", "credentials are not part of a page"),
    ("http://u:p@a@b:80@a.test:8080/x@y", "http://a.test:8080/x@y", "the last @ of the authority ends them"),
    ("http://a.test/x@y?z@w", "http://a.test/x@y?z@w", "an @ in the path or query is no credential"),
    ("http://a.test/%c3%bc?%e2", "http://a.test/%C3%BC?%E2", "the digits of an escape have no case"),
    ("http://a.test/%7Euser/%41%2d%5F%2E%30", "http://a.test/~user/A-_.0", "unreserved characters are never escaped"),
    ("http://a.test/?%71=%7e", "http://a.test/?q=~", "nor in a query"),
    ("http://a.test/a%2eb/...%2e", "http://a.test/a.b/....", "dots that make no dot segment"),
    ("http://a.test/%2f%3f%23%3B%26", "http://a.test/%2F%3F%23%3B%26", "reserved characters mean something else bare"),
    (
        "http://a.test/?a=%26b%3d%2B+%20",
        "http://a.test/?a=%26b%3D%2B+%20",
        "so in a query; + and %20 are two spellings",
    ),
    ("http://a.test/%2541", "http://a.test/%2541", "what was escaped twice is unescaped by nobody"),
    ("http://a.test/%%341", "http://a.test/%%341", "written out, it would become an escape"),
    ("http://a.test/100%/%7e", "http://a.test/100%/%7e", "a path with a bare % stays byte for byte"),
    ("http://a.test/%7e?a=%&b=%7e", "http://a.test/~?a=%&b=~", "a bare % concerns its own value only"),
    ("http://a.test/" + "x" * 2_083, None, "longer than the bound"),
    ("http://a.test/?utm_source=" + "x" * 2_083, "http://a.test/", "the bound is the identity's"),
]

TRACKING = [
    ("?id=1&utm_source=x", "?id=1", "a campaign"),
    ("?utm_source=x&id=1&utm_medium=y", "?id=1", "wherever it stands"),
    ("?utm_source=x", "", "nothing is left: no query"),
    ("?gclid", "", "without a value"),
    ("?gclid=&a", "?a", "with an empty one"),
    ("?fbclid=a=b", "", "with = in the value"),
    ("?utm_source=x&utm_source=y", "", "twice"),
    ("?utm_anything_new=1", "", "campaigns make up names"),
    ("?utm%5Fsource=x&%67clid=1", "", "servers decode names"),
    ("?utm_source=100%&id=1", "?id=1", "a bare % in the value"),
    ("?utm_source=http://b.test/?x=1&id=1", "?id=1", "an address in the value"),
    ("?id=1&amp;utm_medium=x", "?id=1", "the separator was escaped twice"),
    ("?id=1&amp;amp;utm_medium=x", "?id=1", "or three times"),
    ("?a&utm_source=x&", "?a&", "separators of other parameters stay"),
    ("?hsCtaTracking=x&ScCid=y", "", "names with capitals, as their owners write them"),
    ("?GCLID=1&Utm_Source=x", "?GCLID=1&Utm_Source=x", "another case may be anybody's"),
    ("?utm=1&xutm_source=1&gclid2=1&my_gclid=1", "?utm=1&xutm_source=1&gclid2=1&my_gclid=1", "other names"),
    ("?utm_source=x;id=5", "?utm_source=x;id=5", "what follows a ; may choose the page"),
    ("?id=5;utm_source=x", "?id=5;utm_source=x", "; separates by no standard"),
    ("?id=5&amp;b=1", "?id=5&amp;b=1", "amp; before other names is the site's own affair"),
    ("?ref=x&source=y&sid=z&PHPSESSID=1", "?ref=x&source=y&sid=z&PHPSESSID=1", "names that sites choose pages by"),
    ("?mkt_tok=x", "?mkt_tok=x", "chooses the web view of a mail"),
    ("?u=http%3A%2F%2Fb.test%2F%3Futm_source%3Dx", "?u=http%3A%2F%2Fb.test%2F%3Futm_source%3Dx", "a redirector's"),
    ("?u=http://b.test/?utm_source=x", "?u=http://b.test/?utm_source=x", "a redirector's, not escaped"),
    ("?u=http://b.test/?a=1&utm_source=x&c=2", "?u=http://b.test/?a=1&c=2", "means nothing there either"),
    ("?http://b.test/?utm_source=x&a=1", "?http://b.test/?utm_source=x&a=1", "the whole query is the address"),
    ("?b=1&a=2&b=3&&=&c=&=d&e==f", "?b=1&a=2&b=3&&=&c=&=d&e==f", "order, repetition, empty names and values stay"),
    ("?&", "?&", "so do bare separators"),
]


@pytest.mark.parametrize(("url", "expected", "reason"), BY_THE_STANDARD)
def test_by_the_standard(url: str, expected: str | None, reason: str) -> None:
    """A URL has one identity, or none where it is no web address."""
    assert normalise(url) == expected, reason


@pytest.mark.parametrize(("url", "expected", "reason"), BEYOND_IT)
def test_beyond_the_standard(url: str, expected: str | None, reason: str) -> None:
    """Spellings that no server tells apart are one identity; others stay two."""
    assert normalise(url) == expected, reason


@pytest.mark.parametrize(("query", "expected", "reason"), TRACKING)
def test_parameters_that_only_measure(query: str, expected: str, reason: str) -> None:
    """They go, and nothing else of a query does."""
    assert normalise(f"https://a.test/x{query}") == f"https://a.test/x{expected}", reason


@pytest.mark.parametrize("name", sorted(tracking.NAMES))
def test_every_listed_name_goes(name: str) -> None:
    """Each name of the list is dropped, with and without a value, and no name that merely contains it."""
    assert normalise(f"https://a.test/?{name}=x&id=1&{name}") == "https://a.test/?id=1"
    assert normalise(f"https://a.test/?x{name}=x&{name}x=x") == f"https://a.test/?x{name}=x&{name}x=x"


def test_the_list_is_documented() -> None:
    """The documentation names who sets which parameter, exactly as the list does."""
    table = DOCS.read_text("utf-8").partition("| set by |")[2].partition("\n\n")[0]
    rows = [row.split("|") for row in table.splitlines()[2:]]
    assert {row[1].strip(): tuple(re.findall("`(.+?)`", row[2])) for row in rows} == dict(tracking.OWNERS)


def test_another_list_is_another_version() -> None:
    """Who changes a name must raise both versions: databases hold ids made by the list."""
    rules = " ".join([tracking.PREFIX, *sorted(tracking.NAMES)])
    digest = hashlib.blake2b(rules.encode(), digest_size=8).hexdigest()
    assert (RULES_VERSION, tracking.LIST_VERSION, digest) == (2, 1, "f43ff5072fc903af")


@pytest.mark.parametrize(
    ("href", "expected"),
    [
        ("", "https://a.test/b/c"),
        ("d", "https://a.test/b/d"),
        ("../d", "https://a.test/d"),
        ("//x.test/y", "https://x.test/y"),
        ("?q", "https://a.test/b/c?q"),
        ("?", "https://a.test/b/c"),
        ("#f", "https://a.test/b/c"),
        ("HTTP://x.test", "http://x.test/"),
    ],
)
def test_resolves_against_a_base(href: str, expected: str) -> None:
    """References resolve as browsers resolve them."""
    assert normalise(href, "https://a.test/b/c") == expected


def test_a_base_that_is_no_url() -> None:
    """Then nothing resolves, not even an absolute reference: so it is in the standard."""
    assert (normalise("/x", "a.test"), normalise("https://a.test/", "\ud800")) == (None, None)


_ESCAPES = ["%2e", "%2F", "%7e", "%41", "%c3", "%26", "%3B", "%25", "%"]
_CHARACTERS = st.sampled_from([*"/.?&=;+~-_:@!$(),abzAZ019é ", *_ESCAPES, "&amp;", "utm_", "gclid"])
_TAIL = st.lists(_CHARACTERS, max_size=20).map("".join)
_BASES = st.sampled_from(["https://a.test/b/c?d", "http://a.test:8080/"])


@given(
    st.text() | st.from_regex(r"https?://[a-z.:@/?#%\[\]\\ &=;_]{0,40}") | _TAIL.map("http://a.test/".__add__),
    st.none() | _BASES,
)
def test_never_raises_and_is_idempotent(url: str, base: str | None) -> None:
    """Whatever the input, the answer is None or an identity that normalises to itself."""
    once = normalise(url, base)
    assert once is None or normalise(once) == once


@given(_TAIL, _BASES)
def test_agrees_with_an_independent_reading(tail: str, base: str) -> None:
    """Another parser, and the rules written a second time from their documentation, find the same identities."""
    for href in (tail, f"https://b.test/{tail}"):
        assert normalise(href, base) == addresses.resolve(href, base)


@pytest.mark.parametrize("text", ["?amp;", "?&", "/%41", "/%", "/../", "?;=", "?gclid&", "@", "#"])
def test_long_addresses_are_read_once(text: str) -> None:
    """A reference of megabytes takes time by its length, or this test would take hours."""
    url = normalise(f"https://a.test/{text * 500_000}gclid")
    assert url is None or len(url) < 100


@given(_TAIL)
def test_what_is_asked_for_stays(tail: str) -> None:
    """An identity has the octets of the URL, segment by segment, and some of its parameters, in their order."""
    url, identity = parse(f"https://a.test/{tail}"), normalise(f"https://a.test/{tail}")
    assert url is not None
    assert identity is not None
    path, _, query = url.partition("?")
    identity_path, _, identity_query = identity.partition("?")
    assert [*map(unquote_to_bytes, path.split("/"))] == [*map(unquote_to_bytes, identity_path.split("/"))]
    stayed = iter([unquote_to_bytes(parameter) for parameter in query.split("&")])
    assert all(unquote_to_bytes(parameter) in stayed for parameter in identity_query.split("&") if identity_query)


@given(_TAIL, st.integers(0), st.sampled_from(["utm_source=x", "gclid", "fbclid=%"]))
def test_variants_of_a_campaign_are_one_page(tail: str, place: int, parameter: str) -> None:
    """A listed parameter changes no identity, wherever in the query it is put."""
    path, _, query = tail.partition("?")
    parameters = query.split("&") if query else []
    parameters.insert(place % (len(parameters) + 1), parameter)
    assert normalise(f"https://a.test/{path}?{'&'.join(parameters)}#") == normalise(f"https://a.test/{tail}#")


@given(st.text())
def test_identities_have_a_host_and_a_site(text: str) -> None:
    """Every identity has a host, and the site of a host is its own site."""
    url = normalise(f"http://{text}/") or "http://a.test/"
    site = site_of(host_of(url))
    assert site
    assert site_of(site) == site


def _cases(name: str) -> Iterator[Any]:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"no {path}: set {real_data.VARIABLE} to the folder that has url/{name}")
    return (case for case in json.loads(path.read_text("utf-8")) if isinstance(case, dict))


def test_parses_the_url_standards_test_data() -> None:
    """Every case of the URL Standard's own data gives its very ``href``; other schemes and failures give None."""
    wrong = []
    for case in _cases("urltestdata.json"):
        expected = case["href"] if case.get("protocol") in {"http:", "https:"} else None
        got = parse(case["input"], case.get("base"))
        if got != expected:
            wrong.append((case["input"], case.get("base"), expected, got))
    assert not wrong


def test_reads_hosts_by_the_url_standards_test_data() -> None:
    """Every host of the standard's own data becomes its ASCII form, or is refused."""
    wrong = []
    for case in _cases("toascii.json"):
        expected = case["output"] and f"https://{case['output']}/x"
        got = parse(f"https://{case['input']}/x")
        if got != expected:
            wrong.append((case["input"], expected, got))
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
        ("x.y.z.ck", "y.z.ck", "a wildcard rule"),
        ("x.www.ck", "www.ck", "an exception to it"),
        ("x.xn--55qx5d.cn", "x.xn--55qx5d.cn", "a rule in other letters, in its ASCII form"),
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


def test_sites_agree_with_an_independent_reading_of_the_list() -> None:
    """Around every rule of the list, another reading of it finds the same sites.

    But for suffixes by a wildcard that have a wildcard themselves, ``oci.customer-oci.com``: tldextract takes these for
    names. They are few, and no pages are at them.
    """
    rules = addresses.suffix_rules()
    suffixes = [rule.removeprefix("!").removeprefix("*.") for rule in rules]
    hosts = {f"{front}{suffix}" for suffix in suffixes for front in ("", "a.", "b.a.", "c.b.a.")}
    misread = {host for host in hosts if f"*.{host}" in rules and f"*.{host.partition('.')[2]}" in rules}
    assert {host for host in hosts - misread if site_of(host) != addresses.site_of(host)} == set()
    assert len(misread) <= 8


@pytest.mark.parametrize(
    ("url", "host"),
    [("http://a.test:8080/x", "a.test"), ("http://[::1]:80/", "[::1]"), ("https://a.test/@:x", "a.test")],
)
def test_host_of(url: str, host: str) -> None:
    """The host of an identity comes without port."""
    assert host_of(url) == host


RECORDS = (Path(__file__).parents[1] / "docs" / "records.md").read_text("utf-8")
TOLD = re.findall(r"^\| [^|]+ \| [^|]+ \| `(http[^`]+)` \| (?:`(http[^`]+)`|as written) \|$", RECORDS, re.MULTILINE)


@pytest.mark.parametrize(("written", "identity"), TOLD)
def test_the_table_of_rules_is_true(written: str, identity: str) -> None:
    """What the documentation of records says of an address is so."""
    assert normalise(written) == (identity or written)


def test_the_table_of_rules_is_read() -> None:
    """Each of its rows is a case."""
    assert len(TOLD) == 11


def test_ids_tell_apart_what_concatenation_would_not() -> None:
    """Ids are 16 bytes over length-prefixed parts: where one part ends matters."""
    assert len(url_id("http://a.test/")) == 16
    assert link_id("http://a.test/", "http://b.test/") != link_id("http://a.test/http:", "//b.test/")
    assert link_id("x", "y") != link_id("y", "x")
