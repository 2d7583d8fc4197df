"""Real pages for tests and benchmarks, from the folder of ``tests.real_data``."""

import json
import lzma
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.real_data import DATA, VARIABLE

_ARCHIVE = DATA / "pages" / "wcxb_dev.tar.xz"
_LABELS = DATA / "labels" / "wcxb_dev.jsonl.xz"

ABSENT = f"no real pages: {_ARCHIVE} is not there (set {VARIABLE})"
"""Reason for a test that is skipped."""


class RealPage(NamedTuple):
    """A saved page (WCXB, CC-BY-4.0)."""

    name: str
    url: str
    kind: str
    body: bytes


def present() -> bool:
    """Whether the data is on this machine."""
    return _ARCHIVE.exists() and _LABELS.exists()


def real_pages(every: int = 1) -> Iterator[RealPage]:
    """Yield every n-th page whose address is known, in the order of the archive."""
    with lzma.open(_LABELS, "rt", encoding="utf-8") as lines:
        known = {entry["page"]: entry for entry in map(json.loads, lines) if entry.get("url")}
    number = 0
    with tarfile.open(_ARCHIVE) as archive:
        for member in archive:
            entry = known.get(Path(member.name).stem)
            if not member.isfile() or entry is None:
                continue
            number += 1
            if number % every == 0:
                file = archive.extractfile(member)
                assert file is not None
                yield RealPage(entry["page"], entry["url"], entry["type"], file.read())
