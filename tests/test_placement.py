"""Where links stand: landmarks, judged blocks, hostile pages, and agreement with labelled real pages."""

import re
import time
from collections.abc import Iterator

import numpy as np
import pytest
import turbohtml
from hypothesis import given, settings
from hypothesis import strategies as st
from turbohtml import Document

from backlink_crawler.extract.placement import Placement, place_links, ways
from backlink_crawler.extract.placement.features import blocks_of
from backlink_crawler.extract.placement.landmarks import names_comments
from backlink_crawler.extract.placement.model import FURNITURE, from_json, to_json, trained_model
from backlink_crawler.extract.placement.names import NameReader, reader, words_of
from backlink_crawler.extract.placement.ways import Way, ways_by
from backlink_crawler.extract.reading import Reading
from tests.placement.network import Recipe, trained
from tests.placement.odds import learn_odds
from tests.placement.pages import FOLDER, available, labelled_pages, linking_elements, outlined
from tests.placement.samples import Wording, mask_landmarks


def parsed(html: str) -> Document:
    return turbohtml.parse(html, positions=False, allow_declarative_shadow_roots=False)


def placed(html: str) -> dict[str, Placement]:
    """Return the placements of a page's links by href."""
    document = parsed(html)
    elements = linking_elements(document)
    return {
        element.attr("href") or element.tag: placement
        for element, placement in zip(elements, place_links(*outlined(document, elements)), strict=True)
    }


PROSE = (
    "The old bridge over the river was closed for repairs this week, and the council expects the work to last until "
    "the end of spring, as people who cross it each day were told at a meeting. Until then a ferry runs every hour. "
)
ARTICLE = "".join(
    f"<p>{PROSE} More is in <a href=in{place}>the report of that day</a>, said the mayor.</p>" for place in range(6)
)


def menu(name: str, labels: str) -> str:
    return (
        "<ul>"
        + "".join(f"<li><a href={name}{place}>{label}</a></li>" for place, label in enumerate(labels.split()))
        + "</ul>"
    )


LANDMARKS = [
    ("<main>{}</main>", "content", "the main part"),
    ("<header>{}</header>", "header", "the page's header"),
    ("<header><nav>{}</nav></header>", "header", "the outermost decides"),
    ("<nav>{}</nav>", "nav", "navigation outside header and footer"),
    ("<footer><nav>{}</nav></footer>", "footer", "a footer's navigation is footer"),
    ("<nav><aside>{}</aside></nav>", "aside", "nav only outside the others"),
    ("<aside>{}</aside>", "aside", "beside the content"),
    ("<article><header>{}</header></article>", "content", "an article's own header"),
    ("<div role=main><footer>{}</footer></div>", "content", "the main part's own footer"),
    ("<article><nav>{}</nav></article>", "nav", "a table of contents"),
    ("<div role=contentinfo>{}</div>", "footer", "a role"),
    ("<div role=search>{}</div>", "nav", "a role that leads elsewhere"),
    ("<article><section id=comments>{}</section></article>", "comment", "comments by id"),
    ("<ol class='comment-list x'>{}</ol>", "comment", "comments by class"),
    ("<div class=commentary>{}</div>", "content", "a word that only begins the same"),
    ("<div class='post comments-open'>{}</div>", "content", "comments that may come"),
    ("<div class=has-comments>{}</div>", "content", "what is elsewhere"),
    ("<footer><template shadowrootmode=Open>{}</template></footer>", "footer", "a shadow root, where its host stands"),
    ("<footer><table><tr><td>{}</table></footer>", "footer", "boxes below a landmark"),
    ("<footer><span><x-y>{}</x-y></span></footer>", "footer", "elements that make no box"),
]


