"""A download handler on libcurl: what ours would be on pycurl, with the guards that cost something on every page."""

import ipaddress
import socket
from collections import deque
from pathlib import Path

import certifi
import pycurl
from scrapy import Request
from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadFailedError, DownloadTimeoutError
from scrapy.http import Headers, Response
from scrapy.responsetypes import responsetypes

from backlink_crawler.net.decoding import Decoder
from backlink_crawler.net.guard import is_public

_KEPT_CONNECTIONS = 256
_MILLISECONDS = 1_000


class CurlHandler(BaseDownloadHandler):
    """Fetches http and https over one ``CurlMulti``, which shares connections, names and TLS sessions."""

    lazy = True

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        settings = crawler.settings
        self._timeout = settings.getfloat("DOWNLOAD_TIMEOUT")
        self._maxsize = settings.getint("DOWNLOAD_MAXSIZE")
        self._private = settings.getbool("ALLOW_PRIVATE_ADDRESSES")
        self._verify = settings.getbool("DOWNLOAD_VERIFY_CERTIFICATES")
        self._authorities = str(Path(certifi.where()))
        self._multi = pycurl.AsyncCurlMulti()
        self._multi.setopt(pycurl.M_MAXCONNECTS, _KEPT_CONNECTIONS)
        self._multi.setopt(pycurl.M_MAX_TOTAL_CONNECTIONS, settings.getint("CONCURRENT_REQUESTS"))
        self._idle: deque[pycurl.Curl] = deque()

    async def download_request(self, request: Request) -> Response:
        """Return the response, or raise one of Scrapy's download errors."""
        curl = self._idle.pop() if self._idle else self._new()
        lines: list[bytes] = []
        decoder: list[Decoder] = []

        def take(chunk: bytes) -> None:
            if not decoder:
                coding = next((line[17:] for line in lines if line[:17].lower() == b"content-encoding:"), b"")
                decoder.append(Decoder([coding.decode("latin-1")], self._maxsize))
            decoder[0].feed(chunk)

        curl.setopt(pycurl.URL, request.url)
        curl.setopt(
            pycurl.HTTPHEADER, [name + b": " + value for name, values in request.headers.items() for value in values]
        )
        curl.setopt(pycurl.HEADERFUNCTION, lines.append)
        curl.setopt(pycurl.WRITEFUNCTION, take)
        curl.setopt(pycurl.TIMEOUT_MS, int(request.meta.get("download_timeout", self._timeout) * _MILLISECONDS))
        try:
            await self._multi.perform(curl)
        except pycurl.error as error:
            if error.args[0] == pycurl.E_OPERATION_TIMEDOUT:
                raise DownloadTimeoutError(str(error)) from error
            raise DownloadFailedError(str(error)) from error
        status = curl.getinfo(pycurl.RESPONSE_CODE)
        peer = curl.getinfo(pycurl.PRIMARY_IP)
        self._idle.append(curl)
        headers = _headers(lines)
        body = decoder[0].finish() if decoder else b""
        kind = responsetypes.from_args(headers=headers, url=request.url, body=body)
        return kind(
            url=request.url,
            status=status,
            headers=headers,
            body=body,
            ip_address=ipaddress.ip_address(peer),
            protocol="HTTP/1.1",
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._multi.aclose()

    def _new(self) -> pycurl.Curl:
        curl = pycurl.Curl()
        for option, value in (
            (pycurl.NOSIGNAL, 1),
            (pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1),
            (pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS),
            (pycurl.PROXY, ""),
            (pycurl.PATH_AS_IS, 1),
            (pycurl.CAINFO, self._authorities),
            (pycurl.SSL_VERIFYPEER, int(self._verify)),
            (pycurl.SSL_VERIFYHOST, 2 * self._verify),
            (pycurl.HTTP_CONTENT_DECODING, 0),
            (pycurl.MAXFILESIZE_LARGE, self._maxsize),
            (pycurl.DNS_CACHE_TIMEOUT, 300),
            (pycurl.OPENSOCKETFUNCTION, self._socket),
        ):
            curl.setopt(option, value)
        return curl

    def _socket(self, purpose: int, address: tuple[int, int, int, tuple[str, int]]) -> socket.socket | int:
        family, kind, protocol, where = address
        if not self._private and not is_public(str(where[0])):
            return int(pycurl.SOCKET_BAD)
        return socket.socket(family, kind, protocol)


def _headers(lines: list[bytes]) -> Headers:
    """Return the fields of the last head: those of interim responses come before it."""
    headers = Headers()
    for line in lines:
        name, colon, value = line.partition(b":")
        if colon and not line.startswith(b"HTTP/"):
            headers.appendlist(name, value.strip())
        elif line.startswith(b"HTTP/"):
            headers = Headers()
    return headers
