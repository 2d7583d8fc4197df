"""Traps of every kind beside good pages: each ends within its budget, and takes nothing from anybody else."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.crawling import Crawling, Document
from tests.web.hostile import mazes, serve_hostile
from tests.web.reply import Served
from tests.web.server import ServedWeb

BUDGET = 80
"""Pages of a site; half of it are twice its good pages, nearly."""
SETTINGS = {"MAX_PAGES_PER_SITE": BUDGET, "FRONTIER_HOST_CONCURRENCY": 4, "WALK_MAX_REDIRECTS": 10}
LIFTED = {
    **dict.fromkeys(("WALK_MAX_URL", "WALK_MAX_SEGMENTS", "WALK_MAX_REPEATS", "WALK_MAX_REDIRECTS"), 0),
    "WALK_SUSPECT_SHARE": 1,
}

HELD: Mapping[str, str] = {
    "calendar": "suspect_lookalike",
    "java-sessions": "suspect_session_id",
    "forum-sessions": "suspect_session_id",
    "visits": "suspect_lookalike",
    "catch-all": "suspect_lookalike",
    "subdomains": "suspect_lookalike",
    "facets": "suspect_many_parameters",
    "fan-out": "suspect_many_links",
    "relative-path": "refused_repeated_path",
    "deep-path": "refused_deep_path",
    "long-url": "refused_long_url",
    "repeated-parameter": "refused_repeated_parameter",
    "redirects": "refused_redirect_chain",
    "soft-404": "refused_soft_404",
}
"""Trap → the reason it is held by: its own site's good pages are all read."""
SPENT = {"babble", "fan-out-again"}
"""Traps that nothing gives away: they spend the budget of their own site, and no more."""
NEVER_ENDING = ("calendar", "deep-path", "facets", "fan-out", "java-sessions", "long-url", "redirects", "visits")
"""One of HELD for each reason that can be lifted; a path that repeats is then as deep as DEPTH_LIMIT."""


@dataclass(frozen=True)
class Crawled:
    """A crawl as the server saw it, and what was stored."""

    log: list[Served]
    """Requests for pages."""
    links: list[Document]
    counters: Mapping[str, int]
    last_words: str

    def asked(self) -> dict[str, Counter[str]]:
        """Return site → path of its own host → requests; pages of other hosts of the site count under their name."""
        sites: dict[str, Counter[str]] = defaultdict(Counter)
        for _, host, path, _ in self.log:
            site = ".".join(host.split(".")[-2:])
            sites[site][path if host == site else f"{host}{path}"] += 1
        return sites


@pytest.fixture(scope="module")
def web() -> Iterator[ServedWeb]:
    """The traps."""
    with serve_hostile(mazes.traps()) as web:
        yield web


def crawl(crawling: Crawling, web: ServedWeb, folder: Path, hosts: list[str], **settings: object) -> Crawled:
    """Crawl sites with their subdomains."""
    starts = folder / "starts.txt"
    starts.write_text("\n".join(f"http://{host}/" for host in hosts))
    before = len(web.log)
    end = crawling.run(
        *("crawl", "seeds", "-a", f"urls=@{starts}", "-a", "subdomains=1"),
        **{**SETTINGS, "NET_HOSTS_FILE": web.hosts_file, **settings},
    )
    assert end.code == 0, end.err
    assert end.errors == []
    log = [served for served in web.log[before:] if served.path != "/robots.txt"]
    (noted,) = crawling.documents("crawls")
    return Crawled(log, crawling.documents("links"), noted["counters"], end.err)


def test_traps(crawling: Crawling, web: ServedWeb, tmp_path: Path) -> None:
    """Each trap ends within the budget of its site, most leave its good pages alone, and the reasons are told."""
    crawled = crawl(crawling, web, tmp_path, [*(f"{name}.test" for name in mazes.names()), "good.test"])
    asked = crawled.asked()
    assert HELD.keys() | SPENT == set(mazes.names())
    for name in mazes.names():
        paths = asked[f"{name}.test"]
        assert paths.total() <= BUDGET, name
        assert max(paths.values()) == 1, name
        assert name in SPENT or paths.keys() >= mazes.GOOD, name
        assert name in SPENT or paths.total() < BUDGET, name
    for reason in set(HELD.values()):
        assert crawled.counters[f"walk_{reason}"] > 0, reason
        what, word = reason.split("_", 1)
        told = "not walked" if what == "refused" else "walked only"
        assert re.search(rf"URLs {told}.*\b{word} \d", crawled.last_words), reason
    hops = [path for path in asked["redirects.test"] if path.startswith("/hop/")]
    assert len(hops) == 2 * 11, "two chains, each an address and ten redirects"
    assert asked["good.test"] == Counter(dict.fromkeys(mazes.GOOD, 1)), "another site is asked for the same"
    assert finished(crawled.log, "good.test") < len(crawled.log) / 2, "and does not wait for the traps"
    robots = Counter(served.host for served in web.log if served.path == "/robots.txt")
    assert max(robots.values()) == 1
    assert len([host for host in robots if host.endswith("subdomains.test")]) <= BUDGET, "names cost as little as pages"
    read = [served for served in crawled.log if served.status == 200]
    witnessed = {link["source_url"] for link in crawled.links if link["target_url"] == mazes.OUTSIDE}
    assert witnessed == {f"http://{host}{path}" for _, host, path, _ in read}, "what is walked is recorded"


def finished(log: list[Served], host: str) -> int:
    """Return how many requests were made until the last one for ``host``."""
    return max(n for n, served in enumerate(log, start=1) if served.host == host)


def test_links_that_are_not_walked_are_recorded(crawling: Crawling, web: ServedWeb, tmp_path: Path) -> None:
    """The guards bound walking alone: a trap's links within its site are stored where internal links are wanted."""
    crawled = crawl(crawling, web, tmp_path, ["soft-404.test", "long-url.test"], STORE_INTERNAL_LINKS=1)
    walked = {f"http://{host}{path}" for _, host, path, _ in crawled.log}
    stored = {link["target_url"] for link in crawled.links}
    assert len([url for url in stored - walked if len(url) > 1_000]) == crawled.counters["walk_refused_long_url"] == 8
    assert len([url for url in stored - walked if url.startswith("http://soft-404.test/")]) == 9


def test_without_the_limits_the_same_traps_spend_everything(crawling: Crawling, web: ServedWeb, tmp_path: Path) -> None:
    """With every WALK setting lifted, each of these traps takes the whole budget of its site, and never more."""
    crawled = crawl(crawling, web, tmp_path, [f"{name}.test" for name in NEVER_ENDING], **LIFTED)
    assert {name: crawled.asked()[f"{name}.test"].total() for name in NEVER_ENDING} == dict.fromkeys(
        NEVER_ENDING, BUDGET
    )
