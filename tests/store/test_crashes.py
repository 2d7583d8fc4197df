"""A worker may die before, within and after any write of a batch: the end state is as if it had not."""

from collections.abc import Sequence
from random import Random

import pytest

from backlink_crawler.history import life
from backlink_crawler.records import Visit
from backlink_crawler.store import Store
from backlink_crawler.urls import link_id
from tests.history.index import DOWN, GONE, NOINDEX
from tests.store.contents import Contents, contents, of_page, put_back, save, seen, told
from tests.store.faults import WHERE, Where, crash, crashed

MANY = {f"many-{n}.test": "x" for n in range(5)}

BEFORE = [
    seen("http://a.test/changed", {"b.test": "old", "c.test": "x", "d.test": "x", "http://e.test/1": "Acme"}),
    seen("http://a.test/same", {"b.test": "x"}),
    seen("http://a.test/noindex", {"b.test": "x", "c.test": "old"}),
    seen("http://a.test/redirects", {"b.test": "x", "m.test": "moved"}),
    seen("http://a.test/down", {"b.test": "x"}),
    seen("http://a.test/back", {"b.test": "x"}),
    seen("http://a.test/back", at=1, **GONE),
    seen("http://z.test/many", MANY),
]
BATCH = [
    seen(
        "http://a.test/changed",
        {"b.test": "new", "c.test": "x", "f.test": "x", "http://e.test/2": "Acme"},
        at=5,
        token=1,
    ),
    seen("http://a.test/same", {"b.test": "x"}, at=5, token=2),
    seen("http://a.test/noindex", {"b.test": "x", "c.test": "new"}, at=5, token=3, **NOINDEX),
    seen("http://a.test/redirects", {"y.test": ""}, at=5, token=4, outcome="redirect", redirect_to="http://y.test/"),
    seen("http://a.test/down", at=5, token=5, **DOWN),
    seen("http://a.test/back", {"b.test": "x", "h.test": "x"}, at=5, token=6),
    seen("http://a.test/new", {"m.test": "moved", "n.test": "x"}, at=5, token=7),
    seen("http://z.test/many", {f"other-{n}.test": "x" for n in range(5)}, at=5, token=8),
]
LATER = [
    seen("http://a.test/changed", {"b.test": "old", "d.test": "x", "k.test": "x"}, at=9, token=1),
    seen("http://a.test/same", {"b.test": "x"}, at=9, token=2),
    seen("http://a.test/noindex", {"b.test": "newer"}, at=9, token=3),
    seen("http://a.test/redirects", {"b.test": "x", "i.test": "x"}, at=9, token=4),
    seen("http://a.test/down", {"b.test": "x"}, at=9, token=5),
    seen("http://a.test/back", at=9, token=6, **GONE),
    seen("http://a.test/new", {"n.test": "x", "p.test": "x"}, at=9, token=7),
    seen("http://z.test/many", MANY, at=9, token=8),
]
URLS = [one.page.url for one in LATER]
SHOWN_LAST = {link_id(one.source_url, one.target_url): one.anchor for page in LATER for one in page.links}


