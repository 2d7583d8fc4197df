"""Raw links of a page → one link record per target, with its scope, its follow verdict and its weight. Pure."""

from collections.abc import Iterable, Mapping, Sequence

from backlink_crawler.history.regions import CLEARLY_CONTENT, CLEARLY_NOT
from backlink_crawler.records import Link, LinkType, Page, RawLink, Region, Scope
from backlink_crawler.redirectors import unwrap
from backlink_crawler.texts import without_controls
from backlink_crawler.urls import host_of, site_of

_REGION_RANK: Mapping[Region, int] = {"content": 0, "aside": 1, "header": 2, "nav": 3, "comment": 4, "footer": 5}
_TYPE_RANK: Mapping[LinkType, int] = {
    "text": 0,
    "image": 0,
    "redirect": 1,
    "frame": 2,
    "form": 3,
    "canonical": 4,
    "alternate": 5,
}

_REGION_WEIGHT: Mapping[Region, float] = {
    "content": 1.0,
    "header": 0.45,
    "nav": 0.4,
    "aside": 0.35,
    "comment": 0.25,
    "footer": 0.1,
}
_TYPE_WEIGHT: Mapping[LinkType, float] = {
    "text": 1.0,
    "image": 0.8,
    "redirect": 1.0,
    "frame": 0.3,
    "form": 0.1,
    "canonical": 0.0,
    "alternate": 0.0,
}
_HIDDEN_WEIGHT = 0.01
_ARIA_HIDDEN_WEIGHT = 0.5
"""Hidden from assistive technology only; most readers see it."""
_NO_ANCHOR_WEIGHT = 0.3
_LAST_WEIGHT = 0.5
"""Of a link at the very end of the page's text, against one at its beginning."""
_LEAST_SCORE_WEIGHT = 0.5
"""Of a link whose place is certainly no content, whatever its region is called."""
_SCORE_RANGE = 1 - _LEAST_SCORE_WEIGHT
_OFFSET_RANGE = 1 - _LAST_WEIGHT
_MOST_RIVALS = 8
"""Of one target: bounds what a page that links to it ten thousand times costs."""


def prominence(link: RawLink | Link) -> tuple[bool, int, int, int]:
    """Return a sort key: what a reader meets first comes first.

    Links one can see before hidden ones, links one can click before those in the head, content before boilerplate,
    then the order in the document.
    """
    return (link.hidden is not None, _TYPE_RANK[link.link_type], _REGION_RANK[link.region], link.ordinal)


def scope_of(source_host: str, source_site: str, target_host: str, target_site: str) -> Scope:
    """Return how far a link leads: another site, another host of the same site, or the same host."""
    if source_site != target_site:
        return "external"
    return "internal" if source_host == target_host else "subdomain"


def raw_weight(link: RawLink) -> float:
    """Return how likely a reader follows a link, against the best place on the page: 0 to 1.

    The idea is the reasonable surfer's (J. Dean et al., US patent 7,716,225): place, type, anchor and visibility
    decide. The follow verdict has no part in it: ``rel`` speaks to crawlers, and readers do not see it.
    """
    weight = _REGION_WEIGHT[link.region] * _TYPE_WEIGHT[link.link_type]
    score, offset = link.content_score, link.offset
    if score is not None:
        weight *= _LEAST_SCORE_WEIGHT + _SCORE_RANGE * score
    if offset is not None:
        weight *= 1 - _OFFSET_RANGE * offset
    if link.anchor_source == "none":
        weight *= _NO_ANCHOR_WEIGHT
    if link.hidden is not None:
        weight *= _ARIA_HIDDEN_WEIGHT if link.hidden == "aria" else _HIDDEN_WEIGHT
    return weight


def build_links(page: Page, raw_links: Iterable[RawLink], *, internal_too: bool) -> list[Link]:
    """Return one record per target URL, and count the page's links by scope.

    The target of a redirector's address (``/out?u=…``) is the address it wraps. The features are those of the most
    prominent occurrence; ``occurrences`` counts all, and ``weight`` is the sum of theirs. A page that links to itself
    (a fragment, say) makes no link. Sets ``links_internal``, ``links_external`` (targets, not occurrences; subdomains
    are internal to their site) and ``sites_linked`` of ``page``.
    """
    by_target: dict[str, list[RawLink]] = {}
    own = page.url
    for raw in raw_links:
        # Most addresses have no query: of them there is nothing to ask.
        target = raw.url if raw.url is None or "?" not in raw.url else _target_of(page, raw)
        if target is not None and target != own:
            if target in by_target:
                by_target[target].append(raw)
            else:
                by_target[target] = [raw]
    weights = _shares(by_target.values())
    sites: dict[str, str] = {}
    links = []
    external = internal = 0
    linked = set()
    inside = page.url[: page.url.find("/", 8) + 1] or None
    for (url, raws), weight in zip(by_target.items(), weights, strict=True):
        if not internal_too and inside is not None and url.startswith(inside):
            internal += 1  # most links of most pages
            continue
        host = host_of(url)
        site = sites.get(host) or sites.setdefault(host, site_of(host))
        if site == page.site:
            internal += 1
            if not internal_too:
                continue
        else:
            external += 1
            linked.add(site)
        raw = raws[0] if len(raws) == 1 else min(raws, key=prominence)
        links.append(_link(page, url, host, site, raw, len(raws), weight))
    page.links_external, page.links_internal, page.sites_linked = external, internal, len(linked)
    return links


