"""Walls, shells and soft 404s: pages that are answered with 200 and aren't what was asked for."""

import pytest

from backlink_crawler.extract import ExtractedPage, extract_page
from backlink_crawler.extract.soft_404 import says_not_found
from backlink_crawler.extract.walls import CHALLENGE_HEADERS, CHALLENGE_MARKS, challenged_by

ARTICLE = f"<main><h1>Spades</h1><p>{'Of spades and forks there is much to be said. ' * 60}</p></main>"
NAV = "".join(f"<a href=/{n}>Section {n}</a> " for n in range(30))


def read(html: str, url: str = "https://a.test/page", **headers: str) -> ExtractedPage:
    return extract_page(
        html.encode(), url, "text/html; charset=utf-8", {k.replace("_", "-"): v for k, v in headers.items()}
    )


WALLS = [
    (
        "<title>Just a moment...</title><script>window._cf_chl_opt={}</script><noscript>Enable JavaScript and cookies "
        "to continue</noscript>",
        "challenge",
        "Cloudflare's interstitial",
    ),
    ("<title>Attention Required! | Cloudflare</title><h1>Sorry, you have been blocked</h1>", "challenge", "Cloudflare"),
    (
        "<title>a.test</title><p>Please enable JS and disable any ad blocker</p>"
        "<script src=https://ct.captcha-delivery.com/c.js></script>",
        "challenge",
        "DataDome",
    ),
    (
        "<title>Access to this page has been denied</title><div id=px-captcha></div><p>Press & Hold",
        "challenge",
        "HUMAN",
    ),
    (
        "<html><head><META NAME=robots CONTENT=noindex></head><body><iframe src='/_Incapsula_Resource?x=1'>Request "
        "unsuccessful. Incapsula incident ID: 1-2</iframe></body></html>",
        "challenge",
        "Imperva",
    ),
    (
        "<title>Access Denied</title><h1>Access Denied</h1>You don't have permission. Reference #18 "
        "https://errors.edgesuite.net/18.x",
        "challenge",
        "Akamai",
    ),
    ("<script>window.awsWafCookieDomainList=[]</script><p>JavaScript is disabled", "challenge", "AWS WAF"),
    (
        "<title>DDoS-Guard</title><h1>Checking your browser before accessing a.test</h1>"
        "<script src=/.well-known/ddos-guard/js/></script>",
        "challenge",
        "DDoS-Guard",
    ),
    (
        "<title>Sucuri WebSite Firewall - Access Denied</title><h1>Sucuri</h1><p>Your request was blocked",
        "challenge",
        "Sucuri",
    ),
    (
        "<title>Security check</title><script src=https://js.hcaptcha.com/1/api.js></script><p>Are you human",
        "challenge",
        "hCaptcha on a page of its own",
    ),
    (
        "<p>Our systems have detected unusual traffic<script src=https://www.google.com/recaptcha/api.js></script>",
        "challenge",
        "reCAPTCHA on a page of its own",
    ),
    (
        "<title>Log in | A</title><form action=/login><input name=u><input type=password></form>",
        "login",
        "a form and nothing else",
    ),
    ("<title>Forum</title><p>You must be logged in to view this page.", "login", "it says so"),
    (
        f"<title>Members</title>{NAV}<form><input type=PASSWORD></form><p>Please log in to view this topic.",
        "login",
        "with navigation around",
    ),
    (
        "<title>Before you continue to Search</title><p>We use cookies and data to …<button>Reject all</button>"
        "<button>Accept all</button> See our privacy policy",
        "consent",
        "a consent page",
    ),
    ("<title>App</title><div id=root></div><script src=/main.js></script>", "script_only", "a shell"),
    (
        "<noscript>You need to enable JavaScript to run this app.</noscript><div id=app></div><script src=a></script>",
        "script_only",
        "a shell that says so",
    ),
    (ARTICLE, None, "an article"),
    (f"<title>Just a moment...</title>{ARTICLE}", None, "an article of that title"),
    (f"{ARTICLE}<div class=cookie>We use cookies. <button>Accept</button></div>", None, "a cookie banner"),
    (f"<header><a href=/login>Log in</a></header>{ARTICLE}", None, "a login link"),
    (f"<header><form action=/login><input type=password></form></header>{ARTICLE}", None, "a login form in the header"),
    (f"{ARTICLE}<script src=https://www.google.com/recaptcha/api.js></script>", None, "a captcha below a form"),
    (
        "<title>Contact</title><p>Write to us<form><textarea></textarea></form>"
        "<script src=https://www.google.com/recaptcha/api.js></script>",
        None,
        "a small contact page with a captcha",
    ),
    (
        f"<title>Shop</title>{NAV}<script src=https://client.px-cloud.net/x.js></script><p>{'Spades sold ' * 15}</p>",
        None,
        "a page that HUMAN let through",
    ),
    ("<title>Home</title><p>Soon.", None, "a small page"),
    ("", None, "an empty page"),
    (f"<div id=root>{NAV}</div><script src=a.js></script>", None, "rendered on the server"),
    ("<title>Gallery</title><img src=a.jpg><script src=a.js></script>", None, "pictures without words"),
]


