"""Golden pages read as they did: whatever changes is seen, field by field."""

from pathlib import Path

import pytest

from tests.golden.reading import as_text, pages, read


@pytest.mark.parametrize("folder", list(pages()), ids=lambda folder: folder.name)
def test_golden(folder: Path) -> None:
    """A page gives what is written beside it; ``python -m tests.golden`` shows the difference and accepts it."""
    assert as_text(read(folder)) == (folder / "expected.json").read_text("utf-8")


def test_there_are_golden_pages() -> None:
    """The folders are found."""
    assert len(list(pages())) >= 10
