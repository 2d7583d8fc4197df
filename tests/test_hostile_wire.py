"""Servers that attack: each attack ends in an outcome, in bounded memory and time, and the worker goes on."""

import gzip
import os
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from scrapy import Request
from scrapy.utils.test import get_crawler

from backlink_crawler.net import media
from backlink_crawler.net.decoding import ACCEPTED, Decoder
from backlink_crawler.net.errors import EncodingError, TooLargeError, TruncatedError
from backlink_crawler.net.handler import GuardedHandler
from backlink_crawler.records import Outcome, Page
from backlink_crawler.spiders.observation import observe_failure, observe_response
from settings import base
from tests.crawling import Crawling
from tests.web.hostile.wire import CERTIFICATES, GOOD, HOSTS, MEGABYTE, TRUSTED, HostileWeb, bomb
from tests.web.hostile.wire_server import serve

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LIMIT = 10 * MEGABYTE
SECONDS = 0.4


@pytest.fixture(scope="module")
def web() -> Iterator[HostileWeb]:
    """All attackers on loopback."""
    with serve() as running:
        yield running


@asynccontextmanager
async def handler(web: HostileWeb, **settings: Any) -> AsyncIterator[GuardedHandler]:
    """A handler that may dial loopback and trusts the web's authority only if the environment says so."""
    given_settings = {
        "NET_HOSTS_FILE": str(web.hosts_file),
        "ALLOW_PRIVATE_ADDRESSES": True,
        "DOWNLOAD_VERIFY_CERTIFICATES": True,
        "DOWNLOAD_MAXSIZE": LIMIT,
        "DOWNLOAD_TIMEOUT": SECONDS,
        **settings,
    }
    made = GuardedHandler(get_crawler(settings_dict=given_settings))
    try:
        yield made
    finally:
        await made.close()


async def asked(handler: GuardedHandler, url: str, **meta: Any) -> Page:
    """The record of a page after it was asked for once."""
    request = Request(url, meta={"html_only": True, **meta})
    try:
        response = await handler.download_request(request)
    except Exception as error:  # noqa: BLE001 - whatever it is, the record must say it
        return observe_failure(request, error, NOON).page
    return observe_response(response.replace(request=request), NOON).page


@pytest.mark.parametrize("name", HOSTS)
async def test_attacks_over_http(web: HostileWeb, name: str) -> None:
    """Every attack has its outcome and reason, and the same handler then reads an honest page."""
    served = HOSTS[name]
    async with handler(web) as wire:
        # What unpacks for long gets the time to: it must end at the bound, not at the clock.
        seconds = 20 if served.reason != "timeout" else SECONDS
        page = await asked(wire, f"http://{name}/", download_timeout=seconds)
        assert (page.outcome, page.reason) == (served.outcome, served.reason), served.why
        assert (await asked(wire, f"http://{GOOD}/")).outcome == "ok"


