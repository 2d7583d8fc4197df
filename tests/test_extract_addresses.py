"""References of a page: the short way gives what the URL Standard's parser gives."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backlink_crawler.extract import extract_page
from backlink_crawler.extract.addresses import Addresses
from backlink_crawler.extract.refresh import refresh_target
from backlink_crawler.urls import normalise

BASES = ["https://a.test/dir/page?q=1", "http://a.test:8080/", "https://[2001:db8::1]/x/", "http://192.0.2.1/"]

REFERENCES = [
    "/", "/x", "/x/y.html?z=1#f", "//b.test/x", "///b.test/x", "/.", "/..", "/x/../y", "/%2e%2e/y", "/x/.y", "/x//y",
    "http://b.test", "http://b.test/", "https://b.test/a%20b", "https://b.test/a b", "https://B.test/X",
    "https://b.test:443/", "https://u:p@b.test/", "https://xn--bcher-kva.test/", "https://xn--zz/", "https://1.2.3.4/",
    "https://0x7f.1/",
    "https://a.0x1/", "https://-a-.test/", "https://a..test/", "https://b.test./", "https://b.test/?", "https://b.test/?a'b",
    "https://b.test/x?y#", "/x#é", "/é", "https:x", "https:/x", "\\x", "/x\\y", " /x ", "/x\n", "/x\ty", "/x?y=/../z",
    "mailto:a@b.test", "javascript:/x", "", "#", "#x", "?x", "x", "http://", "https://a_b.test/x",
    "/x|y", "/x^y", "/x`y", "https://b.test/x;y=1,2", "/~x/(y)/*", "/x?y[]=1",
    "https://b.test/" + "x" * 2_100, "/" + "x" * 2_100, "/x?utm_source=a&b=c", "/%7ex?%61=b", "https://b.test/?gclid=1",
]  # fmt: skip


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("href", REFERENCES)
def test_references(base: str, href: str) -> None:
    """Every reference means what it means by the standard."""
    assert Addresses(base, "UTF-8").of([href]) == [normalise(href, base)]


@given(st.text(alphabet="htps:/.%2eE?#&=abcXYZ019-_~'\"\\ \t\u00e9@[]|xn", max_size=40), st.sampled_from(BASES))
def test_any_reference(rest: str, base: str) -> None:
    """The short way agrees with the parser on whatever looks like an address."""
    hrefs = [rest, f"/{rest}", f"https://b.test/{rest}", f"http://{rest}.test/{rest}"]
    assert Addresses(base, "UTF-8").of(hrefs) == [normalise(href, base) for href in hrefs]


def test_references_of_one_page() -> None:
    """Each means what it means alone, whatever stands beside it: line feeds in others, the same once more."""
    hrefs = [*REFERENCES, *REFERENCES[::-1], "/\n", "\n", "/x\ud800", "https://b.test/\ny"]
    assert Addresses(BASES[0], "UTF-8").of(hrefs) == [normalise(href, BASES[0]) for href in hrefs]
    assert Addresses(BASES[0], "UTF-8").of([]) == []


def test_a_base_that_is_no_address() -> None:
    """Without a base, only absolute references mean something."""
    addresses = Addresses("not an address", "UTF-8")
    assert addresses.of(["/x", "https://b.test/x"]) == [None, "https://b.test/x"]


REFRESHES = [
    ("5; url=/x", "/x", "as everybody writes it"),
    ("0;URL='/x'", "/x", "in quotes"),
    ('0, url="/x" rest', "/x", "a comma, and what follows the quote is nothing"),
    ("0 /x", "/x", "a blank is enough"),
    ("0;/x", "/x", "url= may be left out"),
    (".5;url=/x", "/x", "half a second"),
    ("30", None, "loads the page again"),
    ("0;url=", None, "nowhere"),
    ("url=/x", None, "without a time it is nothing"),
    ("soon; url=/x", None, "nor with words for one"),
    ("", None, "nothing"),
]


@pytest.mark.parametrize(("content", "target", "reason"), REFRESHES)
def test_refresh(content: str, target: str | None, reason: str) -> None:
    """A refresh leads where the standard says."""
    assert refresh_target(content) == target, reason


def test_refreshes_are_redirects() -> None:
    """The header's comes first, resolves against the page itself, and counts where the page has one too."""
    html = b"<base href=/base/><meta http-equiv=refresh content='0;url=meta'>"
    by_meta = extract_page(html, "https://a.test/page")
    by_header = extract_page(html, "https://a.test/page", headers={"refresh": "0; url=header"})
    assert (by_meta.refresh_to, by_header.refresh_to) == ("https://a.test/base/meta", "https://a.test/header")
    assert [(link.link_type, link.href) for link in by_header.links] == [("redirect", "header")]


def test_a_refresh_in_noscript_is_none() -> None:
    """Browsers that run scripts stay, and so do we."""
    html = b"<body><noscript><meta http-equiv=refresh content='0;url=/x'></noscript>"
    assert extract_page(html, "https://a.test/page").links == []


def test_canonical_of_the_header() -> None:
    """Where the page itself names none, the header's counts (RFC 8288)."""
    link = {"link": '</style.css>; rel=preload, <https://a.test/c>; rel="canonical"'}
    assert extract_page(b"<p>", "https://a.test/page", headers=link).canonical_url == "https://a.test/c"
    own = b"<link rel=canonical href=/own>"
    assert extract_page(own, "https://a.test/page", headers=link).canonical_url == "https://a.test/own"


FOREIGN = [
    ("<svg><iframe src=x></iframe></svg>", 0, "SVG has no frames"),
    ("<svg><form action=x></form></svg>", 0, "nor forms"),
    ("<math><area href=x></math>", 0, "nor has MathML areas"),
    ("<svg><link rel=canonical href=x></svg>", 0, "nor links in heads"),
    ("<svg><foreignObject><iframe src=x></iframe></foreignObject></svg>", 1, "HTML inside SVG is HTML"),
    ("<a xlink:href=x>t</a>", 0, "an attribute of SVG means nothing on HTML's a"),
    ("<svg><a href=x xlink:href=y></a></svg>", 1, "SVG 2 before SVG 1.1"),
]


@pytest.mark.parametrize(("html", "links", "reason"), FOREIGN)
def test_foreign_elements(html: str, links: int, reason: str) -> None:
    """A name shared with HTML does not make an element of HTML."""
    found = extract_page(html.encode(), "https://a.test/").links
    assert [link.url for link in found] == ["https://a.test/x"] * links, reason


def test_a_base_in_a_drawing_is_none() -> None:
    """Only HTML's base moves the page."""
    html = b"<svg><base href=/wrong/></svg><base href=/right/><a href=x>t</a>"
    assert extract_page(html, "https://a.test/").links[0].url == "https://a.test/right/x"
