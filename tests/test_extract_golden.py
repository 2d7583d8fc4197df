"""Golden pages read as they did: whatever changes is seen, field by field."""

from pathlib import Path

import pytest

from backlink_crawler.extract import extract_page
from tests.golden.reading import FOLDER, as_text, pages, read


@pytest.mark.parametrize("folder", list(pages()), ids=lambda folder: folder.name)
def test_golden(folder: Path) -> None:
    """A page gives what is written beside it; ``python -m tests.golden`` shows the difference and accepts it."""
    assert as_text(read(folder)) == (folder / "expected.json").read_text("utf-8")


ARTICLE = "article"
JUDGED = [
    ("https://tools.example/spades?ref=shed", True, "in the first paragraph"),
    ("https://en.wikipedia.example/wiki/Spade", True, "in running text"),
    ("https://wood.example/ash", True, "in running text, nofollow"),
    ("https://shop.example/spade", True, "in running text, sponsored"),
    ("https://one.example/", True, "further reading, chosen by the author"),
    ("https://three.example/", True, "further reading, chosen by the author"),
    ("https://www.facebook.com/sharer.php", False, "a share button below the article"),
    ("https://twitter.com/intent/tweet", False, "a share button below the article"),
]


@pytest.mark.parametrize(("href", "content", "reason"), JUDGED)
def test_judged_places(href: str, content: bool, reason: str) -> None:
    """Where no landmark tells, the model says of a golden page what a person says."""
    elements = extract_page((FOLDER / ARTICLE / "page.html").read_bytes(), "https://blog.golden.test/x").links
    (region,) = {element.region for element in elements if element.href.startswith(href)}
    assert (region == "content") == content, reason


def test_there_are_golden_pages() -> None:
    """The folders are found."""
    assert len(list(pages())) >= 10
