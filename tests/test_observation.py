"""What an answer, or the lack of one, says of a page."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadTimeoutError,
)
from scrapy.http import HtmlResponse, Request, Response

from backlink_crawler.extract.placement.version import region_rules
from backlink_crawler.net.errors import (
    BlockedByRobots,
    CertificateError,
    EncodingError,
    RobotsUnreachable,
    TLSError,
    TooLargeError,
    UnsafeAddressError,
)
from backlink_crawler.records import Outcome, Visit
from backlink_crawler.spiders.detours import Detour, detour_at
from backlink_crawler.spiders.observation import observe_failure, observe_response

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
URL = "https://blog.test/post"
HTML = (
    b"<!DOCTYPE html><html><head><title>Post</title></head><body><p><a href=https://shop.test/>Shop</a></body></html>"
)


def observed(
    status: int = 200,
    body: bytes = HTML,
    *,
    url: str = URL,
    asked: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Visit:
    """The visit that an answer is; ``asked``: headers of the request."""
    told = {"Content-Type": "text/html", **(headers or {})}
    response = HtmlResponse if body else Response
    return observe_response(response(url, status, told, body, request=Request(url, headers=asked or {})), NOON)


CONDITIONS: list[tuple[dict[str, str], bool, Outcome, str]] = [
    ({"If-None-Match": '"1"'}, True, "ok", "it was asked whether it has changed"),
    ({"If-Modified-Since": "Sun, 01 Mar 2026 10:00:00 GMT"}, True, "ok", "by its date"),
    ({}, False, "http_error", "nobody asked: the server is confused, and nothing is known of the page"),
]


@pytest.mark.parametrize(("asked", "not_modified", "outcome", "why"), CONDITIONS)
def test_not_modified(asked: dict[str, str], not_modified: bool, outcome: Outcome, why: str) -> None:
    """A 304 vouches for the last visit, as the answer to a conditional request only."""
    visit = observed(304, b"", asked=asked)
    assert (visit.not_modified, visit.page.outcome) == (not_modified, outcome)
    assert visit.page.http_status == (200 if not_modified else 304), "what is stored was answered with 200"
    assert visit.raw_links == []


def test_a_page_that_answers_a_conditional_request_is_read() -> None:
    """A 200 is the page as it is now, whatever was asked."""
    visit = observed(asked={"If-None-Match": '"1"'}, headers={"ETag": '"2"'})
    assert not visit.not_modified
    assert (visit.page.outcome, visit.page.etag, len(visit.raw_links)) == ("ok", '"2"', 1)


ADDRESSES: list[tuple[str, Detour | None, str]] = [
    ("https://blog.test/login?next=%2Fpost", "login", "with the way back"),
    ("https://blog.test/wp-login.php?redirect_to=x", "login", "WordPress"),
    ("https://blog.test/users/sign_in", "login", "Rails"),
    ("https://blog.test/Account/Login.aspx", "login", "ASP.NET"),
    ("https://blog.test/en/signin/", "login", "behind a language"),
    ("https://accounts.google.com/ServiceLogin?continue=x", "login", "Google"),
    ("https://login.blog.test/?r=x", "login", "a host of its own"),
    ("https://consent.yahoo.com/v2/collectConsent?sessionId=1", "consent", "Yahoo"),
    ("https://blog.test/cookie-consent", "consent", "cookies"),
    ("https://blog.test/age-gate?return=/post", "consent", "age"),
    ("https://blog.test/captcha/?back=/post", "challenge", "captcha"),
    ("https://blog.test/cdn-cgi/challenge-platform/h/b", "challenge", "Cloudflare"),
    ("https://geo.captcha-delivery.com/captcha/?cid=1", "challenge", "DataDome"),
    ("https://blog.test/oauth2/authorize?client_id=x", "login", "OAuth"),
    ("https://blog.test/sso/?r=x", "login", "single sign-on"),
    ("https://code.test/contrib/auth/models.py", None, "a folder of that name"),
    ("https://id.test/auth/ndlna/00568770", None, "an authority file"),
    ("https://media.test/cdn-cgi/image/w=840/a.jpg", None, "Cloudflare's images"),
    ("https://blog.test/how-to-login-to-facebook", None, "an article about it"),
    ("https://blog.test/posts/?tag=login", None, "a tag"),
    ("https://login.test/", None, "a site of that name"),
    ("https://blog.test/challenge/2026", None, "a competition"),
    ("https://blog.test/consent-in-medicine", None, "an article about that"),
    ("https://blog.test/authors/", None, "begins alike"),
    ("https://blog.test/", None, "home"),
]


@pytest.mark.parametrize(("address", "kind", "why"), ADDRESSES, ids=[row[2] for row in ADDRESSES])
def test_addresses_of_detours(address: str, kind: Detour | None, why: str) -> None:
    """Whole names of hosts and path segments tell; words within them do not."""
    assert detour_at(address) == kind


@pytest.mark.parametrize("status", [302, 303, 307])
def test_being_sent_to_log_in_is_a_challenge(status: int) -> None:
    """The page is there, but not for us: its links are unknown, and nothing is walked."""
    visit = observed(status, b"", headers={"Location": "/login?next=/post"})
    assert (visit.page.outcome, visit.page.reason, visit.page.http_status) == ("challenge", "login", status)
    assert visit.page.redirect_to == "https://blog.test/login?next=/post"
    assert visit.raw_links == []


@pytest.mark.parametrize(
    ("status", "url", "location", "why"),
    [
        (301, URL, "/login", "for good: the page is gone"),
        (308, URL, "/login", "for good"),
        (302, "https://blog.test/login", "/login/", "the form itself moves"),
        (302, "https://blog.test/signin", "https://login.blog.test/", "also to its own host"),
        (302, URL, "/posts/login-pages", "elsewhere"),
    ],
)
def test_other_redirects_are_redirects(status: int, url: str, location: str, why: str) -> None:
    """Only a page that is kept from a visitor for now is a challenge."""
    visit = observed(status, b"", url=url, headers={"Location": location})
    assert (visit.page.outcome, visit.page.reason) == ("redirect", None)
    assert [link.url for link in visit.raw_links] == [visit.page.redirect_to]


CHALLENGE = b"""<!DOCTYPE html><html><head><title>Just a moment...</title></head><body><div id="cf-wrapper">
<script>window._cf_chl_opt = {cvId: '3'};</script>
<noscript>Enable JavaScript and cookies to continue</noscript></body>"""
PLAIN_ERROR = b"<!DOCTYPE html><html><head><title>Forbidden</title></head><body><h1>Forbidden</h1></body></html>"
MISSING = (
    b"<!DOCTYPE html><html><head><title>Page not found</title></head><body><p>"
    + b"There is no such page, but many others that may be what was meant. " * 40
    + b"<script src=/cdn-cgi/challenge-platform/h/b/scripts/jsd/main.js></script></body></html>"
)


@pytest.mark.parametrize(
    ("status", "body", "headers", "outcome", "why"),
    [
        (403, CHALLENGE, {}, "challenge", "the usual one"),
        (503, CHALLENGE, {}, "challenge", "an older one"),
        (200, CHALLENGE, {}, "challenge", "with a status that lies"),
        (403, b"", {"cf-mitigated": "challenge"}, "challenge", "told by a header"),
        (202, b"", {"x-amzn-waf-action": "challenge"}, "challenge", "told by another"),
        (403, PLAIN_ERROR, {}, "http_error", "no is an answer"),
        (404, MISSING, {}, "http_error", "the vendor's script on an ordinary error page"),
        (200, HTML, {}, "ok", "a page"),
    ],
)
def test_challenges(status: int, body: bytes, headers: dict[str, str], outcome: Outcome, why: str) -> None:
    """A bot challenge is none of the page's answers, whatever its status; nothing of it is taken for the page's."""
    visit = observed(status, body, headers={"ETag": '"1"', **headers})
    assert visit.page.outcome == outcome
    if outcome == "challenge":
        assert visit.page.reason == "challenge"
        assert (visit.raw_links, visit.page.etag, visit.page.title) == ([], None, None)


LOGIN = b"""<!DOCTYPE html><html><head><title>Log in</title></head><body><h1>Log in</h1><form action=/login method=post>
<input name=user><input type=password name=password></form><a href=https://shop.test/>Shop</a></body></html>"""


