"""Undoing Content-Encoding (RFC 9110 §8.4) while the body arrives, in bounded memory.

Every coding gives at most 64 KiB at a time, and what each of them has given is counted: a bomb ends at the bound,
whether it grows at the last coding or between two of them. As in browsers, checksums and what follows the end of a
stream do not matter, and an unknown coding counts as none. Unlike browsers, a stream without its end is an error:
half a page would look like a page that has lost links.

Inflating is ISA-L's, which takes half of zlib's time. Of 35,000 damaged streams it read 32 that zlib refuses (a code
that leaves some bit patterns without a meaning) and refused none that zlib reads.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

import brotli
from isal import isal_zlib

from backlink_crawler.net.errors import EncodingError, TooLargeError, TruncatedError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ACCEPTED = "gzip, deflate, br, zstd"
"""For ``Accept-Encoding``."""
MOST_CODINGS = 3
"""Codings on top of each other; more are no honest server's."""

_INFLATE_ERROR: type[Exception] = isal_zlib.IsalError  # type: ignore[assignment]  # declared as an instance
_PIECE = 65_536
_LONGEST_PREAMBLE = 65_536
"""Of a gzip member: file name, comment and extra field are the only parts of a stream that are kept until complete."""
_UNREADABLE = frozenset({"aes128gcm", "compress", "dcb", "dcz", "exi", "pack200-gzip", "x-compress"})
"""Registered codings that are not undone here (IANA HTTP Content Coding Registry)."""
_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_TRAILER = 8
_ZSTD_WINDOW = 23
"""Logarithm of the largest window, 8 MB: RFC 9659 allows no more."""
_ZSTD_MAGIC = 4


class _Coding(Protocol):
    """One coding of a body."""

    ended: bool
    """Whether its stream is complete."""

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """Yield what ``data`` adds, at most 64 KiB at a time."""


class _Inflate:
    """gzip (RFC 1952, one member after the other) or deflate (RFC 1950, or raw as some servers send it)."""

    def __init__(self, start: Callable[[bytes], int | None], trailer: int) -> None:
        self._start = start
        self._trailer = trailer
        self._stream: isal_zlib.Decompress | None = None
        self._waiting = b""
        self.ended = False

    def pieces(self, data: bytes) -> Iterator[bytes]:
        self._waiting += data
        while self._begun():
            assert self._stream is not None
            piece = self._stream.decompress(self._waiting, _PIECE)
            self._waiting = self._stream.unconsumed_tail
            if piece:
                yield piece
            if self._stream.eof:
                self._waiting = self._stream.unused_data
                self._stream, self.ended = None, True
            elif not self._waiting and len(piece) < _PIECE:
                return

    def _begun(self) -> bool:
        """Whether a stream is being read; begins the one that ``_waiting`` starts with, where there is one."""
        if self._stream is not None:
            return True
        waiting = self._waiting
        if self.ended:
            if not self._trailer or not waiting[self._trailer :].startswith(_GZIP_MAGIC):
                self._waiting = waiting[: self._trailer + len(_GZIP_MAGIC)]  # enough to see that no member follows
                return False
            waiting = waiting[self._trailer :]
        start = self._start(waiting)
        if start is None:
            if len(waiting) > _LONGEST_PREAMBLE:
                raise EncodingError(f"a gzip header of more than {_LONGEST_PREAMBLE} bytes")
            return False
        self._stream, self.ended = isal_zlib.decompressobj(-isal_zlib.MAX_WBITS), False
        self._waiting = waiting[start:]
        return True


class _Brotli:
    """Brotli (RFC 7932)."""

    def __init__(self) -> None:
        self._stream = brotli.Decompressor()
        self.ended = False

    def pieces(self, data: bytes) -> Iterator[bytes]:
        while not self.ended:
            piece = self._stream.process(data, output_buffer_limit=_PIECE)
            data = b""
            if piece:
                yield piece
            self.ended = self._stream.is_finished()
            if self._stream.can_accept_more_data():
                return


class _Zstd:
    """Zstandard (RFC 8878), one frame after the other."""

    def __init__(self) -> None:
        self._stream = _zstd_stream()
        self._between = b""
        self.ended = False

    def pieces(self, data: bytes) -> Iterator[bytes]:
        if self.ended:
            data = self._between + data
        while True:
            if self.ended:
                if len(data) < _ZSTD_MAGIC or not _starts_zstd(data):
                    self._between = data[:_ZSTD_MAGIC]
                    return
                self._stream, self.ended = _zstd_stream(), False
            piece = self._stream.decompress(data, _PIECE)
            data = b""
            if piece:
                yield piece
            if self._stream.eof:
                self.ended, data = True, self._stream.unused_data
            elif self._stream.needs_input:
                return


