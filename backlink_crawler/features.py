"""Raw links of a page → one link record per target, with its scope and its follow verdict. Pure."""

from collections.abc import Iterable, Mapping

from backlink_crawler.records import Link, LinkType, Page, RawLink, Region, Scope
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


def prominence(link: RawLink) -> tuple[bool, int, int, int]:
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


def build_links(page: Page, raw_links: Iterable[RawLink], *, internal_too: bool) -> list[Link]:
    """Return one record per target URL, and count the page's links by scope.

    The features are those of the most prominent occurrence; ``occurrences`` counts all. A page that links to itself
    (a fragment, say) makes no link. Sets ``links_internal``, ``links_external`` (targets, not occurrences; subdomains
    are internal to their site) and ``sites_linked`` of ``page``.
    """
    by_target: dict[str, list[RawLink]] = {}
    for raw in raw_links:
        if raw.url is not None and raw.url != page.url:
            by_target.setdefault(raw.url, []).append(raw)
    links = [_link(page, url, min(raws, key=prominence), len(raws)) for url, raws in by_target.items()]
    external = [link for link in links if link.scope == "external"]
    page.links_external = len(external)
    page.links_internal = len(links) - len(external)
    page.sites_linked = len({link.target_site for link in external})
    return links if internal_too else external


def _link(page: Page, url: str, raw: RawLink, occurrences: int) -> Link:
    host = host_of(url)
    site = site_of(host)
    nofollow, ugc, sponsored = (token in raw.rel for token in ("nofollow", "ugc", "sponsored"))
    by_rel = nofollow or ugc or sponsored
    return Link(
        source_url=page.url,
        source_host=page.host,
        source_site=page.site,
        href=raw.href,
        target_url=url,
        target_host=host,
        target_site=site,
        scope=scope_of(page.host, page.site, host, site),
        link_type=raw.link_type,
        anchor=raw.anchor,
        anchor_source=raw.anchor_source,
        rel=raw.rel,
        nofollow=nofollow,
        ugc=ugc,
        sponsored=sponsored,
        follow=not (by_rel or page.nofollow),
        nofollow_cause="rel" if by_rel else page.nofollow_cause,
        region=raw.region,
        content_score=raw.content_score,
        xpath=raw.xpath,
        ordinal=raw.ordinal,
        hidden=raw.hidden,
        occurrences=occurrences,
    )
