"""A made-up crawl: visits of pages with 20 external links each, every field of every link filled.

Built to cost little and to look like the real thing where it matters to a database: URLs of about 74 characters, 100
characters of context on both sides that compress like text, target sites by Zipf's law, and many sites crawled at the
same time, so that neighbouring writes have little in common. A page is a function of its number: a re-visit makes the
same records again.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Literal

from backlink_crawler.records import Link, LinkType, Page, Region, Visit

LINKS_A_PAGE = 20
PAGES_A_SITE = 50
START = datetime(2026, 1, 1, tzinfo=UTC)

_SITEWIDE = 4
"""Links of a page that stand on every page of its site: navigation, footer."""
_AT_ONCE = 500
"""Sites that are crawled in turn."""
_TARGET_SITES = 200_000
_LETTERS = "etaoinshrdlucmfwypvbgkjqxz"

Change = Literal["none", "one_in_20"]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where on its page a link stands."""

    region: Region
    link_type: LinkType
    block: str
    density: float
    placement: str
    reason: str


_CONTENT = _Place("content", "text", "p", 0.11, "editorial", "paragraph of the content")
_PLACES = (
    *(_CONTENT,) * 11,
    *(_Place("content", "image", "figure", 0.4, "editorial", "image in the content"),) * 2,
    *(_Place("aside", "text", "li", 0.92, "resource_list", "list of links"),) * 3,
)
_SITEWIDE_PLACES = (
    _Place("header", "text", "div", 0.8, "sitewide", "header of the page"),
    _Place("nav", "text", "li", 1.0, "sitewide", "navigation of the page"),
    *(_Place("footer", "text", "li", 1.0, "sitewide", "footer of the page"),) * 2,
)