def test_a_page_behind_a_login_form_is_read_and_says_so() -> None:
    """What it shows is recorded; that links are missing says nothing."""
    visit = observed(body=LOGIN)
    assert (visit.page.outcome, visit.page.wall) == ("ok", "login")
    assert [link.url for link in visit.raw_links if link.link_type == "text"] == ["https://shop.test/"]


def test_all_facts_of_a_page_are_taken_over() -> None:
    """Every fact that extraction finds and a page record has is in the visit."""
    html = b"""<!DOCTYPE html><html lang=en><head><title>A soft drink</title><meta name=author content="Ann Onymous">
    <meta name=generator content="WordPress 6.5"><meta property="og:type" content="article">
    <meta property="article:published_time" content="2026-02-01T10:00:00Z"><link rel=canonical href=/post></head>
    <body><main><p>Some words.</p></main></body></html>"""
    page = observed(body=html).page
    assert (page.title, page.language, page.author, page.platform) == ("A soft drink", "en", "Ann Onymous", "wordpress")
    assert page.published_at == datetime(2026, 2, 1, 10, tzinfo=UTC)
    assert (page.page_type, page.canonical_url, page.indexable) == ("article", URL, True)
    assert page.word_count is not None
    assert page.region_rules == region_rules()
    assert observed(304, b"", asked={"If-None-Match": '"1"'}).page.region_rules is None, "nothing was placed"
    assert (page.needs_rendering, page.wall, page.soft_404) == (False, None, False)
    gone = observed(body=b"<!DOCTYPE html><title>404 Not Found</title><h1>Page not found</h1><p>Sorry.").page
    assert gone.soft_404 is True


