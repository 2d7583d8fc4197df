"""robots.txt: what it says to one crawler, compared with Google's parser on real files."""

import csv
import io
import lzma
import tarfile
import time
from collections import Counter, defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backlink_crawler.net.robots_rules import (
    LONGEST_LINE,
    MAX_SITEMAPS,
    product_token,
    read_robots,
)
from tests.real_data import DATA

AGENT = "backlink_crawler"
VERDICTS = DATA / "robots" / "google_verdicts_even.tsv.xz"
FILES = DATA / "robots" / "real_robots_4231.tar.xz"


def everybody(*lines: str) -> bytes:
    """Return a robots.txt with one group, for all."""
    return "\n".join(["User-agent: *", *lines]).encode()


def allowed(body: bytes, path: str) -> bool:
    """Return the verdict for us."""
    return read_robots(body, AGENT).allowed(f"https://example.test{path}")


# fmt: off
VERDICT_CASES = [
    # Rules (RFC 9309 §2.2.2, §2.2.3)
    (everybody("Disallow: /a"), "/a/b", False, "a pattern is a prefix"),
    (everybody("Disallow: /a"), "/A", True, "paths have case"),
    (everybody("Disallow:"), "/a", True, "an empty pattern forbids nothing"),
    (everybody("Disallow: /", "Allow: /a"), "/ab", True, "the longest pattern wins"),
    (everybody("Allow: /a", "Disallow: /a"), "/a", True, "among equals Allow wins"),
    (everybody("Disallow: /a", "Allow: /a"), "/a", True, "in any order"),
    (everybody("Disallow: /a*", "Allow: /ab"), "/ab", True, "a star counts as one octet"),
    (everybody("Disallow: /ab", "Allow: /a*"), "/ab", True, "so it does where it allows"),
    (everybody("Disallow: *.php"), "/x/y.php?z", False, "a star at the start"),
    (everybody("Disallow: /*/b*d"), "/a/b/c/d", False, "several stars"),
    (everybody("Disallow: /*/b*d"), "/a/d/b", True, "in their order"),
    (everybody("Disallow: /a$"), "/a", False, "a last $ is the end"),
    (everybody("Disallow: /a$"), "/a/", True, "and nothing but the end"),
    (everybody("Disallow: /a$b"), "/a$bc", False, "a $ elsewhere is a character"),
    (everybody("Disallow: /*.gif$"), "/a.gif.gif", False, "the last place of what the end must be"),
    (everybody("Disallow: /ab*b$"), "/ab", True, "one octet cannot be start and end"),
    (everybody("Disallow: /*?"), "/?", False, "an empty query is one"),
    (everybody("Disallow: a"), "/a", True, "a pattern without slash is no path"),
    (everybody("Disallow: /"), "/robots.txt", True, "robots.txt itself may be asked for"),
    (everybody("Allow: /a/index.html", "Disallow: /"), "/a/", True, "the index stands for its folder"),
    (everybody("Allow: /a/index.html", "Disallow: /"), "/a/b", False, "and for nothing else in it"),
    # Escapes (§2.2.2)
    (everybody("Disallow: /caf\u00e9"), "/caf%C3%A9", False, "octets beyond ASCII are escaped"),
    (everybody("Disallow: /caf%c3%a9"), "/caf%C3%A9", False, "escapes have no case"),
    (everybody("Disallow: /%7Euser"), "/~user", False, "escaped letters are letters"),
    (everybody("Disallow: /a%2Fb"), "/a/b", True, "an escaped slash is no slash"),
    (everybody("Disallow: /a%2A"), "/ab", True, "an escaped star is no star"),
    (b"User-agent: *\nDisallow: /caf\xe9", "/caf%E9", False, "Latin-1 is octets too"),
    # Groups (§2.2.1)
    (b"User-agent: other\nDisallow: /", "/a", True, "a group of somebody else"),
    (b"User-agent: *\nDisallow: /\nUser-agent: backlink_crawler\nDisallow: /b", "/a", True, "our group only"),
    (b"User-agent: BackLink_Crawler\nDisallow: /", "/a", False, "names have no case"),
    (b"User-agent: backlink_crawler/2.0\nDisallow: /", "/a", False, "what follows a name is a version"),
    (b"User-agent: backlink\nDisallow: /", "/a", True, "a name is compared whole"),
    (b"User-agent: backlink_crawler-images\nDisallow: /", "/a", True, "from both sides"),
    (b"User-agent: other\nUser-agent: backlink_crawler\nDisallow: /", "/a", False, "a group of several"),
    (b"User-agent: backlink_crawler\nDisallow: /a\nUser-agent: *\nDisallow: /\n"
     b"User-agent: backlink_crawler\nDisallow: /b", "/b", False, "groups of ours are one"),
    (b"User-agent: backlink_crawler\nUser-agent: *\nDisallow: /", "/a", False, "us and everybody"),
    (b"User-agent: backlink_crawler\nCrawl-delay: 5\nUser-agent: *\nDisallow: /", "/a", False, "a delay ends none"),
    (b"User-agent: backlink_crawler\n\nUser-agent: other\n\nDisallow: /", "/a", False, "blank lines end nothing"),
    (b"User-agent: backlink_crawler\nSitemap: /x\nUser-agent: other\nDisallow: /", "/a", False, "sitemaps neither"),
    (b"User-agent: *a\nDisallow: /", "/a", True, "no name"),
    (b"User-agent: * # all\nDisallow: /", "/a", False, "a comment after the star"),
    (b"Disallow: /", "/a", True, "rules of nobody"),
    # Files as they are
    (b"", "/a", True, "empty"),
    (b"\xef\xbb\xbfUser-agent: *\nDisallow: /", "/a", False, "a byte order mark"),
    (b"User-agent: *\rDisallow: /", "/a", False, "CR alone"),
    (b"User-agent: *\r\nDisallow: /\r\n", "/a", False, "CR LF"),
    (b"User-agent: *\n\nDisallow /", "/a", False, "a blank for the colon"),
    (b"User-agent: *\nDisallow / /b", "/a", True, "but three words are prose"),
    (b" USER-AGENT :\t*\n dIsAllOw : / ", "/a", False, "white space and case"),
    (everybody("Dissallow: /"), "/a", False, "misspelt"),
    (everybody("# Disallow: /"), "/a", True, "a comment"),
    (everybody("Disallow: /a # b"), "/a", False, "a comment behind a rule"),
    (b"<html><body>\nUser-agent: *\nDisallow: /\n</body></html>", "/a", False, "HTML around it"),
    (b"<!DOCTYPE html><p>Not found", "/a", True, "HTML instead of it"),
    ("User-agent: *\nDisallow: /".encode("utf-16"), "/a", True, "UTF-16 is no robots.txt (§2.2: UTF-8)"),
    (b"User-agent: *\nDisallow: /b\0x\nDisallow: /c", "/c", False, "a line ends at a NUL, the file does not"),
    (everybody("Disallow: /" + "a" * LONGEST_LINE, "Disallow: /b"), "/b", False, "a line without end ends itself only"),
]
# fmt: on


