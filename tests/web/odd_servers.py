"""Sites whose servers are odd: redirects, errors, robots.txt of every kind, charsets, bodies without end."""

from dataclasses import replace

from backlink_crawler.records import Outcome
from tests.web.building import WITNESS, link_to, one_host_site, witness
from tests.web.plan import UNREACHABLE, PagePlan, Robots, Site

_BLOCKED: tuple[Outcome, ...] = ("blocked_by_robots",)


def redirects() -> Site:
    """Redirects within the site, to another site, in chains and in loops."""
    root = "https://redirects.test/"

    def moved(path: str, status: int, location: str, target: str) -> PagePlan:
        return PagePlan(
            root + path, path, status=status, location=location, moved_to=target, outcomes=("redirect",), body="empty"
        )

    pages = [
        *(moved(f"here-{status}", status, "/arrived", f"{root}arrived") for status in (301, 302, 303, 307, 308)),
        *(
            moved(f"away-{status}", status, witness(f"away-{status}"), witness(f"away-{status}"))
            for status in (301, 302)
        ),
        moved("away-scheme-relative", 301, f"//{WITNESS}/away-bare", witness("away-bare")),
        moved("chain-1", 301, "chain-2", f"{root}chain-2"),
        moved("chain-2", 302, f"{root}chain-3", f"{root}chain-3"),
        moved("chain-3", 307, witness("end-of-chain"), witness("end-of-chain")),
        moved("loop-a", 302, "/loop-b", f"{root}loop-b"),
        moved("loop-b", 302, "/loop-a", f"{root}loop-a"),
        moved("self", 301, "/self#again", f"{root}self"),
        moved("to-nothing", 301, "/gone", f"{root}gone"),
        PagePlan(f"{root}arrived", "Arrived", (link_to("after-redirect"),)),
    ]
    return one_host_site("redirects.test", pages)


def errors() -> Site:
    """Error pages, whose links are not found, and a page that answers only when asked again."""
    root = "http://errors.test/"
    pages = [
        PagePlan(f"{root}{status}", f"Error {status}", (link_to(f"on-{status}"),), ("http_error",), status)
        for status in (403, 404, 410, 500)
    ]
    flaky = PagePlan(f"{root}flaky", "Busy at first", (link_to("flaky"),), first_status=503)
    return one_host_site("errors.test", [*pages, flaky], scheme="http")


_RULES = """\ufeff# a robots.txt as they are: a mark at the start, comments, several groups, Windows line ends
User-agent: OtherBot
Disallow: /

User-Agent: *   # everybody else
Disallow: /private/
Allow: /private/open
disallow: /*.cgi$
Disallow: /search?
Sitemap: https://robots-rules.test/sitemap.xml
""".replace("\n", "\r\n")


def robots_sites() -> list[Site]:
    """One site for each way to say, or fail to say, what may be crawled."""

    def site(name: str, robots: Robots, paths: dict[str, bool], home: tuple[Outcome, ...] = ("ok",)) -> Site:
        pages = [
            PagePlan(f"https://{name}/{path}", path, (link_to(f"{name}/{path}"),), ("ok",) if allowed else _BLOCKED)
            for path, allowed in paths.items()
        ]
        return one_host_site(
            name, pages, robots=robots, outcomes=home, missing=("http_error",) if home[0] == "ok" else home
        )

    rules = {
        "private/": False,
        "private/open": True,
        "a.cgi": False,
        "a.cgi?x": True,
        "search?q": False,
        "search": True,
    }
    moved = Robots("User-agent: *\nDisallow: /private/\n", 301, "/rules/robots.txt")
    return [
        site("robots-rules.test", Robots(_RULES), rules),
        site("robots-404.test", Robots("User-agent: *\nDisallow: /\n", 404), {"page": True}),
        site("robots-500.test", Robots("", 500), {"page": False}, _BLOCKED),
        site("robots-moved.test", moved, {"private/": False, "page": True}),
        site("crawl-delay.test", Robots("User-agent: *\nCrawl-delay: 0\nDisallow:\n"), {"page": True}),
    ]


