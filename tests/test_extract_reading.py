"""The place of a link in its page's text: offset, line, heading, words around; and its path in the tree."""

from itertools import pairwise

import html5lib
import lxml.etree
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backlink_crawler.extract import extract_page
from backlink_crawler.extract.decoding import parse
from backlink_crawler.extract.reading import Reading
from backlink_crawler.extract.scopes import KINDS, PAGE
from backlink_crawler.extract.words import beginnings, blanks_of, count_words
from backlink_crawler.records import MAX_CONTEXT, RawLink

URL = "https://a.test/dir/page"


def links(html: str) -> list[RawLink]:
    return extract_page(html.encode(), URL, "text/html; charset=utf-8").links


def last_link(html: str) -> RawLink:
    return links(html)[-1]


CONTEXTS = [
    ("<p>one two <a href=x>t</a> three", "one two", "three", "the words beside it"),
    ("<p>one\n\n two<b> bold </b><a href=x>t</a>, three", "one two bold", ", three", "white space folded"),
    ("<p>one<p><a href=x>t</a><p>two", "one", "two", "across blocks"),
    ("<p>one<a href=x>t</a>", "one", "", "the end of the page"),
    ("<p>one<script>no</script><style>no</style><a href=x>t</a><template>no</template>", "one", "", "rendered only"),
    (f"<p>{'word ' * 40}<a href=x>t</a>", ("word " * 20).strip(), "", "a hundred characters"),
    (f"<p>{'w' * 10} {'x' * 95}<a href=x>t</a>", "x" * 95, "", "a word that does not fit is left out"),
    (f"<p><a href=x>t</a>{'y' * 95} {'z' * 10}", "", "y" * 95, "after it as well"),
    (f"<p>{'語' * 300}<a href=x>t</a>", "語" * 100, "", "a script without blanks is cut"),
    ("<p><a href=y>first</a> and <a href=x>t</a>", "first and", "", "other anchors are text"),
    ("<p>one<svg><title>no</title><text>yes</text></svg><a href=x>t</a>", "oneyes", "", "text in a drawing"),
]


@pytest.mark.parametrize(("html", "before", "after", "reason"), CONTEXTS)
def test_words_around(html: str, before: str, after: str, reason: str) -> None:
    """text_before and text_after are the page's words beside the link."""
    link = last_link(html)
    assert (link.text_before, link.text_after) == (before, after), reason


BLOCKS = [
    ("<p>one two <a href=x>three four</a> five", "p", 5, 10 / 23, False, "a paragraph"),
    ("<ul><li><a href=x>only this</a></ul>", "li", 2, 1.0, True, "a list item that is all link"),
    ("<div>one <a href=x>two</a><ul><li>not this</ul>", "div", 2, 3 / 7, False, "a block within is another block"),
    ("<div><h3>not this</h3>one <a href=x>two</a></div>", "div", 2, 3 / 7, False, "before it as well"),
    ("<table><tr><td>one<td>two <a href=x>three</a></table>", "td", 2, 5 / 9, False, "a cell"),
    ("<p>a <a href=y>b</a> c <a href=x>d</a>", "p", 4, 2 / 7, False, "all links of a block count"),
    ("<p>text <a href=x><img src=i alt=alt></a>", "p", 1, 0.0, False, "an image is no text"),
    ("<div><a href=x><h2>Head</h2><span>x</span></a>", "div", 1, 1.0, False, "a block within the link"),
    ("<a href=x>t</a>", "body", 1, 1.0, False, "nothing around"),
    ("<dl><dt>a<dd>b <a href=x>c</a></dl>", "dd", 2, 1 / 3, True, "a definition"),
]


@pytest.mark.parametrize(("html", "tag", "words", "density", "in_list", "reason"), BLOCKS)
def test_block(html: str, tag: str, words: int, density: float, in_list: bool, reason: str) -> None:
    """The block is the run of text a link stands in."""
    link = last_link(html)
    assert (link.block_tag, link.block_words, link.in_list) == (tag, words, in_list), reason
    assert link.block_link_density == pytest.approx(density, abs=0.06), reason


HEADINGS = [
    ("<h1>A</h1><h2>B  b</h2><p><a href=x>t</a>", "B b", "the nearest above"),
    ("<h2>B</h2><div><h3>C</h3></div><a href=x>t</a>", "C", "whatever holds it"),
    ("<h2>B <a href=x>t</a></h2>", "B t", "the one it stands in"),
    ("<h2>B</h2><h3> <img src=i></h3><a href=x>t</a>", "B", "an empty one is above nothing"),
    ("<a href=x>t</a><h2>B</h2>", None, "none above"),
    (f"<h2>{'B' * 500}</h2><a href=x>t</a>", "B" * 200, "at most 200 characters"),
]


@pytest.mark.parametrize(("html", "heading", "reason"), HEADINGS)
def test_heading(html: str, heading: str | None, reason: str) -> None:
    """The heading tells what a part of the page is about."""
    assert last_link(html).heading == heading, reason


