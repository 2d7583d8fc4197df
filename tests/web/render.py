"""A planned page as HTML, and its replies as bytes. The same plan gives the same bytes."""

import gzip
import zlib
from collections.abc import Iterator, Sequence
from html import escape
from random import Random

from backlink_crawler.records import Region
from tests.web import words
from tests.web.plan import Host, PagePlan, PlannedLink
from tests.web.reply import Reply, reply

_PDF = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"
_FILLER = b"<p>Nothing but straw, mulch and leaf mould, as far as the eye can see.</p>\n"


def replies(page: PagePlan) -> tuple[Reply, ...]:
    """Return the answers to the first, second, … request; the last one holds for all that follow."""
    usual = _usual_reply(page)
    if page.first_status is None:
        return (usual,)
    return reply(page.first_status, b"Not yet.", "text/plain", [("Retry-After", "1")]), usual


def robots_reply(host: Host) -> Reply:
    """Return the answer to ``/robots.txt``."""
    robots = host.robots
    if robots.location:
        return reply(robots.status, headers=[("Location", robots.location)])
    return robots_text(host, robots.status)


def robots_text(host: Host, status: int = 200) -> Reply:
    """Return the rules as a text file."""
    return reply(status, host.robots.text.encode(), "text/plain; charset=utf-8")


def _usual_reply(page: PagePlan) -> Reply:
    headers = [*page.headers, *([("Location", page.location)] if page.location else [])]
    match page.body:
        case "drip":
            return reply(
                page.status, b"<!DOCTYPE html><title>Endless</title>", page.content_type, drip=_FILLER, length=False
            )
        case "pdf":
            body = _PDF
        case "empty":
            body = b""
        case "html":
            body = html(page).encode(page.encoding, "xmlcharrefreplace")
        case "huge" | "chunked" | "bomb":
            body = _FILLER * (page.size // len(_FILLER) + 1)
    if page.gzip:
        body = gzip.compress(body, 6, mtime=0)
        headers.append(("Content-Encoding", "gzip"))
    return reply(page.status, body, page.content_type, headers, length=page.body != "chunked")


def html(page: PagePlan) -> str:
    """Return the page's markup; its text depends on its URL alone."""
    rng = Random(zlib.crc32(page.url.encode()))
    head = "".join(_head_link(link) for link in page.links if link.element in ("canonical", "alternate"))
    layout = _landmarks if page.landmarks else _soup
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>{page.head}<title>{escape(page.title)}</title>\n{head}</head>\n'
        f"<body>\n{layout(page, rng)}</body>\n</html>\n"
    )


def _head_link(link: PlannedLink) -> str:
    return f'<link rel="{link.element}" href="{escape(link.href)}" {link.attributes}>\n'


def _in(page: PagePlan, region: Region) -> list[str]:
    return [element(link) for link in page.links if link.region == region and link.element not in _IN_HEAD]


_IN_HEAD = ("canonical", "alternate")


def element(link: PlannedLink) -> str:
    """Return the linking element as HTML."""
    href, anchor = escape(link.href), escape(link.anchor)
    match link.element:
        case "area":
            return f'<map name="m"><area shape="rect" coords="0,0,9,9" href="{href}" alt="{anchor}"></map>'
        case "iframe":
            return f'<iframe src="{href}" width="300" height="200"></iframe>'
        case "form":
            return f'<form action="{href}"><input name="q"><button>{anchor}</button></form>'
    rel = f' rel="{escape(link.rel)}"' if link.rel else ""
    start = f'<a href="{href}"{rel}{" " if link.attributes else ""}{link.attributes}>'
    if link.element == "img":
        alt = f' alt="{anchor}"' if anchor else ""
        return f'{start}<img src="/images/{zlib.crc32(href.encode()):08x}.jpg"{alt} width="120" height="80"></a>'
    markup = f"{start}{link.markup or anchor}</a>"
    return f"<noscript>{markup}</noscript>" if link.element == "noscript" else markup


def _items(elements: Sequence[str]) -> str:
    return "<ul>" + "".join(f"<li>{item}</li>\n" for item in elements) + "</ul>\n" if elements else ""


def _content(page: PagePlan, rng: Random) -> Iterator[str]:
    """Yield headings, paragraphs with links inside, and the remaining links as a list with some words on each.

    A bare list of links at the end of a text looks like the menus that many sites have there: no reader could tell.
    """
    links = _in(page, "content")
    for number in range(page.paragraphs):
        if number % 4 == 2:
            yield f"<h2>{escape(words.topic(rng).capitalize())}</h2>\n"
        linked = f" {links.pop(0)} {words.sentence(rng)}" if links else ""
        yield f"<p>{words.paragraph(rng)}{linked}</p>\n"
    if links:
        yield _items([f"{link}: {words.paragraph(rng)}" for link in links])
        yield f"<p>{words.paragraph(rng)}</p>\n"
    yield page.decoys


def _comments(page: PagePlan, rng: Random, start: str, end: str) -> str:
    return "".join(f"{start}<p>{link} wrote: {words.sentence(rng)}</p>{end}\n" for link in _in(page, "comment"))


def _landmarks(page: PagePlan, rng: Random) -> str:
    return (
        f'<header class="site-header"><p>{words.sentence(rng)}</p>{"".join(_in(page, "header"))}</header>\n'
        f"<nav>{_items(_in(page, 'nav'))}</nav>\n"
        f"<main><article><h1>{escape(page.title)}</h1>\n{''.join(_content(page, rng))}</article>\n"
        f'<section class="comments" id="comments"><h2>Comments</h2>\n'
        f'{_comments(page, rng, """<article class="comment">""", "</article>")}</section></main>\n'
        f"<aside><h2>Elsewhere</h2>{_items(_in(page, 'aside'))}</aside>\n"
        f"<footer><nav>{_items(_in(page, 'footer'))}</nav><p>{words.sentence(rng)}</p></footer>\n"
    )


def _soup(page: PagePlan, rng: Random) -> str:
    return (
        f'<div class="a1"><b>{escape(page.title)}</b>{"".join(_in(page, "header"))}</div>\n'
        f'<table width="100%"><tr><td class="a2">{"<br>".join(_in(page, "nav"))}</td>\n'
        f'<td class="a3"><div>{"".join(_content(page, rng))}</div>\n'
        f'<div class="a4">{_comments(page, rng, "<div>", "</div>")}</div></td>\n'
        f'<td class="a5">{"<br>".join(_in(page, "aside"))}</td></tr></table>\n'
        f'<div class="a6">{" | ".join(_in(page, "footer"))} {words.sentence(rng)}</div>\n'
    )
