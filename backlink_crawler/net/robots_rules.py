"""What a robots.txt says to one crawler: which URLs it may ask for, how slowly, and where the sitemaps are.

Pure. By RFC 9309 §2.2, and where that leaves a choice as Google's parser does (https://github.com/google/robotstxt), as
that is what people test their files with:

    lines       end with CR, LF or both; what follows ``#`` or a NUL, or goes beyond 16,663 bytes, is not read
    directives  known by how they begin, in any case, some misspellings included; a single blank may stand for the colon
    groups      all that name us are one; those of ``*`` count only where none does; unknown lines end no group
    names       the letters, ``-`` and ``_`` that a value begins with are compared, whole and in any case
    rules       the longest pattern wins, ``Allow`` among equals; ``*`` is any run of octets, a last ``$`` the end
    escapes     both sides are brought to one spelling (§2.2.2): octets beyond ASCII escaped, escapes in upper case,
                escaped letters, digits and ``-._~`` written out
    index       ``Allow: /a/index.html`` allows ``/a/`` as well
"""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from string import ascii_letters, digits

LONGEST_LINE = 2083 * 8 - 1
"""Octets of a line that are read, as Google's parser does."""
LONGEST_PATTERN = 2_083
"""Octets besides wildcards: a longer pattern matches no URL that is crawled (``records.MAX_URL``) and is not kept."""
MOST_STAR_WORK = 200_000
"""Octets of patterns with ``*``, and 50 more for each: what may have to be searched for in every URL, so bounded. The
most of 4,231 real files is a quarter of it; a file that has more is read as disallowing everything."""
MAX_SITEMAPS = 100
"""Sitemaps kept of a file, the first ones."""
MAX_SITEMAP_URL = 2_083

_PRODUCT_TOKEN = re.compile(r"[A-Za-z_-]*")
_FIRST_PRODUCT = re.compile(r"\s*([A-Za-z_-]+)")
_COMPATIBLE = re.compile(r"\(compatible;\s*([A-Za-z_-]+)")
_LINE = re.compile(
    r"(?:\A|(?<=[\r\n]))[ \t\v\f]*"
    r"(?:(user[- ]?agent)|(allow)|(disallow|dissallow|dissalow|disalow|diasllow|disallaw)|(site-?map)|(crawl-?delay))"
    r"[^\r\n]*",
    re.ASCII | re.IGNORECASE,
)
"""A line that may be a directive; one expression, as a file of 500 KiB may have as many lines."""
_KINDS = ("user-agent", "allow", "disallow", "sitemap", "crawl-delay")
"""By the group of ``_LINE`` that matched."""
_BLANK = " \t\v\f"
_BOM = "\xef\xbb\xbf"
_UNRESERVED = frozenset(ascii_letters + digits + "-._~")
_TO_RESPELL = re.compile(r"%[0-9A-Fa-f]{2}|[\x80-\xff]")
_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")

Rule = tuple[bool, str]
"""Whether it allows, and its pattern in one spelling."""


def product_token(user_agent: str) -> str:
    """Return the name by which robots.txt addresses a crawler (§2.2.1): the first product of its User-Agent, or the one
    after ``(compatible;``.

    >>> product_token("backlink_crawler/1.0 (+https://you.example)")
    'backlink_crawler'
    >>> product_token("Mozilla/5.0 (compatible; OurBot/2.0)")
    'OurBot'
    """
    found = _COMPATIBLE.search(user_agent) or _FIRST_PRODUCT.match(user_agent)
    return found[1] if found else ""


@dataclass(frozen=True, slots=True)
class _Wildcard:
    """A pattern with ``*``, cut at its stars."""

    first: str
    """What the path begins with."""
    inner: tuple[str, ...]
    """What follows somewhere, in this order."""
    last: str
    """What the path ends with, after all that."""

    def matches(self, path: str) -> bool:
        """Compare in one pass: the leftmost place of a piece leaves the most room for the next."""
        if not path.startswith(self.first) or not path.endswith(self.last):
            return False
        at = len(self.first)
        for piece in self.inner:
            at = path.find(piece, at)
            if at < 0:
                return False
            at += len(piece)
        return len(path) - at >= len(self.last)


class RobotsRules:
    """The part of a robots.txt that concerns one crawler."""

    __slots__ = ("_exact", "_lengths", "_prefixes", "_wild", "crawl_delay", "rules", "sitemaps", "weight")

    def __init__(
        self, rules: Iterable[Rule] = (), crawl_delay: float | None = None, sitemaps: Sequence[str] = ()
    ) -> None:
        self.rules: tuple[Rule, ...] = tuple(rules)
        self.crawl_delay = crawl_delay
        """Seconds between requests that the site asks for; the longest, where it names several."""
        self.sitemaps: tuple[str, ...] = tuple(sitemaps)
        """As written; of the whole file, as no group owns them."""
        self._prefixes: dict[str, bool] = {}
        self._exact: dict[str, bool] = {}
        self._wild: list[tuple[int, bool, _Wildcard]] = []
        for allow, pattern in self.rules:
            if "*" in pattern:
                self._wild.append((len(pattern), allow, _cut(pattern)))
            elif pattern.endswith("$"):
                self._exact[pattern[:-1]] = allow or self._exact.get(pattern[:-1], False)
            else:
                self._prefixes[pattern] = allow or self._prefixes.get(pattern, False)
        self._wild.sort(key=lambda wild: wild[:2], reverse=True)
        self._lengths = sorted({len(pattern) for pattern in self._prefixes}, reverse=True)
        self.weight = 400 + sum(150 + 2 * len(pattern) for _, pattern in self.rules)
        """Bytes of memory, about."""

    def allowed(self, url: str) -> bool:
        """Return whether ``url`` (absolute, or a path) may be asked for; robots.txt itself always may (§2.2.2)."""
        path = _path_of(url)
        if path == "/robots.txt":
            return True
        length, allow = self._longest_without_star(path)
        for longer, allows, pattern in self._wild:
            if longer < length or (longer == length and allow):
                break
            if pattern.matches(path):
                return allows
        return allow

    def _longest_without_star(self, path: str) -> tuple[int, bool]:
        """Return the length of the longest pattern without star that matches, and whether it allows."""
        if path in self._exact:  # no prefix of the path is as long as the path and a $
            return len(path) + 1, self._exact[path]
        for length in self._lengths:
            if length <= len(path):
                allow = self._prefixes.get(path[:length])
                if allow is not None:
                    return length, allow
        return 0, True


