"""robots.txt in whole crawls: two workers, a real server's log, and what is noted of it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from scrapy.settings import Settings
from scrapy.utils.test import get_crawler

from backlink_crawler import __version__
from backlink_crawler.net.introduction import contact_missing, introduce, robots_name
from backlink_crawler.net.robots import RobotsMiddleware
from backlink_crawler.records import Child, Page, RawLink, Visit
from backlink_crawler.spiders.seeds import SeedsSpider
from tests.crawling import Crawling, ended
from tests.web.reply import NOT_FOUND, Listener, Reply, reply
from tests.web.server import ServedWeb, serve

DELAY = 0.2
SITES = ("one.test", "two.test")
FILES = {"one.test": "www.one.test/robots.txt", "two.test": "www.two.test/rules"}
"""Where the robots.txt of a bare host redirects to: what its twin reads as well, and a file of its own."""
PAGES = 5
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Twins:
    """Sites whose bare host serves pages and has its robots.txt on the www twin, which serves pages as well."""

    def ports(self) -> Mapping[str, Mapping[int, Listener]]:
        hosts = [host for site in SITES for host in (site, f"www.{site}")]
        return {host: {80: "http"} for host in hosts}

    def answer(self, scheme: str, authority: str, target: str) -> Reply:
        if target == "/robots.txt" and authority in FILES:
            return reply(301, headers=[("Location", f"http://{FILES[authority]}")])
        if target in ("/robots.txt", "/rules"):
            rules = b"User-agent: *\nDisallow: /private\nSitemap: /sitemap.xml\nSitemap: https://cdn.test/s.xml?b#c\n"
            return reply(200, rules, "text/plain")
        if target == "/" or target.startswith("/page"):
            links = "".join(f"<p>See <a href='/page{n}'>page {n}</a>.</p>" for n in range(PAGES))
            return reply(200, f"<title>Page</title>{links}<a href=/private>no</a>".encode(), "text/html")
        return NOT_FOUND

    def page_count(self) -> int:
        return len(SITES) * 2 * (PAGES + 1)


@pytest.fixture(scope="module")
def twins() -> Iterator[ServedWeb]:
    """The twins on loopback."""
    with serve(Twins()) as web:
        yield web


def test_two_workers_share_robots_txt_and_manners(crawling: Crawling, twins: ServedWeb) -> None:
    """Each file is asked for once in all, also behind redirects; no two requests to a host are closer than its delay;
    what is disallowed is not asked for; and the sitemaps are in the index.
    """
    urls = ",".join(f"http://{host}/" for host in twins.content.ports())
    arguments = ("crawl", "seeds", "-a", f"urls={urls}")
    workers = [crawling.start(*arguments, NET_HOSTS_FILE=twins.hosts_file, FRONTIER_HOST_DELAY=DELAY) for _ in range(2)]
    ends = [ended(worker) for worker in workers]
    assert [end.code for end in ends] == [0, 0], ends
    assert [end.errors for end in ends] == [[], []]
    asked = Counter(f"{one.host}{one.path}" for one in twins.log)
    files = {*(f"{host}/robots.txt" for host in twins.content.ports()), *FILES.values()}
    assert {url: n for url, n in asked.items() if url in files} == dict.fromkeys(files, 1)
    for host in twins.content.ports():
        times = sorted(one.at for one in twins.log if one.host == host)
        assert len(times) == PAGES + 2 + (f"{host}/rules" in files)
        assert min(later - earlier for earlier, later in pairwise(times)) > DELAY - 0.005, host
    outcomes = crawling.outcomes()
    assert Counter(outcomes.values()) == {"ok": len(SITES) * 2 * (PAGES + 1), "blocked_by_robots": len(SITES) * 2}
    noted = {note["_id"]: note for note in crawling.documents("sitemaps")}
    assert {f"www.{site}" for site in SITES} <= noted.keys() <= twins.content.ports().keys()
    note = noted["www.one.test"]
    assert (note["site"], note["urls"]) == ("one.test", ["http://www.one.test/sitemap.xml", "https://cdn.test/s.xml?b"])
    assert note["first_seen"] == note["last_seen"]


CONTACT = {"CONTACT": "https://you.example"}
# fmt: off
INTRODUCTIONS = [
    (CONTACT, f"backlink_crawler/{__version__} (+https://you.example)", "backlink_crawler", "with a contact"),
    ({}, f"backlink_crawler/{__version__}", "backlink_crawler", "without"),
    ({"USER_AGENT": "OurBot/2 (a@us.example)"}, "OurBot/2 (a@us.example)", "OurBot", "a name of one's own"),
    ({"USER_AGENT": "2"}, "2", "backlink_crawler", "no name at all"),
    ({"USER_AGENT": "X (compatible; OurBot/2)", "ROBOTSTXT_USER_AGENT": "ours"}, "X (compatible; OurBot/2)", "ours",
     "both given"),
]
# fmt: on


@pytest.mark.parametrize(("given", "agent", "token", "reason"), INTRODUCTIONS)
def test_introduction(given: dict[str, str], agent: str, token: str, reason: str) -> None:
    """The User-Agent says who is there; robots.txt files address its product token (RFC 9309 §2.2.1)."""
    settings = Settings(given)
    introduce(settings)
    assert (settings["USER_AGENT"], robots_name(settings)) == (agent, token), reason


@pytest.mark.parametrize(
    ("given", "missing", "reason"),
    [
        ({}, True, "the open web, and nobody to ask"),
        (CONTACT, False, "an address"),
        ({"USER_AGENT": "OurBot/2 (bot@us.example)"}, False, "an address in a User-Agent of one's own"),
        ({"USER_AGENT": "OurBot/2"}, True, "a User-Agent without one"),
        ({"ALLOW_PRIVATE_ADDRESSES": "1"}, False, "one's own network"),
        ({"NET_HOSTS_FILE": "hosts.json"}, False, "a web without DNS is not the open one"),
    ],
)
def test_a_crawl_without_contact_is_warned(
    given: dict[str, str], missing: bool, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    """One line says so and how to set it, before the first request."""
    crawler = get_crawler(SeedsSpider, settings_dict=given)
    assert contact_missing(crawler.settings) is missing, reason
    SeedsSpider.from_crawler(crawler, domains="a.example")
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert len(warnings) == missing
    assert all("-s CONTACT=" in line and "\n" not in line for line in warnings)


def test_a_name_that_sites_cannot_see_is_warned(caplog: pytest.LogCaptureFixture) -> None:
    """Rules for a name that is in no log are rules nobody can write."""
    given = {"USER_AGENT": "OurBot/2", "SCHEDULER": "scrapy.core.scheduler.Scheduler"}
    for token, warned in (("ourbot", 0), ("Googlebot", 1)):
        caplog.clear()
        RobotsMiddleware(get_crawler(settings_dict={**given, "ROBOTSTXT_USER_AGENT": token}))
        assert len(caplog.records) == warned


def visited(*, nofollow: bool) -> Visit:
    """A page with an internal link of each kind."""
    page = Page("http://a.example/", "a.example", "a.example", "ok", nofollow=nofollow)
    links = [
        RawLink(url, url, "", "none", rel, "text", "content", "", 0)
        for url, rel in (("http://a.example/plain", ()), ("http://a.example/nofollow", ("nofollow",)))
    ]
    return Visit(page, NOON, links)


@pytest.mark.parametrize(
    ("setting", "nofollow", "walked"),
    [
        ("0", False, ["plain", "nofollow"]),
        ("0", True, []),
        ("1", True, ["plain", "nofollow"]),
    ],
)
def test_nofollow(setting: str, nofollow: bool, walked: list[str]) -> None:
    """A page that says nofollow leads nowhere unless told; a link that says so is walked."""
    crawler = get_crawler(SeedsSpider, settings_dict={"WALK_NOFOLLOW": setting, **CONTACT})
    spider = SeedsSpider.from_crawler(crawler, domains="a.example")
    children: list[Child] = list(spider.children(visited(nofollow=nofollow)))
    assert [child.url.rpartition("/")[2] for child in children] == walked
