"""What a page says of itself: author, date, platform, type, language, words; and what each link is there for."""

from datetime import UTC, datetime

import pytest

from backlink_crawler.extract import ExtractedPage, extract_page
from backlink_crawler.extract.placement_types import is_share_button

URL = "https://a.test/page"
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def read(html: str, url: str = URL) -> ExtractedPage:
    return extract_page(html.encode(), url, "text/html; charset=utf-8", at=NOW)


def ld(text: str) -> str:
    return f"<script type='application/ld+json'>{text}</script>"


AUTHORS = [
    (ld('{"@type":"Article","author":{"@type":"Person","name":"Jane  Doe"}}'), "Jane Doe", "JSON-LD"),
    (ld('{"@graph":[{"@type":"WebSite"},{"author":["Jane Doe","John"]}]}'), "Jane Doe", "the first of several"),
    ("<meta name=Author content='by Jane Doe'>", "Jane Doe", "a meta, without its 'by'"),
    (
        "<meta property=article:author content=https://facebook.com/jane><a rel=author href=/j>Jane</a>",
        "Jane",
        "no address",
    ),
    ("<a rel=author href=/j>Jane Doe</a>", "Jane Doe", "a link"),
    (ld("{not json") + "<meta name=author content=Jane>", "Jane", "JSON-LD that is none"),
    ("<p>By Jane Doe", None, "words alone are not looked at"),
]


@pytest.mark.parametrize(("html", "author", "reason"), AUTHORS)
def test_author(html: str, author: str | None, reason: str) -> None:
    """The author is who the page names for machines."""
    assert read(html).author == author, reason


PUBLISHED = [
    ("<meta property=article:published_time content=2024-03-05T10:00:00+02:00>", (2024, 3, 5, 8), "Open Graph"),
    (ld('{"@type":"Article","datePublished":"2024-03-05"}'), (2024, 3, 5, 0), "JSON-LD"),
    ("<time itemprop=datePublished datetime=2024-03-05>yesterday</time>", (2024, 3, 5, 0), "a time element"),
    (
        "<meta name=date content=nonsense>" + ld('{"datePublished":"2024-03-05"}'),
        (2024, 3, 5, 0),
        "past what is no date",
    ),
    ("<meta name=date content=2031-01-01>", None, "not in the future"),
    ("<meta property=article:modified_time content=2024-03-05>", None, "a change is no publication"),
    ("<p>5 March 2024", None, "words alone are not looked at"),
]


@pytest.mark.parametrize(("html", "moment", "reason"), PUBLISHED)
def test_published(html: str, moment: tuple[int, int, int, int] | None, reason: str) -> None:
    """The date is when the page says it was first published, in UTC."""
    assert read(html).published_at == (None if moment is None else datetime(*moment, tzinfo=UTC)), reason


PLATFORMS = [
    ("<meta name=generator content='WordPress 6.4'>", "wordpress", "a generator with a version"),
    ("<meta name=generator content='Joomla! - Open Source Content Management'>", "joomla", "with a motto"),
    ("<meta name=generator content='Powered by WPBakery Page Builder'>", "wordpress", "a plugin of it"),
    (
        "<meta name=generator content='Handmade'><link rel=stylesheet href=/wp-content/a.css>",
        "wordpress",
        "unknown, then its files",
    ),
    ("<script src=https://cdn.shopify.com/s/a.js></script>", "shopify", "where its scripts come from"),
    ("<a href=https://b.test/wp-content/x.pdf>t</a>", None, "a link to a file of another site says nothing"),
    ("<p>Powered by WordPress", None, "nor do words"),
]


@pytest.mark.parametrize(("html", "platform", "reason"), PLATFORMS)
def test_platform(html: str, platform: str | None, reason: str) -> None:
    """The software tells itself by its generator or its files."""
    assert read(html).platform == platform, reason


TYPES = [
    (ld('{"@type":"NewsArticle"}'), URL, "article", "schema.org"),
    (ld('{"@type":["Product","Thing"]}'), URL, "product", "one of several types"),
    (ld('{"@type":"https://schema.org/QAPage"}'), URL, "forum", "the type as an address"),
    ("<meta property=og:type content=article>", URL, "article", "Open Graph"),
    ("<meta property=og:type content=website>", URL, None, "which says nothing"),
    ("<meta name=generator content='Discourse 3.2'>", URL, "forum", "by its platform"),
    ("<meta property=og:type content=article>", "https://a.test/", "home", "the start page"),
    ("", URL, None, "nothing"),
]


@pytest.mark.parametrize(("html", "url", "page_type", "reason"), TYPES)
def test_page_type(html: str, url: str, page_type: str | None, reason: str) -> None:
    """The type is what the page declares."""
    assert read(html, url).page_type == page_type, reason


@pytest.mark.parametrize(
    ("html", "language", "reason"),
    [
        ("<html lang=EN-gb>", "en-gb", "the root's attribute"),
        ("<meta http-equiv=Content-Language content='de, en'>", "de", "the meta, its first"),
        ("<html lang=' '>", None, "blank"),
    ],
)
def test_language(html: str, language: str | None, reason: str) -> None:
    """The language is the one the page declares."""
    assert read(html).language == language, reason


