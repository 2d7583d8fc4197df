"""What a page says of itself: language, author, date of publication, type."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from turbohtml import Document

from backlink_crawler.extract.dates import parse_date
from backlink_crawler.extract.structured import texts_of, types_of
from backlink_crawler.records import RawLink

_MAX_AUTHOR = 120
_MAX_LANGUAGE = 35
"""RFC 5646 §4.4.1: the longest tag one has to be ready for."""
_AHEAD = timedelta(days=1)
"""A page may be published tomorrow, east of here; not next year."""

_AUTHOR_METAS = (
    "author",
    "article:author",
    "parsely-author",
    "sailthru.author",
    "dc.creator",
    "dcterms.creator",
    "citation_author",
    "byl",
    "twitter:creator",
)
_DATE_METAS = (
    *("article:published_time", "og:article:published_time", "og:published_time", "datepublished", "parsely-pub-date"),
    *("sailthru.date", "citation_publication_date", "citation_date", "dc.date.issued", "dcterms.issued"),
    *("dc.date.created", "dcterms.created", "dcterms.date", "dc.date", "publish-date", "publishdate", "pubdate"),
    *("publish_date", "publication_date", "date"),
)
_PUBLISHED = (
    "time[itemprop~=datePublished],time[pubdate],time.published,time.entry-date,time.post-date,"
    "time[itemprop~=dateCreated],article header time[datetime]"
)
_BYLINE = re.compile(r"^(?:(?:written|posted)\s+)?by:?\s+", re.IGNORECASE)
_NO_NAME = re.compile(r"^(?:https?://|www\.|/|@?\W*$)|^\S+\.(?:com|org|net)$", re.IGNORECASE)


def language_of(document: Document, metas: Mapping[str, Sequence[str]]) -> str | None:
    """Return the page's language tag, lower case (BCP 47): of the root element, else of ``content-language``."""
    root = document.root
    said = (root.attr("lang") or root.attr("xml:lang") or "") if root is not None else ""
    if not said.strip():
        said = metas.get("http-equiv:content-language", ("",))[0].partition(",")[0]
    return said.strip().lower()[:_MAX_LANGUAGE] or None


def author_of(
    metas: Mapping[str, Sequence[str]], items: Iterable[Mapping[str, Any]], links: Iterable[RawLink]
) -> str | None:
    """Return who wrote the page: JSON-LD before meta before the anchor of a link ``rel=author``."""
    for item in items:
        for name in texts_of(item.get("author")):
            if clean := _name(name):
                return clean
    for meta in _AUTHOR_METAS:
        for name in metas.get(meta, ()):
            if clean := _name(name):
                return clean
    written = (link.anchor for link in links if "author" in link.rel)
    return next(filter(None, map(_name, written)), None)


def _name(text: str) -> str:
    name = _BYLINE.sub("", " ".join(text[: 4 * _MAX_AUTHOR].split()))[:_MAX_AUTHOR]
    return "" if _NO_NAME.search(name) else name


def published_of(
    document: Document,
    metas: Mapping[str, Sequence[str]],
    items: Iterable[Mapping[str, Any]],
    at: datetime | None,
) -> datetime | None:
    """Return when the page says it was first published: meta before JSON-LD before ``<time>``.

    :param at: now; what lies more than a day after it is a slip, and looked past.
    """
    for text in _dates_said(document, metas, items):
        moment = parse_date(text)
        if moment is not None and (at is None or moment <= at + _AHEAD):
            return moment
    return None


def _dates_said(
    document: Document, metas: Mapping[str, Sequence[str]], items: Iterable[Mapping[str, Any]]
) -> Iterable[str]:
    for name in _DATE_METAS:
        yield from metas.get(name, ())
    for item in items:
        for key in ("datePublished", "dateCreated", "uploadDate"):
            if isinstance(item.get(key), str):
                yield item[key]
    for element in document.select(_PUBLISHED)[:5]:
        yield element.attr("datetime") or element.attr("content") or element.text[:64]


_TYPES: Mapping[str, str] = {
    "Article": "article",
    "NewsArticle": "article",
    "BlogPosting": "article",
    "Report": "article",
    "ScholarlyArticle": "article",
    "TechArticle": "documentation",
    "APIReference": "documentation",
    "Recipe": "article",
    "HowTo": "article",
    "Review": "article",
    "Product": "product",
    "ProductGroup": "product",
    "Book": "product",
    "SoftwareApplication": "product",
    "DiscussionForumPosting": "forum",
    "QAPage": "forum",
    "CollectionPage": "listing",
    "ItemList": "listing",
    "SearchResultsPage": "listing",
    "Blog": "listing",
    "ProfilePage": "profile",
    "VideoObject": "video",
    "JobPosting": "job",
    "Event": "event",
}
"""schema.org type → page type, for types that a page is about as a whole."""
_OG_TYPES: Mapping[str, str] = {
    "article": "article",
    "blog": "listing",
    "product": "product",
    "og:product": "product",
    "profile": "profile",
    "book": "product",
}
_FORUMS = frozenset({"discourse", "phpbb", "vbulletin", "xenforo", "invision", "mybb", "smf", "flarum", "vanilla"})
_DOCS = frozenset({"sphinx", "mkdocs", "docusaurus", "readthedocs", "gitbook", "doxygen", "javadoc"})


def page_type_of(
    path: str, metas: Mapping[str, Sequence[str]], items: Iterable[Mapping[str, Any]], platform: str | None
) -> str | None:
    """Return what kind of page it is, from what it declares: one of the values of :data:`_TYPES`, or ``home``.

    :param path: of its URL, with the query.
    """
    if path == "/":
        return "home"
    if platform in _FORUMS:
        return "forum"
    if platform in _DOCS:
        return "documentation"
    said = [_TYPES[name] for item in items for name in types_of(item) if name in _TYPES]
    for kind in ("forum", "product", "article", "documentation", "job", "event", "listing", "profile", "video"):
        if kind in said:
            return kind
    declared = metas.get("og:type", ("",))[0].strip().lower()
    return "video" if declared.startswith("video") else _OG_TYPES.get(declared)
