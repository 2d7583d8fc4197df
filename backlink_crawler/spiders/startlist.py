"""Where a crawl starts and how far it may walk: the arguments ``domains``, ``urls`` and ``sites``, read.

An entry is a domain (``a.com``), a URL or path (``https://b.org/blog/``), or ``@file`` with one entry a line (``#``
starts a comment). Entries that make no sense are told, one line each, and the others stand.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from w3lib.url import is_url

from backlink_crawler.urls import host_of, is_ip, normalise, site_of


@dataclass(frozen=True, slots=True)
class Start:
    """One place to start from."""

    url: str
    host: str
    prefix: str = "/"
    """Path that a walked URL must lie under."""
    fallback: str | None = None
    """The same place by http, for a domain given without a scheme."""

    @property
    def site(self) -> str:
        """Registrable domain."""
        return site_of(self.host)


@dataclass(slots=True)
class StartList:
    """What was understood, and what was not."""

    starts: list[Start] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """One line for people each."""


def read_start_list(argument: str, *, whole_host: bool = False) -> StartList:
    """Read a comma-separated argument.

    :param whole_host: URLs are pages to start from on a host that is walked whole, not paths to stay under.
    """
    found = StartList()
    known: set[str] = set()
    for entry, where in _entries(argument, found.problems):
        start = _start(entry, whole_host=whole_host)
        if start is None:
            found.problems.append(f"{entry!r}{where} is neither a domain nor a web address")
        elif start.url not in known:
            known.add(start.url)
            found.starts.append(start)
    return found


def _entries(argument: str, problems: list[str]) -> Iterator[tuple[str, str]]:
    for part in argument.split(","):
        entry = part.strip()
        if entry.startswith("@"):
            yield from _file_entries(Path(entry[1:]), problems)
        elif entry:
            yield entry, ""


def _file_entries(path: Path, problems: list[str]) -> Iterator[tuple[str, str]]:
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        problems.append(f"{path} cannot be read: {reason}")
        return
    empty = True
    for number, line in enumerate(lines, 1):
        # A fragment is never sent, so nothing is lost by taking " #" as the start of a comment.
        entry = line.split(" #")[0].strip()
        if entry and not entry.startswith("#"):
            empty = False
            yield entry, f" ({path}, line {number})"
    if empty:
        problems.append(f"{path} has no entries: write one domain or URL a line")


def _start(entry: str, *, whole_host: bool) -> Start | None:
    if not is_url(entry):
        return _domain(entry)
    url = normalise(entry)
    if url is None:
        return None
    return Start(url, host_of(url), "/" if whole_host else _directory(url))


def _domain(entry: str) -> Start | None:
    """A bare domain, with a path perhaps: browsers ask by https first, and so do we."""
    name = entry.rstrip("/")
    url = normalise(f"https://{name}/") if "/" not in name else normalise(f"https://{name}")
    if url is None or "@" in name or ":" in name.rpartition("/")[0]:
        return None
    host = host_of(url)
    if "." not in host.strip(".") and not is_ip(host):
        return None
    return Start(url, host, _directory(url), fallback=f"http{url.removeprefix('https')}")


def _directory(url: str) -> str:
    """``/blog/`` for ``/blog/``, ``/blog`` and ``/blog/post.html``: a last segment with a dot is a file."""
    path = url.split("?")[0].split("/", 3)[3]
    head, _, last = path.rpartition("/")
    if last and "." not in last:
        head = f"{head}/{last}" if head else last
    return f"/{head}/" if head else "/"
