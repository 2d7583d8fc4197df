"""The download handler: HTTP/1.1 over aiohttp, with the guards of an open-web crawler.

Every address is checked as its socket is made, after all resolving, so names that resolve to private addresses,
rebinding, redirects and numeric forms are covered alike. Heads, bodies (as sent and unpacked) and the time of the whole
exchange are bounded. What is asked for as a page is read only if it may be HTML.
"""

import asyncio
import ipaddress
import logging
import ssl
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.request import getproxies

import aiohttp
import yarl
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from scrapy import Request
from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.crawler import Crawler
from scrapy.exceptions import CannotResolveHostError, DownloadConnectionRefusedError, DownloadTimeoutError
from scrapy.http import Headers, Response
from scrapy.responsetypes import responsetypes
from scrapy.settings import BaseSettings

from backlink_crawler.net import media
from backlink_crawler.net.connector import LONGEST_HEAD, MOST_FIELDS, GuardedConnector
from backlink_crawler.net.decoding import Decoder
from backlink_crawler.net.errors import (
    CertificateError,
    MalformedError,
    ProxyError,
    TLSError,
    TooLargeError,
    TruncatedError,
    UnsafeAddressError,
    WireError,
)
from backlink_crawler.net.guard import UnsafeAddress
from backlink_crawler.net.hostsfile import HostsFileResolver
from backlink_crawler.net.resolver import ThreadedResolver

_CHUNK = 65_536
_SMALL_BODY = 65_536
"""What is not wanted is still read up to this length: cheaper than a new connection for the next page."""
_VERIFY_REASONS = {
    9: "not_yet_valid",
    10: "expired",
    18: "self_signed",
    **dict.fromkeys((2, 19, 20, 21), "untrusted"),
    **dict.fromkeys((62, 64), "wrong_name"),
}
"""OpenSSL's X509_V_ERR_* → reason."""

logger = logging.getLogger(__name__)


class GuardedHandler(BaseDownloadHandler):
    """Fetches http and https; redirects are answers like any other.

    A request with ``html_only`` in its ``meta`` gets no body of other types, and its response the flag
    ``media.UNREAD``. One with ``truncate_at`` gets so many bytes of the body, unpacked, and no error where there
    would be more.
    """

    lazy = True

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        settings = crawler.settings
        self._maxsize = settings.getint("DOWNLOAD_MAXSIZE")
        self._timeout = settings.getfloat("DOWNLOAD_TIMEOUT")
        hosts_file = settings.get("NET_HOSTS_FILE")
        connections = settings.getint("CONCURRENT_REQUESTS")
        self._session = aiohttp.ClientSession(
            connector=GuardedConnector(
                HostsFileResolver(Path(hosts_file)) if hosts_file else ThreadedResolver(connections),
                limit=connections,
                limit_per_host=settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN"),
                most_idle=settings.getint("NET_IDLE_CONNECTIONS", 256),
                idle_seconds=settings.getfloat("NET_IDLE_SECONDS", 15.0),
                verify=settings.getbool("DOWNLOAD_VERIFY_CERTIFICATES"),
                private=settings.getbool("ALLOW_PRIVATE_ADDRESSES"),
            ),
            headers=_headers_of_all(crawler.settings),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            response_class=_Response,
            skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
            max_line_size=LONGEST_HEAD,
            max_field_size=LONGEST_HEAD,
            max_headers=MOST_FIELDS,
        )
        _mention_proxies()

    async def download_request(self, request: Request) -> Response:
        """Return the response, or raise one of Scrapy's download errors or of :mod:`backlink_crawler.net.errors`."""
        if request.meta.get("proxy"):
            raise ProxyError("a request through a proxy: the address guard could not see what is dialled")
        seconds = request.meta.get("download_timeout", self._timeout)
        try:
            # From the wait for a connection to the last byte; aiohttp's own would miss some of it.
            async with asyncio.timeout(seconds):
                return await self._fetch(request)
        except TimeoutError as error:
            raise DownloadTimeoutError(f"no complete answer within {seconds:g} s") from error
        except WireError:
            raise
        except (aiohttp.ClientError, ValueError) as error:
            raise _told(error) from error

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()

    async def _fetch(self, request: Request) -> Response:
        async with self._session.request(
            request.method,
            # As it is: yarl would otherwise re-quote it, and the server would see another URL than the record.
            yarl.URL(request.url, encoded=True),
            data=request.body or None,
            headers=request.headers.to_tuple_list(),
            allow_redirects=False,
        ) as answer:
            headers = Headers()
            for name, value in answer.raw_headers:
                headers.appendlist(name, value)
            most = request.meta.get("truncate_at")
            body = await self._body(answer, headers, most, html_only=bool(request.meta.get("html_only")))
            response_class = responsetypes.from_args(headers=headers, url=request.url, body=body or b"")
            return response_class(
                url=request.url,
                status=answer.status,
                headers=headers,
                body=body or b"",
                flags=[media.UNREAD] if body is None else [],
                ip_address=answer.peer if isinstance(answer, _Response) else None,
                protocol="HTTP/1.1",
            )

    async def _body(
        self, answer: aiohttp.ClientResponse, headers: Headers, most: int | None, *, html_only: bool
    ) -> bytes | None:
        """Return the body, unpacked; ``None`` where only HTML is wanted and this is none.

        :param most: bytes after which no more is read.
        """
        content_type = answer.headers.get("Content-Type")
        length = answer.content_length or 0
        if html_only and not media.may_be_html(content_type):
            if 0 < length <= _SMALL_BODY:
                with suppress(aiohttp.ClientError):
                    await answer.read()
            return None
        if self._maxsize and length > self._maxsize and most is None:
            raise TooLargeError(f"{length} bytes announced, {self._maxsize} allowed")
        # Removed, because the body is handed on without it.
        encodings = [value.decode("latin-1") for value in headers.pop("Content-Encoding", ())]
        decoder = Decoder(encodings, self._maxsize)
        undecided = html_only and not media.is_declared(content_type)
        size = 0
        async for chunk in answer.content.iter_chunked(_CHUNK):
            size += len(chunk)
            if self._maxsize and size > self._maxsize:
                raise TooLargeError(f"more than {self._maxsize} bytes")
            decoder.feed(chunk)
            if most is not None and decoder.size >= most:
                return decoder.body()[:most]
            if undecided and len(start := decoder.body()) >= media.SNIFFED:
                if not media.is_html(content_type, start):
                    return None
                undecided = False
        return decoder.finish()


