"""Coverage-guided fuzzing of extraction: any bytes, under any address and headers, keep its promises.

``python -m tests.fuzz.extract [FOLDER] [-max_total_time=SECONDS] [other options of libFuzzer]``. Inputs that reached
new code are kept in FOLDER (default: one that vanishes); the golden pages are where it starts. A finding ends the run
with exit status 77 and is written to ``crash-…`` in the current folder.
"""

import sys
import tempfile
from pathlib import Path

import atheris  # type: ignore[import-untyped]

with atheris.instrument_imports(include=["backlink_crawler"]):
    from backlink_crawler.extract import extract_page
    from backlink_crawler.features import build_links
    from backlink_crawler.redirectors import unwrap
    from backlink_crawler.urls import host_of, normalise, site_of

from backlink_crawler.records import MAX_ANCHOR, MAX_CONTEXT, MAX_URL, MAX_XPATH, Page, RawLink
from tests.golden.reading import pages

_URLS = (
    "https://a.test/dir/page?q=1",
    "http://b.example:8080/",
    "not an address",
    "https://forum.a.test/viewtopic.php?t=1",
)
_TYPES = ("", "text/html", "text/html; charset=utf-8", "text/html; charset=utf-16le", 'text/html; charset="Shift_JIS"')
_WORDS = (
    *(
        "<a href=",
        "</a>",
        "<base href=",
        "<template shadowrootmode=open>",
        "<noscript>",
        "</noscript>",
        "<svg>",
        "<math>",
    ),
    *(
        "<iframe src=",
        "<form action=",
        "<area href=",
        "xlink:href=",
        "<link rel=canonical href=",
        "rel=sponsored",
        "<h2>",
    ),
    *(
        "<meta http-equiv=refresh content='0;url=",
        "<meta name=robots content=",
        "unavailable_after:",
        "style='display:none'",
    ),
    *(
        "<script type=application/ld+json>",
        '{"@type":"Article","author":',
        "datePublished",
        "<img alt=",
        "aria-label=",
        "hidden",
    ),
    *(
        "https://www.google.com/url?q=http%3A%2F%2F",
        "/out?u=https://b.example/",
        "_cf_chl_opt",
        "<title>404 Not Found",
        "&#x",
    ),
)


def check(data: bytes) -> None:
    """Read one page and hold what comes of it against the promises of extraction."""
    choice, body = (data[0], data[1:]) if data else (0, b"")
    url = _URLS[choice % len(_URLS)]
    content_type = _TYPES[choice // len(_URLS) % len(_TYPES)]
    headers = {
        "x-robots-tag": body[:64].decode("latin-1"),
        "refresh": body[:96].decode("latin-1"),
        "link": body[:96].decode("latin-1"),
    }
    page = extract_page(body, url, content_type, headers if choice >= 128 else {})
    assert [link.ordinal for link in page.links] == list(range(len(page.links)))
    for link in page.links:
        _check_link(link)
    _check_records(page.links, normalise(url) or "https://a.test/")


def _check_link(link: RawLink) -> None:
    assert len(link.anchor) <= MAX_ANCHOR
    assert len(link.xpath) <= MAX_XPATH
    assert max(len(link.text_before), len(link.text_after)) <= MAX_CONTEXT
    assert link.offset is None or 0 <= link.offset <= 1
    assert link.block_link_density is None or 0 <= link.block_link_density <= 1
    assert (link.anchor == "") == (link.anchor_source == "none")
    if link.url is not None:
        assert normalise(link.url) == link.url
        target = unwrap(link.url, site_of(host_of(link.url)))
        assert target is None or (normalise(target) == target and len(target) <= MAX_URL)


def _check_records(links: list[RawLink], url: str) -> None:
    host = host_of(url)
    records = build_links(Page(url, host, site_of(host), "ok"), links, internal_too=True)
    assert not records or abs(sum(record.weight or 0 for record in records) - 1) < 1e-6
    assert len({record.target_url for record in records}) == len(records)
    assert sum(record.occurrences for record in records) <= len(links)


def main() -> None:
    """Run until a promise breaks or the time is up."""
    options = [option for option in sys.argv[1:] if option.startswith("-")]
    folders = [option for option in sys.argv[1:] if not option.startswith("-")]
    with tempfile.TemporaryDirectory(prefix="fuzz-") as vanishing:
        seeds = Path(vanishing, "seeds")
        seeds.mkdir()
        for page in pages():
            (seeds / page.name).write_bytes(b"\x02" + (page / "page.html").read_bytes())
        words = Path(vanishing, "words")
        words.write_text("".join(f'"{_escaped(word)}"\n' for word in _WORDS))
        corpus = folders or [str(Path(vanishing, "corpus"))]
        Path(corpus[0]).mkdir(parents=True, exist_ok=True)
        atheris.Setup([sys.argv[0], *corpus, str(seeds), f"-dict={words}", "-max_len=8192", *options], check)
        atheris.Fuzz()


def _escaped(word: str) -> str:
    return "".join(char if char.isalnum() or char in " =:/.?%" else f"\\x{ord(char):02x}" for char in word)


if __name__ == "__main__":
    main()
