"""Views of links to and from a site, counted against the true graph of the synthetic web."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from statistics import mode

import pytest

from backlink_crawler.records import UNSEEN_OUTCOMES
from backlink_crawler.reports.answer import Wish
from backlink_crawler.reports.engine import Engine
from backlink_crawler.reports.question import Question
from backlink_crawler.reports.summary import Tried, unknown_cause
from backlink_crawler.urls import host_of
from tests.reports.asking import Asking
from tests.reports.indexed_web import AT, IndexedWeb, address_of
from tests.web.synthetic import TARGET
from tests.web.truth import Occurrence, TrueLink

NAIVE = AT.replace(tzinfo=None)


@pytest.fixture
def links(synthetic_index: IndexedWeb) -> list[TrueLink]:
    """The true links to the site that everybody links to."""
    return [link for link in synthetic_index.truth.links.values() if link.target_site == TARGET]


@pytest.fixture
def outgoing(synthetic_index: IndexedWeb) -> list[TrueLink]:
    """The true links of that site to others."""
    return [link for link in synthetic_index.truth.links.values() if link.source_site == TARGET]


@pytest.fixture
def read(synthetic_index: IndexedWeb) -> Mapping[str, int]:
    """Site → its pages that can be read."""
    web = synthetic_index.web
    return Counter(web.site_of(url) for url, outcomes in synthetic_index.truth.pages.items() if outcomes[0] == "ok")


def place(link: TrueLink) -> Occurrence:
    """The one place that a record describes; pages that link to the target in several like ones are none of these."""
    return link.prominent[0]


def is_clear(link: TrueLink) -> bool:
    """Whether only one record can be made of the link."""
    return len({(one.anchor, one.region, one.follow) for one in link.prominent}) == 1


def by_domain(links: Iterable[TrueLink]) -> Mapping[str, list[TrueLink]]:
    found: dict[str, list[TrueLink]] = defaultdict(list)
    for link in links:
        found[link.source_site].append(link)
    return found


async def test_backlinks_are_all_links_of_other_sites(ask_synthetic: Asking, links: list[TrueLink]) -> None:
    """One row a link, each as it stands on its page; columns of pages are joined."""
    rows = (await ask_synthetic("backlinks", TARGET)).by("source_url", "target_url")
    assert rows.keys() == {(link.source_url, link.target_url) for link in links}
    for link in links:
        row = rows[link.source_url, link.target_url]
        assert row["anchor"] in {one.anchor for one in link.occurrences}
        assert (row["status"], row["matched"], row["source_host"]) == ("live", "direct", host_of(link.source_url))
        assert row["target_http_status"] == 200
        if is_clear(link):
            assert (row["follow"], row["nofollow_cause"]) == (place(link).follow, place(link).nofollow_cause)


async def test_one_link_stands_for_each_referring_domain(ask_synthetic: Asking, links: list[TrueLink]) -> None:
    """A followed one where there is any, of these the one with the greatest weight; the others are counted."""
    best = (await ask_synthetic("backlinks", TARGET, Wish(group=["domain"]))).by("source_site")
    every = (await ask_synthetic("backlinks", TARGET)).rows
    assert best.keys() == by_domain(links).keys()
    for site, row in best.items():
        of_site = [one for one in every if one["source_site"] == site]
        assert row["others"] == len(of_site) - 1
        followed = [one["weight"] for one in of_site if one["follow"]] or [one["weight"] for one in of_site]
        assert row["weight"] == max(followed)
        assert row["follow"] == any(one["follow"] for one in of_site)


async def test_links_that_stand_alike_are_told_once(
    ask_synthetic: Asking, links: list[TrueLink], read: Mapping[str, int]
) -> None:
    """With on how many of the site's pages that could be read; every link is in one group."""
    reply = await ask_synthetic("backlinks", TARGET, Wish(group=["similar"]))
    assert sum(reply.column("pages")) == len(links)
    for row in reply.rows:
        assert row["pages_crawled"] == read[row["source_site"]]
        assert row["share"] == pytest.approx(row["pages"] / row["pages_crawled"], abs=1e-4)
    # Every page of some sites says "Powered by …" in its footer: where no other link to the same page is more
    # prominent, that is one group.
    powered = Counter(
        (host_of(link.source_url), link.target_url)
        for link in links
        if is_clear(link) and place(link).anchor == f"Powered by {TARGET}"
    )
    found = {
        (row["source_host"], row["target_url"]): row["pages"]
        for row in reply.rows
        if row["anchor"] == f"Powered by {TARGET}"
    }
    assert max(powered.values()) > 3
    assert found == powered


