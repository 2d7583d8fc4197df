"""A URL as it stands in the queue of its host: without the host, after one number for the way that led to it."""

_REDIRECT = 2**24
"""More than any depth, so that depth and redirects in a row make one number; it is the depth where there are none."""
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


def steps_of(depth: int, redirects: int) -> int:
    """Return the number that stands for a depth and the redirects in a row that led to a URL.

    >>> steps_of(3, 0), way_of(steps_of(3, 2))
    (3, (3, 2))
    """
    return min(max(depth, 0), _REDIRECT - 1) + max(redirects, 0) * _REDIRECT


def way_of(steps: int) -> tuple[int, int]:
    """Return the depth and the redirects again."""
    return steps % _REDIRECT, steps // _REDIRECT
