"""The benchmark's web: sites of equal size whose pages look like articles of a magazine, the same for the same seed.

A page has 104 links: 81 to pages of its own site (root-relative, so that the same bytes serve under any name), 20 to
other sites, 3 that are no web address. 12 of the 20 stand on no other page; 8 are drawn from 500 popular targets. Sizes
are log-normal with a median of about 44 KB. Every page is reached from the site's home page.
"""

import gzip
import itertools
import math
import random
from dataclasses import dataclass
from pathlib import Path

LINKS, EXTERNAL, UNIQUE = 104, 20, 12
POPULAR = 500
_NAV, _INLINE, _RELATED, _FOOTER = 15, 26, 15, 25
_MEDIAN_WORDS, _SPREAD = 4_400, 0.45
_DONE = "complete"
_SYLLABLES = (
    "ba",
    "co",
    "de",
    "fi",
    "gar",
    "hol",
    "in",
    "ka",
    "lo",
    "mer",
    "no",
    "os",
    "pel",
    "qui",
    "ra",
    "sen",
    "tu",
)


@dataclass(frozen=True, slots=True)
class Size:
    """How many sites, of how many pages each, from which seed."""

    sites: int
    pages: int
    seed: int = 7

    @property
    def total(self) -> int:
        """All pages."""
        return self.sites * self.pages


def path_of(page: int) -> str:
    """Return the path of a page on its site."""
    return f"/articles/{page}-notes-on-the-garden.html" if page else "/"


def write_web(folder: Path, size: Size) -> Path:
    """Write the pages, compressed, below ``folder`` and return where; what is there already is used again."""
    place = folder / f"web-{size.seed}-{size.sites}x{size.pages}"
    if (place / _DONE).exists():
        return place
    for site in range(size.sites):
        there = place / str(site)
        there.mkdir(parents=True, exist_ok=True)
        writer = _Writer(size, site)
        for page in range(size.pages):
            (there / f"{page}.html.gz").write_bytes(gzip.compress(writer.page(page).encode(), 6, mtime=0))
    (place / _DONE).touch()
    return place


class _Writer:
    """Writes the pages of one site."""

    def __init__(self, size: Size, site: int) -> None:
        self._size = size
        self._site = site
        common = random.Random(size.seed)
        words = {"".join(common.choices(_SYLLABLES, k=common.randint(1, 4))) for _ in range(6_000)}
        self._words = sorted(words, key=lambda word: (len(word), word))
        self._weights = list(itertools.accumulate(1 / (rank + 10) for rank in range(len(self._words))))
        self._style = "".join(f".c{n}{{margin:{n % 7}px;color:#{n * 4_099 % 2**24:06x}}}\n" for n in range(130))
        self._random = random.Random(f"{size.seed}/{site}")
        self._page = 0

    def page(self, page: int) -> str:
        """Return the HTML of one page."""
        self._random.seed(f"{self._size.seed}/{self._site}/{page}")
        self._page = page
        return (
            f"<!DOCTYPE html>\n<html lang=en><head><meta charset=utf-8><title>{self._text(7)}</title>\n"
            f'<meta name=description content="{self._text(20)}"><link rel=stylesheet href=/style.css>\n'
            f"<style>{self._style}</style></head><body class=page>\n{self._header()}{self._main()}{self._footer()}"
            "</body></html>\n"
        )

    def _header(self) -> str:
        items = "".join(f"<li class=c{n}>{self._internal(n, 2)}</li>\n" for n in range(_NAV))
        return f'<header><a href="#main">Skip to content</a><nav><ul>{items}</ul></nav></header>\n'

    def _main(self) -> str:
        words = int(_MEDIAN_WORDS * math.exp(self._random.gauss(0, _SPREAD)))
        links = [self._reachable(n) for n in range(_INLINE)] + [self._unique(n) for n in range(UNIQUE)]
        self._random.shuffle(links)
        each = max(words // len(links), 4)
        paragraphs = "".join(
            f"<p class=c{n}>{self._text(each // 2)} {link} {self._text(each // 2)}.</p>\n"
            for n, link in enumerate(links)
        )
        return f"<main id=main><article><h1>{self._text(6)}</h1>\n{paragraphs}</article></main>\n{self._aside()}"

    def _aside(self) -> str:
        pages = self._random.choices(range(self._size.pages), k=_RELATED)
        items = "".join(f"<li>{self._internal(page, 6)}</li>\n" for page in pages)
        comments = "".join(
            f"<div class=comment><p>{self._text(25)} {self._popular('ugc nofollow')}</p></div>\n" for _ in range(4)
        )
        return f"<aside><ul>{items}</ul></aside>\n<section id=comments class=comments>{comments}</section>\n"

    def _footer(self) -> str:
        inner = "".join(f"<li>{self._internal(n * 3, 2)}</li>\n" for n in range(_FOOTER))
        outer = "".join(f"<li>{self._popular('noopener')}</li>\n" for _ in range(2))
        outer += "".join(f"<li>{self._popular('sponsored')}</li>\n" for _ in range(2))
        other = '<a href="mailto:desk@garden.test">Write to us</a> <a href="javascript:print()">Print</a>'
        return f"<footer><ul>{inner}{outer}</ul><p>{other} {self._text(12)}</p></footer>\n"

    def _reachable(self, number: int) -> str:
        """Return a link into the tree that reaches every page, then to the pages that follow this one."""
        child = 2 * self._page + 1 + number
        return self._internal(child if number < 2 else self._page + number, 4)

    def _internal(self, page: int, words: int) -> str:
        return f'<a class="link c{page % 130}" href="{path_of(page % self._size.pages)}">{self._text(words)}</a>'

    def _unique(self, number: int) -> str:
        serial = (self._site * self._size.pages + self._page) * UNIQUE + number
        host = f"{self._words[serial % 1_999 + 30]}-{serial % 7}.example"
        rel = " rel=nofollow" if number % 6 == 5 else ""
        return f'<a href="https://{host}/{self._slug(3)}-{serial}"{rel}>{self._text(3)}</a>'

    def _popular(self, rel: str) -> str:
        number = int(POPULAR * self._random.random() ** 2)
        return f'<a href="https://www.popular-{number}.test/about" rel="{rel}">{self._text(2)}</a>'

    def _text(self, words: int) -> str:
        return " ".join(self._random.choices(self._words, cum_weights=self._weights, k=words))

    def _slug(self, words: int) -> str:
        return "-".join(self._random.choices(self._words, k=words))
