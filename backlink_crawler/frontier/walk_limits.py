"""How far a crawl follows a page: against traps, which make new URLs for ever out of nothing. Pure.

Links are always recorded; only walking is bounded. Three answers are given of a URL that a page makes known:

    refused   not walked from this page, whatever room there is
    suspect   walked only while its site has used less than a share of its page budget; the rest is for other URLs
    nothing   walked

What is refused, and why no honest site needs it:

    long_url            longer than ``max_url`` characters: links that grow with every page
    deep_path           more than ``max_segments`` path segments: the same, by relative links
    repeated_path       the same segments ``max_repeats`` times in a row (``/a/b/a/b/a/b``, ``////``): the same
    repeated_parameter  one parameter with one value so many times: the same, in the query
    redirect_chain      more than ``max_redirects`` redirects in a row led here
    soft_404            of a page that says that it is none: a server that answers everything links to everything

What is suspect:

    session_id          names a session: cookies are not kept, so each page has new ones
    many_parameters     more than ``FEW_PARAMETERS``: searches whose filters are combined
    many_links          of a page that leads to many: what is more than half of that share
    lookalike           of a page that looks as ``ALIKE`` others of its site did: the same title and anchors, numbers
                        aside, and as many words; calendars, mazes of sessions, subdomains without end

Every answer is counted under its name. Bounds were chosen on the links of 1,239 real pages (docs/security.md).
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from string import digits
from typing import Literal, TypeAlias

from backlink_crawler.frontier.contract import BANDS
from backlink_crawler.records import Child, RawLink, Visit
from backlink_crawler.urls import host_of, site_of

Reason: TypeAlias = Literal[
    "long_url",
    "deep_path",
    "repeated_path",
    "repeated_parameter",
    "redirect_chain",
    "soft_404",
    "session_id",
    "many_parameters",
    "many_links",
    "lookalike",
]

FEW_PARAMETERS = 3
"""More are found in 1 of 200 links within real sites."""
FEW_LINKS = 20
"""Links into one site that every page may have, however small the site's budget is."""
ALIKE = 3
"""Pages of a site that may look alike before the next one is suspect."""
_REMEMBERED = 16_384
_READ = 100
"""Links by which a page is recognised."""

_SESSION = re.compile(
    r"[;?&/](?:jsessionid|phpsessid|aspsessionid[a-z]*|cfid|cftoken|zenid|oscsid|xtcsid|sessionid|session_id)="
    r"|[?&;](?:sid|sess|session|s)=(?=[a-z]*\d)(?=\d*[a-z])[0-9a-z]{16,}(?=[&;]|$)"
    r"|/\([sax]\([0-9a-z]{16,}\)\)/",
    re.IGNORECASE,
)
"""Names that programs give to sessions (Java, PHP, ASP, ColdFusion, shops), shorter names with a value that looks like
one, and ASP.NET's path segment. A ``sid`` of digits alone is a story or a shop."""
_NUMBERS = re.compile(r"\d+")
_NO_DIGITS = str.maketrans("", "", digits)


@dataclass(frozen=True, slots=True)
class WalkLimits:
    """Bounds of walking; 0 lifts one."""

    max_url: int = 1_000
    """Characters of a URL."""
    max_segments: int = 16
    """Segments of its path."""
    max_repeats: int = 3
    """Times that a run of segments, or a parameter, stands in a row."""
    max_redirects: int = 10
    """Redirects in a row."""
    suspect_share: float = 0.5
    """Part of a site's page budget that suspect URLs may fill; 1 lifts it."""


def refusal(url: str, limits: WalkLimits) -> Reason | None:
    """Return why a normalised URL is not walked, whatever page it stands on; ``None`` where nothing is wrong with it.

    >>> refusal("https://a.com/x/y/x/y/x/y", WalkLimits()), refusal("https://a.com/2012/01/01/", WalkLimits())
    ('repeated_path', None)
    """
    if limits.max_url and len(url) > limits.max_url:
        return "long_url"
    address, _, query = url.partition("?")
    segments = address.split("/")[3:]
    if limits.max_segments and len(segments) > limits.max_segments + (segments[-1] == ""):
        return "deep_path"
    if limits.max_repeats and len(set(segments)) < len(segments) and _repeats(segments, limits.max_repeats):
        return "repeated_path"
    if limits.max_repeats and "&" in query:
        counted = Counter(filter(None, query.split("&")))
        if counted and max(counted.values()) >= limits.max_repeats:
            return "repeated_parameter"
    return None


def suspicion(url: str) -> Reason | None:
    """Return what speaks against a normalised URL without condemning it."""
    if ("=" in url or "(" in url) and _SESSION.search(url, url.index("/", 8)):
        return "session_id"
    return "many_parameters" if url.partition("?")[2].count("&") + 1 > FEW_PARAMETERS else None