@pytest.mark.parametrize(
    ("html", "words", "reason"),
    [
        ("<p>one two<p>three", 3, "blocks end words"),
        ("<p>o<b>n</b>e", 1, "markup does not"),
        ("<p>one<script>two</script><style>three</style><template>four</template>", 1, "what is rendered"),
        ("<p>one<p hidden>two three", 1, "what is seen"),
        ("<p>one<noscript>two</noscript>", 1, "with scripts"),
        ("<title>one</title>", 0, "the head is no text"),
        ("<p>one \n\t two\u00a0 three", 3, "any white space"),
        ("<p>one\ttwo", 2, "a tab alone"),
    ],
)
def test_word_count(html: str, words: int, reason: str) -> None:
    """Words are runs of characters between white space."""
    assert read(f"<body>{html}").word_count == words, reason


PROSE = "Of spades and forks there is much to be said on a long winter evening by the fire,"
PLACEMENT_TYPES = [
    (f"<main><p>{PROSE} as <a href=//b.test>they say</a>.</main>", "editorial", "running text", "part of the text"),
    ("<a href=//b.test rel=sponsored>t</a>", "advert", "rel=sponsored", "declared by its rel"),
    (f"<p>Advertisement: <a href=//b.test>t</a> {PROSE}", "advert", "text: advertisement", "declared beside it"),
    ("<p>Anzeige <a href=//b.test>t</a>", "advert", "text: anzeige", "in German"),
    (
        f"<p>{PROSE} We advertised it; <a href=//b.test>t</a>",
        "editorial",
        "running text",
        "a word that begins the same",
    ),
    (f"<p>Sponsored<p>{PROSE} <a href=//b.test>t</a>", "editorial", "running text", "said of another block"),
    ("<h3>Sponsored</h3><p><a href=//b.test>t</a>", "advert", "heading: Sponsored", "declared above"),
    ("<a href='//www.facebook.com/sharer/sharer.php?u=x'>t</a>", "share_button", "address", "offers the page"),
    ("<section id=comments><a href=//b.test>t</a></section>", "comment", "region", "among comments"),
    ("<a href=//b.test rel=ugc>t</a>", "comment", "rel=ugc", "declared as somebody else's"),
    (
        "<h3>About the author</h3><p>Jane has <a href=//b.test>a site</a>",
        "author_bio",
        "heading: About the author",
        "a bio",
    ),
    (
        "<h2>What our customers say</h2><p><a href=//b.test>t</a>",
        "testimonial",
        "heading: What our customers say",
        "praise",
    ),
    (
        "<h2>Further reading</h2><ul><li><a href=//b.test>t</a></ul>",
        "resource_list",
        "heading: Further reading",
        "by its heading",
    ),
    (
        "<h2>Tools</h2><ul><li><a href=//c.test>t</a><li><a href=//d.test>t</a><li><a href=//b.test>t</a></ul>",
        "resource_list",
        "list of 3 links",
        "by its shape",
    ),
    ("<title>Web directory</title><ul><li><a href=//b.test>t</a></ul>", "directory", "title", "by the page's title"),
    ("<meta name=generator content=phpBB><p><a href=//b.test>t</a>", "forum", "page_type", "a post"),
    ("<p><a href=//b.test>t</a>", None, None, "not clear"),
    (f"<nav><p>{PROSE} <a href=//b.test>t</a></nav>", None, None, "navigation is none of them"),
    (f"<p hidden>{PROSE} <a href=//b.test>t</a>", None, None, "hidden text is no editorial"),
    ("<a href=mailto:x@b.test rel=sponsored>t</a>", None, None, "no web address"),
]


@pytest.mark.parametrize(("html", "kind", "why", "reason"), PLACEMENT_TYPES)
def test_placement_type(html: str, kind: str | None, why: str | None, reason: str) -> None:
    """A link says what it is there for where the page says so, with the reason."""
    link = read(html).links[-1]
    assert (link.placement_type, link.placement_reason) == (kind, why), reason


@pytest.mark.parametrize(
    ("url", "shares"),
    [
        ("https://twitter.com/intent/tweet?text=x", True),
        ("https://x.com/share?url=x", True),
        ("https://wa.me/?text=x", True),
        ("https://t.me/share/url?url=x", True),
        ("https://twitter.com/jane", False),
        ("https://www.facebook.com/jane", False),
        ("https://t.me/jane", False),
        ("https://b.test/share?url=x", False),
    ],
)
def test_share_buttons(url: str, shares: bool) -> None:
    """Services that offer a page to others are told from profiles there."""
    assert is_share_button(url) is shares


def test_links_within_the_site_may_stay_undescribed() -> None:
    """A crawl that stores external links only leaves out what it would throw away, and nothing else."""
    html = f"<p>{PROSE} <a href=/in>in</a> and <a href=//b.test>out</a>".encode()
    inside, outside = extract_page(html, URL, describe_internal=False).links
    full_inside, full_outside = extract_page(html, URL).links
    assert outside == full_outside
    assert (inside.block_words, inside.text_before, inside.placement_type) == (None, "", None)
    assert (inside.offset, inside.heading, inside.anchor) == (full_inside.offset, full_inside.heading, "in")
