"""Which site an argument names."""

import re

from backlink_crawler.reports.question import Scope
from backlink_crawler.urls import host_of, is_ip, is_registry_suffix, normalise, site_of

_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")


class NotASite(ValueError):
    """The text names no site; the message is one line that says why and gives an example."""


def place_named(text: str, scope: Scope) -> str:
    """Return what ``text`` means in a scope: a URL identity (``url``, ``prefix``), a host, or a site.

    A text without scheme means https, as a browser takes it.

    :raises NotASite: as :func:`site_named`.
    """
    site = site_named(text)
    if scope == "site":
        return site
    text = text.strip()
    url = normalise(text if "://" in text else f"https://{text}")
    assert url is not None, "it names a site"
    return host_of(url).rstrip(".") if scope == "host" else url


def site_named(text: str) -> str:
    """Return the site of a registrable domain, a host or a URL: ``https://blog.example.com/x`` → ``example.com``.

    A single label (``intranet``) is taken for a host only in a URL; on its own it is more likely a slip.

    :raises NotASite: no web address, no host name, or a public suffix.
    """
    text = text.strip()
    is_url = "://" in text
    url = normalise(text if is_url else f"https://{text}")
    host = host_of(url).rstrip(".") if url and "@" not in text.partition("/")[0] else ""
    if not is_ip(host) and not _NAME.fullmatch(host):
        raise NotASite(f"{text!r} is not a domain, a host or a URL. Example: example.com")
    if "." not in host and not is_ip(host) and not is_url:
        raise NotASite(f"{text!r} is not a domain. Example: example.com (a host without dot: http://{host}/)")
    if "." in host and is_registry_suffix(host):
        raise NotASite(f"{text!r} is a public suffix, under which others register sites. Example: example.{host}")
    return site_of(host)


def host_named(text: str) -> str:
    """Return the host that a bare name is, as URLs write it, or nothing: ``München.de`` → ``xn--mnchen-3ya.de``."""
    name = text.strip().rstrip(".")
    url = None if set(name) & set("/@:?#") else normalise(f"https://{name}/")
    return host_of(url) if url else ""
