"""The trial of the index's memory (``python -m tests.real_input life``), on a small made-up site."""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from random import Random

import pytest

from backlink_crawler import services
from tests.real_input.altered import CHANGES
from tests.real_input.changes import LINK_CHANGES, Draft, Unfit
from tests.real_input.expected import Pair
from tests.real_input.life import Amounts, Life, live, summary
from tests.real_input.markup import anchors, bytes_of
from tests.real_input.noise import NOISES, make_noisy
from tests.real_input.page_changes import CHALLENGES
from tests.real_input.states import State, read_states
from tests.real_input.verdict import Verdict
from tests.web.client import connect, fetch
from tests.web.folders import FoldersContent
from tests.web.overlay import Answer, OverlayContent, write_overlay
from tests.web.server import serve

PAGES = 48
KINDS = [kind for kind in CHANGES if kind not in CHALLENGES]
URL = "http://small.test/page-7.html"


def source(number: int) -> str:
    """A page with links of its own, one that every page has, and one that a few share."""
    onwards = "".join(f'<li><a href="page-{n}.html" class="on">Page {n}</a></li>' for n in range(1, PAGES))
    own = "".join(
        f'<p>Of {n}, <a class="out" href="https://site-{number}-{n}.example/">work {number} on {n}</a> says more.</p>\n'
        for n in range(4)
    )
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Page {number}</title></head>
<body><nav><ul>{onwards}</ul></nav>
<main><h1>Page {number}</h1>
{own}<p>Some like <a rel="noopener" href="https://shared-{number % 5}.example/">what others share</a>.</p></main>
<footer><p>Made with <a href="https://everywhere.example/">a tool</a>.</p></footer>
</body></html>
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("small")
    for number in range(PAGES):
        name = "index.html" if number == 0 else f"page-{number}.html"
        (folder / name).write_text(source(number))
    return folder


