"""aiohttp's connector with the bounds of an open-web crawler: what is dialled, what is kept, how long a head may be."""

import functools
import socket
import ssl
from typing import Any

import aiohttp
import certifi
from aiohttp.abc import AbstractResolver
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.connector import AddrInfoType
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.streams import EMPTY_PAYLOAD

from backlink_crawler.net.guard import UnsafeAddress, is_public

LONGEST_HEAD = 262_144
"""Bytes that may come before a body, interim responses (1xx) and the head itself; Chrome takes as much."""
MOST_FIELDS = 1_000

_KEPT_NAMES = 10_000
_DNS_SECONDS = 300


class GuardedConnector(aiohttp.TCPConnector):
    """Refuses addresses as their sockets are made, after all resolving; bounds the names and the idle connections that
    it keeps, in number and in time.
    """

    def __init__(
        self,
        resolver: AbstractResolver,
        *,
        limit: int,
        limit_per_host: int,
        most_idle: int,
        idle_seconds: float,
        verify: bool,
        private: bool,
    ) -> None:
        """:param most_idle: connections that stay open without a request; the one longest idle is closed first.
        :param idle_seconds: after which one is closed, at the latest after twice as long.
        """
        super().__init__(
            limit=limit,
            limit_per_host=limit_per_host,
            resolver=resolver,
            ttl_dns_cache=_DNS_SECONDS,
            dns_cache_max_size=_KEPT_NAMES,
            keepalive_timeout=idle_seconds,
            ssl=tls_context(verify=verify),
            socket_factory=None if private else _public_socket,
        )
        # With _payload and what _release touches, the only private names of aiohttp here; tests fail should they lose
        # their meaning.
        self._factory = functools.partial(BoundedProtocol, loop=self._loop)  # type: ignore[assignment]
        self._most_idle = most_idle

    def _release(self, key: ConnectionKey, protocol: ResponseHandler, *, should_close: bool = False) -> None:
        """Take a connection back. aiohttp keeps each for its time, so one for every host of the last seconds."""
        super()._release(key, protocol, should_close=should_close)
        # A host comes in when its first connection becomes idle, so the first of the first is idle longest, or nearly.
        for _ in range(sum(map(len, self._conns.values())) - self._most_idle):
            host, idle = next(iter(self._conns.items()))
            idle.popleft()[0].close()
            if not idle:
                del self._conns[host]


class BoundedProtocol(ResponseHandler):
    """Bounds what comes before the body: aiohttp bounds fields and their number, but skips any number of responses
    with a status of 1xx."""

    _left = LONGEST_HEAD

    def set_response_params(self, **params: Any) -> None:
        """Called before each request."""
        self._left = LONGEST_HEAD
        super().set_response_params(**params)

    def data_received(self, data: bytes) -> None:
        """Take bytes from the wire."""
        super().data_received(data)
        if self._payload not in (None, EMPTY_PAYLOAD):  # the body has begun
            return
        self._left -= len(data)
        if self._left < 0 and self.transport is not None:
            self.set_exception(HttpProcessingError(message=f"more than {LONGEST_HEAD} bytes before the body"))
            self.transport.abort()


def tls_context(*, verify: bool) -> ssl.SSLContext:
    """Return a client's context that trusts the system's roots (or ``SSL_CERT_FILE``'s) and Mozilla's (certifi)."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # default from Python 3.13 on, and browsers are not that strict
    context.set_alpn_protocols(["http/1.1"])
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _public_socket(address: AddrInfoType) -> socket.socket:
    """Make the socket for one address, or refuse it: called by the connector for the address it dials."""
    family, kind, protocol, _, where = address
    if not is_public(str(where[0])):
        raise UnsafeAddress(str(where[0]))
    return socket.socket(family=family, type=kind, proto=protocol)
