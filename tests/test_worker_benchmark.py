"""What the benchmark of the worker rests on: its web is as described, and a slower worker does not pass."""

import gzip
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.benchmarks.worker import balance, hosts_server
from tests.benchmarks.worker.contenders import Stored
from tests.benchmarks.worker.lab import Used
from tests.benchmarks.worker.results import Result, Run, moved
from tests.benchmarks.worker.web import EXTERNAL, LINKS, UNIQUE, Size, path_of, write_web

SIZE = Size(sites=2, pages=40)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Mapping[tuple[int, int], str]:
    """HTML by site and page."""
    place = write_web(tmp_path_factory.mktemp("web"), SIZE)
    return {
        (site, page): gzip.decompress((place / str(site) / f"{page}.html.gz").read_bytes()).decode()
        for site in range(SIZE.sites)
        for page in range(SIZE.pages)
    }


def test_links(pages: Mapping[tuple[int, int], str]) -> None:
    """Every page has its 104 links, 20 to other sites, of which 12 stand nowhere else."""
    external = {key: re.findall(r'<a href="(https?:[^"]+)', html) for key, html in pages.items()}
    everywhere = [link for links in external.values() for link in links]
    for key, html in pages.items():
        assert html.count("<a ") == LINKS
        assert len(external[key]) == EXTERNAL
        assert sum(everywhere.count(link) == 1 for link in external[key]) >= UNIQUE


def test_every_page_is_reached(pages: Mapping[tuple[int, int], str]) -> None:
    """A crawler that starts at the home page finds all of the site."""
    numbers = {path_of(page): page for page in range(SIZE.pages)}
    seen, waiting = {0}, [0]
    while waiting:
        for path in re.findall(r' href="(/[^"]*)"', pages[0, waiting.pop()]):
            if path in numbers and numbers[path] not in seen:
                seen.add(numbers[path])
                waiting.append(numbers[path])
    assert len(seen) == SIZE.pages


def test_the_seed_decides(tmp_path: Path) -> None:
    """The same seed writes the same bytes, another seed others."""
    first, again, other = (
        (write_web(tmp_path / name, Size(1, 2, seed)) / "0" / "1.html.gz").read_bytes()
        for name, seed in (("first", 1), ("again", 1), ("other", 2))
    )
    assert first == again != other


@pytest.mark.parametrize(
    ("now", "worse", "verdict"),
    [
        (5.0, False, "as kept"),
        (5.7, False, "as kept"),  # within the tolerance
        (5.9, True, "WORSE"),
        (4.0, False, "better"),
    ],
)
def test_a_slower_worker_is_told(now: float, worse: bool, verdict: str) -> None:
    """A ratio that grew beyond the tolerance fails; one that shrank is told and does not."""
    told, failed = moved({"worker CPU / loop": now}, {"worker CPU / loop": 5.0})
    assert failed is worse
    assert told[0].endswith(verdict)


def test_noise_of_small_figures() -> None:
    """A few hundredths of a millisecond more are no change, whatever their share."""
    assert moved({"Redis CPU / loop": 0.05}, {"Redis CPU / loop": 0.03})[1] is False


@pytest.mark.parametrize("host", [0, 9_999])
def test_pages_of_many_hosts(host: int) -> None:
    """Each page links to all pages of its host, and to as many other sites as is said, each by a URL of its own."""
    asked = f"Host: {hosts_server.name_of(host)}:8080\r\nAccept: */*".encode()
    seen: set[str] = set()
    for path in ("/", "/1", "/2"):
        head, _, body = hosts_server.answer(f"GET {path} HTTP/1.1\r\n".encode() + asked).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 ")
        assert f"Content-Length: {len(body)}".encode() in head
        assert set(re.findall(r'href="(/[^"]*)"', body.decode())) == {"/", "/1", "/2"}
        seen |= set(re.findall(r'href="(http[^"]*)"', body.decode()))
    assert len(seen) == hosts_server.PAGES * hosts_server.EXTERNAL
    assert hosts_server.answer(b"GET /3 HTTP/1.1\r\n" + asked).startswith(b"HTTP/1.1 404 ")
    assert b"Disallow: /cellar-" in hosts_server.answer(b"GET /robots.txt HTTP/1.1\r\n" + asked)


def _crawl(wall: float, *cpu: float) -> Run:
    return Run(
        Used(wall, cpu, redis_cpu=1.0, mongodb_cpu=2.0, server_cpu=0.5, memory=100, sockets=9), Stored(100, *[0] * 4)
    )


def test_where_the_time_went(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each process has a row; what they did not use of the machine is left; the second crawl is compared."""
    monkeypatch.setattr(balance, "cores", lambda: 2)
    one, two = Result("one", 100, [_crawl(10.0, 8.0)]), Result("two", 100, [_crawl(5.0, 4.0, 1.0)])
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in balance.table([one, two]).splitlines()]
    busy = {name: (float(first), float(second)) for name, first, second in rows[2:8]}
    assert busy["worker process 1"] == (0.8, 0.8)
    assert busy["worker process 2"] == (0, 0.2)
    assert busy["mongod"] == (0.2, 0.4)
    assert busy["left free of 2, or in use by others"] == (0.85, 0.3)
    assert "two: 2 times the pages/s of one" in balance.notes([one, two])[0]
