"""Servers that attack whoever connects: bombs, drips, heads that never end, certificates that prove nothing.

Raw sockets, because no honest server would send this. Each attack is a host name of its own; its robots.txt is an
honest 404, unless the attack is there.
"""

import asyncio
import gzip
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import brotli
import zstandard

from backlink_crawler.records import Outcome

MEGABYTE = 1_000_000
VIDEO_BYTES = 50 * MEGABYTE
GOOD = "good.test"
TRUSTED = "trusted.test"
HOME = b"<!DOCTYPE html><title>Home</title><p><a href=https://elsewhere.test/>Elsewhere</a>"

_DRIP_SECONDS = 0.05
_HTML = "Content-Type: text/html\r\n"


class Client:
    """Whom an attack is for; counts what it took off our hands."""

    def __init__(self, writer: asyncio.StreamWriter, web: "HostileWeb", host: str) -> None:
        self._writer = writer
        self._web = web
        self._host = host

    def write(self, data: bytes) -> None:
        """Send, as soon as there is room."""
        self._web.sent[self._host] = self._web.sent.get(self._host, 0) + len(data)
        self._writer.write(data)

    async def drain(self) -> None:
        """Wait for room; :exc:`ConnectionError` where nobody listens any more."""
        await self._writer.drain()
        if self._writer.is_closing():
            raise ConnectionResetError


