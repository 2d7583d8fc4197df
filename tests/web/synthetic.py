"""The synthetic web: ordinary sites grown from a seed, linked to each other and to the sites with ``oddities``.

Every page is reached from its site's home page by plain followed links, so a correct crawl is the same whether or not
a crawler follows internal nofollow links, forms, frames or canonicals.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random

from backlink_crawler.records import Region
from tests.web import hrefs, oddities, words
from tests.web.plan import Element, Host, PagePlan, PlannedLink, Scheme, Site, Web

TARGET = "garden-tools.test"
"""The site that everybody links to."""

_NAMES = (
    TARGET,
    "rose-diary.test",
    "compost-club.test",
    "bücher-ecke.test",
    "alice.github.io",
    "bob.github.io",
    "spade-and-fork.test",
    "gärtnerei-müller.test",
    "allotment-news.test",
    "садовод.test",
    "carol.blogspot.com",
    "seed-savers.example",
    "greenhouse-log.test",
    "potting-shed.test",
    "orchard-watch.test",
    "bee-friendly.test",
    "herb-spiral.test",
    "lawn-rebels.test",
    "slug-forum.test",
    "tool-reviews.test",
    "urban-farm.test",
    "vines.invalid",
)
_SUBDOMAINS = {TARGET: ("blog", "shop"), "compost-club.test": ("blog",), "slug-forum.test": ("archive",)}
_RELS = ("", "", "", "", "nofollow", "ugc", "sponsored", "noopener", "noopener noreferrer", "Sponsored NoFollow")
_COMMENT_RELS = ("ugc nofollow", "nofollow", "ugc", "UGC", "")


def synthetic_web(seed: int = 1, sites: int = 52, pages: int = 16, huge: int = 16 << 20) -> Web:
    """Return the web of a seed: the same arguments give the same plan, byte for byte when rendered.

    :param sites: how many in all; at least 30, of which ``oddities`` has a fixed number.
    :param pages: of an ordinary site, on average; at least 3.
    :param huge: bytes of the pages that are too large.
    :raises ValueError: too few sites or pages.
    """
    if sites < 30 or pages < 3:
        raise ValueError(f"{sites} sites of {pages} pages: at least 30 of 3 are needed")
    odd = oddities.odd_sites(huge)
    rng = Random(seed)
    outlines = [_outline(rng, name, pages) for name in _names(sites - len(odd))]
    pool = _Pool(outlines, odd)
    grown = (_grow(rng, site, pool) for site in outlines)
    return Web((*grown, *odd), oddities.OUTSIDE)


def _names(count: int) -> list[str]:
    extra = (f"garden-{number}.test" for number in range(1, max(0, count - len(_NAMES)) + 1))
    return [name.encode("idna").decode("ascii") for name in (*_NAMES, *extra)][:count]


def _outline(rng: Random, name: str, pages: int) -> Site:
    """Lay out hosts and URLs of a site, before there is anything to link to."""
    scheme: Scheme = "http" if name != TARGET and rng.random() < 0.3 else "https"
    path = rng.choice(_PATHS)
    hosts = [name, *(f"{label}.{name}" for label in _SUBDOMAINS.get(name, ()))]
    count = max(3, rng.randint(pages // 2, pages * 3 // 2) // len(hosts))
    landmarks = rng.random() < 0.75
    return Site(name, tuple(_host(rng, host, scheme, path, count, landmarks) for host in hosts))


_PATHS = ("posts/{}.html", "?p={}", "article.php?id={}&view=full", "2024/0{}/", "b%C3%BCcher/{}", "~{}/notes.htm")


def _host(rng: Random, name: str, scheme: Scheme, path: str, count: int, landmarks: bool) -> Host:
    paths = ["", "about.html", *(path.format(number) for number in range(1, count - 1))]
    plans = (
        PagePlan(
            f"{scheme}://{name}/{path}",
            words.topic(rng).capitalize(),
            landmarks=landmarks,
            paragraphs=rng.randint(4, 14),
        )
        for path in paths
    )
    return Host(name, tuple(plans), scheme)


class _Pool:
    """What may be linked to: popular sites more often (Zipf), odd ones now and then."""

    def __init__(self, ordinary: Sequence[Site], odd: Sequence[Site]) -> None:
        self._ordinary = [(site.name, _urls(site)) for site in ordinary]
        self._odd = [(site.name, _urls(site)[0]) for site in odd]
        self._weights = [1 / (rank + 1) for rank in range(len(ordinary))]

    def pick(self, rng: Random, linking: str) -> tuple[str, str]:
        """Return site and URL of a target for a page of the site ``linking``, which is another."""
        if rng.random() < 0.1:
            return rng.choice(self._odd)
        name, urls = rng.choices(self._ordinary, self._weights)[0]
        if name == linking:
            return self.pick(rng, linking)
        return name, urls[0] if rng.random() < 0.4 else rng.choice(urls)


def _urls(site: Site) -> list[str]:
    return [page.url for host in site.hosts for page in host.pages]


def _grow(rng: Random, site: Site, pool: _Pool) -> Site:
    roots = [host.pages[0] for host in site.hosts]
    sitewide_site, sitewide_url = pool.pick(rng, site.name)
    sitewide = PlannedLink(sitewide_url, sitewide_url, f"Powered by {sitewide_site}", region="footer")
    hosts = []
    for host in site.hosts:
        links = ((*_internal(rng, page, host, roots), *_external(rng, page, site, pool)) for page in host.pages)
        pages = (replace(page, links=(*found, sitewide)) for page, found in zip(host.pages, links, strict=True))
        hosts.append(replace(host, pages=tuple(pages)))
    return replace(site, hosts=tuple(hosts))


def _internal(rng: Random, page: PagePlan, host: Host, roots: Sequence[PagePlan]) -> list[PlannedLink]:
    """Link every page to home and about, the home of a host to its pages and to the site's other hosts."""
    home, about, *others = host.pages
    links = [
        PlannedLink(home.url, hrefs.root_relative(home.url), "Home", region="header"),
        PlannedLink(home.url, hrefs.relative(page.url, home.url), "Start", region="nav"),
        PlannedLink(about.url, hrefs.relative(page.url, about.url), "About us", region="nav"),
        PlannedLink(page.url, "#comments", "Comments", region="nav"),
        PlannedLink(about.url, hrefs.scheme_relative(about.url), "Imprint", region="footer"),
    ]
    if page is home:
        links += (PlannedLink(other.url, hrefs.relative(home.url, other.url), other.title) for other in others)
        links += (PlannedLink(root.url, root.url, root.title, region="nav") for root in roots if root is not home)
    elif others:
        other = rng.choice(others)
        links.append(PlannedLink(other.url, hrefs.relative(page.url, other.url), other.title, "nofollow"))
    return links


