"""Redirect chains: what follows from the pages, whoever stores them, in whatever order, and whatever fails."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from pymongo.errors import AutoReconnect

from backlink_crawler.history.redirects import MAX_HOPS, Chain, chain_of, is_home_instead
from backlink_crawler.records import Outcome, Page, Visit
from backlink_crawler.store import Store, StoreUnavailable, chains
from backlink_crawler.urls import host_of, link_id, site_of, url_id
from tests.reports.by_hand import link

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
P, A, B, C, HOME = (f"http://shop.test/{name}" for name in ("p", "a", "b", "c", ""))
ELSEWHERE = "http://other.test/"

Document = dict[str, Any]
Told = tuple[list[str] | None, str | None, int | None]


def page(url: str, to: str | None = None, *, status: int = 200, outcome: Outcome = "ok", **facts: Any) -> Page:
    """A page as observed: a redirect where it leads somewhere."""
    if to is not None:
        status, outcome = 301, "redirect"
    host = host_of(url)
    return Page(url, host, site_of(host), outcome, http_status=status, redirect_to=to, crawl_id="c", **facts)


def visit(shown: Page, minute: int = 0) -> Visit:
    """A visit of ``shown``, so many minutes after noon."""
    return Visit(shown, NOON + timedelta(minutes=minute))


def document(url: str, to: str | None = None, **facts: Any) -> Document:
    """A page as it is stored."""
    outcome = "redirect" if to else "ok"
    return {
        "url": url,
        "outcome": outcome,
        "crawl_id": "c",
        "redirect_to": to,
        "http_status": 301 if to else 200,
    } | facts


ROWS: list[tuple[list[Document], Chain, str]] = [
    ([], Chain((A,), "unvisited"), "nobody asked for the end yet"),
    ([document(A)], Chain((A,), "answered", 200), "one hop"),
    ([document(A, B), document(B)], Chain((A, B), "answered", 200), "two hops"),
    ([document(A, B)], Chain((A, B), "unvisited"), "as far as known"),
    ([document(A, P)], Chain((A,), "loop"), "back to the page itself"),
    ([document(A, B), document(B, A)], Chain((A, B), "loop"), "a loop further on"),
    ([document(A, A)], Chain((A,), "loop"), "a page that redirects to itself"),
    ([document(A, outcome="http_error", http_status=404)], Chain((A,), "answered", 404), "gone is an answer"),
    ([document(A, outcome="http_error", http_status=503)], Chain((A,), "silent", 503), "a failing server is none"),
    ([document(A, outcome="http_error", http_status=403)], Chain((A,), "silent", 403), "refused: it may lead on"),
    ([document(A, outcome="network_error", http_status=None)], Chain((A,), "silent"), "no answer"),
    ([document(A, outcome="challenge", http_status=302)], Chain((A,), "silent", 302), "a login form"),
    ([document(A, outcome="not_html")], Chain((A,), "answered", 200), "a file is an end"),
    ([document(A, soft_404=True)], Chain((A,), "answered", 200, True), "the end says it is not there"),
    ([document(A, HOME), document(HOME)], Chain((A, HOME), "answered", 200, True), "home instead of a deep page"),
    ([document(A, ELSEWHERE), document(ELSEWHERE)], Chain((A, ELSEWHERE), "answered", 200), "another site's home"),
    ([document(A, outcome="redirect", http_status=301)], Chain((A,), "answered", 301), "leads to no web address"),
]


@pytest.mark.parametrize(("known", "chain", "why"), ROWS, ids=[row[2] for row in ROWS])
def test_a_chain_follows_from_the_pages_on_it(known: list[Document], chain: Chain, why: str) -> None:
    """Hop by hop as far as known, with the way it ends."""
    lookup: dict[str, Document] = {found["url"]: found for found in known}
    while isinstance(told := chain_of(document(P, A), lookup), str):
        lookup[told] = {}
    assert isinstance(told, Chain)
    assert told[:4] == chain[:4]
    assert told.outcome == lookup.get(told.urls[-1], {}).get("outcome") or told.end == "loop"


@pytest.mark.parametrize(
    ("end", "certain", "why"),
    [
        ({"crawl_id": "now", "last_visited": NOON - timedelta(hours=1)}, True, "seen in the same crawl"),
        ({"crawl_id": "other", "last_visited": NOON}, True, "seen later"),
        ({"crawl_id": "then", "last_visited": NOON - timedelta(days=9)}, False, "what was so then may be no more"),
        ({"crawl_id": "now", "last_visited": NOON, "outcome": "network_error"}, False, "not seen"),
    ],
)
def test_an_end_is_certain_when_it_was_seen_with_the_redirect(end: Document, certain: bool, why: str) -> None:
    """What is known of the end from before the redirect was seen does not count."""
    told = chain_of(document(P, A, crawl_id="now", last_visited=NOON), {A: document(A, **end)})
    assert isinstance(told, Chain)
    assert told.certain is certain


def test_a_chain_without_end_is_cut_off() -> None:
    """Ten hops and no more are followed."""
    urls = [f"http://shop.test/{n}" for n in range(MAX_HOPS + 5)]
    lookup = {url: document(url, urls[n + 1]) for n, url in enumerate(urls[:-1])}
    told = chain_of(lookup[urls[0]], lookup)
    assert isinstance(told, Chain)
    assert (told.urls, told.end) == (tuple(urls[1 : MAX_HOPS + 1]), "too_long")


@pytest.mark.parametrize(
    ("url", "end", "is_one", "why"),
    [
        ("http://a.test/post", "http://a.test/", True, "a deep page"),
        ("http://blog.a.test/post", "https://www.a.test/", True, "of another host of the site"),
        ("http://a.test/post", "http://a.test/index.html", True, "home by its file name"),
        ("http://a.test/post", "http://a.test/?from=post", True, "home with a note where from"),
        ("http://a.test/", "https://www.a.test/", False, "home was asked for"),
        ("http://a.test/index.php", "http://a.test/", False, "home was asked for by its file name"),
        ("http://a.test/post", "http://a.test/new-post", False, "another deep page"),
        ("http://short.test/x", "http://a.test/", False, "a short link to a home page means it"),
    ],
)
def test_home_instead_of_the_page(url: str, end: str, is_one: bool, why: str) -> None:
    """A deep URL that leads to its own site's home page is told as a soft 404."""
    assert is_home_instead(url, end) is is_one