Attack = Callable[[Client], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Host:
    """One attacker, and what must come of asking it for a page."""

    attack: Attack
    outcome: Outcome
    reason: str | None
    why: str
    on_robots: bool = False
    """Whether robots.txt is answered in the same way."""


@dataclass(slots=True)
class HostileWeb:
    """The running servers, seen from outside."""

    hosts_file: Path
    authority: Path
    """PEM of the root that ``TRUSTED`` and most of the bad certificates are signed by."""
    sent: dict[str, int] = field(default_factory=dict)
    """Bytes written to clients, by host."""


def _page(body: bytes, *headers: str) -> Attack:
    """Answer with ``body`` whole; without a header that says its length, the connection's end is the body's."""

    async def attack(client: Client) -> None:
        lines = "".join(f"{line}\r\n" for line in headers)
        client.write(f"HTTP/1.1 200 OK\r\n{_HTML}{lines}\r\n".encode("latin-1") + body)

    return attack


def _raw(answer: bytes) -> Attack:
    async def attack(client: Client) -> None:
        client.write(answer)

    return attack


def _endless(start: bytes, piece: bytes, seconds: float = 0.0) -> Attack:
    """Send ``piece`` after ``piece`` until the client has enough."""

    async def attack(client: Client) -> None:
        client.write(start)
        while True:
            client.write(piece)
            await client.drain()
            await asyncio.sleep(seconds)

    return attack


def _large(headers: str, size: int) -> Attack:
    """Send ``size`` bytes that are no markup."""

    async def attack(client: Client) -> None:
        client.write(f"HTTP/1.1 200 OK\r\n{headers}\r\n".encode())
        for _ in range(size // 100_000):
            client.write(b"\x00\x00\x00\x18ftypmp42" * 8_333)
            await client.drain()

    return attack


@cache
def bomb(coding: str) -> bytes:
    """Return a few megabytes at most that unpack to a gigabyte or more.

    gzip members and zstd frames may follow each other; flushed deflate blocks do not refer to what came before them.
    """
    zeros = bytes(10 * MEGABYTE)
    match coding:
        case "gzip":
            return gzip.compress(zeros) * 100
        case "raw":
            packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
            packer.compress(b"")
            block = packer.compress(zeros) + packer.flush(zlib.Z_FULL_FLUSH)
            return block * 100
        case "deflate":
            return b"\x78\x9c" + bomb("raw")
        case "br":
            packed = brotli.Compressor(quality=1)
            return b"".join([*(packed.process(zeros) for _ in range(100)), packed.finish()])
        case "zstd":
            return zstandard.ZstdCompressor(3).compress(zeros) * 100
        case "gzip, gzip, gzip":
            return gzip.compress(gzip.compress(bomb("gzip")))
        case _:
            raise ValueError(coding)


def _bomb(coding: str) -> Attack:
    async def attack(client: Client) -> None:
        sent = "deflate" if coding == "raw" else coding
        await _page(bomb(coding), f"Content-Encoding: {sent}", f"Content-Length: {len(bomb(coding))}")(client)

    return attack


def _head(*lines: str) -> bytes:
    return "".join(f"{line}\r\n" for line in ("HTTP/1.1 200 OK", "Content-Type: text/html", *lines, "")).encode(
        "latin-1"
    )


_SIZED = f"Content-Length: {len(HOME)}"


def _stacked(times: int) -> bytes:
    """Return a page in that many wrappings."""
    return gzip.compress(_stacked(times - 1)) if times else HOME


_PACKED = gzip.compress(HOME * 100)
_FULL = bytes(65_536)

HOSTS: dict[str, Host] = {
    GOOD: Host(_page(HOME, _SIZED), "ok", None, "honest: the worker goes on"),
    # Bodies
    **{
        f"bomb-{coding.replace(', ', '-')}.test": Host(
            _bomb(coding), "too_large", "decompressed", f"{coding}: megabytes that unpack to gigabytes"
        )
        for coding in ("gzip", "deflate", "raw", "br", "zstd", "gzip, gzip, gzip")
    },
    "bomb-robots.test": Host(_bomb("gzip"), "too_large", "decompressed", "a bomb for a robots.txt", on_robots=True),
    "stacked.test": Host(
        _page(_stacked(10), f"Content-Encoding: {', '.join(['gzip'] * 10)}"),
        "network_error",
        "bad_encoding",
        "ten codings on top of each other",
    ),
    "not-gzip.test": Host(
        _page(HOME, "Content-Encoding: gzip", _SIZED), "network_error", "bad_encoding", "it is not what it says"
    ),
    "broken-gzip.test": Host(
        _page(_PACKED[:10] + b"\xff" * 50, "Content-Encoding: gzip", "Content-Length: 60"),
        "network_error",
        "bad_encoding",
        "damaged on the way",
    ),
    "cut-gzip.test": Host(
        _page(_PACKED[:60], "Content-Encoding: gzip", "Content-Length: 60"),
        "network_error",
        "truncated",
        "half a page is no page without links",
    ),
    "cut-length.test": Host(
        _page(HOME, "Content-Length: 5000"), "network_error", "truncated", "less than was announced"
    ),
    "cut-chunks.test": Host(
        _page(b"10\r\n" + HOME[:16] + b"\r\n", "Transfer-Encoding: chunked"),
        "network_error",
        "truncated",
        "no last chunk",
    ),
    "announced.test": Host(_page(HOME, "Content-Length: 1000000000000"), "too_large", "body", "a terabyte, it says"),
    "endless.test": Host(_endless(_head(), _FULL), "too_large", "body", "a body without length or end"),
    "endless-chunks.test": Host(
        _endless(_head("Transfer-Encoding: chunked"), b"10000\r\n" + _FULL + b"\r\n"),
        "too_large",
        "body",
        "chunk by chunk",
    ),
    "video.test": Host(
        _large(f"Content-Type: video/mp4\r\nContent-Length: {VIDEO_BYTES}\r\n", VIDEO_BYTES),
        "not_html",
        None,
        "a video",
    ),
    "video-untyped.test": Host(_large("", VIDEO_BYTES), "not_html", None, "a video that does not say so"),
    # Time
    "drip.test": Host(_endless(_head(), b"x", _DRIP_SECONDS), "network_error", "timeout", "a byte at a time"),
    "drip-head.test": Host(
        _endless(b"HTTP/1.1 200 OK\r\nX-A: ", b"x", _DRIP_SECONDS),
        "network_error",
        "timeout",
        "a head, a byte at a time",
    ),
    "drip-chunks.test": Host(
        _endless(_head("Transfer-Encoding: chunked"), b"1\r\nx\r\n", _DRIP_SECONDS),
        "network_error",
        "timeout",
        "a chunk at a time",
    ),
    "interim.test": Host(
        _endless(b"", b"HTTP/1.1 102 Processing\r\n\r\n", _DRIP_SECONDS), "network_error", "timeout", "never gets to it"
    ),
    "silent.test": Host(_endless(b"", b"", _DRIP_SECONDS), "network_error", "timeout", "says nothing"),
    "drip-robots.test": Host(
        _endless(_head(), b"x", _DRIP_SECONDS),
        "network_error",
        "timeout",
        "robots.txt, a byte at a time",
        on_robots=True,
    ),
    # Heads
    "interim-flood.test": Host(
        _endless(b"", b"HTTP/1.1 102 Processing\r\nX-A: b\r\n\r\n" * 1_000),
        "network_error",
        "malformed",
        "interim responses as fast as they go",
    ),
    "many-headers.test": Host(
        _page(HOME, *(f"X-{number}: 1" for number in range(100_000)), _SIZED),
        "network_error",
        "malformed",
        "100,000 header fields",
    ),
    "short-headers.test": Host(
        _page(HOME, *(f"X-{number}: 1" for number in range(5_000)), _SIZED),
        "network_error",
        "malformed",
        "few bytes in many fields",
    ),
    "long-header.test": Host(
        _page(HOME, f"X-A: {'x' * 10 * MEGABYTE}", _SIZED), "network_error", "malformed", "one field of 10 MB"
    ),
    "long-status.test": Host(
        _raw(b"HTTP/1.1 200 " + b"x" * 10 * MEGABYTE + b"\r\n\r\n"),
        "network_error",
        "malformed",
        "10 MB of reason phrase",
    ),
    "nul-header.test": Host(_page(HOME, "X-A: a\0b", _SIZED), "network_error", "malformed", "a NUL in a field"),
    "control-header.test": Host(_page(HOME, "X-A: a\x01\x7fb", _SIZED), "ok", None, "control bytes do no harm"),
    "folded-header.test": Host(_page(HOME, "X-A: a\r\n  b", _SIZED), "ok", None, "folded, as in old times"),
    "two-lengths.test": Host(
        _page(HOME, _SIZED, "Content-Length: 5"), "network_error", "malformed", "which one is it?"
    ),
    "negative-length.test": Host(_page(HOME, "Content-Length: -5"), "network_error", "malformed", "less than nothing"),
    "length-and-chunks.test": Host(
        _page(b"5\r\nhello\r\n0\r\n\r\n", "Content-Length: 3", "Transfer-Encoding: chunked"),
        "network_error",
        "malformed",
        "two lengths again: what smuggles responses",
    ),
    "not-http.test": Host(_raw(b"SSH-2.0-OpenSSH_9.6\r\n"), "network_error", "malformed", "another protocol"),
    "hangs-up.test": Host(_raw(b""), "network_error", "broken_connection", "no answer at all"),
}
"""Plain HTTP: host → what it does."""

CERTIFICATES: dict[str, tuple[Outcome, str | None]] = {
    TRUSTED: ("ok", None),
    "expired.test": ("certificate_error", "expired"),
    "not-yet.test": ("certificate_error", "not_yet_valid"),
    "self-signed.test": ("certificate_error", "self_signed"),
    "wrong-name.test": ("certificate_error", "wrong_name"),
    "unknown-root.test": ("certificate_error", "untrusted"),
    "no-tls.test": ("network_error", "tls"),
    "slow-handshake.test": ("network_error", "timeout"),
}
"""HTTPS: host → what must come of asking it for a page."""
