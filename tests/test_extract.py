"""Extraction: every link of a page as it stands there, and what the page says of itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backlink_crawler.extract import ExtractedPage, extract_page
from backlink_crawler.extract.directives import read_directives
from backlink_crawler.records import RawLink

URL = "https://a.test/dir/page"


def extract(html: str, content_type: str = "text/html; charset=utf-8", **headers: str) -> ExtractedPage:
    return extract_page(html.encode(), URL, content_type, headers)


def only_link(html: str) -> RawLink:
    (link,) = extract(html).links
    return link


ELEMENTS = [
    ("<a href=x>t</a>", "https://a.test/dir/x", "text", "a link"),
    ("<map><area href=x alt=t></map>", "https://a.test/dir/x", "image", "an area of an image map"),
    ("<svg><a xlink:href=x><text>t</text></a></svg>", "https://a.test/dir/x", "text", "SVG 1.1"),
    ("<svg><a href=x><text>t</text></a></svg>", "https://a.test/dir/x", "text", "SVG 2"),
    ("<iframe src=x></iframe>", "https://a.test/dir/x", "frame", "a frame"),
    ("<form action=x></form>", "https://a.test/dir/x", "form", "a form"),
    ("<link rel='Canonical' href=x>", "https://a.test/dir/x", "canonical", "rel has no case"),
    ("<link rel='alternate' hreflang=de href=x>", "https://a.test/dir/x", "alternate", "another language"),
    ("<body><noscript><a href=x>t</a></noscript>", "https://a.test/dir/x", "text", "shown to those without scripts"),
    ("<p><template shadowrootmode=open><a href=x>t</a></template>", "https://a.test/dir/x", "text", "a shadow root"),
    ("<a href='  x\n'>t</a>", "https://a.test/dir/x", "text", "white space around"),
    ("<a href>t</a>", "https://a.test/dir/page", "text", "an empty reference is the page itself"),
    ("<a href='mailto:a@b.test'>t</a>", None, "text", "a link, but no web address"),
]


@pytest.mark.parametrize(("html", "url", "link_type", "reason"), ELEMENTS)
def test_linking_elements(html: str, url: str | None, link_type: str, reason: str) -> None:
    """Each linking element is a link of its type."""
    link = only_link(html)
    assert (link.url, link.link_type) == (url, link_type), reason


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        ("<a name=x>t</a>", "an anchor without href leads nowhere"),
        ("<!-- <a href=x>t</a> -->", "a comment"),
        ("<script>'<a href=x>'</script>", "a string in a script"),
        ("<template><a href=x>t</a></template>", "a template is not in the document"),
        ("<p><template shadowrootmode=open><template><a href=x></template></template>", "a template in a shadow root"),
        ("<link rel=stylesheet href=x>", "a resource"),
        ("<link rel='alternate stylesheet' href=x>", "another look of the same page"),
        ("<textarea><a href=x>t</a></textarea>", "text that shows markup"),
    ],
)
def test_no_links(html: str, reason: str) -> None:
    """What only looks like a link is none."""
    assert extract(html).links == [], reason


@pytest.mark.parametrize("swallower", ["<iframe src=f />", "<IFRAME src=f>", "<style>"])
def test_noscript_left_open(swallower: str) -> None:
    """An element left open in noscript hides nothing of the page, and is itself still seen."""
    page = extract(f"<body><noscript>{swallower}</NoScript><main><a href=x>t</a></main><script>'</noscript>'</script>")
    frames = [] if swallower == "<style>" else ["https://a.test/dir/f"]
    assert [link.url for link in page.links] == [*frames, "https://a.test/dir/x"]
    assert (page.links[-1].region, page.links[-1].hidden) == ("content", None)


QUERIES = [
    ("windows-1251", "/я?q=я#я", "/%D1%8F?q=%FF", "the query in the page's encoding, the path in UTF-8"),
    ("utf-8", "?q=я", "/dir/page?q=%D1%8F", "a page in UTF-8"),
    ("utf-16le", "?q=я", "/dir/page?q=%D1%8F", "UTF-16 is for pages only"),
    ("iso-8859-1", "?q=€1", "/dir/page?q=%801", "a label that means windows-1252"),
    ("iso-8859-2", "?q=яő&r", "/dir/page?q=%26%231103%3B%F5&r", "what the encoding lacks is a character reference"),
    ("shift_jis", "?q=ソ=ｱ", "/dir/page?q=%83\\=%B1", "second bytes that are ASCII"),
    ("euc-kr", "?q=똠", "/dir/page?q=%8Cc", "the encoding as browsers extend it"),
    ("iso-2022-jp", "?q=あa", "/dir/page?q=%1B$B$%22%1B(Ba", "an encoding with states"),
]


@pytest.mark.parametrize(("charset", "href", "path", "reason"), QUERIES)
def test_queries_in_page_encoding(charset: str, href: str, path: str, reason: str) -> None:
    """A link means what it means to a browser, whatever the encoding of its page."""
    html = f"<link rel=canonical href='{href}'><a href='{href}'>t</a>".encode("ascii", "xmlcharrefreplace")
    body = html.decode().encode(charset if charset == "utf-16le" else "ascii")
    page = extract_page(body, URL, f"text/html; charset={charset}")
    assert [page.canonical_url, *(link.url for link in page.links)] == [f"https://a.test{path}"] * 3, reason


ANCHORS = [
    ("<a href=x> two \n words </a>", "two words", "text", "white space is folded"),
    ("<a href=x><b>bo</b>ld</a>", "bold", "text", "elements inside"),
    ("<a href=x><img src=i alt='a  cat'></a>", "a cat", "alt", "an image's alternative text"),
    ("<a href=x title=tip><img src=i></a>", "tip", "title", "a title where there is nothing else"),
    ("<a href=x aria-label=go></a>", "go", "aria", "a label for screen readers"),
    ("<a href=x></a>", "", "none", "nothing at all"),
    (f"<a href=x>{'w ' * 400}</a>", ("w " * 400)[:512], "text", "bounded to 512 characters"),
]


@pytest.mark.parametrize(("html", "anchor", "source", "reason"), ANCHORS)
def test_anchors(html: str, anchor: str, source: str, reason: str) -> None:
    """The anchor is what a reader sees, or what stands in for it."""
    link = only_link(html)
    assert (link.anchor, link.anchor_source) == (anchor, source), reason


REGIONS = [
    ("<main><a href=x>t</a></main>", "content", "the main part"),
    ("<header><a href=x>t</a></header>", "header", "the page's header"),
    ("<header><nav><a href=x>t</a></nav></header>", "header", "the outermost decides"),
    ("<nav><a href=x>t</a></nav>", "nav", "navigation outside header and footer"),
    ("<footer><nav><a href=x>t</a></nav></footer>", "footer", "a footer's navigation is footer"),
    ("<nav><aside><a href=x>t</a></aside></nav>", "aside", "nav only outside the others"),
    ("<aside><a href=x>t</a></aside>", "aside", "beside the content"),
    ("<article><header><a href=x>t</a></header></article>", "content", "an article's own header"),
    ("<article><footer><a href=x>t</a></footer></article>", "content", "an article's own footer"),
    ("<article><nav><a href=x>t</a></nav></article>", "nav", "a table of contents"),
    ("<div role=contentinfo><a href=x>t</a></div>", "footer", "a role"),
    ("<div role=navigation><a href=x>t</a></div>", "nav", "a role"),
    ("<article><section id=comments><a href=x>t</a></section></article>", "comment", "comments by id"),
    ("<ol class='comment-list x'><a href=x>t</a></ol>", "comment", "comments by class"),
    ("<div class=commentary><a href=x>t</a></div>", "content", "a word that only begins the same"),
    ("<footer><template shadowrootmode=Open><a href=x>t</a></template></footer>", "footer", "where its host stands"),
    ("<body class='has-comments'><a href=x>t</a></body>", "content", "a body class says nothing of its parts"),
]


@pytest.mark.parametrize(("html", "region", "reason"), REGIONS)
def test_regions(html: str, region: str, reason: str) -> None:
    """The region follows the landmarks around a link."""
    assert only_link(html).region == region, reason


@pytest.mark.parametrize(
    ("html", "hidden"),
    [
        ("<div hidden><a href=x>t</a></div>", "attribute"),
        ("<p style='color:red; Display : none'><a href=x>t</a></p>", "style"),
        ("<a href=x style='visibility:hidden'>t</a>", "style"),
        ("<div aria-hidden=true><a href=x>t</a></div>", "aria"),
        ("<body><noscript><a href=x>t</a></noscript>", "noscript"),
        ("<p style='display:nonesuch'><a href=x>t</a></p>", None),
        ("<a href=x>t</a>", None),
    ],
)
def test_hidden(html: str, hidden: str | None) -> None:
    """A link nobody sees says why."""
    assert only_link(html).hidden == hidden


def test_rel_tokens_are_lower_case_in_order() -> None:
    """rel is a list of tokens without case."""
    assert only_link("<a href=x rel=' NoFollow\tUGC me'>t</a>").rel == ("nofollow", "ugc", "me")


def test_links_are_numbered_and_can_be_found_again() -> None:
    """Ordinal counts linking elements, xpath finds them in a browser's tree."""
    links = extract("<p><a href=1>a</a><p><b><a href=2>b</a> <a href=3>c</a></b>").links
    assert [(link.ordinal, link.xpath) for link in links] == [
        (0, "/html/body/p[1]/a"),
        (1, "/html/body/p[2]/b/a[1]"),
        (2, "/html/body/p[2]/b/a[2]"),
    ]