@pytest.mark.parametrize(("body", "path", "verdict", "reason"), VERDICT_CASES)
def test_verdicts(body: bytes, path: str, verdict: bool, reason: str) -> None:
    """Each rule of matching, group and spelling."""
    assert allowed(body, path) is verdict, reason


@pytest.mark.parametrize(
    ("lines", "seconds"),
    [
        (["Crawl-delay: 10"], 10.0),
        (["crawl-delay:0.5", "Disallow: /"], 0.5),
        (["Crawl-delay: soon"], None),
        (["Crawl-delay: -1"], None),
        (["Crawl-delay: nan"], None),
        (["Crawl-delay: 1e999"], None),
        (["Crawl-delay: 3", "Crawl-delay: ?"], 3.0),
        (["Crawl-delay: 3", "Crawl-delay: 2"], 3.0),
    ],
)
def test_crawl_delay(lines: list[str], seconds: float | None) -> None:
    """A number of seconds, or nothing."""
    assert read_robots(everybody(*lines), AGENT).crawl_delay == seconds


def test_the_crawl_delay_of_others_is_not_ours() -> None:
    """It belongs to its group."""
    body = b"User-agent: backlink_crawler\nAllow: /\nUser-agent: *\nCrawl-delay: 9"
    assert read_robots(body, AGENT).crawl_delay is None


def test_sitemaps_of_the_whole_file() -> None:
    """Wherever they stand; bounded in number and length."""
    body = b"Sitemap: https://a.test/1\nUser-agent: x\nDisallow: /\nsite-map: /caf\xc3\xa9\nSitemap: https://a.test/1\nSitemap:"
    assert read_robots(body, AGENT).sitemaps == ("https://a.test/1", "/café")
    many = b"\n".join(b"Sitemap: https://a.test/%d" % n for n in range(3 * MAX_SITEMAPS))
    assert len(read_robots(many, AGENT).sitemaps) == MAX_SITEMAPS
    assert read_robots(b"Sitemap: https://a.test/" + b"a" * 3000, AGENT).sitemaps == ()


@pytest.mark.parametrize(
    ("user_agent", "token"),
    [
        ("backlink_crawler/0.1.0 (+https://you.example)", "backlink_crawler"),
        ("OurBot", "OurBot"),
        ("Mozilla/5.0 (compatible; Our-Bot/2.1; +https://you.example/bot)", "Our-Bot"),
        ("Mozilla/5.0 (X11; Linux)", "Mozilla"),
        ("42", ""),
        ("", ""),
    ],
)
def test_product_token(user_agent: str, token: str) -> None:
    """The name that a site's owner would write after User-agent."""
    assert product_token(user_agent) == token