async def test_referring_domains_count_their_links(ask_synthetic: Asking, links: list[TrueLink]) -> None:
    """Links, pages and targets of each site that links; the dates are those of the visit."""
    rows = (await ask_synthetic("referring-domains", TARGET)).by("source_site")
    expected = by_domain(links)
    assert rows.keys() == expected.keys()
    for site, of_site in expected.items():
        row = rows[site]
        pages, targets = {link.source_url for link in of_site}, {link.target_url for link in of_site}
        assert (row["backlinks"], row["pages"], row["targets"]) == (len(of_site), len(pages), len(targets))
        assert (row["unknown"], row["lost"], row["status"]) == (0, 0, "live")
        assert (row["first_seen"], row["last_seen"]) == (NAIVE, NAIVE)
        assert row["example"] in pages
        clear = [link for link in of_site if is_clear(link)]
        followed = sum(place(link).follow for link in clear)
        assert followed <= row["follow"] <= followed + len(of_site) - len(clear)


async def test_hosts_and_networks_count_what_links_from_them(
    ask_synthetic: Asking, synthetic_index: IndexedWeb, links: list[TrueLink]
) -> None:
    """A host is not its site; a network is the /24 that the pages were read from."""
    hosts = (await ask_synthetic("hosts", TARGET)).by("source_host")
    assert {host: row["backlinks"] for host, row in hosts.items()} == Counter(host_of(li.source_url) for li in links)
    assert len(hosts) > len(by_domain(links))
    subnets = (await ask_synthetic("subnets", TARGET)).by("source_subnet")
    expected: dict[str, set[str]] = defaultdict(set)
    for link in links:
        address = address_of(synthetic_index.web, link.source_url)
        expected[f"{str(address).rpartition('.')[0]}.0/24"].add(link.source_site)
    assert {net: set(row["domains"]) for net, row in subnets.items()} == expected
    assert sum(row["backlinks"] for row in subnets.values()) == len(links)


async def test_linked_pages_by_what_links_to_them(ask_synthetic: Asking, links: list[TrueLink]) -> None:
    """Links and referring domains of each page, its title and status; the page with most domains comes first."""
    reply = await ask_synthetic("pages", TARGET)
    rows = reply.by("url")
    assert {url: row["backlinks"] for url, row in rows.items()} == Counter(link.target_url for link in links)
    for url, row in rows.items():
        assert row["referring_domains"] == len({link.source_site for link in links if link.target_url == url})
        assert (row["http_status"], bool(row["title"])) == (200, True)
    assert reply.column("referring_domains") == sorted(reply.column("referring_domains"), reverse=True)
    assert reply.rows[0]["url"] == f"https://{TARGET}/"  # most links of the web go to home pages


async def test_sitewide_links_stand_on_half_of_a_site(
    ask_synthetic: Asking, links: list[TrueLink], read: Mapping[str, int]
) -> None:
    """At least half of at least ten pages that were read, or twenty pages: no other site and no other target."""
    pages = Counter((link.source_site, link.target_url) for link in links)
    expected = {
        (site, url): count
        for (site, url), count in pages.items()
        if (read[site] >= 10 and count / read[site] >= 0.5) or count >= 20
    }
    rows = (await ask_synthetic("sitewide", TARGET)).by("source_site", "target_url")
    assert {pair: row["pages"] for pair, row in rows.items()} == expected
    assert len(expected) > 1
    assert all(row["pages_crawled"] == read[site] for (site, _), row in rows.items())
    assert "footer" in {row["region"] for row in rows.values()}


async def test_outgoing_links_by_the_site_they_go_to(
    ask_synthetic: Asking, synthetic_index: IndexedWeb, outgoing: list[TrueLink]
) -> None:
    """How many, with which rel, and how many lead to nothing: every target of the web was asked for."""
    rows = (await ask_synthetic("outgoing", TARGET)).by("target_site")
    assert {site: row["links"] for site, row in rows.items()} == Counter(link.target_site for link in outgoing)
    clear = [link for link in outgoing if is_clear(link)]
    for token in ("nofollow", "sponsored", "ugc"):
        least = sum(token in (place(link).rel or ()) for link in clear)
        found = sum(row[token] for row in rows.values())
        assert least <= found <= least + len(outgoing) - len(clear), token
        assert found
    pages = synthetic_index.truth.pages
    assert sum(row["checked"] for row in rows.values()) == sum(link.target_url in pages for link in outgoing)
    gone = [link for link in outgoing if synthetic_index.web.page(link.target_url).status in {404, 410}]
    assert sum(row["dead"] for row in rows.values()) == len(gone)


