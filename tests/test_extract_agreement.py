"""Extraction sees the links that independent parsers see: html5lib on any markup, html5lib and Lexbor on real pages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backlink_crawler.extract import extract_page
from tests.benchmarks.extract.agreement import compare, extracted_hrefs, html5lib_hrefs
from tests.benchmarks.extract.real_pages import ABSENT, present, real_pages

URL = "https://a.test/dir/page"

# Not among them: select, whose content html5lib still drops as the standard did before customizable selects; and
# noscript, which browsers read in one of two ways, and extraction in both (see test_extract).
_MARKUP = st.lists(
    st.sampled_from(
        (
            *("<a href=1>", "<a href='2'>t</a>", "</a>", "<area href=3>", "<svg>", "</svg>", "<a xlink:href=4>", "<p>"),
            *("</p>", "<table>", "<tr><td>", "</table>", "<template>", "</template>", "<b>", "</b>", "<i>", "<math>"),
            *(
                "</math>",
                "<button>",
                "<nobr>",
                "<frameset>",
                "<!-- ",
                " -->",
                "<title>",
                "</title>",
                "<style>",
                "</style>",
            ),
            *("<textarea>", "</textarea>", "<foreignObject>", "<a\thref = 5 href=6 >", "<A HREF='7&amp;8'/>", "<div>"),
            *("</div>", "<ul><li>", "</li>", "<h1>", "</h1>", "<form>", "</form>", "text ", "&lt;a href=9&gt;", "\x00"),
            *("<iframe>", "</iframe>", "<plaintext>", "<br/>", "<image>", "<a href>"),
        )
    ),
    max_size=14,
)


def _ends_foreign_content(parts: list[str]) -> bool:
    """Whether a ``</p>`` may end SVG or MathML, as HTML §13.2.6.5 says and html5lib does not know yet."""
    begins = [n for n, part in enumerate(parts) if part in {"<svg>", "<math>"}]
    return bool(begins) and "</p>" in parts[begins[0] :]


def test_the_end_of_a_paragraph_ends_foreign_content() -> None:
    """HTML §13.2.6.5: after ``</p>`` in MathML an ``<area>`` is HTML's again, and a link."""
    assert list(extracted_hrefs(b"<!DOCTYPE html><body><math></p><area href=3>", URL, "text/html")) == ["3"]


@given(_MARKUP.filter(lambda parts: not _ends_foreign_content(parts)))
def test_no_link_that_another_parser_does_not_see(parts: list[str]) -> None:
    """Whatever the markup, the links are among those of html5lib, as often as there."""
    html = "<!DOCTYPE html><body>" + "".join(parts)
    ours = extracted_hrefs(html.encode(), URL, "text/html; charset=utf-8")
    assert not ours - html5lib_hrefs(html)


@pytest.mark.skipif(not present(), reason=ABSENT)
def test_real_pages() -> None:
    """On real pages html5lib sees the same links; where Lexbor does not, html5lib agrees with us."""
    compared = [compare(page, ask=True) for page in real_pages(every=60)]
    assert sum(each.links for each in compared) > 1_000
    assert [(each.page.name, each.html5lib) for each in compared if each.html5lib] == []


# What the tests of Scrapy's LinkExtractor state, as cases of our own: (markup, its links, what it is about).
SCRAPY = [
    ("<a href='sample2.html'>sample 2</a>", ["https://a.test/dir/sample2.html"], "a relative reference"),
    ("<a href='../x.html'></a>", ["https://a.test/x.html"], "from the folder above"),
    ("<base href='http://b.test/base/'><a href='x'></a>", ["http://b.test/base/x"], "a base elsewhere"),
    ("<base href='base/'><a href='x'></a>", ["https://a.test/dir/base/x"], "a relative base"),
    ("<base><a href=x></a>", ["https://a.test/dir/x"], "a base without an address"),
    ("<a href='x'/><a href='y'/>", ["https://a.test/dir/x", "https://a.test/dir/y"], "self-closing tags"),
    ("<a href=' x '></a><a href='\n y\t'></a>", ["https://a.test/dir/x", "https://a.test/dir/y"], "white space around"),
    ("<a href='x y'></a>", ["https://a.test/dir/x%20y"], "a blank inside"),
    ("<a href='page?a=1&amp;b=2'></a>", ["https://a.test/dir/page?a=1&b=2"], "an entity"),
    ("<a href='x#frag'></a>", ["https://a.test/dir/x"], "the fragment is no part of a page's address"),
    ("<a href='http://b.test'></a>", ["http://b.test/"], "a host alone"),
    ("<a href='//b.test/x'></a>", ["https://b.test/x"], "the page's scheme"),
    ("<a href='mailto:x@b.test'></a><a href='javascript:x()'></a>", [], "no web addresses"),
    ("<a href='http:////b.test/x'></a>", ["http://b.test/x"], "too many slashes are two"),
    ("<a href='https://b.test:99999/'></a><a href=x></a>", ["https://a.test/dir/x"], "a bad address spoils no other"),
    ("<a href='/ä?ö=ü'></a>", ["https://a.test/%C3%A4?%C3%B6=%C3%BC"], "beyond ASCII"),
    ("<area href='/x'><iframe src='/y'></iframe>", ["https://a.test/x", "https://a.test/y"], "areas and frames"),
    ("<div><a>no href</a><b href=x>no a</b></div>", [], "no links"),
    ("<a href=x rel=nofollow>t</a>", ["https://a.test/dir/x"], "nofollow is a link all the same"),
    ("<a href=x>one</a><a href=x>two</a>", ["https://a.test/dir/x"] * 2, "each element is one"),
]


@pytest.mark.parametrize(("html", "urls", "reason"), SCRAPY)
def test_what_link_extractors_agree_on(html: str, urls: list[str], reason: str) -> None:
    """The addresses of links are those every extractor finds."""
    links = extract_page(html.encode(), URL, "text/html; charset=utf-8").links
    assert [link.url for link in links if link.url is not None] == urls, reason
