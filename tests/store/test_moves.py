"""A link that goes from one page of a site to another has moved, whoever sees it first."""

import pytest

from backlink_crawler.records import Visit
from backlink_crawler.store import Store
from tests.history.index import DOWN, GONE, NOINDEX
from tests.store.contents import COLLECTIONS, Contents, contents, profiled, put_back, save, seen, states, told
from tests.store.faults import WHERE, crash, crashed, interleavings

OLD, NEW, THIRD = "http://a.test/old", "http://a.test/new", "http://sub.a.test/third"
TARGET = "http://t.test/"
LINK = {"t.test": "x"}
EMPTY: Contents = {name: [] for name in COLLECTIONS}

LOSS = seen(OLD, {"b.test": "x"}, at=5, token=1, crawl="c")
FIND = seen(NEW, LINK, at=6, token=2, crawl="c")
KNOWN = [seen(OLD, {**LINK, "b.test": "x"}), seen(NEW)]
MOVED = (OLD, TARGET, "moved")
LOST = (OLD, TARGET, "lost")


async def _stored(store: Store, *batches: list[Visit]) -> Contents:
    for batch in batches:
        await save(store, batch)
    return await contents(store.database)


def _of_old(found: Contents) -> tuple[str, list[tuple[str, str, str]]]:
    return states(found)[OLD, TARGET], [one for one in told(found) if one[:2] == (OLD, TARGET)]


@pytest.mark.parametrize(
    ("before", "batches", "expected"),
    [
        pytest.param(KNOWN, [[LOSS], [FIND]], "moved", id="the loss was seen first"),
        pytest.param(KNOWN, [[FIND], [LOSS]], "moved", id="the find was seen first"),
        pytest.param(KNOWN, [[LOSS, FIND]], "moved", id="both at once"),
        pytest.param(KNOWN[:1], [[LOSS], [FIND]], "moved", id="to a page that is new to us"),
        pytest.param(KNOWN, [[seen(OLD, at=5, **GONE)], [FIND]], "moved", id="its page is gone"),
        pytest.param(KNOWN, [[seen(OLD, at=5, outcome="redirect")], [FIND]], "moved", id="its page redirects"),
        pytest.param(KNOWN, [[LOSS], [seen(THIRD, LINK, at=6)]], "moved", id="to a subdomain of the site"),
        pytest.param(KNOWN, [[LOSS], [seen("http://z.test/", LINK, at=6)]], "removed_from_html", id="another site"),
        pytest.param(
            KNOWN,
            [[seen(OLD, {**LINK, "b.test": "x"}, at=5, **NOINDEX)], [FIND]],
            "page_noindex",
            id="it still stands there",
        ),
        pytest.param(KNOWN, [[LOSS], [seen(NEW, LINK, at=36.5)]], "removed_from_html", id="it is another link by now"),
        pytest.param(
            [*KNOWN, seen(THIRD, LINK, at=-1)], [[LOSS], [FIND]], "removed_from_html", id="it stood on a third page too"
        ),
        pytest.param(
            [seen(OLD, {**LINK, "b.test": "x"}), seen(NEW, LINK)],
            [[LOSS], [seen(THIRD, at=6)]],
            "removed_from_html",
            id="it stood on the other page already",
        ),
        pytest.param(KNOWN, [[LOSS], [seen(NEW, at=6, **DOWN)]], "removed_from_html", id="the other page was not seen"),
    ],
)
async def test_which_losses_are_moves(
    store: Store, before: list[Visit], batches: list[list[Visit]], expected: str
) -> None:
    """The link is lost where it was, with one event, and the reason says whether it stands elsewhere now."""
    state, events = _of_old(await _stored(store, before, *batches))
    assert (state, events) == (expected, [MOVED if expected == "moved" else LOST])


async def test_a_move_tells_both_pages(store: Store) -> None:
    """The event has the old page, the new one, and the time and reason of the loss."""
    found = await _stored(store, KNOWN, [LOSS], [FIND])
    (moved,) = [event for event in found["link_events"] if event["event"] == "moved"]
    assert (moved["field"], moved["old"], moved["new"]) == ("source_url", OLD, NEW)
    assert (moved["at"], moved["reason"], moved["revision"]) == (LOSS.at, "removed_from_html", 2)