async def test_reciprocal_sites_link_both_ways(
    ask_synthetic: Asking, links: list[TrueLink], outgoing: list[TrueLink]
) -> None:
    """Both directions with their counts; who only links, or is only linked, is not told."""
    there = Counter(link.source_site for link in links)
    back = Counter(link.target_site for link in outgoing)
    rows = (await ask_synthetic("reciprocal", TARGET)).by("site")
    assert rows.keys() == there.keys() & back.keys()
    assert {site: (row["links_in"], row["links_out"]) for site, row in rows.items()} == {
        site: (there[site], back[site]) for site in rows
    }
    assert {(row["first_seen_in"], row["first_seen_out"]) for row in rows.values()} == {(NAIVE, NAIVE)}


async def test_coverage_tells_how_the_pages_of_each_site_ended(
    ask_synthetic: Asking, synthetic_index: IndexedWeb
) -> None:
    """Every page counts once; what could not be looked at by its cause, as the opening sentences name it."""
    web = synthetic_index.web
    tried: dict[str, list[tuple[str, str | None]]] = defaultdict(list)
    for url, outcomes in synthetic_index.truth.pages.items():
        plan = web.page(url)
        status = plan.status if outcomes[0] == "http_error" else None
        tried[web.site_of(url)].append((outcomes[0], unknown_cause(Tried(outcomes[0], status, 1))))
    reply = await ask_synthetic("coverage", TARGET)
    rows = reply.by("site")
    assert rows.keys() == tried.keys()
    for site, ends in tried.items():
        row, outcomes_of = rows[site], Counter(outcome for outcome, _ in ends)
        causes = Counter(cause for _, cause in ends if cause)
        assert (row["pages"], row["read"], row["redirects"]) == (len(ends), outcomes_of["ok"], outcomes_of["redirect"])
        assert row["unknown"] == sum(causes.values())
        told = dict(part.rsplit(" ", 1) for part in row["causes"].split(", ")) if row["causes"] else {}
        assert told == {cause: str(count) for cause, count in causes.items()}
        assert row["read"] + row["redirects"] + row["errors"] + row["other"] + row["unknown"] == row["pages"]
        assert (row["oldest_visit"], row["newest_visit"]) == (NAIVE, NAIVE)
        assert row["unvisited"] == (0 if site == TARGET else None)  # all of its pages that are linked were visited
    assert sum(row["unknown"] for row in rows.values()) == reply.facts["pages_unknown"]


def test_causes_are_those_of_the_opening() -> None:
    """SQL and the opening sentences agree on what is unknown, for every outcome and status."""
    with Engine(Question((TARGET,), AT)) as engine:
        for outcome in (*UNSEEN_OUTCOMES, "ok", "redirect", "not_html", "too_large", "http_error"):
            for status in (
                (None, 200, 301, 401, 403, 404, 410, 418, 429, 500, 503) if outcome == "http_error" else (None,)
            ):
                said = "NULL" if status is None else status
                (found,) = engine.answer(f"SELECT unknown_cause('{outcome}', {said}) AS cause").read_all().to_pylist()
                assert found["cause"] == unknown_cause(Tried(outcome, status, 1)), (outcome, status)


async def test_anchors_count_links_and_domains(ask_synthetic: Asking, links: list[TrueLink]) -> None:
    """Each anchor with its kind; shares are of all links and of all referring domains."""
    rows = (await ask_synthetic("anchors", TARGET)).by("anchor", "anchor_type")
    clear = [link for link in links if is_clear(link)]
    unclear = len(links) - len(clear)
    for anchor, count in Counter(place(link).anchor for link in clear).most_common(20):
        found = [row for (said, _), row in rows.items() if said == anchor]
        total = sum(row["backlinks"] for row in found)
        assert count <= total <= count + unclear, anchor
    assert sum(row["backlinks"] for row in rows.values()) == len(links)
    assert sum(row["share"] for row in rows.values()) == pytest.approx(1, abs=0.01)
    domains = len(by_domain(links))
    for row in rows.values():
        assert row["share_of_domains"] == pytest.approx(row["referring_domains"] / domains, abs=1e-4)
    kinds = dict(rows.keys())
    assert {anchor: kinds[anchor] for anchor in ("Garden Tools", TARGET, "here", "pruning roses")} == {
        "Garden Tools": "branded",  # by the name of garden-tools.test
        TARGET: "url",
        "here": "generic",
        "pruning roses": "other",
    }