def _external(rng: Random, page: PagePlan, site: Site, pool: _Pool) -> Iterator[PlannedLink]:
    regions: dict[Region, int] = {
        "header": rng.random() < 0.05,
        "nav": rng.random() < 0.1,
        "content": rng.randint(2, 7),
        "comment": rng.randint(0, 3),
        "aside": rng.randint(0, 2),
    }
    for region, count in regions.items():
        for _ in range(count):
            yield _link(rng, page, pool.pick(rng, site.name), region)


def _link(rng: Random, page: PagePlan, target: tuple[str, str], region: Region) -> PlannedLink:
    site, url = target
    href = _spelled(rng, page.url, url)
    if region == "comment":
        return PlannedLink(url, href, rng.choice(words.PEOPLE), rng.choice(_COMMENT_RELS), region=region)
    element: Element = "img" if rng.random() < 0.12 else "a"
    return PlannedLink(url, href, words.anchor(rng, site), rng.choice(_RELS), element, region)


def _spelled(rng: Random, source: str, target: str) -> str:
    if rng.random() < 0.8:
        return target
    if source.partition(":")[0] == target.partition(":")[0] and rng.random() < 0.2:
        return hrefs.scheme_relative(target)
    return rng.choice(list(hrefs.SPELLINGS.values()))(target)