async def test_a_link_that_comes_back_is_restored(store: Store) -> None:
    """A move ends like any loss."""
    found = await _stored(store, KNOWN, [LOSS], [FIND], [seen(OLD, LINK, at=9)])
    assert states(found)[OLD, TARGET] == "live"
    assert [one for one in told(found) if one[1] == TARGET] == [
        (NEW, TARGET, "found_on_known_page"),
        MOVED,
        (OLD, TARGET, "restored"),
    ]


async def test_sitewide_links_do_not_move(store: Store) -> None:
    """Removed from one page of many, or found on one more: it stands on the others all the time."""
    pages = [f"http://a.test/{n}" for n in range(8)]
    everywhere = [seen(url, LINK) for url in pages]
    later = [seen(pages[3], at=5), seen("http://a.test/9", LINK, at=5)]
    for batches in ([everywhere, later], [everywhere, later[:1], later[1:]], [everywhere, later[1:], later[:1]]):
        await put_back(store.database, EMPTY)
        found = await _stored(store, *batches)
        assert told(found) == [(pages[3], TARGET, "lost")]
        assert states(found)[pages[3], TARGET] == "removed_from_html"


async def test_loss_and_find_by_two_workers_at_once(store: Store) -> None:
    """In every interleaving of their writes at least one of them sees the other."""
    before = await _stored(store, KNOWN)
    async for run in interleavings(lambda: (save(store, [LOSS]), save(store, [FIND])), 30):
        found = await contents(store.database)
        assert _of_old(found) == ("moved", [MOVED]), run.taken
        assert (NEW, TARGET, "found_on_known_page") in told(found)
        await put_back(store.database, before)


@pytest.mark.parametrize("first", [LOSS, FIND], ids=["the loss", "the find"])
async def test_a_crash_in_either(store: Store, first: Visit) -> None:
    """Cut off at any write and repeated, the loss is told as a move, once."""
    second = FIND if first is LOSS else LOSS
    for done, cut_off in (([], first), ([first], second)):
        await put_back(store.database, EMPTY)
        before = await _stored(store, KNOWN, done)
        with crash(-1) as written:
            await save(store, [cut_off])
        for number in range(len(written)):
            for where in WHERE[number % 2 :: 2]:
                await put_back(store.database, before)
                assert await crashed(number, where, save(store, [cut_off]))
                found = await _stored(store, [first], [second])
                assert _of_old(found) == ("moved", [MOVED]), (number, where)


async def test_questions_about_moves_are_answered_by_indexes(store: Store) -> None:
    """As many links are read as are looked for: not those of the site, and not those of the index."""
    many = {f"{n}.test": "x" for n in range(300)}
    await save(store, [seen(f"http://a.test/{n}", many) for n in range(10)])
    await save(store, [seen(OLD, {**LINK, **many}), seen(NEW)])
    await save(store, [seen(OLD, many, at=1), seen("http://a.test/0", at=1)])
    async with profiled(store.database) as noted:
        await save(store, [seen(NEW, LINK, at=2)])
    assert states(await contents(store.database))[OLD, TARGET] == "moved"
    commands = [(one["command"], one) for one in noted if one["ns"].endswith((".links", "aggregate"))]
    looks = [one for command, one in commands if "aggregate" in command or "source_site" in command.get("filter", ())]
    assert len(looks) == 3
    for one in looks:
        assert "COLLSCAN" not in one.get("planSummary", "")
        assert one["docsExamined"] <= 3, one
        assert one["keysExamined"] <= 6, one


async def test_a_site_that_lost_much_hides_no_other(store: Store) -> None:
    """A batch finds links on several sites: a loss is explained, whatever the other sites have lost."""
    other = "http://z.test/old"
    many = {f"{n}.test": "x" for n in range(9)}
    await save(store, [seen(OLD, many), seen(NEW), seen(other, LINK), seen("http://z.test/new")])
    await save(store, [seen(OLD, at=1), seen(other, at=1)])
    await save(store, [seen(NEW, LINK, at=2), seen("http://z.test/new", LINK, at=2)])
    assert states(await contents(store.database))[other, TARGET] == "moved"
