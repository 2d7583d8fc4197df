"""What a link is there for: part of the text, a resource list, a comment, an advert …

Decided on one page and from what it declares; ``None`` where it is not clear. So *advert* means declared
(``sponsored``, or words of disclosure beside it): an undeclared one looks like any other link. Whether a link is on
every page of its site cannot be seen on one page.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from backlink_crawler.records import RawLink
from backlink_crawler.urls import host_of, site_of

_DISCLOSURES = (
    *("sponsored", "sponsored (?:by|content|posts?|links?)", "advertisements?", "advertorial", "affiliate links?"),
    *("paid (?:partnership|promotion|post|content|link)", r"\(ad\)", r"\[ad\]"),
    *("anzeige", "werbung", "gesponsert", "publicité", "sponsorisé", "contenu sponsorisé", "publicidad"),
    *("patrocinado", "contenido patrocinado", "pubblicità", "sponsorizzato", "advertentie", "gesponsord", "annons"),
    *("reklama?", "реклама", "партнёрский материал", "広告", "广告", "廣告"),
)
"""Words that laws and guidelines want beside paid links (FTC 16 CFR 255; UWG §5a; CAP Code 2; EU 2005/29/EC)."""
_DISCLOSURE = re.compile(rf"(?<!\w)(?:{'|'.join(sorted(_DISCLOSURES, key=len, reverse=True))})(?!\w)")
_DISCLOSURE_STEMS = (
    *("sponsor", "advert", "paid ", "affiliate", "(ad)", "[ad]", "anzeige", "werbung", "publicit", "publicidad"),
    *("patrocinado", "pubblicit", "reklam", "реклам", "партн", "annons", "広告", "广告", "廣告"),
)
"""One of these is in whatever :data:`_DISCLOSURE` finds; looking for them takes a tenth of the time."""

_SHARE: Mapping[str, re.Pattern[str]] = {
    site: re.compile(path, re.IGNORECASE)
    for site, path in {
        "addthis.com": "bookmark",
        "addtoany.com": "",
        "b.hatena.ne.jp": "add|entry",
        "blogger.com": "blog-this",
        "bsky.app": "intent",
        "buffer.com": "add",
        "bufferapp.com": "add",
        "connect.ok.ru": "offer",
        "digg.com": "submit",
        "evernote.com": "clip",
        "facebook.com": r"sharer|share\.php|dialog/(?:share|feed|send)",
        "flipboard.com": "bookmarklet|share",
        "getpocket.com": "save|edit",
        "instapaper.com": "edit|hello2",
        "line.me": "r/msg",
        "lineit.line.me": "share",
        "linkedin.com": "sharearticle|cws/share|sharing/",
        "mix.com": "add",
        "news.ycombinator.com": "submitlink",
        "pinterest.com": "pin/create",
        "reddit.com": "submit",
        "service.weibo.com": "share",
        "sharethis.com": "",
        "t.me": "share",
        "telegram.me": "share",
        "threads.net": "intent",
        "tumblr.com": "share|widgets/share",
        "twitter.com": r"intent/|share|home\?status",
        "vk.com": "share",
        "wa.me": r"\?text",
        "whatsapp.com": r"send\?(?:.*&)?text=",
        "x.com": r"intent/|share|home\?status",
        "xing.com": "spi/shares|app/user",
    }.items()
}
"""Host or site → how the path begins of addresses that offer a page to others: what they lead to is the page itself."""

_AUTHOR = (
    *("about (?:the )?authors?", "meet the author", "authors?(?: bio)?", "about the writer", r"written by .{1,60}"),
    *("über (?:den|die) autor(?:in)?", "à propos de l'auteur", "sobre (?:el|la|o|a) autora?", "sull'autore"),
)
_TESTIMONIAL = (
    *("(?:client |customer )?testimonials?", "(?:client|customer) (?:reviews|stories)", "kundenstimmen", "témoignages"),
    *("what (?:our|my) (?:customers|clients|users|readers) (?:are )?say(?:ing)?.{0,40}", "testimonios"),
)
_COMMENT = (
    *(
        r"(?:\d+ )?(?:comments?|repl(?:y|ies)|responses?)",
        r"(?:\d+ )?thoughts? on .{1,120}",
        "leave a (?:reply|comment)",
    ),
    *(r"(?:\d+ )?(?:kommentare?|commentaires?|comentarios?|commenti)",),
)
_RESOURCES = (
    "(?:(?:useful|helpful|related|external|additional|more|other|further|recommended|web) )?"
    "(?:links?|resources?|reading|references?|sources?|websites?)(?: (?:and|&) (?:links|resources|reading|notes))?",
    *("bibliography", "footnotes", "notes", "notes and references", "see also", "works cited", "citations?"),
    *("weblinks?", "einzelnachweise", "quellen", "literatur", "références", "liens externes", "enlaces externos"),
    *("referencias", "bibliografía", "collegamenti esterni", "ссылки", "примечания"),
)
_HEADINGS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile("|".join(phrases), re.IGNORECASE))
    for kind, phrases in (
        ("author_bio", _AUTHOR),
        ("testimonial", _TESTIMONIAL),
        ("comment", _COMMENT),
        ("resource_list", _RESOURCES),
        ("advert", tuple(phrase for phrase in _DISCLOSURES if phrase.isascii())),
    )
)
"""Placement type ← the whole of a heading above."""

_DIRECTORY = re.compile(
    r"\b(?:(?:web|business|link|site|company|blog) director(?:y|ies)|submit (?:your|a) (?:site|url|link|business)|"
    r"branchenbuch|webkatalog|annuaire)\b",
    re.IGNORECASE,
)
_FEWEST_WORDS = 12
_LONGEST_REASON = 60
_MOST_DENSE = 0.5
_FEWEST_ITEMS = 3


class PageKind(NamedTuple):
    """What the page as a whole tells of its links."""

    page_type: str | None
    title: str
    url: str | None


def place_types(links: Iterable[RawLink], page: PageKind) -> None:
    """Set ``placement_type`` and ``placement_reason`` of links whose surroundings were described."""
    is_directory = bool(_DIRECTORY.search(page.title))
    wanted = [link for link in links if link.url is not None and link.link_type in {"text", "image"}]
    items = _items_by_heading(wanted)
    for link in wanted:
        found = _declared(link) or _by_place(link, page.page_type, is_directory, items)
        if found is not None:
            link.placement_type, link.placement_reason = found


def is_share_button(url: str) -> bool:
    """Whether an identity is the address of a service that offers a page to others."""
    rules = _share_rules(host_of(url))
    return rules is not None and rules.match(url.split("/", 3)[3]) is not None


@lru_cache(maxsize=4_096)
def _share_rules(host: str) -> re.Pattern[str] | None:
    return _SHARE.get(host) or _SHARE.get(site_of(host))


@lru_cache(maxsize=4_096)
def _of_heading(heading: str) -> tuple[str, str] | None:
    """Return what a heading says of the links below it."""
    named = heading.strip(" :.…").replace("\u2019", "'")
    kind = next((kind for kind, pattern in _HEADINGS if pattern.fullmatch(named)), None)
    return (kind, f"heading: {heading[:_LONGEST_REASON]}") if kind is not None else None


def disclosures(texts: Sequence[str]) -> list[str | None]:
    """Return the word in each text that says that a link is paid for, or ``None``."""
    all_of_them = "\n".join(texts).lower()
    for stem in _DISCLOSURE_STEMS:
        if stem in all_of_them:
            break
    else:
        return [None] * len(texts)
    matches = [_DISCLOSURE.search(text.lower()) for text in texts]
    return [match[0] if match is not None else None for match in matches]


def _items_by_heading(links: Iterable[RawLink]) -> Mapping[str | None, int]:
    """Count the items of lists in the content that are mostly a link, by the heading they stand under."""
    counts: dict[str | None, int] = {}
    for link in links:
        if link.region == "content" and link.in_list and (link.block_link_density or 0) > _MOST_DENSE:
            counts[link.heading] = counts.get(link.heading, 0) + 1
    return counts


def _declared(link: RawLink) -> tuple[str, str] | None:
    """What the link itself says outright, or the words beside it (already looked for: see ``links``)."""
    if "sponsored" in link.rel:
        return "advert", "rel=sponsored"
    if link.url is not None and is_share_button(link.url):
        return "share_button", "address"
    return (link.placement_type, link.placement_reason or "") if link.placement_type is not None else None


def _by_place(
    link: RawLink, page_type: str | None, is_directory: bool, items: Mapping[str | None, int]
) -> tuple[str, str] | None:
    if link.region == "comment":
        return "comment", "region"
    if "author" in link.rel:
        return "author_bio", "rel=author"
    if page_type == "forum" and link.region == "content":
        return "forum", "page_type"
    if "ugc" in link.rel:
        return "comment", "rel=ugc"
    under = _of_heading(link.heading) if link.heading is not None else None
    if under is not None:
        return under
    return _in_content(link, is_directory, items) if link.region == "content" and link.hidden is None else None


def _in_content(link: RawLink, is_directory: bool, items: Mapping[str | None, int]) -> tuple[str, str] | None:
    dense = (link.block_link_density or 0) > _MOST_DENSE
    if is_directory and (link.in_list or dense):
        return "directory", "title"
    if link.in_list and dense and items.get(link.heading, 0) >= _FEWEST_ITEMS:
        return "resource_list", f"list of {items[link.heading]} links"
    if not dense and (link.block_words or 0) >= _FEWEST_WORDS and link.link_type == "text" and link.anchor:
        return "editorial", "running text"
    return None