_SAMPLES = {
    "western": "Café “Söhne” · 5 €",
    "latin": "Café Söhne £5",
    "cyrillic": "Садовые лопаты",
    "japanese": "庭の道具",
}
_CHARSETS: dict[str, tuple[str, str, str, str]] = {
    "latin-1-header": ("latin-1", "text/html; charset=ISO-8859-1", "", "latin"),
    "latin-1-meta": ("latin-1", "text/html", '<meta charset="latin1">', "latin"),
    "windows-1252-header": ("cp1252", "text/html; charset=windows-1252", "", "western"),
    "windows-1252-called-latin-1": (
        "cp1252",
        "text/html",
        '<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1">',
        "western",
    ),
    "utf-16-header": ("utf-16", "text/html; charset=utf-16", "", "japanese"),
    "utf-16le-header": ("utf-16-le", "text/html; charset=utf-16le", "", "western"),
    "utf-16-mark": ("utf-16", "text/html", "", "japanese"),
    "utf-8-mark-beats-header": ("utf-8-sig", "text/html; charset=iso-8859-1", "", "western"),
    "utf-8-meta": ("utf-8", "text/html", "<meta charset=utf-8>", "japanese"),
    "utf-8-meta-says-utf-16": ("utf-8", "text/html", "<meta charset=utf-16>", "western"),
    "header-beats-meta": ("utf-8", 'Text/HTML;Charset="UTF-8"', "<meta charset=latin1>", "japanese"),
    "koi8-r": ("koi8-r", "text/html", "<meta charset=koi8-r>", "cyrillic"),
    "shift-jis": ("shift_jis", "text/html; charset=Shift_JIS", "", "japanese"),
}
"""Page → codec, Content-Type, markup, sample: who declares the charset, and who wins (HTML Standard, 13.2.3)."""


def charsets() -> Site:
    """The same page in many encodings, each also compressed."""
    pages = [
        PagePlan(
            f"https://charsets.test/{case}",
            f"{case} {_SAMPLES[sample]}",
            (link_to(case, _SAMPLES[sample]),),
            content_type=content_type,
            encoding=codec,
            head=head,
        )
        for case, (codec, content_type, head, sample) in _CHARSETS.items()
    ]
    zipped = (
        replace(page, url=f"{page.url}.gz", links=(link_to(f"{case}.gz", page.links[0].anchor),), gzip=True)
        for case, page in zip(_CHARSETS, pages, strict=True)
    )
    return one_host_site("charsets.test", [*pages, *zipped])


def heavy(huge: int) -> Site:
    """Bodies that are endless, too large, no HTML or mislabelled."""
    root = "https://heavy.test/"
    large: tuple[Outcome, ...] = ("too_large",)
    pages = [
        PagePlan(f"{root}drip", "Endless", outcomes=("network_error", "too_large"), body="drip"),
        PagePlan(f"{root}huge", "Huge", outcomes=large, body="huge", size=huge),
        PagePlan(f"{root}chunked", "Huge, length unknown", outcomes=large, body="chunked", size=huge),
        PagePlan(f"{root}bomb", "Huge once unzipped", outcomes=large, body="bomb", gzip=True, size=huge * 4),
        PagePlan(f"{root}leaflet.pdf", "PDF", outcomes=("not_html",), content_type="application/pdf", body="pdf"),
        PagePlan(f"{root}pdf.html", "PDF called HTML", outcomes=("ok", "not_html"), body="pdf"),
        PagePlan(f"{root}plain", "HTML called text", outcomes=("not_html", "ok"), content_type="text/plain"),
        PagePlan(f"{root}untyped", "HTML untyped", (link_to("untyped"),), content_type=""),
        PagePlan(f"{root}empty", "Nothing", body="empty"),
        PagePlan(f"{root}nested", "Nested", (link_to("nested"),), decoys="<div>" * 4000 + "</div>" * 4000),
    ]
    return one_host_site("heavy.test", pages)


def plain_http() -> Site:
    """A site that has no https at all."""
    return one_host_site("plain-http.test", [PagePlan("http://plain-http.test/page", "Page")], scheme="http")


def closed() -> Site:
    """A site whose ports refuse connections."""
    return one_host_site("closed.test", [], outcomes=UNREACHABLE, missing=UNREACHABLE, refuses=True)
