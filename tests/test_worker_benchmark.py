"""What the benchmark of the worker rests on: its web is as described, and a slower worker does not pass."""

import gzip
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.benchmarks.worker.results import moved
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