@pytest.fixture
async def store(mongodb_uri: str, mongodb_database: str) -> AsyncIterator[Store]:
    """An empty index."""
    async with Store(mongodb_uri, mongodb_database) as store:
        yield store


async def told(store: Store, url: str) -> Told:
    """Return chain, its end and the final status of a stored page."""
    found = await store.database["pages"].find_one({"_id": url_id(url)}) or {}
    return found.get("chain"), found.get("chain_end"), found.get("final_status")


LINE = [page(P, A), page(A, B), page(B, C), page(C)]
LOOP = [page(P, A), page(A, B), page(B, A)]
GONE = [page(P, A), page(A, ELSEWHERE), page(ELSEWHERE, status=410, outcome="http_error")]


@pytest.mark.parametrize(
    ("pages", "expected"),
    [
        (LINE, {P: ([A, B, C], "answered", 200), A: ([B, C], "answered", 200), C: (None, None, None)}),
        (LOOP, {P: ([A, B], "loop", None), A: ([B], "loop", None), B: ([A], "loop", None)}),
        (GONE, {P: ([A, ELSEWHERE], "answered", 410)}),
    ],
    ids=["line", "loop", "gone"],
)
async def test_the_order_of_arrival_does_not_matter(
    store: Store, pages: Sequence[Page], expected: Mapping[str, Told]
) -> None:
    """Pages stored one by one in any order, or together, lead to the same chains."""
    for order in [*permutations(pages), pages]:
        for collection in ("pages", "sites", "links"):
            await store.database[collection].delete_many({})
        if order is pages:
            await store.save_visits([visit(shown) for shown in pages])
        else:
            for minute, shown in enumerate(order):
                await store.save_visits([visit(shown, minute)])
        assert {url: await told(store, url) for url in expected} == expected, [shown.url for shown in order]


