"""What came back from the wire → a Visit: the outcome of a page, and its links where there are any."""

import ipaddress
from datetime import datetime

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadTimeoutError,
    IgnoreRequest,
)
from scrapy.http import HtmlResponse, Request, Response

from backlink_crawler.extract import extract_page
from backlink_crawler.extract.links import redirect_link
from backlink_crawler.net.handler import CertificateError, TooLargeError, UnsafeAddressError
from backlink_crawler.net.robots import BlockedByRobots, RobotsUnreachable
from backlink_crawler.records import Outcome, Page, Visit
from backlink_crawler.urls import host_of, site_of

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_LONGEST_HEADER = 4_096
_HTML = frozenset({"text/html", "application/xhtml+xml"})

_FAILURES: tuple[tuple[type[Exception], tuple[Outcome, str]], ...] = (
    (BlockedByRobots, ("blocked_by_robots", "disallowed")),
    (RobotsUnreachable, ("blocked_by_robots", "robots_unreachable")),
    (UnsafeAddressError, ("unsafe_address", "not_public")),
    (TooLargeError, ("too_large", "body")),
    # Scrapy's decompression is the one component left that refuses with this: the body outgrew the bound.
    (IgnoreRequest, ("too_large", "decompressed")),
    (CannotResolveHostError, ("network_error", "dns")),
    (DownloadTimeoutError, ("network_error", "timeout")),
    (CertificateError, ("network_error", "tls")),
    (DownloadConnectionRefusedError, ("network_error", "refused")),
)
_BROKEN: tuple[Outcome, str] = ("network_error", "broken_connection")


def observe_response(response: Response, at: datetime) -> Visit:
    """Return the visit that ``response`` is; its URL must be an identity."""
    page = _page(response.url, "ok")
    page.http_status = response.status
    page.bytes = len(response.body)
    page.content_type = _header(response, "Content-Type")
    page.etag = _header(response, "ETag")
    page.last_modified = _header(response, "Last-Modified")
    if response.ip_address is not None:
        page.ip = str(response.ip_address)
        page.subnet = subnet_of(page.ip)
    visit = Visit(page, at)
    location = _header(response, "Location")
    if response.status in _REDIRECTS and location:
        _redirected(visit, location)
    elif not 200 <= response.status < 300:
        page.outcome = "http_error"
        visit.retry_after = _seconds(_header(response, "Retry-After"))
    elif not _is_html(response, page.content_type):
        page.outcome = "not_html"
    else:
        _read(visit, response)
    return visit


def observe_failure(request: Request, error: BaseException, at: datetime) -> Visit:
    """Return the visit of a page that gave no response, with the reason in one word."""
    outcome, reason = next((told for kind, told in _FAILURES if isinstance(error, kind)), _BROKEN)
    page = _page(request.url, outcome)
    page.reason = reason
    return Visit(page, at)


def subnet_of(ip: str) -> str:
    """Return the /24 of an IPv4 address or the /48 of an IPv6 one, by which owners of many sites are recognised."""
    length = 48 if ":" in ip else 24
    return str(ipaddress.ip_network(f"{ip}/{length}", strict=False))


def _page(url: str, outcome: Outcome) -> Page:
    host = host_of(url)
    return Page(url=url, host=host, site=site_of(host), outcome=outcome)


def _redirected(visit: Visit, location: str) -> None:
    link = redirect_link(location, visit.page.url, 0)
    visit.page.outcome = "redirect"
    visit.page.redirect_to = link.url
    visit.raw_links = [link]


def _read(visit: Visit, response: Response) -> None:
    page = visit.page
    headers = {"x-robots-tag": [value.decode("latin-1") for value in response.headers.getlist("X-Robots-Tag")]}
    extracted = extract_page(response.body, page.url, page.content_type or "", headers)
    page.title = extracted.title
    page.language = extracted.language
    page.charset = extracted.charset
    page.canonical_url = extracted.canonical_url
    said = extracted.directives
    elsewhere = extracted.canonical_url not in {None, page.url}
    page.indexable_cause = said.noindex_cause or ("canonical" if elsewhere else None)
    page.indexable = page.indexable_cause is None
    page.nofollow_cause = said.nofollow_cause
    page.nofollow = said.nofollow_cause is not None
    page.redirect_to = extracted.refresh_to
    visit.raw_links = extracted.links


def _is_html(response: Response, content_type: str | None) -> bool:
    if content_type:
        return content_type.partition(";")[0].strip().lower() in _HTML
    # No header: by its first bytes, as browsers do (WHATWG MIME Sniffing §7).
    return isinstance(response, HtmlResponse)


def _header(response: Response, name: str) -> str | None:
    value = response.headers.get(name)
    return value.decode("utf-8", "replace").strip()[:_LONGEST_HEADER] if value else None


def _seconds(retry_after: str | None) -> float | None:
    """Return ``Retry-After`` where it is a number of seconds (RFC 9110 §10.2.3)."""
    return float(retry_after) if retry_after and retry_after.isascii() and retry_after.isdigit() else None