def test_base_href_counts_once() -> None:
    """The first base with an href is the page's base, relative to the page's own address."""
    page = extract("<base target=_top><base href='../other/'><base href='/third/'><a href=x>t</a>")
    assert page.links[0].url == "https://a.test/other/x"


@pytest.mark.parametrize(
    ("body", "content_type", "anchor"),
    [
        ("<a href=x>é</a>".encode("latin-1"), "text/html; charset=ISO-8859-1", "é"),
        ("<meta charset=latin1><a href=x>é</a>".encode("latin-1"), "text/html", "é"),
        ("<meta charset=latin1><a href=x>é</a>".encode(), "text/html; charset=utf-8", "é"),
        ("\ufeff<a href=x>é</a>".encode("utf-16-le"), "text/html; charset=utf-8", "é"),
        ("<a href=x>é</a>".encode(), "text/html; charset=no-such-thing", "é"),
    ],
)
def test_encodings(body: bytes, content_type: str, anchor: str) -> None:
    """BOM before header before meta before guess, as browsers choose."""
    assert extract_page(body, URL, content_type).links[0].anchor == anchor


def test_facts_of_a_page() -> None:
    """Title, language, canonical and refresh are read."""
    page = extract(
        "<html lang=EN-gb><title> A &amp;\n B </title><link rel=canonical href=/c>"
        "<meta http-equiv=refresh content='5; url=/next'>"
    )
    assert (page.title, page.language, page.canonical_url) == ("A & B", "en-gb", "https://a.test/c")
    assert page.refresh_to == "https://a.test/next"
    assert page.links[-1].link_type == "redirect"