@pytest.mark.parametrize("around", ["{}", f"<body><div><p>{PROSE}</p><p>{PROSE}</p></div>{{}}"])
@pytest.mark.parametrize(("html", "region", "reason"), [row for row in LANDMARKS if row[1] != "content"])
def test_landmarks_are_believed(html: str, region: str, reason: str, around: str) -> None:
    """What a page declares of a region holds, on a small page and on one with text; so the score is 0."""
    place = placed(around.format(html.format("<a href=x>a link</a>")))["x"]
    assert (place.region, place.content_score) == (region, 0.0), reason


@pytest.mark.parametrize(("html", "region", "reason"), [row for row in LANDMARKS if row[1] == "content"])
def test_a_page_too_small_to_be_judged(html: str, region: str, reason: str) -> None:
    """Without text to compare with, what no landmark claims is content, with a score that says nothing."""
    place = placed(html.format("<a href=x>a link</a>"))["x"]
    assert (place.region, place.content_score) == (region, 0.5), reason


def test_head_and_silent_elements() -> None:
    """A link in the head stands nowhere on the page; a form, a frame and an area stand where they are."""
    inside = "<form></form><iframe></iframe><map><area href=r></map>"
    places = placed(f"<head><link rel=canonical href=c></head><footer>{inside}</footer>")
    assert places["c"] == Placement("content", 0.0)
    assert [places[key].region for key in ("form", "iframe", "r")] == ["footer"] * 3


PAGE = (
    "<body><div class='{top}'><div class='{menu}'>"
    + menu("n", "Home News Sport Culture Weather Contact")
    + "</div></div>"
    "<div><div class='{post}'><h1>The bridge is closed</h1>" + ARTICLE + "</div>"
    "<div class='{side}'><h3>Most read</h3>" + menu("s", "Ferries Markets Harbour Schools Roads") + "</div></div>"
    "<div class='{bottom}'><p>All rights reserved</p>" + menu("f", "Imprint Privacy Terms Cookies Jobs") + "</div>"
)


def test_a_page_without_landmarks() -> None:
    """Names and shape tell the parts of a page that has only divs."""
    page = PAGE.format(
        top="site-header", menu="main-menu", post="entry-content", side="sidebar widget", bottom="site-footer"
    )
    places = placed(page)
    assert {places[f"in{place}"].region for place in range(6)} == {"content"}
    assert {places[f"n{place}"].region for place in range(6)} <= {"header", "nav"}
    assert {places[f"s{place}"].region for place in range(5)} == {"aside"}
    assert {places[f"f{place}"].region for place in range(5)} == {"footer"}
    assert min(places[f"in{place}"].content_score for place in range(6)) > 0.8


def test_a_page_without_names() -> None:
    """Links in running text are told from menus by the shape of the page alone."""
    places = placed(PAGE.format(top="", menu="", post="", side="", bottom=""))
    assert {places[f"in{place}"].region for place in range(6)} == {"content"}
    assert "content" not in {places[f"{part}{place}"].region for part in "nf" for place in range(5)}


def test_not_all_in_main_is_content() -> None:
    """One main part around everything does not make its menus content."""
    places = placed("<body><main>" + PAGE.format(top="header", menu="nav", post="post", side="side", bottom="footer"))
    assert places["in3"].region == "content"
    assert "content" not in {places[f"{part}{place}"].region for part in "nf" for place in range(5)}


WRITTEN = [
    ("<main><article>{}{}</article></main>", True, "an article's own list"),
    ("<main>{}<ul><li>{}</ul></main>", True, "a list of lists"),
    ("<main>{}<p>Share: <a href=s>x</a><a href=t>y</a></p></main><div>{}</div>", False, "a line of buttons"),
    ("<main>{}<ul><li><a href=o>only one</a></ul></main><div>{}</div>", True, "a list of one"),
    ("<main>{}<ul class=share><li><a href=o>x</a></ul></main><div>{}</div>", False, "a list of one with a name"),
    ("<main>{}<ul class=share><li>{}</ul></main>", False, "a list with a name"),
    ("<main><article>{}<div>{}</div></article></main>", False, "a box of its own may hold furniture"),
    ("<main><article>{}</article>{}</main>", False, "beside the article"),
    ("<main><div>{}</div>{}</main>", False, "prose that is not directly inside"),
    ("<main><article>{}<nav>{}</nav></article></main>", False, "a landmark decides"),
    ("<div>" + ARTICLE * 2 + "</div><main><article>{}{}</article></main>", False, "most of the text is elsewhere"),
]


