"""``scrapy crawl recheck`` on real servers: which pages, how they are asked for, and what becomes of them."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pymongo import MongoClient

from backlink_crawler.records import Page, Visit
from backlink_crawler.store import Store, due
from backlink_crawler.store.due import Amount, Wanted
from backlink_crawler.urls import host_of, site_of
from tests.crawling import Crawling, Document, ended
from tests.living_web import LivingWeb, a, living_web
from tests.reports.by_hand import link

POST, OLD, NEW, LAST = (f"http://blog.test/{name}" for name in ("post", "old", "new", "last"))
SHOP = "http://shop.test/"


@pytest.fixture
def web(tmp_path: Path) -> Iterator[LivingWeb]:
    """Two blogs."""
    with living_web(tmp_path, "blog.test", "other.test", "shop.test") as web:
        yield web


def crawl(crawling: Crawling, web: LivingWeb, *urls: str) -> None:
    """Make pages known to the index."""
    listed = web.hosts_file.with_name("urls.txt")
    listed.write_text("\n".join(urls))
    arguments = ("crawl", "seeds", "-a", f"urls=@{listed}", "-a", "depth=0")
    end = crawling.run(*arguments, NET_HOSTS_FILE=web.hosts_file, CRAWL_ID=f"{crawling.database}-seeds")
    assert end.code == 0, end.err
    web.asked_for()


def set_due(crawling: Crawling, days: float, *urls: str) -> None:
    """Have pages be due so many days ago."""
    at = datetime.now(UTC) - timedelta(days=days)
    with MongoClient[Document](crawling.mongodb_uri) as client:
        pages = client[crawling.database]["pages"]
        pages.update_many({"url": {"$in": list(urls)}} if urls else {}, {"$set": {"next_visit": at}})


def pages(crawling: Crawling) -> dict[str, Document]:
    """Return URL → page document."""
    return {page["url"]: page for page in crawling.documents("pages")}


def test_unchanged_pages_are_asked_about_and_seen(crawling: Crawling, web: LivingWeb) -> None:
    """A 304 counts as having seen the page with all its links; a page that has changed is read; nothing is walked."""
    web.page(POST, a(SHOP), etag='"1"')
    web.page(OLD, a(SHOP), a("/last"), etag='"2"')
    crawl(crawling, web, POST, OLD)
    before = pages(crawling)
    set_due(crawling, 1)
    web.page(OLD, a(SHOP, rel="nofollow"), a("/last"), etag='"3"')
    end = crawling.run("crawl", "recheck", NET_HOSTS_FILE=web.hosts_file, FRONTIER_HOST_DELAY=0.01)
    assert end.code == 0, end.err
    assert "2 pages to ask for, on 1 hosts; the 2 of blog.test take about 0:00:00 at 0.01 s a page" in end.err
    asked = {asked.url: (asked.headers["If-None-Match"], asked.status) for asked in web.log}
    assert asked == {POST: ('"1"', 304), OLD: ('"2"', 200)}
    assert len(web.log) == 2
    after = pages(crawling)
    assert set(after) == {POST, OLD}
    assert after[POST]["last_read"] == after[POST]["last_visited"] > before[POST]["last_read"]
    facts = [after[POST][name] for name in ("outcome", "http_status", "visits", "title", "etag")]
    assert facts == ["ok", 200, 2, "Page", '"1"']
    assert after[POST]["next_visit"] > datetime.now(UTC).replace(tzinfo=None)
    assert crawling.links()[POST, SHOP]["status"] == "live"
    assert crawling.links()[OLD, SHOP]["rel"] == ["nofollow"]


def test_a_page_that_could_not_be_seen_is_read_whole(crawling: Crawling, web: LivingWeb) -> None:
    """After an outage nobody is asked whether anything has changed since."""
    web.page(POST, a(SHOP), etag='"1"')
    crawl(crawling, web, POST)
    for crawl_id in ("outage", "after"):
        set_due(crawling, 1)
        if crawl_id == "outage":
            web.status(POST, 403)
        else:
            web.page(POST, a(SHOP), etag='"1"')
        crawling.run("crawl", "recheck", NET_HOSTS_FILE=web.hosts_file, CRAWL_ID=f"{crawling.database}-{crawl_id}")
    assert [("If-None-Match" in asked.headers, asked.status) for asked in web.log] == [(True, 403), (False, 200)]
    assert "unknown_since" not in pages(crawling)[POST]


def test_a_robots_header_under_an_old_tag_is_noticed(crawling: Crawling, web: LivingWeb) -> None:
    """Who configures nofollow changes no page, so its tag stays: the page is asked for again, whole."""
    web.page(POST, a(SHOP), etag='"1"')
    crawl(crawling, web, POST)
    set_due(crawling, 1)
    web.page(POST, a(SHOP), etag='"1"', X_Robots_Tag="nofollow")
    crawling.run("crawl", "recheck", NET_HOSTS_FILE=web.hosts_file)
    assert [asked.status for asked in web.log] == [304, 200]
    link = crawling.links()[POST, SHOP]
    assert (link["follow"], link["nofollow_cause"]) == (False, "header")
    assert {event["field"] for event in crawling.documents("link_events")} == {"follow", "nofollow_cause"}


def test_redirects_of_pages_are_followed(crawling: Crawling, web: LivingWeb) -> None:
    """Where a page went becomes a page, with its links; the old page tells where the chain ends."""
    web.page(OLD, a(SHOP))
    crawl(crawling, web, OLD)
    set_due(crawling, 1)
    web.redirect(OLD, "/new")
    web.redirect(NEW, LAST, 302)
    web.page(LAST, a(SHOP), a("/more"))
    end = crawling.run("crawl", "recheck", NET_HOSTS_FILE=web.hosts_file)
    assert end.code == 0, end.err
    assert web.asked_for() == [OLD, NEW, LAST]
    found = pages(crawling)
    assert (found[OLD]["chain"], found[OLD]["final_status"]) == ([NEW, LAST], 200)
    assert crawling.links()[LAST, SHOP]["status"] == "live"
    assert crawling.links()[OLD, SHOP]["status"] == "lost"


def test_nothing_due_is_said_and_no_failure(crawling: Crawling, web: LivingWeb) -> None:
    """A recheck without work exits 0 and says how to ask all the same; -a all=1 does."""
    web.page(POST, a(SHOP))
    crawl(crawling, web, POST)
    end = crawling.run("crawl", "recheck", NET_HOSTS_FILE=web.hosts_file)
    assert (end.code, end.errors, web.asked_for()) == (0, [], [])
    assert "No pages to ask for: nothing is due. To ask for pages that are not: -a all=1" in end.err
    end = crawling.run(
        "crawl", "recheck", "-a", "all=1", NET_HOSTS_FILE=web.hosts_file, CRAWL_ID=f"{crawling.database}-all"
    )
    assert (end.code, web.asked_for()) == (0, [POST])


def test_several_workers_share_the_pages(crawling: Crawling, web: LivingWeb) -> None:
    """Two workers of one crawl ask for every due page once, more than MAX_PAGES_PER_SITE of one site."""
    urls = [f"http://blog.test/{n}" for n in range(40)]
    for url in urls:
        web.page(url, a(SHOP))
    crawl(crawling, web, *urls)
    set_due(crawling, 1)
    workers = [crawling.start("crawl", "recheck", NET_HOSTS_FILE=web.hosts_file) for _ in range(2)]
    ends = [ended(worker) for worker in workers]
    assert [end.code for end in ends] == [0, 0], ends
    assert sorted(web.asked_for()) == sorted(urls)


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("limit=few", "limit='few' is not a number of pages"),
        ("older=-1", "older='-1' is not a number of days"),
        ("target=co.uk", "target: 'co.uk' is a public suffix"),
        ("all=maybe", "all='maybe' is neither 1 nor 0"),
        ("domains=a.com", "recheck has no argument domains; it takes all, conditional, limit, older, project, target"),
    ],
)
def test_arguments_that_make_no_sense(crawling: Crawling, argument: str, said: str) -> None:
    """One line, exit code 2."""
    end = crawling.run("crawl", "recheck", "-a", argument)
    assert end.code == 2, end.err
    assert said in end.err.strip().splitlines()[-1]


NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
async def store(mongodb_uri: str, mongodb_database: str) -> AsyncIterator[Store]:
    """Ten pages on two hosts: page n was visited and is due n days before ``NOW``; even ones link to the shop."""
    async with Store(mongodb_uri, mongodb_database) as store:
        visits = []
        for n in range(10):
            url = f"http://{'blog' if n < 7 else 'other'}.test/{n}"
            page = Page(url, host_of(url), site_of(host_of(url)), "ok")
            links = [link(url, SHOP, "shop", "content")] if n % 2 == 0 else []
            visits.append(Visit(page, NOW - timedelta(days=n), links=links))
        await store.save_visits(visits)
        for n, one in enumerate(visits):
            await store.database["pages"].update_one(
                {"url": one.page.url}, {"$set": {"next_visit": NOW - timedelta(days=n - 3)}}
            )
        yield store


@pytest.mark.parametrize(
    ("wanted", "expected", "why"),
    [
        (Wanted(by=NOW), [9, 8, 7, 6, 5, 4, 3], "due by now, the longest first"),
        (Wanted(by=NOW, limit=2), [9, 8], "the first of them"),
        (Wanted(), [9, 8, 7, 6, 5, 4, 3, 2, 1, 0], "due or not"),
        (Wanted(by=NOW, visited_before=NOW - timedelta(days=5)), [9, 8, 7, 6], "not visited lately"),
        (Wanted(by=NOW, target_sites=("shop.test",)), [8, 6, 4], "with links to a site"),
        (Wanted(target_sites=("shop.test",), limit=4), [8, 6, 4, 2], "of these the first, due or not"),
        (Wanted(by=NOW, target_sites=("none.test",)), [], "nothing"),
    ],
)
async def test_which_pages_are_due(store: Store, wanted: Wanted, expected: list[int], why: str) -> None:
    """In the order in which they are due, as many as were announced."""
    found = [int(url.rpartition("/")[2]) async for url in due.due_pages(store.database, wanted)]
    assert found == expected
    assert (await due.amount(store.database, wanted)).pages == len(expected)


async def test_a_lost_cursor_is_no_end(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cursor that the server has closed in the meantime is opened again where it stood; no page is left out."""
    monkeypatch.setattr(due, "_BATCH", 2)
    found: list[int] = []
    async for url in due.due_pages(store.database, Wanted(by=NOW)):
        found.append(int(url.rpartition("/")[2]))
        if len(found) in {2, 5}:
            admin = store.database.client.admin
            idle: list[Document] = [
                {"$currentOp": {"idleCursors": True, "localOps": True}},
                {"$match": {"type": "idleCursor"}},
            ]
            namespace = f"{store.database.name}.pages"
            cursors = [op["cursor"]["cursorId"] async for op in await admin.aggregate(idle) if op["ns"] == namespace]
            await store.database.command("killCursors", "pages", cursors=cursors)
    assert list(dict.fromkeys(found)) == [9, 8, 7, 6, 5, 4, 3]
    assert len(found) > 7, "the cursor was lost indeed: the page it stood at came twice"


async def test_the_largest_host_decides(store: Store) -> None:
    """Pages and hosts are counted, and the host with the most pages named."""
    assert await due.amount(store.database, Wanted(by=NOW)) == Amount(7, 2, "blog.test", 4)
    assert await due.amount(store.database, Wanted(by=NOW, target_sites=("shop.test",))) == Amount(3, 2, "blog.test", 2)
