"""What a crawl must come to: the pages it must ask for, and every external link on them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context

from tests.real_input.addresses import host_of, resolve, site_of, split
from tests.real_input.witness import Kind, SeenLink, lxml_targets, read_document
from tests.web.reply import Content

Pair = tuple[str, str]
"""(source URL, target URL)"""

_WALKED: frozenset[Kind] = frozenset({"a", "area", "iframe", "frame", "canonical", "redirect"})
_HTML = frozenset({"text/html", "application/xhtml+xml"})


@dataclass(frozen=True, slots=True)
class SeenPage:
    """One answer of the server, read."""

    url: str
    outcome: str
    """``ok``, ``redirect``, ``http_error`` or ``not_html``."""
    links: tuple[SeenLink, ...] = ()
    nofollow: bool = False


@dataclass(slots=True)
class Expected:
    """What a correct crawl finds."""

    outcomes: dict[str, str] = field(default_factory=dict)
    """URL of every page that must be asked for → what it comes to."""
    links: dict[Pair, frozenset[Kind]] = field(default_factory=dict)
    """External links: pair → the kinds of elements that make it."""

    def add(self, page: SeenPage) -> None:
        """Take up what one page says."""
        self.outcomes[page.url] = page.outcome
        site = site_of(host_of(page.url))
        for kind, target in page.links:
            if site_of(host_of(target)) != site:
                pair = page.url, target
                self.links[pair] = self.links.get(pair, frozenset()) | {kind}


class Reader:
    """Reads served pages in processes of its own; made by :func:`reading`."""

    def __init__(self, pool: ProcessPoolExecutor) -> None:
        self._pool = pool

    def pages(self, urls: Iterable[str]) -> Iterator[SeenPage]:
        """Yield what is served under each URL."""
        return self._pool.map(_read, urls, chunksize=8)

    def second_opinions(self, urls: Iterable[str]) -> Mapping[str, frozenset[str]]:
        """Return, for each page, the targets that lxml finds in its ``<a>`` and ``<area>``."""
        listed = list(urls)
        return dict(zip(listed, self._pool.map(_second_opinion, listed, chunksize=8), strict=True))


@contextmanager
def reading(content: Content, processes: int = 2) -> Iterator[Reader]:
    """Read what ``content`` serves until the block ends."""
    with ProcessPoolExecutor(processes, get_context("spawn"), initializer=_serve, initargs=(content,)) as pool:
        yield Reader(pool)


def listed_pages(reader: Reader, urls: Iterable[str]) -> Expected:
    """Return what a crawl of exactly these pages finds."""
    return _gathered(reader, urls, lambda page: ())


def walked_sites(reader: Reader, starts: Iterable[str]) -> Expected:
    """Return what a walk from ``starts`` through every internal link finds."""
    listed = list(starts)
    hosts = {host_of(start) for start in listed}

    def onwards(page: SeenPage) -> Iterator[str]:
        if not page.nofollow:
            yield from (to for kind, to in page.links if kind in _WALKED and host_of(to) in hosts)

    return _gathered(reader, listed, onwards)


def _gathered(reader: Reader, urls: Iterable[str], onwards: Callable[[SeenPage], Iterable[str]]) -> Expected:
    expected = Expected()
    waiting = dict.fromkeys(urls)
    while waiting:
        found: dict[str, None] = {}
        for page in reader.pages(waiting):
            expected.add(page)
            found.update(dict.fromkeys(onwards(page)))
        waiting = {url: None for url in found if url not in expected.outcomes}
    return expected


_served: Content
"""In a reading process: what is served."""


def _serve(content: Content) -> None:
    global _served
    _served = content


def _read(url: str) -> SeenPage:
    status, headers, body = _answer(url)
    location = headers.get("location")
    if 300 <= status < 400 and location:
        link = _redirect(location, url)
        return SeenPage(url, "redirect", (link,) if link else ())
    if not 200 <= status < 300:
        return SeenPage(url, "http_error")
    media_type, charset = _content_type(headers)
    if media_type not in _HTML:
        return SeenPage(url, "not_html")
    document = read_document(body, url, charset)
    return SeenPage(url, "ok", document.links, document.nofollow)


def _second_opinion(url: str) -> frozenset[str]:
    _, headers, body = _answer(url)
    return lxml_targets(body, url, _content_type(headers)[1])


def _answer(url: str) -> tuple[int, Mapping[str, str], bytes]:
    answer = _served.answer(*split(url))
    lines = answer.head.decode("latin-1").split("\r\n")[1:]
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return answer.status, headers, answer.body


def _content_type(headers: Mapping[str, str]) -> tuple[str, str]:
    media_type, _, parameters = headers.get("content-type", "").partition(";")
    return media_type.strip().lower(), parameters.partition("charset=")[2].strip(" \"'")


def _redirect(location: str, url: str) -> SeenLink | None:
    target = resolve(location, url)
    return SeenLink("redirect", target) if target is not None else None
