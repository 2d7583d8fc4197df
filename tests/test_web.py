"""The test web: its plan is what its bytes say, and its servers behave as planned."""

import gzip
import http.client
import json
import lzma
import socket
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urljoin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backlink_crawler.urls import host_of, normalise, site_of
from tests.web import hrefs
from tests.web.client import ask, connect, fetch
from tests.web.folders import serve_folders
from tests.web.oddities import OUTSIDE
from tests.web.parsed_links import parsed_links, planned_links
from tests.web.plan import Host, PagePlan, PlannedLink, Site, Web
from tests.web.process import web_process
from tests.web.render import replies
from tests.web.replay import serve_replay
from tests.web.server import ServedWeb, serve
from tests.web.synthetic import TARGET, synthetic_web
from tests.web.synthetic_content import PlannedContent, serve_web
from tests.web.truth import Occurrence, crawl_all, expected_crawl, links_of

HUGE = 100_000


@pytest.fixture(scope="module")
def plan() -> Web:
    return synthetic_web(sites=30, pages=3, huge=HUGE)


@pytest.fixture(scope="module")
def web(plan: Web) -> Iterator[ServedWeb]:
    with serve_web(plan) as served:
        yield served


def bytes_of(web: Web) -> list[bytes]:
    return [answer.head + answer.body for page in web.pages.values() for answer in replies(page)]


def test_the_same_seed_gives_the_same_bytes(plan: Web) -> None:
    """A web is a function of its arguments."""
    again = synthetic_web(sites=30, pages=3, huge=HUGE)
    other = synthetic_web(seed=2, sites=30, pages=3, huge=HUGE)
    assert list(again.pages) == list(plan.pages)
    assert bytes_of(again) == bytes_of(plan)
    assert bytes_of(other) != bytes_of(plan)


def test_the_default_web_has_the_promised_size() -> None:
    """600 to 1,000 pages, every kind of site, and a target that many sites link to."""
    web = synthetic_web()
    linking = {link.source_site for link in crawl_all(web).links.values() if link.target_site == TARGET}
    assert 600 <= len(web.pages) <= 1000
    assert len(linking) >= 20
    assert {"alice.github.io", "xn--bcher-ecke-9db.test"} <= {site.name for site in web.sites}
    assert f"blog.{TARGET}" in web.hosts
    with pytest.raises(ValueError, match="at least 30"):
        synthetic_web(sites=5)  # no room for the odd ones


def test_plain_followed_links_reach_everything(plan: Web) -> None:
    """The truth does not depend on what a crawler makes of nofollow, forms, frames and canonicals within a site."""
    thin = Web((replace(site, hosts=tuple(map(thinned, site.hosts))) for site in plan.sites), OUTSIDE)
    for site in plan.sites:
        home = site.hosts[0].pages[0].url
        assert expected_crawl(thin, [home], [site.name]).pages == expected_crawl(plan, [home], [site.name]).pages


def thinned(host: Host) -> Host:
    """Leave a host the links that every crawler follows."""

    def plain(link: PlannedLink) -> bool:
        return link.element == "a" and "nofollow" not in link.rel.lower()

    return replace(host, pages=tuple(replace(page, links=tuple(filter(plain, page.links))) for page in host.pages))


def base_of(page: PagePlan) -> str:
    """Return the base of the two pages that have one."""
    bases = {"based.html": "https://spellings.test/deep/", "based-elsewhere.html": "https://witness.test/based/"}
    return bases.get(page.url.rpartition("/")[2], page.url)


def test_targets_are_what_the_standard_makes_of_the_hrefs(plan: Web) -> None:
    """The truth's URLs, written by hand or turned into hrefs, are what ``normalise`` finds in those hrefs."""
    for page in plan.pages.values():
        assert normalise(page.url) == page.url
        for link in page.links:
            assert normalise(link.href, base_of(page)) == link.target, (page.url, link.href)
        if page.moved_to:
            assert normalise(page.location, page.url) == page.moved_to


def test_sites_are_registrable_domains(plan: Web) -> None:
    """The plan's sites, declared by hand, are those of the public suffix list."""
    urls = {link.target for page in plan.pages.values() for link in page.links if link.target} | set(plan.pages)
    assert {url: plan.site_of(url) for url in urls} == {url: site_of(host_of(url)) for url in urls}


PATHS = st.lists(st.sampled_from(["a", "b", "c.html", "~d", "?p=1"]), max_size=4).map("/".join)


@given(PATHS, PATHS)
def test_relative_references_lead_there(source: str, target: str) -> None:
    """``hrefs.relative`` agrees with the standard library's resolution."""
    here, there = f"https://x.test/{source}", f"https://x.test/{target}"
    assert urljoin(here, hrefs.relative(here, there)) == there


