"""What came back from the wire → a Visit: the outcome of a page, and its links where there are any."""

import ipaddress
from datetime import datetime
from functools import lru_cache

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadTimeoutError,
)
from scrapy.http import Request, Response

from backlink_crawler.extract import ExtractedPage, extract_page
from backlink_crawler.extract.directives import Directives, read_directives
from backlink_crawler.extract.links import redirect_link
from backlink_crawler.extract.walls import challenged_by
from backlink_crawler.net import media
from backlink_crawler.net.errors import BlockedByRobots, RobotsUnreachable, WireError
from backlink_crawler.records import Outcome, Page, Visit
from backlink_crawler.spiders.detours import sent_away
from backlink_crawler.texts import without_controls
from backlink_crawler.urls import host_of, site_of

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_FOR_NOW = frozenset({302, 303, 307})
"""Redirects that say nothing of where the page is for good: they also lead to logins and the like."""
_OK = 200
_NOT_MODIFIED = 304
_CONDITIONS = ("If-None-Match", "If-Modified-Since")
_FACTS = (
    *("title", "language", "charset", "canonical_url", "author", "published_at", "platform", "page_type", "word_count"),
    *("needs_rendering", "wall", "soft_404", "region_rules"),
)
"""Of ``ExtractedPage``, taken over as they are."""
_LONGEST_HEADER = 4_096

_FAILURES: tuple[tuple[type[Exception], tuple[Outcome, str]], ...] = (
    (BlockedByRobots, ("blocked_by_robots", "disallowed")),
    (RobotsUnreachable, ("blocked_by_robots", "robots_unreachable")),
    (CannotResolveHostError, ("network_error", "dns")),
    (DownloadTimeoutError, ("network_error", "timeout")),
    (DownloadConnectionRefusedError, ("network_error", "refused")),
)
_BROKEN: tuple[Outcome, str] = ("network_error", "broken_connection")


def observe_response(response: Response, at: datetime, *, describe_internal: bool = True) -> Visit:
    """Return the visit that ``response`` is; its URL must be an identity.

    :param describe_internal: whether links within the site get the features that only stored links need.
    """
    page = _page(response.url, "ok")
    page.http_status = response.status
    page.bytes = None if media.UNREAD in response.flags else len(response.body)
    page.content_type = _header(response, "Content-Type")
    page.etag = _header(response, "ETag")
    page.last_modified = _header(response, "Last-Modified")
    if response.ip_address is not None:
        page.ip = str(response.ip_address)
        page.subnet = subnet_of(page.ip)
    visit = Visit(page, at)
    location = _header(response, "Location")
    if response.status == _NOT_MODIFIED and _is_conditional(response.request):
        visit.not_modified = True
        # The body is as it was, the directives in this header need not be.
        visit.read_whole = read_directives((), _headers(response).get("x-robots-tag", ()), at) != Directives()
        # What is stored is the answer (RFC 9111 §4.3.3), and only pages that answered so are asked about.
        page.http_status = _OK
    elif response.status in _REDIRECTS and location:
        _redirected(visit, location)
    elif not 200 <= response.status < 300:
        _refused(visit, response)
    elif not _is_html(response, page.content_type):
        page.outcome = "not_html"
    else:
        _read(visit, response, describe_internal=describe_internal)
    return visit


def observe_failure(request: Request, error: BaseException, at: datetime) -> Visit:
    """Return the visit of a page that gave no response, with the reason in one word."""
    if isinstance(error, WireError):
        outcome, reason = error.outcome, error.reason
    else:
        outcome, reason = next((told for kind, told in _FAILURES if isinstance(error, kind)), _BROKEN)
    page = _page(request.url, outcome)
    page.reason = reason
    return Visit(page, at, retry_after=error.retry_after if isinstance(error, RobotsUnreachable) else None)


@lru_cache(maxsize=4_096)
def subnet_of(ip: str) -> str:
    """Return the /24 of an IPv4 address or the /48 of an IPv6 one, by which owners of many sites are recognised."""
    length = 48 if ":" in ip else 24
    return str(ipaddress.ip_network(f"{ip}/{length}", strict=False))


def _page(url: str, outcome: Outcome) -> Page:
    host = host_of(url)
    return Page(url=url, host=host, site=site_of(host), outcome=outcome)


def _is_conditional(request: Request | None) -> bool:
    """Whether ``request`` asked for the page only if it has changed: otherwise a 304 is a server's mistake."""
    return request is not None and any(name in request.headers for name in _CONDITIONS)


def _redirected(visit: Visit, location: str) -> None:
    page = visit.page
    link = redirect_link(location, page.url, 0)
    page.redirect_to = link.url
    if link.url is not None and page.http_status in _FOR_NOW:
        page.reason = sent_away(page.url, link.url)
    if page.reason is not None:
        page.outcome = "challenge"
        return
    page.outcome = "redirect"
    visit.raw_links = [link]


def _refused(visit: Visit, response: Response) -> None:
    page = visit.page
    page.outcome = "http_error"
    visit.retry_after = _seconds(_header(response, "Retry-After"))
    if _is_html(response, page.content_type):
        # Only the whole page tells: some vendors put their scripts into ordinary error pages too.
        is_challenge = _extracted(visit, response, describe_internal=False).wall == "challenge"
    else:
        is_challenge = challenged_by(b"", _headers(response)) is not None
    if is_challenge:
        _challenged(visit)


def _challenged(visit: Visit) -> None:
    """Nothing of such an answer is the page's: not its links, and not its validators."""
    page = visit.page
    page.outcome, page.reason = "challenge", "challenge"
    page.etag = page.last_modified = None


def _extracted(visit: Visit, response: Response, *, describe_internal: bool) -> ExtractedPage:
    return extract_page(
        response.body,
        visit.page.url,
        visit.page.content_type or "",
        _headers(response),
        at=visit.at,
        describe_internal=describe_internal,
    )


def _read(visit: Visit, response: Response, *, describe_internal: bool) -> None:
    page = visit.page
    extracted = _extracted(visit, response, describe_internal=describe_internal)
    if extracted.wall == "challenge":
        _challenged(visit)
        return
    for name in _FACTS:
        fact = getattr(extracted, name)
        setattr(page, name, without_controls(fact) if isinstance(fact, str) else fact)
    said = extracted.directives
    elsewhere = extracted.canonical_url not in {None, page.url}
    page.indexable_cause = said.noindex_cause or ("canonical" if elsewhere else None)
    page.indexable = page.indexable_cause is None
    page.nofollow_cause = said.nofollow_cause
    page.nofollow = said.nofollow_cause is not None
    page.redirect_to = extracted.refresh_to
    visit.raw_links = extracted.links


def _is_html(response: Response, content_type: str | None) -> bool:
    return media.is_html(content_type, response.body[: media.SNIFFED])


def _headers(response: Response) -> dict[str, list[str]]:
    """Return all headers by lower-case name."""
    return {
        name.decode("latin-1").lower(): [value.decode("latin-1")[:_LONGEST_HEADER] for value in values]
        for name, values in response.headers.items()
    }


def _header(response: Response, name: str) -> str | None:
    value = response.headers.get(name)
    return without_controls(value.decode("utf-8", "replace").strip()[:_LONGEST_HEADER]) if value else None


def _seconds(retry_after: str | None) -> float | None:
    """Return ``Retry-After`` where it is a number of seconds (RFC 9110 §10.2.3)."""
    return float(retry_after) if retry_after and retry_after.isascii() and retry_after.isdigit() else None
