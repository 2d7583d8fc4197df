"""Sites of odd links: ways to write an address, ``rel`` values, what looks like a link and is none, ``<link>``."""

from collections.abc import Iterator

from tests.web import hrefs
from tests.web.building import WITNESS, link_to, one_host_site, witness
from tests.web.plan import Element, PagePlan, PlannedLink, Site

IDN = "xn--bcher-ecke-9db.test"


def spellings() -> Site:
    """Every spelling of an address, bases, relative references, and what is no address at all."""
    root = "https://spellings.test/"
    deep = f"{root}deep/er/page.html"
    based = PagePlan(
        f"{root}based.html",
        "Relative base",
        (PlannedLink(f"{root}deep/sibling.html", "sibling.html", "from the base"),),
        head='<base href="/deep/"><base href="https://second-base-counts-not.example/">',
    )
    pages = [
        PagePlan(f"{root}absolute.html", "Spellings", (*_spelled_links(), *_numeric_hosts())),
        PagePlan(deep, "Relative references", tuple(_relative_links(root, deep))),
        *(PagePlan(root + path, path) for path in ("deep/", "deep/er/", "deep/sibling.html", "~tilde", "deep/er/b")),
        PagePlan(f"{deep}?view=all", "Query alone"),
        PagePlan(f"{root}no-address.html", "No addresses", tuple(_no_addresses(f"{root}no-address.html"))),
        based,
        PagePlan(f"{root}based-elsewhere.html", "Base elsewhere", tuple(_based_links()), head=_BASE_ELSEWHERE),
    ]
    return one_host_site("spellings.test", pages)


def _spelled_links() -> Iterator[PlannedLink]:
    for number, (name, spell) in enumerate(hrefs.SPELLINGS.items()):
        for target in (witness(f"spelling-{number}?a=1&copy=2"), witness(f"gr%C3%BC%C3%9Fe/{number}?q=%C3%BC")):
            yield PlannedLink(target, spell(target), name)
    yield PlannedLink(f"https://{IDN}/", f"https://{IDN.encode().decode('idna').upper()}", "unicode host in capitals")
    yield PlannedLink(witness("blank?q=a%20b"), witness("blank?q=a b"), "a blank in the query")
    yield PlannedLink(witness("blank%20path"), witness("blank path"), "a blank in the path")
    yield PlannedLink(witness("case?Path=KEPT"), f"HTTPS://{WITNESS}/case?Path=KEPT", "case of a query is kept")
    yield PlannedLink(witness("twice"), witness("twice"), "the same target")
    yield PlannedLink(witness("twice"), f"{witness('twice')}#again", "with two anchors")
    yield PlannedLink(witness("everywhere"), witness("everywhere"), "in the footer", "nofollow", region="footer")
    yield PlannedLink(witness("everywhere"), witness("everywhere"), "and in the text")
    yield PlannedLink(f"https://{WITNESS}:8443/port", f"https://{WITNESS}:8443/port", "a port of its own")


def _numeric_hosts() -> Iterator[PlannedLink]:
    yield PlannedLink("http://192.0.2.7/hex", "http://0xC0.0.2.7/hex", "an IPv4 address in hexadecimal")
    yield PlannedLink("http://192.0.2.7/short", "http://192.0.519/short", "an IPv4 address of three parts")
    yield PlannedLink("http://[2001:db8::1]/v6", "http://[2001:DB8:0:0::1]/v6", "an IPv6 address")
    yield PlannedLink("https://no-such-name.invalid/", "https://no-such-name.invalid", "a name that does not resolve")


def _relative_links(root: str, deep: str) -> Iterator[PlannedLink]:
    yield PlannedLink(f"{root}deep/", "..", "the folder above")
    yield PlannedLink(f"{root}deep/er/", ".", "this folder")
    yield PlannedLink(root, "../../../../..", "above the root")
    yield PlannedLink(f"{root}deep/sibling.html", "../x/../sibling.html", "there and back")
    yield PlannedLink(f"{root}deep/er/b", "./b", "a sibling")
    yield PlannedLink(f"{root}~tilde", "/~tilde", "a tilde stays")
    yield PlannedLink(f"{deep}?view=all", "?view=all", "query alone")
    yield PlannedLink(deep, "#part-2", "fragment alone")
    yield PlannedLink(deep, "", "nothing at all")
    yield PlannedLink(deep, " \n ", "white space alone")
    yield PlannedLink(witness("scheme-relative"), f"//{WITNESS}/scheme-relative", "scheme-relative")
    yield PlannedLink(f"{root}deep/er/b", "https:b", "a scheme that is the page's own")