async def test_a_chain_changes_with_any_page_on_it(store: Store) -> None:
    """A hop in the middle that leads elsewhere, or nowhere, moves the end of all chains through it."""
    await store.save_visits([visit(shown) for shown in LINE])
    await store.save_visits([visit(page(A, ELSEWHERE), 1)])
    assert await told(store, P) == ([A, ELSEWHERE], "unvisited", None)
    await store.save_visits([visit(page(A), 2)])
    assert await told(store, P) == ([A], "answered", 200)
    await store.save_visits([visit(page(A, status=503, outcome="http_error"), 3)])
    assert await told(store, P) == ([A], "silent", 503)
    await store.save_visits([visit(page(P), 4)])
    assert await told(store, P) == (None, None, None)


async def test_a_page_that_cannot_be_seen_keeps_what_is_known(store: Store) -> None:
    """An outage of a redirecting page says nothing of where it leads."""
    await store.save_visits([visit(page(P, A)), visit(page(A))])
    await store.save_visits([visit(page(P, status=502, outcome="http_error"), 1)])
    assert await told(store, P) == ([A], "answered", 200)


async def test_a_soft_404_at_the_end_is_told(store: Store) -> None:
    """The redirecting page says so, until the end is another one."""
    await store.save_visits([visit(page(P, HOME)), visit(page(HOME))])
    found = await store.database["pages"].find_one({"_id": url_id(P)})
    assert found is not None
    assert found["final_soft_404"] is True
    await store.save_visits([visit(page(P, A), 1), visit(page(A), 1)])
    found = await store.database["pages"].find_one({"_id": url_id(P)})
    assert found is not None
    assert "final_soft_404" not in found


SOURCE = "http://blog.test/post"


async def linked(store: Store, *targets: str) -> None:
    """Store a page that links to ``targets``."""
    links = [link(SOURCE, target, target, "content") for target in targets]
    await store.save_visits([Visit(page(SOURCE), NOON, links=links)])


async def changes(store: Store) -> list[tuple[str, str, str]]:
    """Return (target, old end, new end) of the events told, in order."""
    found = await store.database["link_events"].find({"field": "final_target_url"}).sort("at").to_list()
    assert all(event["event"] == "changed" and event["recorded"] for event in found)
    return [(event["target_url"], event["old"], event["new"]) for event in found]


async def test_another_end_is_an_event_of_every_live_link(store: Store) -> None:
    """From one certain end to another: once, also when the visits are stored again; never to or from a guess."""
    await linked(store, P, B)
    history = [
        ([page(P, A)], [], "nobody knows yet where it ends"),
        ([page(A)], [], "the first certain end is no change"),
        ([page(P, B)], [], "it leads elsewhere, and nobody knows where that ends"),
        ([page(B, C)], [], "still not"),
        ([page(C, status=503, outcome="http_error")], [], "and an outage does not tell"),
        ([page(C)], [(P, A, C)], "now it is certain"),
        ([page(C)], [(P, A, C)], "seen again"),
        ([page(P)], [(P, A, C), (P, C, P)], "the page is back itself"),
        ([page(P, A)], [(P, A, C), (P, C, P), (P, P, A)], "and away again"),
    ]
    for minute, (pages, expected, why) in enumerate(history):
        visits = [visit(shown, minute) for shown in pages]
        for _ in range(2):
            await store.save_visits(visits)
            assert await changes(store) == expected, why


async def test_a_page_that_began_to_redirect_had_been_its_own_end(store: Store) -> None:
    """The first redirect of a page that was read before is a change; links that are lost are not told."""
    await linked(store, P)
    await store.save_visits([visit(page(P)), visit(page(A))])
    await store.save_visits([visit(page(P, A), 1)])
    assert await changes(store) == [(P, P, A)]
    await store.database["links"].update_one({"_id": link_id(SOURCE, P)}, {"$set": {"status": "lost"}})
    await store.save_visits([visit(page(P, B), 2), visit(page(B), 2)])
    assert await changes(store) == [(P, P, A)]


