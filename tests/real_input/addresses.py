"""URLs and sites by the standards, through other code than the crawler's: Servo's URL parser, the list read anew."""

import ipaddress
import re
from functools import lru_cache
from importlib.resources import files

import webencodings
from url import URL, URLError

_UTF = re.compile("utf-|replacement|x-user-defined")
_EXTRA_SLASHES = re.compile(r"\A[\x00-\x20]*[/\\][\t\n\r]*[/\\][\t\n\r/\\]*(?=[/\\])")


def resolve(href: str, base: str, encoding: str = "utf-8") -> str | None:
    """Return the http(s) URL that ``href`` means on a page, without fragment and credentials, or ``None``.

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
    return _carets_encoded(str(parsed.with_fragment(None)))


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
    rules = _rules()
    for start in range(len(labels)):
        rest = ".".join(labels[start + 1 :])
        name = f"{labels[start]}.{rest}".rstrip(".")
        if f"!{name}" in rules:
            return len(labels) - start - 1
        if name in rules or f"*.{rest}" in rules:
            return len(labels) - start
    return 1


@lru_cache(maxsize=1)
def _rules() -> frozenset[str]:
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