def _no_addresses(page: str) -> Iterator[PlannedLink]:
    yield PlannedLink(page, "#", "just a hash")
    for href in (
        "javascript:void(0)",
        "JavaScript:location='https://decoy.example/'",
        "java\nscript:alert(1)",
        "mailto:gardener@witness.test",
        "tel:+49-30-1234",
        "data:text/html,<a href=https://decoy.example/>x</a>",
        "ftp://witness.test/file",
        "about:blank",
        "http://",
        "https://wit ness.test/",
        "http://[2001:db8::/",
        "http://witness.test:99999/",
        "http://1.2.3.4.5/",
        "https://%00.test/",
        f"https://{WITNESS}/{'long' * 600}",
    ):
        yield PlannedLink(None, href, f"not {' '.join(href[:20].split())}")


_BASE_ELSEWHERE = f'<base target="_top"><base href="https://{WITNESS}/based/">'


def _based_links() -> Iterator[PlannedLink]:
    yield PlannedLink(witness("based/one.html"), "one.html", "below the base")
    yield PlannedLink(witness("two.html"), "../two.html", "above the base")
    yield PlannedLink(witness("three"), "/three", "from the base's root")
    yield PlannedLink(witness("based/?q=4"), "?q=4", "query on the base")
    yield PlannedLink(witness("based/"), "", "the base itself")
    yield PlannedLink("https://spellings.test/", "https://spellings.test/", "home")


_RELS = (
    "",
    "nofollow",
    "NOFOLLOW",
    "ugc",
    "sponsored",
    "noopener",
    "noreferrer noopener",
    "nofollow ugc",
    "ugc sponsored nofollow",
    "Sponsored\tNoFollow\n noopener",
    "  external  ",
    "me",
    "no-follow",
)


def rel_values() -> Site:
    """Every kind of ``rel``, and pages that say nofollow for all their links."""
    root = "https://rel-values.test/"
    pages = [
        PagePlan(f"{root}rel.html", "Rel", tuple(link_to(f"rel-{number}", rel=rel) for number, rel in enumerate(_RELS)))
    ]
    meta, header = '<meta name="robots" content="{}">', "X-Robots-Tag"
    cases: dict[str, PagePlan] = {
        "meta-nofollow": PagePlan("", head=meta.format("nofollow"), nofollow_cause="meta"),
        "meta-none": PagePlan("", head=meta.format("none"), nofollow_cause="meta"),
        "meta-capitals": PagePlan("", head='<META CONTENT="NOINDEX, NOFOLLOW" NAME=ROBOTS>', nofollow_cause="meta"),
        "meta-noindex": PagePlan("", head=meta.format("noindex")),
        "meta-follow": PagePlan("", head=meta.format("index,follow")),
        "header-nofollow": PagePlan("", headers=((header, "nofollow"),), nofollow_cause="header"),
        "header-none": PagePlan("", headers=((header, "none"),), nofollow_cause="header"),
        "header-second": PagePlan("", headers=((header, "noarchive"), (header, "nofollow")), nofollow_cause="header"),
        "header-other-bot": PagePlan("", headers=((header, "otherbot: noindex, nofollow"),)),
        "header-noindex": PagePlan("", headers=((header, "noindex"),)),
        "meta-and-header": PagePlan(
            "", head=meta.format("nofollow"), headers=((header, "nofollow"),), nofollow_cause="meta"
        ),
    }
    pages += (_robots_page(root, name, page) for name, page in cases.items())
    return one_host_site("rel-values.test", pages)


def _robots_page(root: str, case: str, page: PagePlan) -> PagePlan:
    links = (link_to(f"{case}/plain"), link_to(f"{case}/nofollow", rel="nofollow"), link_to(f"{case}/ugc", rel="ugc"))
    return PagePlan(
        f"{root}{case}.html", case, links, head=page.head, headers=page.headers, nofollow_cause=page.nofollow_cause
    )


