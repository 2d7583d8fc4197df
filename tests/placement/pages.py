"""Labelled real pages, read from the data folder (``tests.real_data``)."""

import json
import lzma
import tarfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

import turbohtml
from turbohtml import Document, Element

from backlink_crawler.extract.placement.outline import Outline
from backlink_crawler.extract.reading import Reading
from backlink_crawler.urls import site_of
from tests.real_data import DATA

FOLDER = DATA
LINKING = ("a", "area", "iframe", "frame", "form", "link")


@dataclass(slots=True)
class LabelledPage:
    """One page and what is known of its links."""

    name: str
    url: str | None
    kind: str
    body: bytes
    labels: list[tuple[str, int]] = field(default_factory=list)
    """href and label of each ``<a href>`` in document order: 1 content, 0 boilerplate, -1 undecided."""
    _away: dict[str, bool] = field(default_factory=dict)

    @property
    def site(self) -> str:
        host = urlsplit(self.url).hostname if self.url else None
        return site_of(host) if host else self.name

    def parse(self) -> Document:
        return turbohtml.parse(self.body, encoding="utf-8", positions=False, allow_declarative_shadow_roots=False)

    def labels_of(self, elements: Sequence[Element]) -> list[int | None]:
        """Match labels to ``elements``: the k-th label of an href belongs to the k-th ``<a>`` with that href."""
        waiting: dict[str, list[int]] = defaultdict(list)
        for written, label in self.labels:
            waiting[written].append(label)
        met: Counter[str] = Counter()
        matched: list[int | None] = []
        for element in elements:
            href = element.attr("href") if element.tag == "a" else None
            if href is None:
                matched.append(None)
                continue
            href = href.strip()
            labels, number = waiting[href], met[href]
            met[href] += 1
            matched.append(labels[number] if number < len(labels) else None)
        return matched

    def leads_away(self, href: str) -> bool:
        """Whether a link leads to another site; never on a page without an address."""
        known = self._away.get(href)
        if known is None:
            known = self._away[href] = self._leads_away(href)
        return known

    def _leads_away(self, href: str) -> bool:
        try:
            host = urlsplit(urljoin(self.url, href)).hostname if self.url else None
        except ValueError:
            return False
        return bool(host) and site_of(host or "") != self.site


def available(name: str) -> bool:
    """Whether the pages called ``name`` are there."""
    return (FOLDER / "pages" / f"{name}.tar.xz").is_file() and (FOLDER / "labels" / f"{name}.jsonl.xz").is_file()


def labelled_pages(name: str, limit: int = 0) -> Iterator[LabelledPage]:
    """Yield the labelled pages called ``name`` in the order of the archive; the first ``limit``, or all for 0."""
    with lzma.open(FOLDER / "labels" / f"{name}.jsonl.xz", "rt", encoding="utf-8") as lines:
        known = {record["page"]: record for record in map(json.loads, lines)}
    found = 0
    with tarfile.open(FOLDER / "pages" / f"{name}.tar.xz") as archive:
        for member in archive:
            path = Path(member.name)
            record = known.get(path.parent.name if path.name == "source.html" else path.stem)
            if not member.isfile() or path.suffix != ".html" or record is None:
                continue
            if path.name not in {"source.html", f"{record['page']}.html"}:
                continue
            body = archive.extractfile(member)
            if body is None:
                continue
            labels = [((href or "").strip(), label) for _, href, _, label in record["links"]]
            yield LabelledPage(record["page"], record.get("url"), record.get("type") or "untyped", body.read(), labels)
            found += 1
            if found == limit:
                return


class Link(NamedTuple):
    """A link as placement wants to have it."""

    href: str | None
    box: int | None


def outlined(document: Document, elements: Sequence[Element]) -> tuple[Outline, list[Link]]:
    """Return the outline of ``document``, and where in it ``elements`` stand."""
    reading = Reading(document)
    boxes = {link.element: link.box for link in reading.occurrences}
    return reading.outline, [Link(element.attr("href"), boxes.get(element)) for element in elements]


def linking_elements(document: Document) -> list[Element]:
    """Return the elements of ``document`` that link, as the extraction takes them."""
    return [
        element for element in document.iter_elements(LINKING) if element.tag != "a" or element.attr("href") is not None
    ]
