"""The differences between what is there and what was found, each with its cause."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

from backlink_crawler.records import MAX_LINKS, MAX_URL
from tests.real_input.addresses import host_of, resolve, site_of
from tests.real_input.crawl import Crawled
from tests.real_input.expected import Expected, Pair, Reader

_CLICKED = frozenset({"a", "area"})
_CLICKED_TYPES = frozenset({"text", "image"})


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """One page or link in which the index is not what html5lib says."""

    what: str
    """``missing`` or ``extra``, of page or link; ``wrong`` for a field."""
    cause: str
    example: str


def differences(expected: Expected, crawled: Crawled, reader: Reader) -> list[Difference]:
    """Return every difference, sorted."""
    return sorted([*_of_pages(expected, crawled), *_of_links(expected, crawled, reader), *_of_records(crawled)])


def _of_pages(expected: Expected, crawled: Crawled) -> Iterator[Difference]:
    for url, outcome in expected.outcomes.items():
        page = crawled.pages.get(url)
        if page is None:
            yield Difference("missing page", f"expected to be {outcome}", url)
        elif page["outcome"] != outcome:
            yield Difference("wrong page", f"came to {page['outcome']}, not {outcome}", url)
    for url in crawled.pages.keys() - expected.outcomes.keys():
        yield Difference("extra page", f"came to {crawled.pages[url]['outcome']}", url)


def _of_links(expected: Expected, crawled: Crawled, reader: Reader) -> Iterator[Difference]:
    targets = {(link["source_url"], link["target_url"]) for link in crawled.links.values()}
    not_there = expected.links.keys() - crawled.links.keys()
    missing = {pair for pair in not_there if not _is_held_otherwise(pair, crawled, targets)}
    extra = crawled.links.keys() - expected.links.keys()
    opinions = reader.second_opinions({source for source, _ in missing | extra if source in expected.outcomes})
    respelled = {_plain(pair) for pair in missing} & {_plain(pair) for pair in extra}
    for pair in missing:
        kinds = "/".join(sorted(expected.links[pair]))
        cause = _bound(pair, crawled) or _doubt(pair, respelled, opinions, "html5lib")
        yield Difference("missing link", f"{cause} ({kinds})", " -> ".join(pair))
    for pair in extra:
        cause = _doubt(pair, respelled, opinions, "the crawler")
        yield Difference("extra link", f"{cause} ({crawled.links[pair]['link_type']})", " -> ".join(pair))


def _is_held_otherwise(pair: Pair, crawled: Crawled, targets: Collection[Pair]) -> bool:
    """Whether the index holds the link in another form: the page links to the same address through a redirector as
    well, and one record stands for both; or a redirector leads back to the page's own site.

    :param targets: the pairs of the index by what redirectors lead to.
    """
    source, target = pair
    if pair in targets:
        return True
    values = [value for _, value in parse_qsl(target.partition("?")[2]) if value.startswith(("http://", "https://"))]
    carried = [identity for identity in (resolve(value, source) for value in values) if identity is not None]
    if any((source, url) in crawled.links for url in carried):
        return True
    # Share buttons carry the page's own address, too, and are links: only these few are known to pass visitors on.
    passes_on = host_of(target).removeprefix("www.") == "google.com" or site_of(host_of(target)) == "outlook.com"
    return passes_on and any(site_of(host_of(url)) == site_of(host_of(source)) for url in carried)


def _plain(pair: Pair) -> Pair:
    """What two spellings of one target have in common."""
    return pair[0], unquote(pair[1].partition("?")[0]).lower()


def _bound(pair: Pair, crawled: Crawled) -> str | None:
    """Return which limit of the crawler a missing link lies beyond."""
    source, target = pair
    page: Mapping[str, Any] | None = crawled.pages.get(source)
    if page is None:
        return "its page was not visited"
    if page["outcome"] not in {"ok", "redirect"}:
        return f"its page came to {page['outcome']}"
    if len(target) > MAX_URL:
        return f"longer than {MAX_URL:,} characters"
    if page["truncated"]:
        return f"its page has more than {MAX_LINKS:,} links"
    if any(record["source_url"] == source and target in record["record"] for record in crawled.set_aside):
        return "set aside"
    return None


def _doubt(pair: Pair, respelled: set[Pair], opinions: Mapping[str, frozenset[str]], by: str) -> str:
    """Return who sees a link that only one of html5lib and the crawler has."""
    if _plain(pair) in respelled:
        return "both see it, spelled differently"
    seconded = pair[1] in opinions.get(pair[0], frozenset())
    return f"seen by {by} and lxml" if seconded else f"seen by {by} alone"


def _of_records(crawled: Crawled) -> Iterator[Difference]:
    for (source, target), link in crawled.links.items():
        for name, url in (("source_site", source), ("target_site", link.get("target_url", target))):
            site = site_of(host_of(url))
            if link[name] != site:
                yield Difference("wrong link", f"{name} is not the registrable domain", f"{url}: {link[name]}, {site}")


def summary(expected: Expected, crawled: Crawled, found: Iterable[Difference]) -> list[str]:
    """Return the result in lines for people: counts, then every kind of difference with one example."""
    clicked = {pair for pair, kinds in expected.links.items() if kinds & _CLICKED}
    stored = {pair for pair, link in crawled.links.items() if link["link_type"] in _CLICKED_TYPES}
    pages, seconds = len(crawled.pages), crawled.wall_seconds
    lines = [
        f"pages            {len(expected.outcomes):>8,} expected, {pages:,} visited: "
        f"{_told(expected.outcomes.values())}",
        f"links            {len(expected.links):>8,} expected, {len(crawled.links):,} stored: {_types(crawled)}",
        f"  <a> and <area> {len(clicked):>8,} expected, {len(stored):,} stored as text or image, "
        f"{len(clicked & crawled.links.keys() - stored):,} as another type, "
        f"{len(clicked - crawled.links.keys()):,} not",
        f"sites linked     {_sites(expected.links):>8,} expected, {_sites(crawled.links):,} stored",
        f"site pairs       {_site_pairs(expected.links):>8,} expected, {_site_pairs(crawled.links):,} stored",
        f"set aside        {len(crawled.set_aside):>8,}",
        f"time             {seconds:8.1f} s from start to end, {pages / seconds:.0f} pages/s; pages came within "
        f"{crawled.fetching_seconds:.1f} s; CPU of the workers {', '.join(f'{s:.1f}' for s in crawled.cpu_seconds)} s "
        f"({1000 * sum(crawled.cpu_seconds) / max(pages, 1):.1f} ms a page)",
        *_of_the_wire(crawled),
        *(f"worker {number}: {said}" for number, said in enumerate(crawled.said, 1)),
        *(f"log: {line}" for line in crawled.complaints[:20]),
        *(f"worker {number} ended with {code}" for number, code in enumerate(crawled.exit_codes, 1) if code),
    ]
    return [*lines, "", *_grouped(found)]


def _told(values: Iterable[str]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in Counter(values).most_common())


def _types(crawled: Crawled) -> str:
    return _told(link["link_type"] for link in crawled.links.values())


def _sites(pairs: Iterable[Pair]) -> int:
    return len({site_of(host_of(target)) for _, target in pairs})


def _site_pairs(pairs: Iterable[Pair]) -> int:
    return len({(site_of(host_of(source)), site_of(host_of(target))) for source, target in pairs})


def _of_the_wire(crawled: Crawled) -> Iterator[str]:
    robots = sum(count for what, count in crawled.requests.items() if what.endswith("/robots.txt"))
    repeated = [what for what, count in crawled.requests.items() if count > 1 and not what.endswith("/robots.txt")]
    yield (
        f"requests         {crawled.requests.total():>8,} served, {robots:,} of them for robots.txt; "
        f"{len(repeated):,} paths asked for more than once{': ' if repeated else ''}{', '.join(repeated[:3])}"
    )


def _grouped(found: Iterable[Difference]) -> Iterator[str]:
    groups: dict[tuple[str, str], list[str]] = {}
    for difference in found:
        groups.setdefault((difference.what, difference.cause), []).append(difference.example)
    if not groups:
        yield "No differences."
    for (what, cause), examples in groups.items():
        yield f"{len(examples):,} of {what}: {cause}, e.g. {examples[0][:300]}"