_DECOYS = """
<!-- <a href="https://decoy.example/comment">comment</a> -->
<script>document.write('<a href="https://decoy.example/script">script</a>');</script>
<script type="application/ld+json">{"url": "https://decoy.example/json"}</script>
<template><a href="https://decoy.example/template">template</a></template>
<textarea><a href="https://decoy.example/textarea">textarea</a></textarea>
<style>/* <a href="https://decoy.example/style">style</a> */</style>
<p>https://decoy.example/text and <code>&lt;a href="https://decoy.example/escaped"&gt;</code></p>
<a name="top">an anchor without href</a> <a data-href="https://decoy.example/data">data</a>
<span onclick="location='https://decoy.example/onclick'">click</span>
<img src="https://decoy.example/image.png" alt=""> <video src="https://decoy.example/video.mp4"></video>
"""


def elements() -> Site:
    """What carries a link, what an anchor may be, and what only looks like a link."""
    root = "https://elements.test/"
    head = (
        '<link rel="stylesheet" href="https://decoy.example/s.css"><script src="https://decoy.example/s.js"></script>'
    )
    pages = [
        PagePlan(f"{root}not-links.html", "Not links", (link_to("among-decoys"),), head=head, decoys=_DECOYS),
        PagePlan(f"{root}elements.html", "Elements", tuple(_element_links(root))),
        PagePlan(f"{root}anchors.html", "Anchors", tuple(_anchor_links()), paragraphs=0),
        PagePlan(f"{root}soup.html", "Soup", tuple(_anchor_links()), landmarks=False, decoys=_DECOYS, paragraphs=0),
    ]
    return one_host_site("elements.test", pages)


def _element_links(root: str) -> Iterator[PlannedLink]:
    kinds: tuple[Element, ...] = ("a", "img", "area", "noscript", "iframe", "form")
    for element in kinds:
        yield PlannedLink(witness(f"in-{element}"), witness(f"in-{element}"), f"in {element}", element=element)
    yield PlannedLink(root, "/", "search here", element="form")
    for region in ("header", "nav", "aside", "comment", "footer"):
        yield PlannedLink(witness(f"region-{region}"), witness(f"region-{region}"), f"In the {region}", region=region)


def _anchor_links() -> Iterator[PlannedLink]:
    """For pages without paragraphs: a heading inside an ``<a>`` would end the paragraph and make two links of it."""

    def link(case: str, anchor: str, markup: str = "", attributes: str = "", element: Element = "a") -> PlannedLink:
        return PlannedLink(witness(case), witness(case), anchor, "", element, "content", markup, attributes)

    yield link("markup", "bold and plain", "<b>bold</b> and <i>pl</i>ain")
    yield link("entities", "Spades & Söhne <3", "Spades &amp; S&ouml;hne &lt;3")
    yield link("white-space", "two words", "\n   two\n\t words  ")
    yield link("block", "A heading inside", "<h3>A heading inside</h3>")
    yield link("emoji", "🌱 seedlings")
    yield link("title", "from the title", "<i></i>", 'title="from the title"')
    yield link("aria", "from aria-label", "<i></i>", 'aria-label="from aria-label"')
    yield link("empty", "", "<i></i>")
    yield link("alt", "A spade & a fork", element="img")
    yield link("no-alt", "", element="img")


def head_links() -> Site:
    """Canonicals and alternates, here and elsewhere."""
    root = "https://head-links.test/"

    def page(case: str, element: Element, target: str, href: str, attributes: str = "") -> PagePlan:
        link = PlannedLink(target, href, element=element, attributes=attributes)
        return PagePlan(f"{root}{case}.html", case, (link, link_to(f"text-of-{case}")))

    pages = [
        page("canonical-elsewhere", "canonical", witness("canonical"), witness("canonical")),
        page("canonical-here", "canonical", f"{root}canonical-here.html", "canonical-here.html"),
        page("canonical-home", "canonical", root, "/"),
        page("alternate-elsewhere", "alternate", witness("de/"), f"//{WITNESS}/de/", 'hreflang="de"'),
        page("alternate-here", "alternate", f"{root}alternate-here.html", "#top", 'hreflang="en"'),
    ]
    return one_host_site("head-links.test", pages)