Step = Callable[..., Awaitable[Any]]


class Touches(list[str]):
    """How ``chains`` touched the database, in order; at one of these touches something else happens."""

    def __init__(self, at: int, act: Step, *, after: bool) -> None:
        super().__init__()
        self._at = at
        self._act = act
        self._after = after
        self._busy = False

    @asynccontextmanager
    async def touch(self, name: str) -> AsyncIterator[None]:
        """Note a touch, with what happens before or after it; what that does itself is not noted."""
        if self._busy:
            yield
            return
        self.append(name)
        mine = len(self) == self._at
        if mine and not self._after:
            await self._interrupt()
        yield
        if mine and self._after:
            await self._interrupt()

    async def _interrupt(self) -> None:
        self._busy = True
        try:
            await self._act()
        finally:
            self._busy = False


def interrupted(monkeypatch: pytest.MonkeyPatch, at: int, act: Step, *, after: bool) -> list[str]:
    """Have ``act`` run before or after the ``at``-th touch of the database by ``chains``; return what was touched."""
    touched = Touches(at, act, after=after)

    def wrapped(name: str, step: Step) -> Step:
        async def run(*arguments: Any) -> Any:
            async with touched.touch(name):
                return await step(*arguments)

        return run

    leading_to = chains._leading_to

    async def all_leading_to(*arguments: Any) -> AsyncIterator[Any]:
        async with touched.touch("_leading_to"):
            found = [page async for page in leading_to(*arguments)]
        for page in found:
            yield page

    for name in ("_pages", "write"):
        monkeypatch.setattr(chains, name, wrapped(name, getattr(chains, name)))
    monkeypatch.setattr(chains, "_leading_to", all_leading_to)
    return touched


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(
    ("mine", "others", "expected"),
    [
        ([page(P, A)], [page(A, B), page(B)], ([A, B], "answered", 200)),
        ([page(A, B)], [page(P, A), page(B)], ([A, B], "answered", 200)),
        ([page(B)], [page(P, A), page(A, B)], ([A, B], "answered", 200)),
        ([page(A, P)], [page(P, A)], ([A], "loop", None)),
    ],
    ids=["the beginning", "the middle", "the end", "a loop"],
)
async def test_two_workers_never_both_miss_each_other(
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
    mine: list[Page],
    others: list[Page],
    expected: Told,
    after: bool,
) -> None:
    """Whatever another worker stores between any two steps of this one, the chain is whole in the end."""
    step = 0
    while True:
        step += 1
        await store.database["pages"].delete_many({})

        async def other() -> None:
            await store.save_visits([visit(shown) for shown in others])

        with monkeypatch.context() as patch:
            touched = interrupted(patch, step, other, after=after)
            await store.save_visits([visit(shown) for shown in mine])
        if len(touched) < step:
            break
        assert await told(store, P) == expected, (step, touched)
    assert step > 1


async def test_a_worker_that_dies_anywhere_leaves_nothing_untold(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a crash between any two steps, storing the visit again completes chain and events, each once."""
    step = 0
    while True:
        step += 1
        for collection in ("pages", "sites", "links", "link_events"):
            await store.database[collection].delete_many({})
        await linked(store, P)
        await store.save_visits([visit(page(P, A)), visit(page(A)), visit(page(B))])

        async def dies() -> None:
            raise AutoReconnect("gone")

        last = [visit(page(P, B), 1)]
        with monkeypatch.context() as patch:
            touched = interrupted(patch, step, dies, after=False)
            with suppress(StoreUnavailable):
                await store.save_visits(last)
        if len(touched) < step:
            break
        await store.save_visits(last)
        assert await told(store, P) == ([B], "answered", 200), touched
        assert await changes(store) == [(P, A, B)], touched
        found = await store.database["pages"].find_one({"_id": url_id(P)}) or {}
        assert "final_change" not in found
    assert step > 4
