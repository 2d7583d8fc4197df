"""The download handler: HTTP/1.1 over aiohttp, with the guards of an open-web crawler.

Every address is checked as its socket is made, after all resolving, so names that resolve to private addresses,
rebinding, redirects and numeric forms are covered alike. Size is bounded while the body is read, time for the whole
response. Decompression is left to Scrapy's middleware, which bounds it too.
"""

import ipaddress
import socket
import ssl
from pathlib import Path
from typing import Any

import aiohttp
import yarl
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import AddrInfoType, Connection
from scrapy import Request
from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.crawler import Crawler
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
)
from scrapy.http import Headers, Response
from scrapy.responsetypes import responsetypes

from backlink_crawler.net.guard import UnsafeAddress, is_public
from backlink_crawler.net.hostsfile import HostsFileResolver

_CHUNK = 65_536
_DNS_SECONDS = 300
_KEEP_ALIVE_SECONDS = 15
_LONGEST_HEADER = 32_768


class UnsafeAddressError(DownloadFailedError):
    """The host's address is not one of the public internet; see ``ALLOW_PRIVATE_ADDRESSES``."""


class TooLargeError(DownloadCancelledError):
    """The body is larger than ``DOWNLOAD_MAXSIZE``."""


class CertificateError(DownloadFailedError):
    """The TLS handshake failed."""


class GuardedHandler(BaseDownloadHandler):
    """Fetches http and https; redirects are answers like any other."""

    lazy = True

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        settings = crawler.settings
        self._maxsize = settings.getint("DOWNLOAD_MAXSIZE")
        self._timeout = settings.getfloat("DOWNLOAD_TIMEOUT")
        hosts_file = settings.get("NET_HOSTS_FILE")
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=settings.getint("CONCURRENT_REQUESTS"),
                limit_per_host=settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN"),
                resolver=HostsFileResolver(Path(hosts_file)) if hosts_file else None,
                ttl_dns_cache=_DNS_SECONDS,
                keepalive_timeout=_KEEP_ALIVE_SECONDS,
                ssl=_ssl_context(verify=settings.getbool("DOWNLOAD_VERIFY_CERTIFICATES")),
                socket_factory=None if settings.getbool("ALLOW_PRIVATE_ADDRESSES") else _public_socket,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            response_class=_Response,
            skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
            max_line_size=_LONGEST_HEADER,
            max_field_size=_LONGEST_HEADER,
        )

    async def download_request(self, request: Request) -> Response:
        """Return the response, or raise one of Scrapy's download errors (those above among them)."""
        timeout = request.meta.get("download_timeout", self._timeout)
        try:
            return await self._fetch(request, timeout)
        except TimeoutError as error:
            raise DownloadTimeoutError(f"no complete answer within {timeout:g} s") from error
        except aiohttp.ClientConnectorDNSError as error:
            raise CannotResolveHostError(str(error)) from error
        except aiohttp.ClientSSLError as error:
            raise CertificateError(str(error)) from error
        except aiohttp.ClientConnectorError as error:
            if UnsafeAddress.MARK in str(error):
                raise UnsafeAddressError(str(error)) from error
            raise DownloadConnectionRefusedError(str(error)) from error
        except (aiohttp.ClientError, ValueError) as error:
            raise DownloadFailedError(f"{type(error).__name__}: {error}") from error

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()

    async def _fetch(self, request: Request, seconds: float) -> Response:
        async with self._session.request(
            request.method,
            # As it is: yarl would otherwise re-quote it, and the server would see another URL than the record.
            yarl.URL(request.url, encoded=True),
            data=request.body or None,
            headers=request.headers.to_tuple_list(),
            timeout=aiohttp.ClientTimeout(total=seconds),
            allow_redirects=False,
        ) as answer:
            headers = Headers()
            for name, value in answer.raw_headers:
                headers.appendlist(name, value)
            body = await self._body(answer)
            response_class = responsetypes.from_args(headers=headers, url=request.url, body=body)
            return response_class(
                url=request.url,
                status=answer.status,
                headers=headers,
                body=body,
                ip_address=answer.peer if isinstance(answer, _Response) else None,
                protocol="HTTP/1.1",
            )

    async def _body(self, answer: aiohttp.ClientResponse) -> bytes:
        if self._maxsize and (answer.content_length or 0) > self._maxsize:
            raise TooLargeError(f"{answer.content_length} bytes announced, {self._maxsize} allowed")
        chunks, size = [], 0
        async for chunk in answer.content.iter_chunked(_CHUNK):
            size += len(chunk)
            if self._maxsize and size > self._maxsize:
                raise TooLargeError(f"more than {self._maxsize} bytes")
            chunks.append(chunk)
        return b"".join(chunks)


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


def _public_socket(address: AddrInfoType) -> socket.socket:
    """Make the socket for one address, or refuse it: called by the connector for the address it dials."""
    family, kind, protocol, _, where = address
    if not is_public(str(where[0])):
        raise UnsafeAddress(str(where[0]))
    return socket.socket(family=family, type=kind, proto=protocol)


def _ssl_context(*, verify: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