def test_an_independent_parser_sees_the_planned_links(plan: Web) -> None:
    """html5lib finds in the bytes of every page just the links of the plan, in their regions, in every charset."""
    pages = [page for page in plan.pages.values() if page.body == "html" and not page.url.endswith("/nested")]
    for page in pages:
        assert parsed_links(page, replies(page)[-1].body) == planned_links(page), page.url
    assert len(pages) > 200


def test_follow_verdicts_and_their_causes(plan: Web) -> None:
    """rel before meta before header; a header for another bot says nothing."""
    cases: dict[str, list[tuple[bool, str | None]]] = {
        "rel.html": [(True, None), (False, "rel"), (False, "rel"), (False, "rel"), (False, "rel"), (True, None)],
        "meta-nofollow.html": [(False, "meta"), (False, "rel"), (False, "rel")],
        "header-none.html": [(False, "header"), (False, "rel"), (False, "rel")],
        "meta-and-header.html": [(False, "meta"), (False, "rel"), (False, "rel")],
        "meta-noindex.html": [(True, None), (False, "rel"), (False, "rel")],
        "header-other-bot.html": [(True, None), (False, "rel"), (False, "rel")],
    }
    for name, verdicts in cases.items():
        links = links_of(plan, plan.page(f"https://rel-values.test/{name}"))
        places = [place for link in links for place in link.occurrences]
        assert [(place.follow, place.nofollow_cause) for place in places][: len(verdicts)] == verdicts, name


def small_plan() -> Web:
    here, there = "https://here.test/", "https://there.test/"
    pages = (
        PagePlan(here, links=(PlannedLink(f"{here}moved", "/moved"), PlannedLink(there, there, "x", region="footer"))),
        PagePlan(f"{here}moved", status=301, location=there, moved_to=there, outcomes=("redirect",)),
    )
    elsewhere = PagePlan(there, links=(PlannedLink(here, here), PlannedLink(f"{there}gone", "/gone")))
    sites = [Site("here.test", (Host("here.test", pages),)), Site("there.test", (Host("there.test", (elsewhere,)),))]
    return Web(sites, {})


def test_a_crawl_follows_its_scope_and_records_what_leaves_it() -> None:
    """The expectation of a crawl, on a web small enough to check by eye."""
    here, there = "https://here.test/", "https://there.test/"
    narrow = expected_crawl(small_plan(), [here], ["here.test"])
    assert narrow.pages == {here: ("ok",), f"{here}moved": ("redirect",)}
    assert set(narrow.links) == {(here, there), (f"{here}moved", there)}
    wide = expected_crawl(small_plan(), ["http://here.test/"], ["here.test", "there.test"])
    assert wide.pages == {
        "http://here.test/": ("redirect",),
        **narrow.pages,
        there: ("ok",),
        f"{there}gone": ("http_error",),
    }
    assert set(wide.links) == {*narrow.links, (there, here)}


def test_a_record_is_held_against_the_most_prominent_place(plan: Web) -> None:
    """A page that links twice is described by the link in its content, and only by what is asserted."""
    page = plan.page("https://spellings.test/absolute.html")
    link = next(link for link in links_of(plan, page) if link.target_url.endswith("/everywhere"))
    record = {"anchor": "and in the text", "rel": [], "region": "content", "link_type": "text"}
    assert len(link.occurrences) == 2
    assert link.agrees({**record, "follow": True, "nofollow_cause": None})
    assert not link.agrees({**record, "follow": False, "nofollow_cause": "rel"})
    assert not link.agrees({**record, "follow": True, "nofollow_cause": None, "anchor": "in the footer"})
    assert Occurrence(True, None, None).agrees({**record, "follow": True, "nofollow_cause": None})


def test_every_page_answers_as_planned(plan: Web, web: ServedWeb) -> None:
    """Status and Location of all planned pages, over http and verified https, as a crawler would dial them."""
    for page in plan.pages.values():
        if page.body in ("html", "empty") and page.first_status is None and not plan.hosts[host_of(page.url)].refuses:
            status, headers, _ = fetch(web, page.url, "HEAD")
            assert (status, headers.get("Location", "")) == (page.status, page.location), page.url


ROBOTS = [
    ("https://robots-rules.test", 200, b"Disallow: /private/"),
    ("https://robots-404.test", 404, b""),
    ("https://robots-500.test", 500, b""),
    ("https://robots-moved.test", 301, b""),
    ("https://robots-moved.test/rules", 200, b"Disallow: /private/"),
    ("https://crawl-delay.test", 200, b"Crawl-delay: 0"),
    ("http://plain-http.test", 200, b"Disallow:"),
    ("http://robots-404.test", 301, b""),
]


