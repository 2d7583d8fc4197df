"""Extraction: every link of a page as it stands there, and what the page says of itself."""

import pytest

from backlink_crawler.extract import ExtractedPage, extract_page
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
    ("<a href=x><img src=i title=tip></a>", "tip", "title", "the image's title as well"),
    ("<a href=x aria-label=go title=tip><img src=i alt=cat></a>", "cat", "alt", "alt before title before aria-label"),
    ("<a href=x aria-label=go title=tip></a>", "tip", "title", "title before aria-label"),
    ("<a href=x><img src=i alt=''><img src=j alt=second></a>", "second", "alt", "the first image that says something"),
    ("<a href=x><svg><title>Feed</title><path/></svg></a>", "Feed", "alt", "the title of a drawing"),
    ("<a href=x>see<img src=i alt=cat></a>", "see", "text", "text before alt"),
    ("<a href=x><h3>Head</h3><p>line</p></a>", "Head line", "text", "blocks inside are words apart"),
    ("<a href=x>a<br>b</a>", "a b", "text", "a line break is white space"),
    ("<a href=x><style>b{}</style>t<script>s</script></a>", "t", "text", "what is not rendered says nothing"),
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


HIDDEN = [
    ("<div hidden><a href=x>t</a></div>", "attribute"),
    ("<p style='color:red; Display : none'><a href=x>t</a></p>", "display"),
    ("<a href=x style='visibility:hidden'>t</a>", "visibility"),
    ("<a href=x style='opacity:0.0'>t</a>", "opacity"),
    ("<div style='width:1px;height:1px;overflow:hidden'><a href=x>t</a></div>", "size"),
    ("<a href=x style='font-size:0'>t</a>", "size"),
    ("<div style='position:absolute;left:-9999px'><a href=x>t</a></div>", "off_screen"),
    ("<a href=x style='text-indent:-999em'>t</a>", "text_indent"),
    ("<p style='color:#FFF;background:white'><a href=x>t</a></p>", "colour"),
    ("<div aria-hidden=true><a href=x>t</a></div>", "aria"),
    ("<body><noscript><a href=x>t</a></noscript>", "noscript"),
    ("<div hidden><p style='display:none'><a href=x>t</a></p></div>", "attribute"),
    ("<p style='display:nonesuch'><a href=x>t</a></p>", None),
    ("<p style='display:none;display:block'><a href=x>t</a></p>", None),
    ("<p style='width:1px;height:1px'><a href=x>t</a></p>", None),
    ("<p style='left:-9999px'><a href=x>t</a></p>", None),
    ("<p style='color:#fff;background:#000'><a href=x>t</a></p>", None),
    ("<p style='margin-left:-20px;opacity:.5'><a href=x>t</a></p>", None),
    ("<div hidden>x</div><a href=x>t</a>", None),
]


@pytest.mark.parametrize(("html", "hidden"), HIDDEN)
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