@pytest.mark.parametrize(("html", "wall", "reason"), WALLS)
def test_walls(html: str, wall: str | None, reason: str) -> None:
    """A wall is recognised by what only walls have; a page with something to read is none."""
    assert read(html).wall == wall, reason


@pytest.mark.parametrize(("vendor", "header", "value", "source"), CHALLENGE_HEADERS)
def test_challenges_told_by_headers(vendor: str, header: str, value: str, source: str) -> None:
    """Some answers say themselves that they are a challenge, whatever their body and status."""
    assert read(ARTICLE, **{header: value}).wall == "challenge"
    assert challenged_by(b"", {header: [value.upper()]}) == vendor
    assert challenged_by(b"", {header: "none"}) is None


@pytest.mark.parametrize("mark", CHALLENGE_MARKS, ids=[mark.vendor for mark in CHALLENGE_MARKS])
def test_every_mark_counts_on_an_empty_page_alone(mark: object) -> None:
    """Each mark of each vendor makes a challenge of a page without words, and nothing of a page with many."""
    for text in mark.bytes:  # type: ignore[attr-defined]
        body = b"<script>" + text.upper() + b"</script>"
        assert challenged_by(body, {}) == mark.vendor  # type: ignore[attr-defined]
        assert challenged_by(body, {}, words=1_000) is None


def test_needs_rendering() -> None:
    """A shell needs its scripts; a page that is merely short does not."""
    assert read("<div id=__next></div><script src=a.js></script>").needs_rendering
    assert not read("<div id=__next></div>").needs_rendering
    assert not read(f"<div id=__next>{ARTICLE}</div><script src=a.js></script>").needs_rendering


NOT_FOUND = [
    ("Page not found", "", True, "in words"),
    ("404 Not Found", "", True, "as servers say it"),
    ("Error 404", "", True, "the number"),
    ("404 - Page not found | Shop", "", True, "with the site's name"),
    ("Shop: Oops! That page can't be found.", "", True, "WordPress"),
    ("Page Not Found (404)", "", True, "number behind"),
    ("We couldn't find that page", "", True, "in other words"),
    ("Seite nicht gefunden | Laden", "", True, "German"),
    ("Page introuvable - Boutique", "", True, "French"),
    ("Página no encontrada", "", True, "Spanish"),
    ("Página não encontrada | Loja", "", True, "Portuguese"),
    ("Страница не найдена", "", True, "Russian"),
    ("ページが見つかりません", "", True, "Japanese"),
    ("页面不存在", "", True, "Chinese"),
    ("Shop", "The page you are looking for could not be found", True, "in the heading"),
    ("Shop", "This product is no longer available", True, "a product that is gone"),
    ("How to fix 404 not found errors in nginx", "", False, "an article about it"),
    ("Not found: the lost cities of Peru", "", True, "a title that reads like it, on a page without text"),
    ("Peugeot 404", "", False, "a car"),
    ("Room 404", "404", False, "a room"),
    ("Found footage", "Lost and found", False, "the word found"),
    ("", "", False, "nothing"),
]


@pytest.mark.parametrize(("title", "heading", "missing", "reason"), NOT_FOUND)
def test_not_found(title: str, heading: str, missing: bool, reason: str) -> None:
    """A whole part of the title, or the heading, says that there is no such page."""
    assert says_not_found(title, heading, 40) is missing, reason


def test_many_words_are_no_error_page() -> None:
    """What says more says something else."""
    assert not says_not_found("Page not found", "", 2_000)
    assert read(f"<title>Page not found</title>{ARTICLE}").soft_404 is False
    assert read("<title>Page not found</title><p>Sorry.").soft_404 is True


def test_a_wall_is_no_missing_page() -> None:
    """What is behind a wall is not known to be missing."""
    page = read("<title>Page not found</title><div id=root></div><script src=a.js></script>")
    assert (page.wall, page.soft_404) == ("script_only", False)
