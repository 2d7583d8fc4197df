"""Hosts and URLs of the benchmark: every URL has 74 characters, every host is a site of its own."""

LENGTH = 74
_WORDS = "the-usual-length-of-a-title-that-names-what-a-page-is-about"


def host(number: int) -> str:
    """Return a name of 16 characters.

    >>> host(7)
    'host-000007.test'
    """
    return f"host-{number:06}.test"


def url(name: str, number: int, scheme: str = "https") -> str:
    """Return the address of page ``number`` of a host.

    >>> url(host(7), 42)
    'https://host-000007.test/the-usual-length-of-a-title-that-names-what-a--42'
    """
    start, end = f"{scheme}://{name}/", f"-{number}"
    return start + _WORDS[: LENGTH - len(start) - len(end)] + end


def number(url: str) -> int:
    """Return the page's number again.

    :raises ValueError: it is no such URL.
    """
    return int(url.rpartition("-")[2])
