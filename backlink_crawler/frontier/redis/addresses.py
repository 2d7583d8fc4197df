"""A URL without its host, as it stands in the queue of that host."""

_BARE = {"https://": "", "http://": ":"}


def address_of(url: str, host: str) -> str:
    """Return ``/path`` for https, ``:/path`` for http, and the whole URL where it has a port.

    >>> address_of("http://example.com/a?b", "example.com")
    ':/a?b'
    """
    for scheme, mark in _BARE.items():
        bare = scheme + host
        if url.startswith(bare + "/"):
            return mark + url[len(bare) :]
    return url


def url_of(address: str, host: str) -> str:
    """Return the URL again."""
    if address.startswith("/"):
        return f"https://{host}{address}"
    if address.startswith(":"):
        return f"http://{host}{address[1:]}"
    return address
