"""The identities of a URL: one string per page, one name per host and per site.

Parsing follows the URL Standard (https://url.spec.whatwg.org/, through Ada). What is folded beyond it, and what is not,
stands in ``docs/urls.md`` with the reasons. Sites follow the public suffix list with its private section
(https://publicsuffix.org/): the snapshot that tldextract carries, or the file that :func:`follow_suffixes` was given.
Nothing is fetched.
"""

import ipaddress
from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b
from itertools import product
from string import ascii_letters, digits, hexdigits

import ada_url

from backlink_crawler.records import MAX_URL
from backlink_crawler.suffixes import SuffixList, installed
from backlink_crawler.tracking import only_measures

RULES_VERSION = 2
"""Version of the rules of :func:`normalise`, the list of ``tracking`` included; stored with the database, because
another version means other ids."""


_UNRESERVED = frozenset((ascii_letters + digits + "-._~").encode())
"""RFC 3986 §2.3."""

_SPELLINGS = {
    pair: chr(octet) if (octet := int(pair, 16)) in _UNRESERVED else f"%{pair.upper()}"
    for pair in map("".join, product(hexdigits, repeat=2))
}
"""Every escape, without its ``%`` and in any case → what stands for it in an identity."""


def normalise(url: str, base: str | None = None) -> str | None:
    """Return the identity of ``url``, resolved against ``base``, or ``None`` where it is no web address.

    :func:`parse` and :func:`identity_of`; at most 2,083 characters. Never raises, and
    ``normalise(normalise(u)) == normalise(u)``.
    """
    href = parse(url, base)
    if href is None:
        return None
    identity = identity_of(href)
    return identity if len(identity) <= MAX_URL else None


def parse(url: str, base: str | None = None) -> str | None:
    """Return the URL Standard's serialisation of ``url``, ``None`` where it is not http or https or does not parse."""
    try:
        href = ada_url.normalize_url(url) if base is None else ada_url.join_url(base, url)
    except ValueError:
        scalar = _scalar(url), None if base is None else _scalar(base)
        return parse(*scalar) if scalar != (url, base) else None
    return href if href.startswith(("https://", "http://")) else None


def identity_of(href: str) -> str:
    """Return the identity of an http(s) URL that is serialised by the URL Standard, whatever its length.

    Dropped: fragment, credentials, parameters that only measure (:mod:`backlink_crawler.tracking`), an empty query.
    Escapes: upper case, unreserved characters written out (RFC 3986 §6.2.2). All else stays byte for byte.
    """
    if "#" in href:
        href = href.partition("#")[0]
    if "@" in href:
        href = _without_credentials(href)
    address, mark, query = href.partition("?")
    if "%" in address:
        address = _spelt(address)
    if mark:
        query = _measured_out(query)
    return f"{address}?{query}" if query else address


def _without_credentials(href: str) -> str:
    scheme, slashes, rest = href.partition("//")
    authority, slash, path = rest.partition("/")
    return f"{scheme}{slashes}{authority.rpartition('@')[2]}{slash}{path}"


def _measured_out(query: str) -> str:
    parameters = query.split("&")
    if "%" in query:
        parameters = ["=".join(map(_spelt, parameter.split("=", 1))) for parameter in parameters]
    return "&".join([parameter for parameter in parameters if not only_measures(parameter)])


def _spelt(text: str) -> str:
    """Return ``text`` with its escapes in one spelling; as it is where a ``%`` begins none.

    There, writing an octet out could make an escape of what is none: ``%%341`` would become ``%41``.
    """
    before, *rest = text.split("%")
    try:
        return before + "".join([_SPELLINGS[part[:2]] + part[2:] for part in rest])
    except KeyError:
        return text


def _scalar(text: str) -> str:
    """Replace lone surrogates, as the URL Standard's input is a string of scalar values."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def host_of(url: str) -> str:
    """Return the host of a normalised URL, without port: ``blog.example.co.uk``, ``192.0.2.7``, ``[2001:db8::1]``."""
    authority = url.split("/", 3)[2]
    if ":" not in authority:
        return authority
    if authority.startswith("["):
        return authority[: authority.index("]") + 1]
    return authority.partition(":")[0]


@lru_cache(maxsize=65_536)
def site_of(host: str) -> str:
    """Return the registrable domain of ``host`` (lower case, ASCII form); the host itself where it has none.

    Unknown suffixes follow the list's default rule ``*`` (``a.b.test`` → ``b.test``). IP addresses, single labels and
    hosts that are public suffixes are their own site.
    """
    host = host.rstrip(".") or host
    if host.startswith("[") or is_ip(host):
        return host
    found = _list.split.extract_str(host)
    if not found.suffix:
        return ".".join(host.split(".")[-2:])
    return found.top_domain_under_public_suffix or host


@lru_cache(maxsize=65_536)
def registry_site_of(site: str) -> str:
    """Return ``site`` by the suffixes of registries alone: ``a.github.io`` → ``github.io``, most sites → themselves."""
    return _list.split.extract_str(site).top_domain_under_registry_suffix or site


def is_registry_suffix(host: str) -> bool:
    """Whether ``host`` is a suffix under which a registry sells names: ``com``, ``co.uk``; not ``github.io``."""
    return _list.split.extract_str(host).registry_suffix == host


def suffixes_version() -> str:
    """Return the version of the suffix list behind :func:`site_of`; stored with the database."""
    return _list.version


def follow_suffixes(chosen: SuffixList | None) -> None:
    """Tell sites apart by another list from now on; ``None``: by the one that is installed.

    For the beginning of a process, before any site was told: what was told by the list before stays told.
    """
    global _list
    _list = chosen or installed()
    site_of.cache_clear()
    registry_site_of.cache_clear()


_list = installed()


def is_ip(host: str) -> bool:
    """Whether ``host`` is an IPv4 or IPv6 address, brackets allowed."""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def url_id(url: str) -> bytes:
    """Return the 16-byte id of a normalised URL."""
    digest = _NOTHING.copy()
    digest.update(_part(url))
    return digest.digest()


def link_id(source_url: str, target_url: str) -> bytes:
    """Return the 16-byte id of the link from one normalised URL to another."""
    return link_ids(source_url, (target_url,))[0]


def link_ids(source_url: str, target_urls: Iterable[str]) -> list[bytes]:
    """Return the ids of links from one page."""
    source = blake2b(_part(source_url), digest_size=_ID_BYTES)
    ids = []
    for target_url in target_urls:
        digest = source.copy()
        digest.update(_part(target_url))
        ids.append(digest.digest())
    return ids


_ID_BYTES = 16
_NOTHING = blake2b(digest_size=_ID_BYTES)
"""Copied for each id: to make one from its parameters takes longer than to hash a URL."""


def _part(text: str) -> bytes:
    """Return ``text`` with its length before it: no two lists of parts make the same bytes."""
    raw = text.encode("utf-8", "surrogatepass")
    return len(raw).to_bytes(4, "big") + raw