@pytest.mark.parametrize("name", CERTIFICATES)
async def test_certificates(web: HostileWeb, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A certificate that proves nothing is an outcome of its own, with the fault as its reason."""
    monkeypatch.setenv("SSL_CERT_FILE", str(web.authority))
    async with handler(web) as wire:
        page = await asked(wire, f"https://{name}/", download_timeout=5 if "slow" not in name else SECONDS)
    assert (page.outcome, page.reason) == CERTIFICATES[name]


async def test_no_certificate_is_trusted_without_its_root(web: HostileWeb) -> None:
    """The test's own root is none of the world's."""
    async with handler(web) as wire:
        assert (await asked(wire, f"https://{TRUSTED}/")).reason == "untrusted"


@pytest.mark.parametrize("name", ["video.test", "video-untyped.test"])
async def test_what_is_no_html_is_not_downloaded(web: HostileWeb, name: str) -> None:
    """Of a video only its beginning leaves the server, and the record does not claim to know its length."""
    before = web.sent.get(name, 0)
    async with handler(web) as wire:
        page = await asked(wire, f"http://{name}/", download_timeout=20)
    assert (page.outcome, page.bytes) == ("not_html", None)
    assert web.sent[name] - before < 8 * MEGABYTE, "what fits into the buffers of both sides"


async def test_a_robots_txt_is_read_whatever_its_type(web: HostileWeb) -> None:
    """Only what is asked for as a page is judged by its type; everything else is bounded by size alone."""
    async with handler(web) as wire:
        with pytest.raises(TooLargeError, match="announced"):
            await wire.download_request(Request("http://video.test/"))


@pytest.mark.parametrize(("name", "most"), [("endless.test", 300_000), ("video.test", 512_000), (GOOD, 5)])
async def test_a_beginning_can_be_enough(web: HostileWeb, name: str, most: int) -> None:
    """Who wants so many bytes gets them, however many would follow: robots.txt counts up to 500 KiB (RFC 9309, 2.5)."""
    async with handler(web) as wire:
        answer = await wire.download_request(Request(f"http://{name}/", meta={"truncate_at": most}))
    assert len(answer.body) == most


async def test_a_proxy_is_refused_or_mentioned(
    web: HostileWeb, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A proxy of the environment is not used, and said so; one that a request names is refused."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    async with handler(web) as wire:
        assert (await asked(wire, f"http://{GOOD}/")).outcome == "ok"
        page = await asked(wire, f"http://{GOOD}/", proxy="http://127.0.0.1:9")
    assert (page.outcome, page.reason) == ("network_error", "proxy")
    assert [
        record.message for record in caplog.records if "http_proxy of the environment is not used" in record.message
    ]


def test_a_crawl_of_attackers(
    crawling: Crawling, web: HostileWeb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One worker asks all of them: every page has its outcome, the honest ones are read, and the log has no error."""
    monkeypatch.setenv("SSL_CERT_FILE", str(web.authority))
    expected: dict[str, tuple[Outcome, str | None]] = {
        f"http://{name}/": (host.outcome, host.reason) for name, host in HOSTS.items() if name != "drip-robots.test"
    }
    # A robots.txt that cannot be read is no permission.
    expected["http://bomb-robots.test/"] = ("blocked_by_robots", "robots_unreachable")
    # robots.txt has a time of its own, too long for a test of two of them.
    expected |= {f"https://{name}/": told for name, told in CERTIFICATES.items() if name != "slow-handshake.test"}
    seeds = tmp_path / "seeds.txt"
    seeds.write_text("\n".join(expected))
    end = crawling.run(
        *("crawl", "seeds", "-a", f"urls=@{seeds}", "-a", "depth=0"),
        NET_HOSTS_FILE=web.hosts_file,
        DOWNLOAD_VERIFY_CERTIFICATES=1,
        DOWNLOAD_TIMEOUT=3,
    )
    assert (end.code, end.errors) == (0, []), end.err
    pages = {page["url"]: (page["outcome"], page["reason"]) for page in crawling.documents("pages")}
    assert pages == expected


def fed(decoder: Decoder, packed: bytes, starts: Sequence[int]) -> None:
    """Feed ``packed`` in pieces that begin at ``starts``."""
    for start, end in pairwise([*starts, len(packed)]):
        decoder.feed(packed[start:end])


_NOT_SCRAPYS = ("httpcompression.HttpCompressionMiddleware", "httpproxy.HttpProxyMiddleware")

CODINGS = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}


@pytest.mark.parametrize("coding", ["gzip", "deflate", "raw", "br", "zstd", "gzip, gzip, gzip"])
def test_bombs_cost_bounded_memory(coding: str) -> None:
    """However much would come out: a coding gives no more than the bound, and no more is held."""
    packed = bomb(coding)
    decoder = Decoder(["deflate" if coding == "raw" else coding], MEGABYTE)
    tracemalloc.start()
    try:
        with pytest.raises(TooLargeError):
            fed(decoder, packed, range(0, len(packed), 65_536))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # brotli takes its bound for a piece as a hint
    assert decoder.decoded <= (MEGABYTE + 2 * 65_536) * len(coding.split(","))
    assert peak < 3 * MEGABYTE


def test_growth_between_two_codings_is_bounded() -> None:
    """Ten megabytes of empty blocks inside a coding unpack to nothing; they are counted all the same."""
    empty_blocks = b"\x00\x00\x00\xff\xff" * 2_000_000
    decoder = Decoder(["deflate, gzip"], MEGABYTE)
    with pytest.raises(TooLargeError):
        decoder.feed(gzip.compress(empty_blocks))


@given(
    page=st.binary(max_size=3_000),
    codings=st.lists(st.sampled_from([*CODINGS, "identity", "utf-8"]), max_size=3),
    cuts=st.lists(st.integers(0, 3_000), max_size=6),
)
def test_any_coding_in_any_pieces(page: bytes, codings: list[str], cuts: list[int]) -> None:
    """What was packed comes out, however it was cut on the way; names that mean nothing are passed over."""
    packed = page
    for coding in codings:
        packed = CODINGS.get(coding, bytes)(packed)
    decoder = Decoder([", ".join(codings)], 0)
    fed(decoder, packed, sorted({0, *(cut for cut in cuts if cut < len(packed))}))
    assert decoder.finish() == page


