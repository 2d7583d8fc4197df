"""The identities of a URL: one string per page, one name per host and per site.

Parsing follows the URL Standard (https://url.spec.whatwg.org/, through Ada). Sites follow the public suffix list with
its private section (https://publicsuffix.org/), from the snapshot that tldextract carries: nothing is fetched.
"""

import hashlib
import ipaddress
from functools import lru_cache
from importlib.metadata import version

import ada_url
import tldextract

from backlink_crawler.records import MAX_URL

RULES_VERSION = 1
"""Version of the rules of :func:`normalise`; stored with the database, because another version means other ids."""

SUFFIXES_VERSION = f"tldextract-{version('tldextract')}"
"""Version of the suffix list behind :func:`site_of`; stored with the database, because it decides what a site is."""

_suffixes = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)


def normalise(url: str, base: str | None = None) -> str | None:
    """Return the identity of ``url``, resolved against ``base``, or ``None`` where it is no web address.

    The serialisation of the URL Standard without fragment and credentials; ``http`` and ``https`` only, with a host,
    at most 2,083 characters. Never raises, and ``normalise(normalise(u)) == normalise(u)``.
    """
    try:
        href = ada_url.normalize_url(url) if base is None else ada_url.join_url(base, url)
    except ValueError:
        scalar = _scalar(url)
        return normalise(scalar, base) if scalar != url else None
    if not href.startswith(("https://", "http://")):
        return None
    href = href.partition("#")[0]
    authority = href.split("/", 3)[2]
    if "@" in authority:
        scheme, _, rest = href.partition("//")
        href = f"{scheme}//{rest.partition('@')[2]}"
    return href if len(href) <= MAX_URL else None


def _scalar(text: str) -> str:
    """Replace lone surrogates, as the URL Standard's input is a string of scalar values."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def host_of(url: str) -> str:
    """Return the host of a normalised URL, without port: ``blog.example.co.uk``, ``192.0.2.7``, ``[2001:db8::1]``."""
    authority = url.split("/", 3)[2]
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
    return _suffixes.extract_str(host).top_domain_under_public_suffix or _by_default_rule(host)


@lru_cache(maxsize=65_536)
def registry_site_of(site: str) -> str:
    """Return ``site`` by the suffixes of registries alone: ``a.github.io`` → ``github.io``, most sites → themselves."""
    return _suffixes.extract_str(site).top_domain_under_registry_suffix or site


def is_registry_suffix(host: str) -> bool:
    """Whether ``host`` is a suffix under which a registry sells names: ``com``, ``co.uk``; not ``github.io``."""
    return _suffixes.extract_str(host).registry_suffix == host


def _by_default_rule(host: str) -> str:
    if _suffixes.extract_str(host).suffix:
        return host
    return ".".join(host.split(".")[-2:])


def is_ip(host: str) -> bool:
    """Whether ``host`` is an IPv4 or IPv6 address, brackets allowed."""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _digest(*parts: str) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass")
        digest.update(len(raw).to_bytes(4, "big"))
        digest.update(raw)
    return digest.digest()


def url_id(url: str) -> bytes:
    """Return the 16-byte id of a normalised URL."""
    return _digest(url)


def link_id(source_url: str, target_url: str) -> bytes:
    """Return the 16-byte id of the link from one normalised URL to another."""
    return _digest(source_url, target_url)