@pytest.mark.parametrize(("html", "written", "reason"), WRITTEN)
def test_an_articles_own_list(html: str, written: bool, reason: str) -> None:
    """A plain list in the running text of the page's article is written with it, whatever the model would say."""
    page = html.format(ARTICLE, menu("n", "Home News Sport Culture Weather Contact"))
    document = parsed(page)
    blocks = blocks_of(*outlined(document, linking_elements(document)), reader({}))
    assert any(blocks.written) is written, reason
    judged = {
        place.region for href, place in placed(page).items() if written and (href == "o" or "{}</div>" not in html)
    }
    assert judged <= {"content"}, reason


def test_the_same_page_gives_the_same_answer() -> None:
    """Answers depend on the page alone: not on earlier pages, nor on the order in which links are asked for."""
    document = parsed(PAGE.format(top="a", menu="b", post="c", side="d", bottom="e"))
    elements = linking_elements(document)
    first = [(place.region, place.content_score) for place in place_links(*outlined(document, elements))]
    placed("<footer><a href=x>y</a></footer>" * 50)
    assert [(place.region, place.content_score) for place in place_links(*outlined(document, elements))] == first
    backwards = [(place.region, place.content_score) for place in place_links(*outlined(document, elements[::-1]))]
    assert backwards[::-1] == first


