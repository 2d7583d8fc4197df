"""URLs and sites by the standards, through other code than the crawler's: Servo's URL parser, the list read anew.

What is folded beyond the URL Standard follows ``docs/urls.md``, and the names of the parameters come from its table.
"""

import ipaddress
import re
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes

import webencodings
from url import URL, URLError

_UTF = re.compile("utf-|replacement|x-user-defined")
_ESCAPE = re.compile("%[0-9A-Fa-f]{2}")
_STRAY = re.compile("%(?![0-9A-Fa-f]{2})")
_RULES = Path(__file__).parents[2] / "docs" / "urls.md"
_EXTRA_SLASHES = re.compile(r"\A[\x00-\x20]*[/\\][\t\n\r]*[/\\][\t\n\r/\\]*(?=[/\\])")


def resolve(href: str, base: str, encoding: str = "utf-8") -> str | None:
    """Return the identity of what ``href`` means on a page, or ``None`` where that is no http(s) URL.

    :param encoding: of the page; the URL Standard writes queries in it (§4.4, query state).
    """
    # The parser takes "///host" on a special base for an error; by the standard further slashes are skipped.
    href = _EXTRA_SLASHES.sub("/", href.encode("utf-8", "replace").decode())
    try:
        parsed = URL.parse(base).join(_query_encoded(href, encoding))
    except URLError:
        return None
    if parsed.scheme not in {"http", "https"}:
        return None
    if parsed.username or parsed.password:
        parsed = parsed.with_password(None).with_username("")
    return _identity(_carets_encoded(str(parsed.with_fragment(None))))


def _identity(url: str) -> str:
    path, _, query = url.partition("?")
    kept = []
    for field in query.split("&"):
        spelt = "=".join(_one_spelling(text) for text in field.split("=", 1))
        if not _measuring().fullmatch(spelt):
            kept.append(spelt)
    query = "&".join(kept)
    return _one_spelling(path) + (f"?{query}" if query else "")


def _one_spelling(text: str) -> str:
    """Write each escape as ``quote`` does, which spares the unreserved characters of RFC 3986."""
    return text if _STRAY.search(text) else _ESCAPE.sub(lambda escape: quote(unquote_to_bytes(escape[0]), ""), text)


@lru_cache(maxsize=1)
def _measuring() -> re.Pattern[str]:
    table = _RULES.read_text("utf-8").partition("| set by |")[2].partition("\n\n")[0]
    names = [name for row in table.splitlines()[2:] for name in re.findall("`([^`]+)`", row)]
    return re.compile(f"(?:amp;)*(?:utm_[^=;]*|{'|'.join(map(re.escape, names))})(?:=[^;]*)?")


def _carets_encoded(url: str) -> str:
    """Encode ``^`` in the path, which the standard does since 2025 and the parser at hand does not."""
    path, mark, query = url.partition("?")
    return f"{path.replace('^', '%5E')}{mark}{query}"


def _query_encoded(href: str, encoding: str) -> str:
    if href.isascii() or _UTF.match(encoding):
        return href
    before, mark, rest = href.partition("?")
    if "#" in before or not mark:
        return href
    query, hash_mark, fragment = rest.partition("#")
    codec = webencodings.lookup(encoding)
    encoded = "".join(char if char.isascii() else _percent(char, codec) for char in query)
    return f"{before}?{encoded}{hash_mark}{fragment}"


def _percent(char: str, codec: webencodings.Encoding | None) -> str:
    assert codec is not None, "html5lib names encodings that webencodings knows"
    try:
        raw = codec.codec_info.encode(char)[0]
    except UnicodeEncodeError:
        return f"%26%23{ord(char)}%3B"
    return "".join(chr(byte) if 0x20 < byte < 0x7F else f"%{byte:02X}" for byte in raw)


def split(url: str) -> tuple[str, str, str]:
    """Return scheme, authority and request target of an absolute URL without fragment."""
    scheme, _, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    return scheme, authority, slash + path


@lru_cache(maxsize=100_000)
def host_of(url: str) -> str:
    """Return the host of a URL, without port."""
    return str(URL.parse(url).host_str)


@lru_cache(maxsize=100_000)
def site_of(host: str) -> str:
    """Return the registrable domain of ``host`` by https://publicsuffix.org/list/, or the host where it has none."""
    host = host.rstrip(".")
    if _is_address(host):
        return host
    labels = host.split(".")
    return ".".join(labels[-min(len(labels), _suffix_length(labels) + 1) :])


def _suffix_length(labels: list[str]) -> int:
    rules = suffix_rules()
    for start in range(len(labels)):
        rest = ".".join(labels[start + 1 :])
        name = f"{labels[start]}.{rest}".rstrip(".")
        if f"!{name}" in rules:
            return len(labels) - start - 1
        if name in rules or f"*.{rest}" in rules:
            return len(labels) - start
    return 1


@lru_cache(maxsize=1)
def suffix_rules() -> frozenset[str]:
    """Return the rules of the public suffix list, in ASCII: ``co.uk``, ``*.ck``, ``!www.ck``."""
    lines = (files("tldextract") / ".tld_set_snapshot").read_text("utf-8").splitlines()
    return frozenset(_ascii(line.split()[0]) for line in lines if line.strip() and not line.startswith("//"))


def _ascii(rule: str) -> str:
    prefix = "!" if rule.startswith("!") else "*." if rule.startswith("*.") else ""
    return rule if rule.isascii() else prefix + host_of(f"http://{rule.removeprefix(prefix)}/")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True