class _Response(aiohttp.ClientResponse):
    """Remembers the address that answered: the connection is given back before anyone can ask it."""

    peer: ipaddress.IPv4Address | ipaddress.IPv6Address | None = None

    async def start(self, connection: Connection) -> "_Response":
        protocol: ResponseHandler | None = connection.protocol
        transport = protocol.transport if protocol is not None else None
        peername: Any = transport.get_extra_info("peername") if transport is not None else None
        if peername:
            self.peer = ipaddress.ip_address(peername[0].partition("%")[0])
        await super().start(connection)
        return self


def _headers_of_all(settings: BaseSettings) -> list[tuple[str, str]]:
    """Return what every request says that does not say otherwise: ``DEFAULT_REQUEST_HEADERS`` and ``USER_AGENT``."""
    given = settings.getdict("DEFAULT_REQUEST_HEADERS")
    headers = Headers({name: value for name, value in given.items() if value is not None})
    if settings["USER_AGENT"]:
        headers.setdefault("User-Agent", settings["USER_AGENT"])
    return headers.to_tuple_list()


def _told(error: Exception) -> Exception:
    """Return what an error of aiohttp means."""
    message = f"{type(error).__name__}: {error}"[:500]
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return CannotResolveHostError(message)
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        fault = error.certificate_error
        code = fault.verify_code if isinstance(fault, ssl.SSLCertVerificationError) else None
        return CertificateError(message, _VERIFY_REASONS.get(code or 0))
    if isinstance(error, aiohttp.ClientSSLError):
        return TLSError(message)
    if isinstance(error, aiohttp.ClientConnectorError):
        # Refusals of several addresses are joined into one text, so there is no type to ask.
        return (UnsafeAddressError if UnsafeAddress.MARK in str(error) else DownloadConnectionRefusedError)(message)
    if isinstance(error, aiohttp.ClientPayloadError):
        return TruncatedError(message)
    return (MalformedError if isinstance(error, aiohttp.ClientResponseError) else WireError)(message)


def _mention_proxies() -> None:
    """Say that proxies of the environment are not used; people would otherwise wonder why nothing is reached."""
    named = sorted(f"{scheme}_proxy" for scheme in getproxies() if scheme in {"http", "https", "all"})
    if named:
        logger.warning(
            "%s of the environment is not used: behind a proxy, the crawler could not see which addresses are dialled",
            " and ".join(named),
        )
