"""Ways of writing one URL. The target comes first and the spelling is derived from it, so the truth needs no parser."""

import posixpath
import re
from collections.abc import Callable
from urllib.parse import unquote


def _split(url: str) -> tuple[str, str, str]:
    scheme, _, rest = url.partition("://")
    host, _, path = rest.partition("/")
    return scheme, host, f"/{path}"


def _shout(url: str) -> str:
    scheme, host, path = _split(url)
    return f"{scheme.upper()}://{host.upper()}{path}"


def _default_port(url: str) -> str:
    scheme, host, path = _split(url)
    return f"{scheme}://{host}:{'443' if scheme == 'https' else '80'}{path}"


def _dots(url: str) -> str:
    scheme, host, path = _split(url)
    return f"{scheme}://{host}/elsewhere/./..{path}"


def _unicode_host(url: str) -> str:
    scheme, host, path = _split(url)
    return f"{scheme}://{host.encode('ascii').decode('idna')}{path}"


def _unicode_path(url: str) -> str:
    scheme, host, path = _split(url)
    return f"{scheme}://{host}" + re.sub("(?:%[89A-F][0-9A-F])+", lambda octets: unquote(octets[0]), path)


def _credentials(url: str) -> str:
    scheme, host, path = _split(url)
    return f"{scheme}://guest:secret@{host}{path}"


def _tab_inside(url: str) -> str:
    scheme, host, path = _split(url)
    return f"{scheme}://{host[:3]}\t{host[3:]}\n{path}"


def _encoded_host(url: str) -> str:
    scheme, host, path = _split(url)
    return f"{scheme}://%{ord(host[0]):02x}{host[1:]}{path}"


SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": lambda url: url,
    "upper-case scheme and host": _shout,
    "default port": _default_port,
    "dot segments": _dots,
    "fragment": lambda url: f"{url}#reviews",
    "white space around": lambda url: f" \n\t{url}  ",
    "tab and newline inside": _tab_inside,
    "unicode host": _unicode_host,
    "unicode path": _unicode_path,
    "credentials": _credentials,
    "percent-encoded host": _encoded_host,
    "backslashes": lambda url: url.replace("/", "\\") if "?" not in url else url,
    "a slash too many": lambda url: url.replace("://", ":///"),
    "no path": lambda url: url[:-1] if url.count("/") == 3 and url.endswith("/") else url,
}
"""Absolute spellings: name → (normalised URL → href that means it on any page encoded in UTF-8)."""


def scheme_relative(url: str) -> str:
    """Return ``//host/path``; means ``url`` on pages of the same scheme."""
    return url.partition(":")[2]


def root_relative(url: str) -> str:
    """Return ``/path?query``; means ``url`` on pages of the same host."""
    return _split(url)[2]


def relative(source: str, target: str) -> str:
    """Return the path from one page to another of the same host, as ``../x.html`` or ``./?p=2``."""
    folder = _split(source)[2].partition("?")[0].rpartition("/")[0]
    path, mark, query = _split(target)[2].partition("?")
    there, _, name = path.rpartition("/")
    steps = posixpath.relpath(f"{there}/", f"{folder}/")
    prefix = "" if steps == "." else f"{steps}/"
    return f"{prefix or ('' if name else './')}{name}{mark}{query}"