def test_offset_is_the_place_in_the_text() -> None:
    """0 at the beginning, 1 at the end; scripts and indentation don't shift it."""
    html = (
        f"<a href=1>a</a><script>{'x' * 9999}</script><p>{'w ' * 500}<a href=2>b</a>\n\n<p>{'w ' * 500}<a href=3>c</a>"
    )
    offsets = [link.offset for link in links(html)]
    assert offsets == pytest.approx([0, 0.5, 1], abs=0.01)


def test_depth_counts_the_elements_around() -> None:
    """The root included."""
    assert last_link("<div><p><a href=x>t</a>").dom_depth == 4


PATHS = [
    "<p><a href=1>a</a><p><b><a href=2>b</a> <a href=3>c</a></b>",
    "<table><tr><td><a href=1>a</a></table>",
    "<svg><g/><g><a href=1><text>t</text></a></g></svg><svg><a xlink:href=2></a><a href=3></a></svg>",
    "<div><svg><foreignObject><p><a href=1>a</a></p></foreignObject></svg></div><math><a href=2></a></math>",
    "<fb:like><a href=1>a</a></fb:like><my-card><a href=2></a></my-card><x.y><a href=3></a></x.y>",
    "<a href=1><p>one<a href=2>two</p></a><i><b></i><a href=3></b>",
    "<div><template><a href=0></a></template><a href=1></a><a href=2></a></div>",
    "<link rel=canonical href=1><body><form action=2><iframe src=3></iframe></form><map><area href=4></map>",
]


def _found(html: str) -> list[tuple[str, list[str]]]:
    """Each link's href with the addresses of the elements that its path selects in html5lib's tree of the same page."""
    tree = html5lib.parse(html, treebuilder="lxml", namespaceHTMLElements=False)
    namespace = {"x": "http://www.w3.org/1999/xlink"}
    found = []
    for link in links(html):
        elements = lxml.etree.ElementTree(tree.getroot()).xpath(link.xpath)
        found.append(
            (link.href, [e.xpath("string(@href|@src|@action|@x:href)", namespaces=namespace) for e in elements])
        )
    return found


@pytest.mark.filterwarnings("ignore::html5lib.constants.DataLossWarning")  # renames what XML could not name
@pytest.mark.parametrize("html", PATHS)
def test_xpath_finds_the_element_again(html: str) -> None:
    """In the tree that another parser builds of the same page, the path selects the element and no other."""
    assert [found for _, found in _found(html)] == [[href] for href, _ in _found(html)]
    assert _found(html)


_PARTS = (
    *("<p>", "<div>", "</div>", "</p>", "text", "<a~>", "</a>", "<ul><li>", "</ul>", "<b>", "</b>", "<svg>", "</svg>"),
    *("<h2>", "</h2>"),
)


@given(st.lists(st.sampled_from(_PARTS)))
def test_places_are_in_order(parts: list[str]) -> None:
    """Offsets grow with the document, ordinals count it, contexts are bounded, whatever the markup."""
    numbered = (part.replace("~", f" href={number}") for number, part in enumerate(parts))
    found = links(" ".join(numbered))
    assert [link.ordinal for link in found] == list(range(len(found)))
    assert all((a.offset or 0) <= (b.offset or 0) <= 1 for a, b in pairwise(found))
    assert all(max(len(link.text_before), len(link.text_after)) <= MAX_CONTEXT for link in found)
    assert all(0 <= (link.block_link_density or 0) <= 1 for link in found)


@given(st.text(alphabet="ab \n\t\u00a0é語\ud800", max_size=40))
def test_words_of_a_page(text: str) -> None:
    """The fast way to count the words of a page counts what the plain one counts."""
    assert count_words(beginnings(blanks_of(f"\n{text}"))) == sum(map(bool, text.replace("\n", " ").split(" ")))


def test_unknown_elements_leave_nothing_behind() -> None:
    """Scopes are kept for the elements of HTML, not for every name that a page makes up."""
    links("<p>" + "".join(f"<x{number}><a href=x>t</a></x{number}>" for number in range(50)))
    assert {tag for tag in PAGE.inside("p").inner if tag not in KINDS} == set()


def test_depth_in_shadow_roots() -> None:
    """A shadow root is no element: what stands in it is as deep as its template and the elements in it."""
    shadow = last_link("<body><x-y><template shadowrootmode=open><p><a href=x>t</a></p></template></x-y>")
    plain = last_link("<body><x-y><div><p><a href=x>t</a></p></div></x-y>")
    assert shadow.dom_depth == plain.dom_depth == 5


def test_what_is_not_shown_as_text_makes_no_boxes() -> None:
    """Blocks in a list of choices are no part of the outline, and links in them stand nowhere on the page."""
    reading = Reading(parse(b"<p>one</p><select><div><a href=x>t</a></div></select>", ""))
    assert reading.outline.tags == ["html", "body", "p"]
    assert [link.box for link in reading.occurrences] == [None]