HOSTILE = {
    "stars in a pattern": everybody("Disallow: /" + "*a" * 2_000 + "b"),
    "stars in many patterns": everybody(*(f"Disallow: /{'*a' * 400}{n}" for n in range(600))),
    "many patterns with stars": everybody(*(f"Disallow: *a{n}*" for n in range(28_000))),
    "nearly equal patterns": everybody(*(f"Disallow: /*{'a' * 500}b{'a' * (n % 400)}" for n in range(600))),
    "prefixes of all lengths": everybody(*(f"Disallow: /{'a' * n}b" for n in range(1_000))),
    "lines": b"\r" * 512_000,
    "blanks": b" " * 512_000,
    "agents": b"User-agent: x\n" * 36_000,
    "rules": b"User-agent: *\n" + b"".join(b"allow:/%x\n" % n for n in range(45_000)),
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_hostile_files_cost_little(body: bytes) -> None:
    """No file of 500 KiB, and no URL against it, takes long: measured in CPU seconds, with room for slow machines."""
    body = body[:512_000]
    begun = time.process_time()
    rules = read_robots(body, AGENT)
    read = time.process_time()
    for _ in range(10):
        rules.allowed("https://example.test/" + "a" * 2_000)
    assert read - begun < 1.0
    assert time.process_time() - read < 0.6


def test_what_cannot_be_judged_is_disallowed() -> None:
    """Too many patterns with stars to be searched for in every URL: nothing is asked for."""
    assert not allowed(HOSTILE["many patterns with stars"], "/zzz")
    assert allowed(everybody(*["Disallow: *a*"] * 20_000), "/zzz"), "one rule written often is one rule"


@given(st.binary(max_size=300), st.text(max_size=50))
def test_any_bytes(body: bytes, path: str) -> None:
    """Never raises, and without a word of rules everything is allowed."""
    rules = read_robots(b"User-agent: *\nDisallow: /a*b$\n" + body, AGENT)
    rules.allowed(f"https://example.test/{path}")
    if b"allow" not in body.lower() and b"agent" not in body.lower():
        assert rules.rules == ((False, "/a*b$"),)


_PIECES = st.lists(st.sampled_from(["a", "b", "*", "$", "/", "%41", "é"]), max_size=8).map("".join)


@given(_PIECES, _PIECES)
def test_matching_agrees_with_a_backtracking_matcher(pattern: str, path: str) -> None:
    """The one pass over the path gives what trying every place would."""
    verdict = allowed(everybody(f"Disallow: /{pattern}"), f"/{path}")
    escaped = {"%41": "A", "é": "%C3%A9"}
    for written, meant in escaped.items():
        pattern, path = pattern.replace(written, meant), path.replace(written, meant)
    assert verdict is not _matches(f"/{pattern}", f"/{path}")


def _matches(pattern: str, path: str) -> bool:
    if not pattern:
        return True
    if pattern == "$":
        return not path
    if pattern[0] == "*":
        return any(_matches(pattern[1:], path[n:]) for n in range(len(path) + 1))
    return path[:1] == pattern[0] and _matches(pattern[1:], path[1:])


@pytest.fixture(scope="module")
def real_files() -> dict[str, bytes]:
    """4,231 robots.txt files of top sites, as fetched."""
    if not FILES.exists():
        pytest.skip(f"{FILES} is not there")
    # Unpacked in one go: seeking in a compressed archive reads it again.
    with tarfile.open(fileobj=io.BytesIO(lzma.decompress(FILES.read_bytes()))) as archive:
        return {
            member.name.partition("/")[2]: body.read()
            for member in archive
            if member.isfile() and (body := archive.extractfile(member))
        }


def test_agreement_with_googles_parser(real_files: dict[str, bytes]) -> None:
    """15,000 real cases, one verdict: the only class that differs is robots.txt itself, which §2.2.2 always allows."""
    if not VERDICTS.exists():
        pytest.skip(f"{VERDICTS} is not there")
    text = lzma.decompress(VERDICTS.read_bytes()).decode()
    cases = list(csv.DictReader(io.StringIO(text, newline=""), delimiter="\t", quoting=csv.QUOTE_NONE))
    assert len(cases) == 15_000
    by_file = defaultdict(list)
    for case in cases:
        by_file[case["robots_file"]].append(case)
    differ: Counter[str] = Counter()
    for name, those in by_file.items():
        rules = {agent: read_robots(real_files[name], agent) for agent in {case["user_agent"] for case in those}}
        for case in those:
            if rules[case["user_agent"]].allowed(case["url"]) != (case["google_allowed"] == "1"):
                differ["robots.txt itself" if case["url"].endswith("/robots.txt") else "any other"] += 1
    assert differ == {"robots.txt itself": 1}


def test_all_real_files_are_read(real_files: dict[str, bytes]) -> None:
    """Each parses, in time that its size explains, and none is beyond what can be judged."""
    assert len(real_files) == 4_231
    begun = time.process_time()
    delays = sitemaps = 0
    for body in real_files.values():
        rules = read_robots(body, AGENT)
        delays += rules.crawl_delay is not None
        sitemaps += bool(rules.sitemaps)
        assert rules.allowed("/robots.txt")
    assert time.process_time() - begun < 5
    assert (delays, sitemaps) == (533, 2198)