@pytest.mark.parametrize(("root", "status", "rule"), ROBOTS)
def test_robots_of_every_kind(web: ServedWeb, root: str, status: int, rule: bytes) -> None:
    """Each site has the robots.txt it was planned with."""
    found, headers, body = fetch(web, f"{root}/robots.txt")
    assert found == status
    assert rule in body
    assert (status == 301) == ("Location" in headers)


def test_a_page_is_busy_once(plan: Web) -> None:
    """503 with Retry-After for the first request, 200 for all others."""
    with serve_web(plan) as web:
        answers = [fetch(web, "http://errors.test/flaky") for _ in range(3)]
        assert [answer[0] for answer in answers] == [503, 200, 200]
        assert answers[0][1]["Retry-After"] == "1"
        assert [entry[1:] for entry in web.log] == [("errors.test", "/flaky", status) for status in (503, 200, 200)]
        assert sorted(entry.at for entry in web.log) == [entry.at for entry in web.log]


def test_another_version_of_a_page() -> None:
    """A test can change the web while it is served."""
    plan = small_plan()
    content = PlannedContent(plan)
    with serve(content) as web:
        before = fetch(web, "https://there.test/")
        content.put(replace(plan.page("https://there.test/"), status=410))
        assert (before[0], fetch(web, "https://there.test/")[0]) == (200, 410)


def test_large_bodies(web: ServedWeb) -> None:
    """Too large with a length, without one, and only once unzipped."""
    huge, chunked, bomb = (fetch(web, f"https://heavy.test/{name}") for name in ("huge", "chunked", "bomb"))
    assert int(huge[1]["Content-Length"]) == len(huge[2]) >= HUGE
    assert "Content-Length" not in chunked[1]
    assert len(chunked[2]) >= HUGE
    assert len(bomb[2]) < HUGE / 10 < HUGE < len(gzip.decompress(bomb[2]))


def test_bodies_that_are_no_html(web: ServedWeb) -> None:
    """A PDF, a PDF that is called HTML, and HTML that is called nothing."""
    leaflet, liar = (fetch(web, f"https://heavy.test/{name}") for name in ("leaflet.pdf", "pdf.html"))
    assert (leaflet[1]["Content-Type"], liar[1].get_content_type()) == ("application/pdf", "text/html")
    assert leaflet[2] == liar[2] != b""
    assert "Content-Type" not in fetch(web, "https://heavy.test/untyped")[1]


def test_an_endless_page_drips(web: ServedWeb) -> None:
    """Bytes keep coming, and the server goes on when the client has left."""
    connection = connect(web.hosts_file, "https://heavy.test/drip", web.certificate)
    response = ask(connection, "https://heavy.test/drip")
    assert "Content-Length" not in response.headers
    assert response.read(300).count(b"straw") >= 2
    connection.close()
    assert fetch(web, "https://heavy.test/empty")[0] == 200


def test_names_and_ports_that_fail(web: ServedWeb) -> None:
    """A name outside the hosts file does not resolve, a host refuses, an http site has no port 443."""
    with pytest.raises(ConnectionRefusedError):
        fetch(web, "https://closed.test/")
    for url in ("https://no-such-name.invalid/", "https://plain-http.test/"):
        with pytest.raises(KeyError):
            fetch(web, url)


def test_connections_are_kept_and_pipelined_requests_answered_in_order(web: ServedWeb) -> None:
    """Two requests in one segment, a third in two: three answers on one connection, which a bad request ends."""
    address, port = web.addresses["http"]
    get = "GET {} HTTP/1.1\r\nHost: plain-http.test\r\n\r\n".format
    with socket.create_connection((address, port), timeout=10) as client, client.makefile("rb") as answers:
        client.sendall((get("/page") + get("/nothing") + get("/page")[:20]).encode())
        assert [status_of(answers), status_of(answers)] == [200, 404]
        client.sendall((get("/page")[20:] + "POST / HTTP/1.1\r\n\r\n").encode())
        assert [status_of(answers), status_of(answers), answers.read()] == [200, 400, b""]


def status_of(stream: BinaryIO) -> int:
    status = int(stream.readline().split()[1])
    headers = http.client.parse_headers(stream)
    stream.read(int(headers["Content-Length"]))
    return status


SAVED = {"0001": b"<meta charset=latin1><p>caf\xe9", "0002": b"two", "0003": b"three", "0004": b"four"}
INDEX = [
    {"page": "0001", "url": "https://Saved.example/a/../article?id=7&x=\u00fc#top", "links": []},
    {"page": "0002", "url": "http://saved.example:8080/", "charset": "koi8-r"},
    {"page": "0003"},
    {"page": "not-there", "url": "http://saved.example/lost"},
    {"page": "0004", "url": "http://saved.example/article?id=7&x=%C3%BC"},
]