@given(coding=st.sampled_from(sorted(CODINGS)), junk=st.binary(max_size=200), cut=st.integers(0, 400))
def test_no_bytes_break_a_coding(coding: str, junk: bytes, cut: int) -> None:
    """Damaged bodies end in an error of the wire, or in a page; in nothing else."""
    packed = CODINGS[coding](b"<p>some text</p>" * 20)[:cut] + junk
    decoder = Decoder([coding], MEGABYTE)
    with suppress(EncodingError, TruncatedError):
        decoder.feed(packed)
        decoder.finish()


KEPT = [
    ("gzip", gzip.compress(b"a") + gzip.compress(b"b"), b"ab", "two members"),
    ("gzip", gzip.compress(b"a") + b"\0" * 50, b"a", "padding behind the end"),
    ("gzip", gzip.compress(b"a")[:-8], b"a", "no checksum"),
    ("gzip", gzip.compress(b"a")[:-8] + b"12345678", b"a", "a wrong one"),
    ("x-gzip", gzip.compress(b"a"), b"a", "its old name"),
    ("deflate", zlib.compress(b"a")[2:-4], b"a", "raw, as some servers send it"),
    ("zstd", zstandard.compress(b"a") + zstandard.compress(b"b"), b"ab", "two frames"),
    ("zstd", zstandard.compress(b"a") + b"junk", b"a", "something behind the end"),
    ("gzip", b"", b"", "a body without any bytes"),
    ("none", b"a", b"a", "no coding at all"),
]


@pytest.mark.parametrize(("coding", "packed", "body", "why"), KEPT, ids=[row[3] for row in KEPT])
def test_what_browsers_forgive(coding: str, packed: bytes, body: bytes, why: str) -> None:
    """Checksums and what follows the end of a stream do not matter."""
    whole, bytewise = Decoder([coding], 0), Decoder([coding], 0)
    fed(whole, packed, [0])
    fed(bytewise, packed, range(len(packed)))
    assert whole.finish() == bytewise.finish() == body, why


@pytest.mark.parametrize("coding", sorted(CODINGS))
def test_a_stream_without_its_end_is_no_page(coding: str) -> None:
    """Half a page would look like one that has lost links."""
    packed = CODINGS[coding](os.urandom(2_000))
    decoder = Decoder([coding], 0)
    decoder.feed(packed[: len(packed) // 2])
    with pytest.raises(TruncatedError):
        decoder.finish()


@pytest.mark.parametrize(
    ("content_type", "start", "html", "why"),
    [
        ("text/html; charset=utf-8", b"", True, "declared"),
        ("APPLICATION/XHTML+XML", b"", True, "declared"),
        ("text/plain", b"<!doctype html><p>", False, "browsers show the source"),
        ("video/mp4", b"<html>", False, "declared"),
        (None, b"\r\n <!DOCTYPE HTML>", True, "the usual beginning"),
        (None, b"<html >", True, "another"),
        (None, b"<!-- a comment", True, "a third"),
        (None, b"<htmlx>", False, "another language"),
        (None, b"%PDF-1.7", False, "a document"),
        ("*/*", b"<title>A</title>", True, "as good as nothing"),
        ("html", b"<p>A", True, "no media type"),
    ],
)
def test_what_counts_as_html(content_type: str | None, start: bytes, html: bool, why: str) -> None:
    """By the declared type; without one by the first bytes, as the standard has it."""
    assert media.is_html(content_type, start) is html, why


def test_a_window_larger_than_the_coding_allows() -> None:
    """RFC 9659: a zstd body that asks its reader for more than 8 MB of memory is refused."""
    wide = zstandard.ZstdCompressionParameters(window_log=27, compression_level=1)
    packer = zstandard.ZstdCompressor(compression_params=wide).compressobj()
    decoder = Decoder(["zstd"], 0)
    with pytest.raises(EncodingError):
        decoder.feed(packer.compress(bytes(200_000)) + packer.flush())


def test_settings_keep_the_guards_on() -> None:
    """What everybody crawls with: certificates are verified, and bodies are unpacked by the bounded decoder alone."""
    assert base.DOWNLOAD_VERIFY_CERTIFICATES
    off = {name for name, at in base.DOWNLOADER_MIDDLEWARES.items() if at is None}
    assert {f"scrapy.downloadermiddlewares.{name}" for name in _NOT_SCRAPYS} <= off
    assert base.DEFAULT_REQUEST_HEADERS["Accept-Encoding"] == ACCEPTED