@pytest.fixture(scope="module")
def life(local_services: services.Services, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Life:
    amounts = Amounts(changed=len(KINDS) / PAGES, noisy=len(NOISES) / PAGES, kinds=KINDS)
    sites, workplace = {"small.test": folder}, tmp_path_factory.mktemp("life")
    return live(sites, ["http://small.test/"], workplace, amounts=amounts, given=local_services, workers=1)


def draft() -> Draft:
    text = source(7)
    return Draft(URL, text, "", dict(read_states(bytes_of(text), URL)))


def test_a_site_that_changes_and_changes_back_is_remembered_rightly(life: Life) -> None:
    """Every kind of change is told as what it is, noise is not told at all, and so it goes back again."""
    assert {altered.kind for altered in life.alterations} == {*KINDS, *NOISES}
    assert [visited.faults for visited in life.passes] == [[], []]
    assert all(visited.told for visited in life.passes)
    assert summary(life)[-1] == "No differences."


def without_an_event(life: Life) -> None:
    life.passes[-1].crawled.events.pop()


def with_a_false_event(life: Life) -> None:
    events = life.passes[-1].crawled.events
    events.append({**events[0], "event": "changed", "field": "anchor", "old": "a", "new": "b"})


def with_a_lost_link(life: Life) -> None:
    link = next(link for link in life.passes[-1].crawled.links.values() if link["status"] == "live")
    link |= {"status": "lost", "lost_reason": "removed_from_html"}


def with_a_region_of_its_own(life: Life) -> None:
    link = next(link for pair, link in life.passes[-1].crawled.links.items() if _is_known(life, pair))
    link["content_score"] = 0.0


def _is_known(life: Life, pair: Pair) -> bool:
    known = life.memory.links[pair]
    return known.state is not None and known.state.region is None and known.lost is None


def without_a_link(life: Life) -> None:
    life.passes[-1].crawled.links.popitem()


def with_a_revision(life: Life) -> None:
    life.passes[-1].crawled.pages[sorted(life.unchanged)[0]]["revision"] += 1


def with_a_page_unseen(life: Life) -> None:
    page = life.passes[-1].crawled.pages[sorted(life.unchanged)[0]]
    page["unknown_since"] = page["last_visited"]


def with_a_body_sent(life: Life) -> None:
    served = life.passes[-1].crawled.served
    place = next(n for n, request in enumerate(served) if request.status == 304)
    served[place] = served[place]._replace(status=200)


@pytest.mark.parametrize(
    ("spoil", "what"),
    [
        (without_an_event, {"missed event", "wrong past"}),
        (with_a_false_event, {"false event", "wrong past"}),
        (with_a_lost_link, {"wrong link", "wrong past"}),
        (with_a_region_of_its_own, {"wrong link"}),
        (without_a_link, {"wrong link"}),
        (with_a_revision, {"wrong page"}),
        (with_a_page_unseen, {"wrong page"}),
        (with_a_body_sent, {"wrong page"}),
    ],
)
def test_what_is_wrong_is_seen(life: Life, spoil: Callable[[Life], None], what: set[str]) -> None:
    """One wrong thing in a right index is a fault, and called what it is."""
    spoiled = deepcopy(life)
    spoil(spoiled)
    last = spoiled.passes[-1]
    earlier = [spoiled.first, spoiled.passes[-2].crawled]
    known = life.passes[-1].faults
    found = Verdict(last.told, spoiled.memory, spoiled.unchanged, earlier, last.crawled).faults()
    assert {fault.what for fault in found if fault not in known} == what


@pytest.mark.parametrize("kind", LINK_CHANGES)
@pytest.mark.parametrize("seed", range(5))
def test_a_change_does_what_it_claims(kind: str, seed: int) -> None:
    """html5lib finds in the changed source the links as the change says, and not as they were."""
    changed = draft()
    LINK_CHANGES[kind](changed, Random(seed))
    assert changed.checked().states != draft().states


def test_a_change_that_does_something_else_is_not_made() -> None:
    """A claim that the source does not bear out makes the page unfit."""
    changed = draft()
    changed.becomes("https://site-7-1.example/", anchor="what nobody wrote")
    with pytest.raises(Unfit):
        changed.checked()


@pytest.mark.parametrize("kind", NOISES)
@pytest.mark.parametrize("seed", range(5))
def test_noise_changes_the_source_and_no_link(kind: str, seed: int) -> None:
    """Only what nobody remembers is different."""
    noisy = draft()
    make_noisy(noisy, kind, Random(seed), [URL, "http://small.test/"])
    read = read_states(bytes_of(noisy.text), URL)
    assert noisy.text != draft().text
    assert {target: states[0] for target, states in read.items()} == {
        target: states[0] for target, states in draft().states.items()
    }


@pytest.mark.parametrize(
    ("html", "state"),
    [
        ("<a href=//b.example/>in  the\ntext</a>", State("in the text", (), True, None, None, "text", None)),
        ("<nav><a href=//b.example/>x</a></nav>", State("x", (), True, None, "nav", "text", None)),
        ("<footer><nav><a href=//b.example/>x</a></nav></footer>", State("x", (), True, None, "footer", "text", None)),
        ("<article><header><a href=//b.example/>x</a>", State("x", (), True, None, None, "text", None)),
        (
            "<div class='no-comments comments-open'><a href=//b.example/>x</a>",
            State("x", (), True, None, None, "text", None),
        ),
        ("<div class=comment-list><a href=//b.example/>x</a>", State("x", (), True, None, "comment", "text", None)),
        (
            "<a rel='UGC external' href=//b.example/>x",
            State("x", ("ugc", "external"), False, "rel", None, "text", None),
        ),
        (
            "<meta name=robots content=none><a href=//b.example/>x",
            State("x", (), False, "meta", None, "text", None),
        ),
        ("<a href=//b.example/><img alt=logo></a>", State("logo", (), True, None, None, "image", None)),
        ("<p hidden><a href=//b.example/>x</a>", State("x", (), True, None, None, "text", "attribute")),
    ],
)
def test_the_independent_reading(html: str, state: State) -> None:
    """What html5lib is asked for is what the records mean."""
    assert read_states(html.encode(), "https://a.example/") == {"https://b.example/": (state,)}


def test_an_element_is_found_where_it_stands_and_nowhere_else() -> None:
    """Comments and scripts hold no links, and everything else stays as it was."""
    text = '<!-- <a href="x">no</a> --><p><A class=b HREF=y?a&amp;b>yes</A><script>"<a href=z></a>"</script>'
    found = anchors(text)
    assert [(anchor.get("href"), anchor.inner) for anchor in found] == [("y?a&b", "yes")]
    assert found[0].with_attribute("href", "w").text == '<a class=b href="w">yes</a>'


def test_an_overlay_is_exchanged_while_it_is_served(tmp_path: Path) -> None:
    """Another overlay, other answers; who has the body already is told so, with the headers that came with it."""
    (tmp_path / "index.html").write_text("<p>as it was")
    overlay, url = tmp_path / "overlay.json", "http://a.test/"
    noindex = ("X-Robots-Tag", "noindex")
    answers = [
        {url: Answer(200, b"<p>as it is")},
        {url: Answer(200, b"<p>as it was", headers=(noindex,))},
        {url: Answer(200, b"<p>as it was", headers=(noindex,), tagged_by_body=True)},
        {url: Answer(404, b"<p>gone")},
        {},
    ]
    told, tags = [], []
    with serve(OverlayContent(FoldersContent({"a.test": tmp_path}), overlay)) as web:
        status, headers, _ = fetch(web, url)
        first = headers["ETag"]
        for answer in answers:
            write_overlay(overlay, answer)
            connection = connect(web.hosts_file, url)
            connection.request("GET", "/", headers={"Host": "a.test", "If-None-Match": f'"other", W/{first}'})
            response = connection.getresponse()
            told.append((response.status, response.headers["X-Robots-Tag"], response.read()))
            tags.append(response.headers["ETag"])
            connection.close()
    assert status == 200
    assert told == [
        (200, None, b"<p>as it is"),
        (200, "noindex", b"<p>as it was"),
        (304, "noindex", b""),
        (404, None, b"<p>gone"),
        (304, None, b""),
    ]
    assert [tag == first for tag in tags] == [False, False, True, False, True]
