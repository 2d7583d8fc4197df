"""Where a link may be had: what tells a page, whom it links to, and how its site can be reached."""

import pytest

from backlink_crawler.reports.answer import Wish
from backlink_crawler.reports.engine import Engine
from backlink_crawler.reports.question import Question
from backlink_crawler.store import Store
from tests.reports.asking import Asking
from tests.reports.building import day, link, visit

RIVAL, SHOP = "https://rival.test/", "https://shop.test/"


def url(site: str, path: str = "") -> str:
    return f"https://{site}.test/{path}"


TWEET = "https://twitter.com/intent/tweet"
SHARE_AGAIN = link(url("writers", "contact.html"), TWEET, placement_type="share_button")

WEB = [
    visit(day(1), url("writers", "write-for-us"), title="Contribute"),
    visit(day(1), url("writers", "contact.html"), [SHARE_AGAIN], title="Contact us"),
    visit(
        day(1),
        url("writers"),
        [
            link(url("writers"), "https://twitter.com/writers"),
            link(url("writers"), TWEET, placement_type="share_button"),
            link(url("writers"), RIVAL),
        ],
        title="A blog",
        author="Ada",
    ),
    visit(day(1), url("kunden", "seite"), title="Kundenstimmen: was andere sagen"),
    visit(day(1), url("annuaire"), title="L'annuaire des jardins"),
    visit(day(1), url("board", "t/1"), title="Slugs", page_type="forum"),
    visit(
        day(1),
        url("lists", "good-things"),
        [link(url("lists", "good-things"), RIVAL, placement_type="resource_list", placement_reason="list of 5 links")],
        title="Good things",
    ),
    visit(day(1), url("fan", "review"), title="A visit to the Spade Shop"),
    visit(
        day(1),
        url("beside", "x"),
        [link(url("beside", "x"), RIVAL, text_before="unlike the Spade-Shop, this one")],
        title="Comparison",
    ),
    visit(day(1), url("friend", "resources"), [link(url("friend", "resources"), SHOP)], title="Spade Shop: resources"),
    visit(day(1), url("plain", "linkspan"), title="Nothing of the kind"),
    visit(day(1), url("refused", "write-for-us"), outcome="http_error", http_status=404),
    visit(day(1), f"{SHOP}write-for-us", title="Write for us"),
    visit(day(1), f"{RIVAL}write-for-us", title="Write for us"),
]


@pytest.fixture
async def ask(mongodb_uri: str, mongodb_database: str) -> Asking:
    """Asks the index that holds ``WEB``."""
    async with Store(mongodb_uri, mongodb_database) as store:
        await store.save_visits(WEB)
    return Asking(mongodb_uri, mongodb_database, day(2))


async def test_opportunities_tell_what_told_them(ask: Asking) -> None:
    """Each with its reason; no page of ours, of competitors, of sites that link to us, or that was not read."""
    reply = await ask("opportunities", "shop.test", versus=("rival.test",), brands=("spade shop",))
    assert {(row["kind"], row["source_url"], row["reason"]) for row in reply.rows} == {
        ("guest_post", url("writers", "write-for-us"), "url: write for us"),
        ("testimonial", url("kunden", "seite"), "title: kundenstimmen"),
        ("directory", url("annuaire"), "title: annuaire"),
        ("forum", url("board", "t/1"), "page type: forum"),
        (
            "resource_page",
            url("lists", "good-things"),
            "link to rival.test: resource_list (list of 5 links)",
        ),
        ("mention", url("fan", "review"), "title: spade shop"),
        ("mention", url("beside", "x"), "beside a link to rival.test: spade shop"),
    }
    assert any("text of pages is not stored" in statement for statement in reply.statements)
    linking = {row["source_site"] for row in reply.rows if row["competitors"]}
    assert linking == {"writers.test", "lists.test", "beside.test"}


async def test_who_can_be_asked_is_told(ask: Asking) -> None:
    """The contact page, the author and the profiles of the site, without its buttons to share; also under a limit."""
    for wish in (Wish(), Wish(limit=4, sort=["-source_site"])):
        reply = await ask("opportunities", "shop.test", wish, versus=("rival.test",))
        (row,) = [row for row in reply.rows if row["kind"] == "guest_post"]
        assert (row["contact_url"], row["author"]) == (url("writers", "contact.html"), "Ada")
        assert row["profiles"] == ["https://twitter.com/writers"]
    assert len(reply.rows) == 4


async def test_sites_that_link_to_us_are_told_where_asked_for(ask: Asking) -> None:
    """They are in a view of their own, marked; a mention beside a link to us is none."""
    reply = await ask("opportunities-all", "shop.test", brands=("spade shop",))
    friends = [(row["kind"], row["source_site"]) for row in reply.rows if row["links_to_us"]]
    assert friends == [("resource_page", "friend.test")]


def test_phrases_are_written_as_they_are_looked_for() -> None:
    """Lower case, no accents, words with one blank between: anything else would never be found."""
    with Engine(Question(("shop.test",), day(1))) as engine:
        rows = engine.answer("SELECT * FROM phrases").read_all().to_pylist()
        plain = "trim(regexp_replace(strip_accents(lower(phrase)), '[^\\p{L}\\p{N}]+', ' ', 'g'))"
        wrong = engine.answer(f"SELECT phrase FROM phrases WHERE phrase <> {plain}").read_all().to_pylist()
    assert wrong == []
    languages = {"en", "de", "fr", "es", "it", "nl", "pl", "pt"}
    for kind in (
        "guest_post",
        "resource_page",
        "forum",
        "directory",
        "testimonial",
        "partner",
        "author_bio",
        "contact",
    ):
        assert {row["language"] for row in rows if row["kind"] == kind} == languages