async def test_over_optimisation_shows(ask_synthetic: Asking, links: list[TrueLink]) -> None:
    """With commercial terms, links by exact and partial anchors have their share, in all and by referring domain."""
    terms = {"commercial": ("pruning roses", "Powered by"), "brands": ("Gartenkönig",)}
    kinds = (await ask_synthetic("anchors", TARGET, Wish(group=["type"]), **terms)).by("anchor_type")
    assert kinds.keys() >= {"exact", "partial", "url", "generic", "other"}
    assert "branded" not in kinds  # the site's own name is no brand where others are named
    assert kinds["partial"]["most_used"] == f"Powered by {TARGET}"
    assert sum(row["backlinks"] for row in kinds.values()) == len(links)
    assert sum(row["share_of_follow"] for row in kinds.values()) == pytest.approx(1, abs=0.01)
    domains = (await ask_synthetic("anchors", TARGET, Wish(group=["domain"]), **terms)).by("source_site")
    assert domains.keys() == by_domain(links).keys()
    for site, row in domains.items():
        assert row["share_commercial"] == pytest.approx((row["exact"] + row["partial"]) / row["backlinks"], abs=1e-4)
        assert row["backlinks"] == len(by_domain(links)[site])
    assert sum(row["exact"] for row in domains.values()) == kinds["exact"]["backlinks"]
    assert sum(row["partial"] for row in domains.values()) == kinds["partial"]["backlinks"]


@pytest.mark.parametrize(
    ("scope", "place_", "counts"),
    [
        ("site", TARGET, lambda url: True),
        ("host", f"blog.{TARGET}", lambda url: host_of(url) == f"blog.{TARGET}"),
        ("url", f"https://{TARGET}/", lambda url: url == f"https://{TARGET}/"),
        ("prefix", f"https://shop.{TARGET}/", lambda url: url.startswith(f"https://shop.{TARGET}/")),
    ],
)
async def test_a_scope_bounds_what_counts(
    ask_synthetic: Asking, links: list[TrueLink], scope: str, place_: str, counts: object
) -> None:
    """Links to the site, to one host, below an address, or to one address: in every view of links."""
    assert callable(counts)
    expected = [link for link in links if counts(link.target_url)]
    assert expected
    backlinks = await ask_synthetic("backlinks", TARGET, scope=scope, place=place_)
    assert {(row["source_url"], row["target_url"]) for row in backlinks.rows} == {
        (link.source_url, link.target_url) for link in expected
    }
    summary = await ask_synthetic("summary", TARGET, scope=scope, place=place_)
    assert summary.facts["backlinks"] == len(expected)
    assert any(place_ in said for said in summary.statements) or scope == "site"


async def test_the_summary_agrees_with_the_graph(
    ask_synthetic: Asking, synthetic_index: IndexedWeb, links: list[TrueLink]
) -> None:
    """Totals and histograms are those of the true links."""
    reply = await ask_synthetic("summary", TARGET)
    rows = {(row["section"], row["name"]): row for row in reply.rows}
    assert rows["total", TARGET]["backlinks"] == len(links)
    assert reply.facts["referring_pages"] == len({link.source_url for link in links})
    assert reply.facts["referring_domains"] == len(by_domain(links))
    assert reply.facts["referring_hosts"] == len({host_of(link.source_url) for link in links})
    # alice.github.io and bob.github.io are customers of one private suffix; so are carol.blogspot.com and no other.
    customers = {site for site in by_domain(links) if site.endswith(".github.io")}
    merged = len(by_domain(links)) - len(customers) + bool(customers)
    assert reply.facts["referring_domains_by_registry_suffix"] == merged
    tlds = Counter(link.source_site.rpartition(".")[2] for link in links)
    assert {name: row["backlinks"] for (section, name), row in rows.items() if section == "tld"} == tlds
    assert rows["language", "en"]["backlinks"] == len(links)  # every page of the web declares it
    types = Counter(row["link_type"] for row in (await ask_synthetic("backlinks", TARGET)).rows)
    assert {name: row["backlinks"] for (section, name), row in rows.items() if section == "link_type"} == types
    assert mode(place(link).region for link in links) == "content"
    assert max((row["backlinks"], name) for (section, name), row in rows.items() if section == "region")[1] == "content"
    targets = {name: row["backlinks"] for (section, name), row in rows.items() if section == "target_page"}
    assert targets == Counter(link.target_url for link in links)


async def test_dates_choose_rows(ask_synthetic: Asking, links: list[TrueLink]) -> None:
    """Of views whose rows have a first date; the end of the time is not part of it."""
    tomorrow = AT.replace(day=2)
    for since, until, expected in (
        (AT, None, len(links)),
        (None, AT, 0),
        (AT, tomorrow, len(links)),
        (tomorrow, None, 0),
    ):
        reply = await ask_synthetic("backlinks", TARGET, since=since, until=until)
        assert reply.total == expected, (since, until)