def rivals_of(page: Page, raw_links: Iterable[RawLink], links: Iterable[Link]) -> dict[str, list[Link]]:
    """Return records of places that a slightly different judgement of regions could make a target's most prominent one.

    :param links: as :func:`build_links` made them of ``raw_links``.
    :returns: by target URL, the more prominent first; only targets that have such places.
    """
    several = {link.target_url: link for link in links if link.occurrences > 1}
    if not several:
        return {}
    rivals: dict[str, dict[tuple[object, ...], RawLink]] = {}
    for raw in raw_links:
        link = several.get(_target_of(page, raw) or "")
        if link is not None and _told(raw) != _told(link) and _is_rival(raw, link):
            rivals.setdefault(link.target_url, {}).setdefault(_told(raw), raw)
    found = {}
    for url, places in rivals.items():
        link = several[url]
        best = sorted(places.values(), key=prominence)[:_MOST_RIVALS]
        found[url] = [
            _link(page, url, link.target_host, link.target_site, raw, link.occurrences, link.weight) for raw in best
        ]
    return found


def _target_of(page: Page, raw: RawLink) -> str | None:
    if raw.url is None or raw.url == page.url:
        return None
    target = (unwrap(raw.url, page.site) if "?" in raw.url else None) or raw.url
    return target if target != page.url else None


def _told(link: RawLink | Link) -> tuple[object, ...]:
    """What distinguishes places of one target in its history."""
    return link.anchor, link.rel, link.link_type, link.hidden, link.region, link.content_score


def _is_rival(raw: RawLink, link: Link) -> bool:
    same = (raw.hidden is None) == (link.hidden is None) and _TYPE_RANK[raw.link_type] == _TYPE_RANK[link.link_type]
    return same and _ranks(raw)[0] <= _ranks(link)[1]


def _ranks(link: RawLink | Link) -> tuple[int, int]:
    """Return the best and the worst rank that the region of a link may have had, judged slightly differently."""
    rank, score = _REGION_RANK[link.region], link.content_score
    if not score or score >= CLEARLY_CONTENT:  # the page declares it, or it is clear
        return rank, rank
    return (1 if score <= CLEARLY_NOT else 0), max(_REGION_RANK.values())


def _shares(places: Iterable[Sequence[RawLink]]) -> list[float]:
    """Return each target's share of the page's vote; all make 1. Where no link can be followed, all are alike."""
    weights = [raw_weight(raws[0]) if len(raws) == 1 else sum(map(raw_weight, raws)) for raws in places]
    total = sum(weights)
    return [weight / total for weight in weights] if total > 0 else [1 / len(weights) for _ in weights]


def _link(page: Page, url: str, host: str, site: str, raw: RawLink, occurrences: int, weight: float | None) -> Link:
    rel, heading = raw.rel, raw.heading
    nofollow, ugc, sponsored = "nofollow" in rel, "ugc" in rel, "sponsored" in rel
    by_rel = nofollow or ugc or sponsored
    texts = raw.href, raw.anchor, heading or "", raw.text_before, raw.text_after
    # To ask once whether there is anything to take out takes half the time of asking for each.
    href, anchor, above, before, after = texts if "".join(texts).isprintable() else map(without_controls, texts)
    # All fields in their order: to call with so many names takes a microsecond more, a third of the whole.
    return Link(
        page.url,
        page.host,
        page.site,
        href,
        url,
        host,
        site,
        scope_of(page.host, page.site, host, site),
        raw.link_type,
        anchor,
        raw.anchor_source,
        rel and tuple(map(without_controls, rel)),
        nofollow,
        ugc,
        sponsored,
        not (by_rel or page.nofollow),
        "rel" if by_rel else page.nofollow_cause,
        raw.region,
        raw.content_score,
        raw.xpath,
        raw.ordinal,
        raw.hidden,
        occurrences,
        raw.url if raw.url != url else None,
        raw.placement_type,
        raw.placement_reason,
        raw.offset,
        raw.dom_depth,
        raw.block_tag,
        raw.block_words,
        raw.block_link_density,
        raw.in_list,
        above if heading is not None else None,
        before,
        after,
        weight,
    )