@pytest.fixture(autouse=True)
def small_commits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Large visits take several commits, as those of pages with thousands of changes do."""
    monkeypatch.setattr(life, "MAX_STEPS", 4)


async def _stored(store: Store, *batches: Sequence[Visit]) -> Contents:
    for batch in batches:
        await save(store, batch)
    return await contents(store.database)


async def _writes(store: Store, before: Contents, batch: Sequence[Visit]) -> int:
    await put_back(store.database, before)
    with crash(-1) as written:
        await save(store, batch)
    return len(written)


async def test_the_batch_is_worth_its_name(store: Store) -> None:
    """The visits that are cut off below do everything that a visit can do."""
    found = await _stored(store, BEFORE, BATCH)
    kinds = {event["event"] for event in found["link_events"]}
    assert kinds == {"found_on_known_page", "changed", "lost", "moved", "retargeted", "restored"}
    assert await _writes(store, found, LATER) > 10
    assert not any("pending" in page for page in found["pages"])


@pytest.mark.parametrize("where", WHERE)
async def test_a_crash_at_any_write_and_a_repeat(store: Store, where: Where) -> None:
    """Whoever repeats the batch ends in the same state, with each event once and nothing left open."""
    before = await _stored(store, BEFORE)
    expected = await _stored(store, BATCH)
    for number in range(await _writes(store, before, BATCH)):
        await put_back(store.database, before)
        assert await crashed(number, where, save(store, BATCH))
        assert await _stored(store, BATCH) == expected, f"write {number}, {where}"


async def test_a_crash_in_the_repeat_too(store: Store) -> None:
    """However often it takes."""
    before = await _stored(store, BEFORE)
    expected = await _stored(store, BATCH)
    writes = await _writes(store, before, BATCH)
    rng = Random(1)
    for _ in range(12):
        await put_back(store.database, before)
        points = [(rng.randrange(writes), rng.choice(WHERE)) for _ in range(3)]
        for number, where in points:
            await crashed(number, where, save(store, BATCH))
        assert await _stored(store, BATCH) == expected, points


@pytest.mark.parametrize("where", WHERE[:2])
async def test_a_crash_and_later_visits_in_place_of_the_repeat(
    store: Store, where: Where, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each page ends as if the cut off visit had been stored or had never been made; nothing is left open."""
    monkeypatch.setattr(life, "MAX_STEPS", 1_000)
    before = await _stored(store, BEFORE)
    both = await _stored(store, BATCH, LATER)
    await put_back(store.database, before)
    without = await _stored(store, LATER)
    allowed = {url: [of_page(both, url), of_page(without, url)] for url in URLS}
    for number in range(await _writes(store, before, BATCH)):
        await put_back(store.database, before)
        await crashed(number, where, save(store, BATCH))
        found = await _stored(store, LATER)
        for url in URLS:
            # Whether a loss was a move depends on whether the other page's visit was stored.
            assert _as_removals(of_page(found, url)) in map(_as_removals, allowed[url]), f"{url}, write {number}"


def _as_removals(found: Contents) -> Contents:
    plain: Contents = {"pages": found["pages"], "links": [], "link_events": []}
    for one in found["links"]:
        plain["links"].append({**one, "lost_reason": bool(one["lost_reason"])})
    for event in found["link_events"]:
        moved = {"event": "lost", "field": "", "old": "", "new": "", "_id": b"", "reason": ""}
        plain["link_events"].append({**event, **(moved if event["event"] in {"moved", "lost"} else {}), "_id": b""})
    plain["link_events"].sort(key=repr)
    return plain


async def test_a_crash_between_commits_and_a_later_visit(store: Store) -> None:
    """A visit of many commits that is never finished leaves nothing behind that the next one does not put right."""
    before = await _stored(store, BEFORE)
    writes = await _writes(store, before, BATCH)
    for number in range(writes):
        for where in WHERE[number % 4 : number % 4 + 1]:
            await put_back(store.database, before)
            await crashed(number, where, save(store, BATCH))
            found = await _stored(store, LATER)
            live = {
                (one["source_url"], one["target_url"]): one["anchor"] for one in found["links"] if not one["lost_at"]
            }
            shown = {(one.source_url, one.target_url): one.anchor for seen_last in LATER for one in seen_last.links}
            assert live == shown, f"write {number}, {where}"
            assert not any("pending" in page for page in found["pages"])
            again = await store.save_visits([seen(v.page.url, at=10, not_modified=True) for v in LATER])
            assert again.unchanged == len(LATER)


async def test_a_first_visit_cut_off_between_commits(store: Store) -> None:
    """Links of a first visit that was never finished are lost or changed by the next one like any others."""
    first = [seen("http://a.test/", {f"{name}.test": "old" for name in "bcdefghijk"})]
    second = [seen("http://a.test/", {f"{name}.test": "new" for name in "bcdef"}, at=3)]
    writes = await _writes(store, await _stored(store), first)
    assert writes > 8
    empty: Contents = {name: [] for name in await contents(store.database)}
    for number in range(writes):
        await put_back(store.database, empty)
        await crashed(number, "after", save(store, first))
        found = await _stored(store, second)
        live = {one["target_host"]: one["anchor"] for one in found["links"] if one["status"] == "live"}
        assert live == {f"{name}.test": "new" for name in "bcdef"}, f"write {number}"
        stood = [one for one in found["links"] if one["first_seen"] == first[0].at]
        assert len(told(found)) == len(stood)