def read_robots(body: bytes, agent: str) -> RobotsRules:
    """Return what ``body`` says to the crawler that it calls ``agent``; never raises on any bytes.

    :param agent: a product token; letters, ``-`` and ``_``.
    """
    agent = agent.lower()
    ours = _Group()
    everybody = _Group()
    sitemaps: dict[str, None] = {}
    named = addressed = any_addressed = in_rules = False
    for kind, value in _directives(body):
        if kind == "user-agent":
            if in_rules:
                addressed = any_addressed = in_rules = False
            if value.startswith("*") and not value[1:2].strip():
                any_addressed = True
            elif _name_in(value) == agent:
                named = addressed = True
        elif kind == "sitemap":
            address = value.encode("latin-1").decode("utf-8", "replace").strip()
            if address and len(value) <= MAX_SITEMAP_URL and len(sitemaps) < MAX_SITEMAPS:
                sitemaps[address] = None
        elif addressed or any_addressed:
            in_rules = in_rules or kind != "crawl-delay"
            (ours if addressed else everybody).take(kind, value)
    group = ours if named else everybody
    rules = list(dict.fromkeys(group.rules))
    if sum(len(pattern) + 50 for _, pattern in rules if "*" in pattern) > MOST_STAR_WORK:
        rules = [(False, "/")]
    return RobotsRules(rules, group.crawl_delay, tuple(sitemaps))


def _name_in(value: str) -> str:
    found = _PRODUCT_TOKEN.match(value)
    return found[0].lower() if found else ""


class _Group:
    """The rules of all groups that address one crawler."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self.crawl_delay: float | None = None

    def take(self, kind: str, value: str) -> None:
        """Add one directive."""
        if kind == "crawl-delay":
            seconds = _seconds(value)
            if seconds is not None:
                self.crawl_delay = max(seconds, self.crawl_delay or 0.0)
            return
        pattern = _pattern(value)
        if pattern and len(pattern) - pattern.count("*") <= LONGEST_PATTERN:
            self.rules.append((kind == "allow", pattern))
        if kind == "allow" and "/index.htm" in pattern:
            folder, _, rest = pattern.rpartition("/")
            if rest.startswith("index.htm"):
                self.rules.append((True, f"{folder}/$"))


def _directives(body: bytes) -> Iterator[tuple[str, str]]:
    """Yield the kind and value of each line that has them; octets as Latin-1."""
    text = body.decode("latin-1")
    # A file that is cut off at its start shows a part of the byte order mark; Google's parser takes that too.
    for mark in (_BOM, _BOM[:2], _BOM[:1]):
        if text.startswith(mark):
            text = text[len(mark) :]
            break
    for found in _LINE.finditer(text):
        line = found[0].strip(_BLANK)[:LONGEST_LINE].partition("#")[0].partition("\0")[0]
        name, colon, value = line.partition(":")
        if not colon:
            name, value = _around_blank(line)
        if name and found.lastindex:
            yield _KINDS[found.lastindex - 1], value.strip(_BLANK)


def _around_blank(line: str) -> tuple[str, str]:
    """Return both words of a line that has just two."""
    words = line.split()
    return (words[0], words[1]) if len(words) == 2 else ("", "")


def _pattern(value: str) -> str:
    """Return a pattern in the one spelling, runs of stars as one."""
    pattern = _respelt(value)
    return re.sub(r"\*{2,}", "*", pattern) if "**" in pattern else pattern


def _respelt(text: str) -> str:
    """Bring octets (as Latin-1) to the one spelling in which patterns and paths are compared."""
    return _TO_RESPELL.sub(_respell, text) if "%" in text or not text.isascii() else text


def _respell(found: re.Match[str]) -> str:
    octet = found[0]
    if len(octet) == 1:
        return f"%{ord(octet):02X}"
    character = chr(int(octet[1:], 16))
    return character if character in _UNRESERVED else octet.upper()


def _cut(pattern: str) -> _Wildcard:
    """Cut a pattern at its stars; what does not end with ``$`` goes on with anything."""
    if pattern.endswith("$"):
        first, *inner, last = pattern[:-1].split("*")
    else:
        first, *inner = pattern.split("*")
        last = ""
    return _Wildcard(first, tuple(piece for piece in inner if piece), last)


def _path_of(url: str) -> str:
    """Return path and query of ``url`` in the one spelling, without the fragment."""
    rest = _ORIGIN.sub("", url, count=1).partition("#")[0]
    if not rest.startswith("/"):
        rest = f"/{rest}"
    return _respelt(rest.encode("utf-8", "surrogatepass").decode("latin-1"))


def _seconds(value: str) -> float | None:
    try:
        seconds = float(value)
    except ValueError:
        return None
    return seconds if seconds >= 0 and math.isfinite(seconds) else None