def _repeats(segments: list[str], times: int) -> bool:
    """Whether some run of segments stands ``times`` times in a row."""
    count = len(segments)
    for length in range(1, count // times + 1):
        alike = 0
        for i in range(count - length):
            alike = alike + 1 if segments[i] == segments[i + length] else 0
            if alike == length * (times - 1):
                return True
    return False


def likeness(title: str | None, words: int | None, links: Sequence[RawLink]) -> int:
    """Return a number that is the same for pages with one title, as many words and the same first anchors.

    Numbers in them are left out, and so are addresses: they are what a trap makes up.
    """
    said = "\n".join([title or "", *[link.anchor for link in links[:_READ]]])
    # Python translates ASCII at once, and anything else slower than the expression.
    unnumbered = said.translate(_NO_DIGITS) if said.isascii() else _NUMBERS.sub("", said)
    text = f"{words} {unnumbered}"
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=8).digest())


class Lookalikes:
    """How often pages of a site have looked alike: a bounded memory of one worker, in two generations."""

    def __init__(self, generation: int = 50_000) -> None:
        """:param generation: looks per generation, about 100 bytes each."""
        self._generation = generation
        self._young: dict[tuple[str, int], int] = {}
        self._old: dict[tuple[str, int], int] = {}

    def count(self, site: str, look: int) -> int:
        """Note a page and return how many of its site have looked so, itself included."""
        key = site, look
        times = (self._young.get(key) or self._old.get(key, 0)) + 1
        if key not in self._young and len(self._young) >= self._generation:
            self._old, self._young = self._young, {}
        self._young[key] = times
        return times


@dataclass(slots=True)
class Bounded:
    """What of a page's children is walked, and how often each reason spoke against one."""

    children: list[Child] = field(default_factory=list)
    refused: Counter[Reason] = field(default_factory=Counter)
    suspect: Counter[Reason] = field(default_factory=Counter)


class Walk:
    """Bounds what pages make known; keeps what it has to remember of earlier ones."""

    def __init__(self, limits: WalkLimits, site_budget: int) -> None:
        """:param site_budget: pages of a site where a child names no other number; 0 = no limit, so no share of it."""
        self._limits = limits
        self._site_budget = site_budget
        # Most links of a page are its site's navigation, which stands on the pages before it too.
        self._judged = lru_cache(maxsize=_REMEMBERED)(self._judge)
        self._share = lru_cache(maxsize=_REMEMBERED)(self._share_of)
        self._lookalikes = Lookalikes()

    def bounded(self, visit: Visit, children: Iterable[Child], redirects: int) -> Bounded:
        """Return which of the ``children`` of ``visit`` are walked, amended: they are its caller's no more.

        :param redirects: in a row that led to the page.
        """
        found = Bounded()
        offered = list(children)
        hops = redirects + 1 if visit.page.outcome == "redirect" else 0
        of_all = self._of_all(visit, hops)
        doubt = self._doubt(visit)
        crowded = len(offered) > FEW_LINKS
        per_site: Counter[str] = Counter()
        for child in offered:
            refused, suspected = self._judged(child.url)
            refused = of_all or refused
            if refused is not None:
                found.refused[refused] += 1
                continue
            child.redirects = hops
            found.children.append(child)
            suspected = doubt or suspected
            if suspected is None and not crowded:
                continue
            share, most = self._share(child.site_budget)
            if suspected is None:
                if len(offered) <= most:
                    continue
                per_site[site := site_of(host_of(child.url))] += 1
                suspected = "many_links" if per_site[site] > most else None
            if share and suspected is not None:
                found.suspect[suspected] += 1
                child.site_budget, child.band = share, BANDS - 1
        return found

    def _judge(self, url: str) -> tuple[Reason | None, Reason | None]:
        return refusal(url, self._limits), suspicion(url)

    def _of_all(self, visit: Visit, hops: int) -> Reason | None:
        """Return why nothing is walked that a page makes known."""
        if visit.page.soft_404 and visit.page.depth > 0:
            return "soft_404"
        most = self._limits.max_redirects
        return "redirect_chain" if most and hops > most else None

    def _doubt(self, visit: Visit) -> Reason | None:
        """Return what speaks against all that a page links to."""
        page = visit.page
        if page.outcome != "ok" or not visit.raw_links:
            return None
        times = self._lookalikes.count(page.site, likeness(page.title, page.word_count, visit.raw_links))
        return "lookalike" if times > ALIKE else None

    def _share_of(self, budget: int) -> tuple[int, int]:
        """Return the pages of a site among which a suspect must be admitted (0: there is no such bound), and the links
        into it that one page may have."""
        budget = budget or self._site_budget
        bounded = budget and self._limits.suspect_share < 1
        share = max(int(budget * self._limits.suspect_share), 1) if bounded else 0
        return share, max(share // 2, FEW_LINKS)