def _zstd_stream() -> zstd.ZstdDecompressor:
    return zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: _ZSTD_WINDOW})


def _starts_zstd(data: bytes) -> bool:
    magic = int.from_bytes(data[:_ZSTD_MAGIC], "little")
    return magic == 0xFD2FB528 or 0x184D2A50 <= magic <= 0x184D2A5F


def _after_gzip_header(data: bytes) -> int | None:
    """Return where the compressed blocks begin (RFC 1952 §2.3); ``None``: more of the header is needed."""
    if not _GZIP_MAGIC.startswith(data[:2]) or data[2:3] not in {b"", b"\x08"}:
        raise EncodingError("no gzip")
    at = 10
    if len(data) < at:
        return None
    flags = data[3]
    if flags & 4:
        at += 2 + int.from_bytes(data[at : at + 2], "little")
    for flag in (8, 16):
        if flags & flag:
            end = data.find(b"\0", at)
            if end < 0:
                return None
            at = end + 1
    at += flags & 2
    return at if at <= len(data) else None


def _after_zlib_header(data: bytes) -> int | None:
    """Return 2 behind a zlib header (RFC 1950 §2.2), 0 where the blocks come without one; ``None``: too early."""
    if len(data) < 2:
        return None
    return 2 if data[0] & 15 == 8 and int.from_bytes(data[:2], "big") % 31 == 0 else 0


_CODINGS: dict[str, Callable[[], _Coding]] = {
    "gzip": lambda: _Inflate(_after_gzip_header, _GZIP_TRAILER),
    "deflate": lambda: _Inflate(_after_zlib_header, 0),
    "br": _Brotli,
    "zstd": _Zstd,
}
_CODINGS["x-gzip"] = _CODINGS["gzip"]


class Decoder:
    """Takes a body as it was sent, gives it as it was meant."""

    def __init__(self, content_encoding: Iterable[str], limit: int) -> None:
        """:param content_encoding: values of the header, in order.
        :param limit: bytes that the body may have, also after any one coding; 0 = no bound.
        :raises EncodingError: it cannot be undone here.
        """
        named = [coding.strip().lower() for value in content_encoding for coding in value.split(",")]
        if not _UNREADABLE.isdisjoint(named):
            raise EncodingError(f"Content-Encoding {', '.join(named)[:80]} is not supported")
        known = [name for name in named if name in _CODINGS]
        if len(known) > MOST_CODINGS:
            raise EncodingError(f"{len(known)} content codings on top of each other")
        self._codings = [_CODINGS[name]() for name in reversed(known)]
        self._limit = limit
        self._given = [0] * len(known)
        self._body: list[bytes] = []
        self._began = False
        self.size = 0
        """Bytes of the body so far."""

    @property
    def decoded(self) -> int:
        """Bytes that all codings together have given."""
        return sum(self._given)

    def feed(self, data: bytes) -> None:
        """Take the next bytes.

        :raises TooLargeError: the body outgrows the bound.
        :raises EncodingError: they are not what Content-Encoding says.
        """
        self._began = self._began or bool(data)
        try:
            self._undo(0, data)
        except (_INFLATE_ERROR, brotli.error, zstd.ZstdError) as error:
            raise EncodingError(str(error)) from error

    def body(self) -> bytes:
        """Return what there is so far."""
        self._body = [b"".join(self._body)]
        return self._body[0]

    def finish(self) -> bytes:
        """Return the whole body.

        :raises TruncatedError: a coding is not at its end. A body without any bytes is empty, whatever its coding.
        """
        if self._began and not all(coding.ended for coding in self._codings):
            raise TruncatedError("the compressed body breaks off")
        return self.body()

    def _undo(self, depth: int, data: bytes) -> None:
        if depth == len(self._codings):
            self._body.append(data)
            self.size += len(data)
            return
        for piece in self._codings[depth].pieces(data):
            self._given[depth] += len(piece)
            if self._limit and self._given[depth] > self._limit:
                raise TooLargeError(f"more than {self._limit} bytes unpacked", "decompressed")
            self._undo(depth + 1, piece)