def test_ways_are_remembered_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many names pages have, what is kept of them is bounded; and what is forgotten is found out again."""

    def kept(way: Way) -> list[object]:
        return [*way.inner, *(key for inner in set(way.inner.values()) for key in kept(inner))]

    def packed(read: NameReader) -> list[list[bytes]]:
        found = [blocks_of(*outlined(page, linking_elements(page)), read) for page in pages]
        return [[way.packed() for way in blocks.ways] for blocks in found]

    div = "<div class='nav n{}'><p id='" + "x" * 2_000 + "{}'><a href=x>y</a>z</div>"
    pages = [parsed("".join(div.format(n, n) for n in range(page * 300, page * 300 + 300))) for page in range(3)]
    odds = {"nav": (-1.0, 2.0, 0.0, 0.0, 0.0)}
    unbounded = packed(reader(odds))
    monkeypatch.setattr(ways, "_REMEMBERED", 100)
    bounded = reader(odds)
    assert packed(bounded) == unbounded
    remembered = kept(ways_by(bounded).root)
    assert 0 < len(remembered) <= 200
    assert max(len(str(key)) for key in remembered) < 1_000
    assert unbounded[0][0] != bytes(len(unbounded[0][0]))


@pytest.mark.parametrize("change", ["12:59", "3 days ago", "1,204 readers", "Now: ferry late by half an hour"])
def test_what_changes_elsewhere(change: str) -> None:
    """A clock, a counter or a notice in one part of the page leaves the regions of all others as they are."""
    names = {"top": "header", "menu": "menu", "post": "post", "side": "sidebar", "bottom": "footer"}
    before = {href: place.region for href, place in placed(PAGE.format(**names)).items()}
    for mark in ("<h3>", "<p>All", "<h1>"):
        page = PAGE.format(**names).replace(mark, f"<span>{change}</span>{mark}")
        assert {href: place.region for href, place in placed(page).items()} == before


def test_masked_landmarks_are_plain_boxes() -> None:
    """Masking leaves no landmark behind and loses no link."""
    document = parsed(
        "<header><a href=h>x</a></header><div role=navigation><a href=n>y</a></div><search><a href=s>z</a>"
    )
    mask_landmarks(document)
    assert {place.region for place in place_links(*outlined(document, linking_elements(document)))} == {"content"}
    assert len(linking_elements(document)) == 3


PIECES = ["<div class='nav side-bar'>", "</div>", "<p>", "<a href=x>", "</a>", "<table>", "<td>", "<template>", "<svg>"]
PIECES += ["<select>", "<main>", "<footer role=main>", "</footer>", "<nav id=comments>", "<body class=x>", "<frameset>"]
PIECES += ["<h1>", "<math>", "<noscript>", "<iframe>", "</iframe>", "<form action=y>", "<area href=z>", "<!--", "-->"]
PIECES += [
    "<link rel=canonical href=c>",
    "<script>",
    "</script>",
    "<plaintext>",
    "<button>",
    "<li>",
    "&amp;",
    "\0",
    PROSE,
]


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
@settings(max_examples=150, deadline=None)
def test_never_raises(html: str) -> None:
    """Every link of any document gets a region and a score within bounds."""
    document = parsed(html)
    elements = list(document.iter_elements(("a", "area", "iframe", "form", "link")))
    places = place_links(*outlined(document, elements))
    assert len(places) == len(elements)
    for place in places:
        assert place.region in {"content", "comment", *FURNITURE}
        assert 0 <= place.content_score <= 1


HOSTILE = [
    ("<div class=a>" * 100_000 + "<a href=x>y</a>", "nested boxes"),
    ("<div><a href=x>y</a>" * 50_000, "nested boxes, each with a link"),
    ("<span>" * 100_000 + "<a href=x>y</a>text", "nested elements that make no box"),
    (PROSE + "<p>word <a href=x>y</a>" * 20_000, "links, each in a block of its own"),
    (PROSE + "<a href=x>y</a>" * 100_000, "links in one block"),
    ("<div class='" + "nav-bar " * 1_300_000 + "'><a href=x>y</a></div>" + PROSE, "ten megabytes of names"),
    ("<a href='" + "x" * 10_000_000 + "'>y</a>" + PROSE, "ten megabytes of address"),
    (PROSE + "".join(f"<p id=a{n} class=b{n}><a href=x>y</a>z" for n in range(10_000)), "names that never repeat"),
]


@pytest.mark.parametrize("html", [row[0] for row in HOSTILE], ids=[row[1] for row in HOSTILE])
def test_hostile_pages_are_bounded(html: str) -> None:
    """No page takes more than time linear in its size: 100,000 elements less than three seconds of CPU."""
    document = parsed(html)
    elements = linking_elements(document)
    start = time.process_time()
    places = place_links(*outlined(document, elements))
    assert time.process_time() - start < 3
    assert len(places) == len(elements)


def test_masses_of_the_outline() -> None:
    """Text is counted once, in its box and those around; scripts, options and templates hold none."""
    document = parsed(
        "<title>t</title><body><div> ab <b>cd</b><p>efg</p><a href=x>hi<p>jk</p></a></div>"
        "<script>var x</script><select><option>no</select><template>no</template><x-y>lm</x-y>"
    )
    outline = Reading(document).outline
    assert outline.tags[:4] == ["html", "body", "div", "p"]
    assert outline.masses[0].tolist() == [9, 4, 1, 0]
    assert outline.masses[2].tolist() == [7, 4, 1, 0]
    assert outline.before[:4, 0].tolist() == [0, 0, 2, 6]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ("siteNav main-2 x", {"site", "nav", "main"}),
        ("HTMLPage__inner", {"html", "page", "inner"}),
        ("x-1f3q", set()),
        ("", set()),
    ],
)
def test_words_of_names(names: str, words: set[str]) -> None:
    """Names are words joined in many ways; numbers and short scraps are none."""
    assert words_of(names) == words


def test_names_of_comments() -> None:
    """Names that hold comments, in whatever case, and names that only speak of them."""
    holding = ("comments", "x comment-list", "disqus_thread", "respond", "COMMENTS", "DIsQUS", "xRESPOND RESPOND")
    assert [name for name in holding if not names_comments(name)] == []
    assert [
        name for name in ("no-comments", "comments-closed x", "commenting", "correspond") if names_comments(name)
    ] == []


def test_the_model_is_what_its_file_says() -> None:
    """The model survives storing unchanged, is small, and knows its features."""
    model, _ = trained_model()
    text = to_json(model)
    assert to_json(from_json(text)) == text
    assert len(text) < 300_000
    assert model.content.inner.shape[0] == model.furniture.inner.shape[0] == len(model.mean)
    assert len(model.odds) > 500


def test_one_thread_judges() -> None:
    """Blocks are judged by the thread that asks: others, once woken, wait for more and cost a multiple of the work."""
    model, _ = trained_model()
    inputs = np.zeros((256, len(model.mean)), dtype=np.float32)
    everyone, own = time.process_time(), time.thread_time()
    for _ in range(100):
        model.judge(inputs)
    own = time.thread_time() - own
    assert time.process_time() - everyone < 1.3 * own + 0.005


def test_training_repeats_itself() -> None:
    """The same seed gives the same network, and the network learns what can be told from its inputs."""
    inputs = np.random.default_rng(1).standard_normal((2_000, 6)).astype(np.float32)
    targets = (inputs[:, :1] * inputs[:, 1:2] > 0).astype(np.float32)
    exact = Recipe(epochs=40, rate=1e-2, drop_inputs=0.0, drop_hidden=0.0)
    first, second = (trained(inputs, targets, np.ones(2_000), seed=3, recipe=exact) for _ in range(2))
    assert all(np.array_equal(getattr(first, name), getattr(second, name)) for name in ("inner", "outer", "inner_bias"))
    assert float(((first.logits(inputs) > 0) == (targets > 0)).mean()) > 0.85


def test_words_have_one_vote_a_group() -> None:
    """A word counts once a group of pages, however many links stand in it, and is left out when few groups use it."""

    def wording(content: float, links: float) -> Wording:
        rows = {"entry": np.array([content, 0, 0, links - content, 0, links, links]), "rare": np.ones(7)}
        return Wording(rows if content else {"entry": rows["entry"]}, frozenset())

    few = learn_odds({group: [wording(9.0, 9.0)] for group in range(4)})
    loud = learn_odds({0: [wording(9_000.0, 9_000.0)], **{group: [wording(0.0, 3.0)] for group in range(1, 20)}})
    assert few == {}
    assert set(loud) == {"entry"}
    assert loud["entry"][0] < 0 < loud["entry"][3]


def decided(name: str, limit: int) -> Iterator[tuple[bool, bool]]:
    for page in labelled_pages(name, limit):
        document = page.parse()
        elements = linking_elements(document)
        for label, place in zip(page.labels_of(elements), place_links(*outlined(document, elements)), strict=True):
            if label in {0, 1}:
                yield label == 1, place.region == "content"


@pytest.mark.skipif(not available("mozilla_readability"), reason=f"no mozilla_readability pages in {FOLDER}")
def test_real_pages_never_trained_on() -> None:
    """On pages that had no part in training, content agrees with what Mozilla Readability keeps."""
    pairs = list(decided("mozilla_readability", 60))
    both = sum(label and said for label, said in pairs)
    f1 = 2 * both / (sum(label for label, _ in pairs) + sum(said for _, said in pairs))
    assert len(pairs) > 5_000
    assert f1 > 0.75, f1


def test_text_in_other_scripts() -> None:
    """Sizes are counted in characters, whatever the script; no language is needed."""
    page = re.sub(r"(?<=>)[^<]+", lambda text: "橋は修理のため閉鎖された。" * (len(text[0]) // 13 + 1), PAGE)
    places = placed(page.format(top="header", menu="menu", post="post-content", side="sidebar", bottom="footer"))
    assert {places[f"in{place}"].region for place in range(6)} == {"content"}
    assert "content" not in {places[f"f{place}"].region for place in range(5)}