def test_a_refresh_header_leads_on() -> None:
    """``Refresh`` is a header of some servers; it counts as the element does."""
    assert observed(headers={"Refresh": "0; url=/new"}).page.redirect_to == "https://blog.test/new"


def test_robots_directives_of_all_headers_count() -> None:
    """``X-Robots-Tag`` may come more than once, in any spelling."""
    assert observed(headers={"X-ROBOTS-TAG": "noindex"}).page.indexable_cause == "header"


FAILURES: list[tuple[Exception, Outcome, str]] = [
    (BlockedByRobots(), "blocked_by_robots", "disallowed"),
    (RobotsUnreachable(), "blocked_by_robots", "robots_unreachable"),
    (UnsafeAddressError(), "unsafe_address", "not_public"),
    (TooLargeError(), "too_large", "body"),
    (TooLargeError("", "decompressed"), "too_large", "decompressed"),
    (CannotResolveHostError(), "network_error", "dns"),
    (DownloadTimeoutError(), "network_error", "timeout"),
    (CertificateError("", "expired"), "certificate_error", "expired"),
    (CertificateError(), "certificate_error", "certificate"),
    (TLSError(), "network_error", "tls"),
    (EncodingError(), "network_error", "bad_encoding"),
    (DownloadConnectionRefusedError(), "network_error", "refused"),
    (OSError("whatever"), "network_error", "broken_connection"),
]


@pytest.mark.parametrize(("error", "outcome", "reason"), FAILURES, ids=[row[2] for row in FAILURES])
def test_failures(error: Exception, outcome: Outcome, reason: str) -> None:
    """A page that gave no answer has an outcome, with the reason in one word."""
    page = observe_failure(Request(URL), error, NOON).page
    assert (page.url, page.outcome, page.reason, page.http_status) == (URL, outcome, reason, None)


def test_a_server_that_asks_for_patience_is_heard() -> None:
    """``Retry-After`` in seconds; as a date it is left to our own guess."""
    assert observed(503, PLAIN_ERROR, headers={"Retry-After": "120"}).retry_after == 120
    assert observed(503, PLAIN_ERROR, headers={"Retry-After": "Sun, 01 Mar 2026 13:00:00 GMT"}).retry_after is None