@pytest.fixture(params=["folder", "tar.xz"])
def replay(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ServedWeb]:
    folder = tmp_path / "saved"
    folder.mkdir()
    for name, body in SAVED.items():
        (folder / f"{name}.html").write_bytes(body)
    index = tmp_path / "index.jsonl.xz"
    index.write_bytes(lzma.compress("\n".join(map(json.dumps, INDEX)).encode()))
    archive = tmp_path / "saved.tar.xz"
    with tarfile.open(archive, "w:xz") as tar:
        tar.add(folder, "saved")
    with serve_replay(index, folder if request.param == "folder" else archive) as web:
        yield web


def test_a_saved_page_is_served_under_its_true_url(replay: ServedWeb) -> None:
    """Byte for byte over http and https, without a charset unless the index has one; of two pages the first."""
    for scheme in ("http", "https"):
        status, headers, body = fetch(replay, f"{scheme}://saved.example/article?id=7&x=%C3%BC")
        assert (status, headers["Content-Type"], body) == (200, "text/html", SAVED["0001"])
        for missing in ("/robots.txt", "/article", "/article?id=8", "/", "/lost"):
            assert fetch(replay, f"{scheme}://saved.example{missing}")[0] == 404
    assert replay.content.page_count() == 2


def test_a_saved_page_on_a_port_of_its_own(replay: ServedWeb) -> None:
    """The hosts file leads that port to the server, and the charset is the index's."""
    ports = json.loads(replay.hosts_file.read_text())["saved.example"]
    assert ports["8080"] == ports["80"] != ports["443"]
    status, headers, body = fetch(replay, "http://saved.example:8080/")
    assert (status, headers["Content-Type"], body) == (200, "text/html; charset=koi8-r", SAVED["0002"])


FOLDER_CASES = [
    ("/", 200, "text/html"),
    ("/index.html?any=query", 200, "text/html"),
    ("/sub", 301, None),
    ("/sub/", 200, "text/html"),
    ("/sub/%C3%BC.css", 200, "text/css"),
    ("/data.bin.gz", 200, "application/octet-stream"),
    ("/index.html/", 404, "text/html"),
    ("/empty/", 404, "text/html"),
    ("/robots.txt", 404, "text/html"),
    ("/../secret.html", 404, "text/html"),
    ("/%2e%2e/secret.html", 404, "text/html"),
    ("/%00", 404, "text/html"),
]


def test_folders_as_sites(tmp_path: Path) -> None:
    """Index pages, content types, the slash of a folder; nothing outside it, and nothing of another site."""
    root = tmp_path / "docs"
    for folder in (root / "sub", root / "empty", tmp_path / "other"):
        folder.mkdir(parents=True)
    for file in (root / "index.html", root / "sub/index.html", root / "sub/ü.css", root / "data.bin.gz"):
        file.write_text(file.name)
    (tmp_path / "secret.html").write_text("secret")
    with serve_folders({"docs.test": root, "other.test": tmp_path / "other"}) as web:
        for path, status, content_type in FOLDER_CASES:
            found, headers, _ = fetch(web, f"https://docs.test{path}")
            assert (found, headers.get("Content-Type")) == (status, content_type), path
        assert fetch(web, "http://docs.test/sub?x=1")[1]["Location"] == "/sub/?x=1"
        assert fetch(web, "http://other.test/index.html")[0] == 404
        assert web.content.page_count() == 2


def test_the_command_serves_until_it_is_told_to_stop(tmp_path: Path) -> None:
    """One line when ready, a hosts file, a request log, the truth; SIGTERM ends it well."""
    truth = tmp_path / "truth.jsonl"
    with web_process(tmp_path, "synthetic", "--sites", "30", "--pages", "3", "--truth", str(truth)) as process:
        assert process.ready.startswith("Serving 3")
        connection = connect(process.hosts_file, "http://plain-http.test/page")
        assert ask(connection, "http://plain-http.test/page").status == 200
        connection.close()
        assert [entry[1:] for entry in process.log()] == [("plain-http.test", "/page", 200)]
    links = crawl_all(synthetic_web(sites=30, pages=3)).links
    assert {
        (entry["source_url"], entry["target_url"]) for entry in map(json.loads, truth.read_text().splitlines())
    } == set(links)


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    """A folder that is not there is one line and status 1."""
    command = [
        sys.executable,
        "-m",
        "tests.web",
        "folders",
        "x.test=/nowhere/at/all",
        "--hosts-file",
        str(tmp_path / "h"),
    ]
    result = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[1], check=False)
    assert (result.returncode, result.stderr) == (1, "tests.web: /nowhere/at/all is no folder\n")
