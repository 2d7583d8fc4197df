"""Whole crawls of the synthetic web: two workers, compared with its true graph."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from backlink_crawler.features import build_links
from backlink_crawler.records import Page, RawLink, Visit
from backlink_crawler.store import Store
from backlink_crawler.urls import host_of, site_of
from tests.crawling import Crawling, ended
from tests.web.plan import Web
from tests.web.server import ServedWeb
from tests.web.synthetic import TARGET, synthetic_web
from tests.web.synthetic_content import serve_web
from tests.web.truth import crawl_all, expected_crawl, homes


@pytest.fixture(scope="module")
def web() -> Web:
    """Every odd corner, few pages."""
    return synthetic_web(sites=30, pages=3)


@pytest.fixture(scope="module")
def served(web: Web) -> Iterator[ServedWeb]:
    """The web on loopback."""
    with serve_web(web) as running:
        yield running


@pytest.fixture
def seeds(web: Web, tmp_path: Path) -> Path:
    """A list file with the home page of every host."""
    path = tmp_path / "seeds.txt"
    path.write_text("\n".join(homes(web)))
    return path


def test_two_workers_find_exactly_what_is_there(crawling: Crawling, web: Web, served: ServedWeb, seeds: Path) -> None:
    """Two workers of one crawl store every page with its outcome and every link as it stands, and no other."""
    arguments = ("crawl", "seeds", "-a", f"urls=@{seeds}", "-a", f"targets={TARGET}")
    workers = [crawling.start(*arguments, NET_HOSTS_FILE=served.hosts_file) for _ in range(2)]
    ends = [ended(worker) for worker in workers]
    assert [end.code for end in ends] == [0, 0], ends
    assert [line for end in ends for line in end.errors] == []
    assert crawl_all(web).differences(crawling.outcomes(), crawling.links()) == []
    (crawl,) = crawling.documents("crawls")
    assert (crawl["workers"], crawl["reason"], crawl["spider"]) == (2, "finished", "seeds")
    assert crawl["counters"]["links_to_targets"] == sum(
        link.target_site == TARGET for link in crawl_all(web).links.values()
    )
    again = crawling.run(*arguments, NET_HOSTS_FILE=served.hosts_file)
    assert "has ended before" in again.err
    assert again.code == 0


def test_a_domain_is_walked_and_nothing_else(crawling: Crawling, web: Web, served: ServedWeb) -> None:
    """A domain without scheme, in http only, is found by http; its subdomains are another matter unless asked for."""
    site = next(s for s in web.sites if len(s.hosts) > 1 and s.name != TARGET)
    end = crawling.run(
        "crawl", "seeds", "-a", f"domains={site.name}", "-a", "subdomains=1", NET_HOSTS_FILE=served.hosts_file
    )
    assert end.code == 0, end.err
    expected = expected_crawl(web, [host.pages[0].url for host in site.hosts], [site.name])
    assert set(crawling.outcomes()) >= set(expected.pages)
    assert crawling.links().keys() == expected.links.keys()


async def test_competitors_and_the_sites_around_them(
    crawling: Crawling, web: Web, served: ServedWeb, mongodb_uri: str
) -> None:
    """A competitor is walked whole; sites it links to and sites known to link to it give a few pages each."""
    rival, known = web.sites[1], web.sites[2].hosts[0].pages[-1].url
    async with Store(mongodb_uri, crawling.database) as store:
        page = Page(known, host_of(known), site_of(host_of(known)), "ok")
        home = rival.hosts[0].pages[0].url
        raw = RawLink(home, home, "", "none", (), "text", "content", "", 0)
        visit = Visit(page, datetime(2030, 1, 1, tzinfo=UTC), links=build_links(page, [raw], internal_too=False))
        await store.save_visits([visit])
    arguments = ("crawl", "competitors", "-a", f"sites={rival.name}", "-a", f"targets={TARGET}", "-a", "probe=2")
    end = crawling.run(*arguments, NET_HOSTS_FILE=served.hosts_file)
    assert end.code == 0, end.err
    outcomes = crawling.outcomes()
    expected = expected_crawl(web, [host.pages[0].url for host in rival.hosts], [rival.name])
    assert set(expected.pages) <= set(outcomes)
    assert known in outcomes
    around = Counter(site_of(host_of(url)) for url in outcomes if site_of(host_of(url)) != rival.name)
    linked = {link.target_site for link in expected.links.values()}
    assert around.keys() <= linked | {page.site}
    assert len(around) > 3
    assert max(around.values()) == 2