class Crawl:
    """Pages by number, 0 to ``pages - 1``, in the order in which they are crawled."""

    def __init__(self, pages: int, *, seed: int = 1) -> None:
        chance = random.Random(seed)
        self.pages = pages
        vocabulary = _vocabulary(chance)
        self._text = " ".join(chance.choices(vocabulary, cum_weights=_zipf(len(vocabulary)), k=600_000))
        self._slugs = ["-".join(chance.choices(vocabulary, k=6))[:44] for _ in range(50_000)]
        self._sites = [
            f"{first}{second}.{top}"
            for first, second, top in zip(
                chance.choices(vocabulary, k=_TARGET_SITES),
                chance.choices(vocabulary, k=_TARGET_SITES),
                chance.choices(("com", "org", "net", "de", "info"), k=_TARGET_SITES),
                strict=True,
            )
        ]
        self._weights = _zipf(_TARGET_SITES)
        self._biggest = chance.sample(range(200), 40)

    def target_site(self, rank: int) -> str:
        """Return the site that gets the most links but ``rank``."""
        return self._sites[rank]

    def visits(self, first: int, last: int, *, days: float = 0, change: Change = "none") -> Iterator[Visit]:
        """Yield visits of the pages from ``first`` to ``last`` (not included).

        :param days: since the pages were visited first.
        :param change: how much of each page is another than at first.
        """
        return (self._visit(number, days, change) for number in range(first, min(last, self.pages)))

    def _visit(self, number: int, days: float, change: Change) -> Visit:
        chance = random.Random(number)
        group, place = divmod(number, _AT_ONCE * PAGES_A_SITE)
        site_number = group * _AT_ONCE + place % _AT_ONCE
        site = f"{self._slugs[site_number % len(self._slugs)][:9].replace('-', '')}-{site_number}.example.com"
        page = self._page(number, site, chance)
        page.crawl_id = f"bench-{START + timedelta(days=days):%Y%m%dT%H%M%SZ}"
        links = [self._link(page, ordinal, *what) for ordinal, what in enumerate(self._links(site_number, chance))]
        if change == "one_in_20":
            _alter(links, number)
        page.sites_linked = len({link.target_site for link in links})
        # Twenty pages a second.
        at = START + timedelta(days=days, milliseconds=50 * number)
        return Visit(page, at, links=links, token=number + 1)

    def _page(self, number: int, site: str, chance: random.Random) -> Page:
        text, at = self._text, chance.randrange(len(self._text) - 200)
        host = f"www.{site}"
        url = f"https://{host}/{self._slugs[number % 50_000][:32]}/{number}.html"
        return Page(
            url=url,
            host=host,
            site=site,
            outcome="ok",
            ip="192.0.2.7",
            subnet="192.0.2.0/24",
            http_status=200,
            content_type="text/html",
            charset="utf-8",
            bytes=30_000 + number % 90_000,
            title=text[at : at + 60],
            language="en",
            author=text[at + 60 : at + 75],
            published_at=START - timedelta(days=number % 2_000),
            platform="wordpress",
            page_type="article",
            word_count=number % 3_000,
            canonical_url=url,
            indexable=True,
            needs_rendering=False,
            soft_404=False,
            links_internal=60,
            links_external=LINKS_A_PAGE,
            depth=number % 8,
            etag=f'"{chance.getrandbits(64):x}"',
            last_modified="Thu, 01 Jan 2026 00:00:00 GMT",
        )

    def _links(self, site_number: int, chance: random.Random) -> Iterator[tuple[str, str, int, _Place]]:
        """Yield site, URL, a place in the text and the place on the page of each target."""
        sites = self._sites
        for nth, place in enumerate(_SITEWIDE_PLACES):
            rank = self._biggest[(site_number + nth * 10) % len(self._biggest)]
            yield sites[rank], f"https://www.{sites[rank]}/{self._slugs[nth]}", site_number * 997 + nth * 40, place
        others = LINKS_A_PAGE - _SITEWIDE
        ranks = chance.choices(range(_TARGET_SITES), cum_weights=self._weights, k=others)
        taken = set()
        for rank, place in zip(ranks, _PLACES, strict=True):
            page = int((1 - chance.random()) ** -1.25)
            while (rank, page) in taken:
                page += 1
            taken.add((rank, page))
            slug = self._slugs[(rank * 31 + page) % 50_000]
            yield sites[rank], f"https://www.{sites[rank]}/{slug}/{page}.html", chance.getrandbits(21), place

    def _link(self, page: Page, ordinal: int, site: str, target: str, at: int, place: _Place) -> Link:
        text = self._text
        declared = ordinal % 5 == 3
        return Link(
            source_url=page.url,
            source_host=page.host,
            source_site=page.site,
            href=target,
            target_url=target,
            target_host=f"www.{site}",
            target_site=site,
            scope="external",
            link_type=place.link_type,
            anchor=text[at + 100 : at + 118 + at % 13],
            anchor_source="text",
            rel=("nofollow", "noopener") if declared else (),
            nofollow=declared,
            ugc=False,
            sponsored=False,
            follow=not declared,
            nofollow_cause="rel" if declared else None,
            region=place.region,
            content_score=0.01 * (at % 100),
            xpath=f"/html/body/div[2]/div[1]/main/article/div[{1 + at % 3}]/section[3]/{place.block}[{ordinal}]/a",
            ordinal=4 * ordinal,
            hidden=None,
            occurrences=1 + at % 2,
            wrapped_url=None,
            placement_type=place.placement,
            placement_reason=place.reason,
            offset=0.0001 * (at % 10_000),
            dom_depth=6 + at % 9,
            block_tag=place.block,
            block_words=at % 150,
            block_link_density=place.density,
            in_list=place.block == "li",
            heading=text[at + 250 : at + 290],
            text_before=text[at : at + 100],
            text_after=text[at + 131 : at + 231],
            weight=1 / LINKS_A_PAGE,
        )


def _alter(links: list[Link], number: int) -> None:
    """Change one link: by turns it gets another anchor, says nofollow, or makes room for another target."""
    link = links[6 + number % 8]
    if number % 3 == 0:
        link.anchor += " now"
    elif number % 3 == 1:
        link.rel, link.nofollow, link.follow, link.nofollow_cause = ("nofollow",), True, False, "rel"
        if number % 6 == 1:
            link.anchor += " too"
    else:
        link.target_url = link.href = f"{link.target_url}/new"
        link.anchor = f"{link.anchor} there"


def _vocabulary(chance: random.Random) -> list[str]:
    lengths = chance.choices(range(2, 12), weights=(6, 14, 16, 14, 12, 11, 9, 8, 6, 4), k=30_000)
    weights = range(len(_LETTERS), 0, -1)
    return ["".join(chance.choices(_LETTERS, weights=weights, k=length)) for length in lengths]


def _zipf(number: int) -> list[float]:
    return list(accumulate(1 / rank for rank in range(1, number + 1)))