def test_a_page_that_reloads_itself_redirects_nowhere() -> None:
    """A refresh without another address is no redirect."""
    assert extract("<meta http-equiv=refresh content=30>").refresh_to is None


DIRECTIVES = [
    ([("robots", "noindex, NoFollow")], [], "meta", "meta", "both, in any case"),
    ([("robots", "none")], [], "meta", "meta", "none means both"),
    ([("robots", "all")], [], None, None, "all means neither"),
    ([("googlebot", "noindex")], [], None, None, "addressed to another bot"),
    ([("Backlink_Crawler", "nofollow")], [], None, "meta", "addressed to us"),
    ([], ["noindex"], "header", None, "the header"),
    ([], ["otherbot: noindex, nofollow"], None, None, "all that follows a bot's name is for it"),
    ([], ["otherbot: noindex", "nofollow"], None, "header", "each header value starts anew"),
    ([], ["max-snippet: 5, nofollow"], None, "header", "a directive with a value names no bot"),
    ([], ["unavailable_after: 25 Jun 2030 15:00:00 PST, noindex"], "header", None, "nor does a date"),
    ([("robots", "nofollow")], ["noindex, nofollow"], "header", "meta", "meta is named first"),
]


@pytest.mark.parametrize(("meta", "header", "noindex", "nofollow", "reason"), DIRECTIVES)
def test_directives(
    meta: list[tuple[str, str]], header: list[str], noindex: str | None, nofollow: str | None, reason: str
) -> None:
    """What a page tells crawlers is read with where it stood."""
    said = read_directives(meta, header)
    assert (said.noindex_cause, said.nofollow_cause) == (noindex, nofollow), reason


HOSTILE = [
    (b"<div>" * 100_000 + b"<a href=x>t</a>", 1, "100,000 elements inside one another"),
    (b"<a href=x>t</a>" * 100_000, 100_000, "100,000 links"),
    (b"<div><a href=x>t</a>" * 20_000, 20_000, "links at every depth"),
    (b"<a href='" + b"x" * 10_000_000 + b"'>t</a>", 1, "10 MB in one attribute"),
    (b"<a href=x>" + b"w " * 5_000_000 + b"</a>", 1, "10 MB in one anchor"),
    (b"\0" * 1_000_000, 0, "NUL bytes"),
    (b"\xff\xfe<\0a\0 \0h", 0, "UTF-16 that breaks off"),
    (b"<a href=x" * 10_000, 0, "tags that never close"),
]


@pytest.mark.parametrize(("body", "links", "reason"), HOSTILE)
def test_hostile_pages(body: bytes, links: int, reason: str) -> None:
    """Hostile bytes give the links they hold, in linear time and bounded text."""
    page = extract_page(body, URL, "text/html")
    assert len(page.links) == links, reason
    assert all(len(link.anchor) <= 512 and len(link.xpath) <= 512 for link in page.links)


@given(st.binary(max_size=400) | st.text(alphabet="<>/=\"' ahrefbsdivx:.#&;\n\0\ud7ff", max_size=200).map(str.encode))
def test_never_raises(body: bytes) -> None:
    """Any bytes give a page, the same each time."""
    assert extract_page(body, URL) == extract_page(body, URL)
