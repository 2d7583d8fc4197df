"""Disavow files as Google takes them: written from decisions, read back, checked, compared. Pure.

https://support.google.com/webmasters/answer/2648487: plain text in UTF-8 or 7-bit ASCII, a URL or ``domain:`` with a
host a line, ``#`` for comments; at most 100,000 lines, empty ones and comments included, and 2 MB; a URL has at most
2,048 characters. A ``domain:`` line covers the domain's subdomains. A new file replaces the one before it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from backlink_crawler.reports.site import host_named
from backlink_crawler.urls import host_of, is_registry_suffix, normalise

MAX_LINES = 100_000
MAX_BYTES = 2_000_000
"""Google says 2 MB; the smaller of its two meanings is surely taken."""
MAX_URL = 2_048
_DOMAIN = "domain:"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line that disavows."""

    kind: Literal["domain", "url"]
    key: str
    """A host name, or a URL identity."""

    @property
    def line(self) -> str:
        """As it stands in a file."""
        return f"{_DOMAIN}{self.key}" if self.kind == "domain" else self.key


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in a file."""

    line: int
    """From 1; 0: the whole file."""
    what: str
    harmless: bool = False
    """Google takes the file all the same."""

    def __str__(self) -> str:
        return f"line {self.line}: {self.what}" if self.line else self.what


@dataclass(frozen=True, slots=True)
class DisavowFile:
    """What a file says, and what is wrong with it."""

    entries: Mapping[Entry, int]
    """Those that count → line; duplicates and lines that make no sense are left out."""
    problems: Sequence[Problem]


def entries_of(marks: Iterable[Mapping[str, str | None]]) -> list[Entry]:
    """Return what decisions say, domains first; what a wider one covers is left out.

    :param marks: ``kind``, ``key`` and ``source_url`` of annotations. A link is disavowed by the page it stands on:
        there is no narrower way.
    """
    found = set()
    for mark in marks:
        kind, key = mark["kind"], mark["key"] or ""
        if kind in {"site", "host"}:
            found.add(Entry("domain", key))
        else:
            found.add(Entry("url", (mark["source_url"] if kind == "link" else key) or ""))
    domains = {entry.key for entry in found if entry.kind == "domain"}
    return _sorted(one for one in found if not _cover(one, domains))


def written(entries: Sequence[Entry], comments: Sequence[str]) -> str:
    """Return a file of ``entries`` with a head of comments."""
    return "".join(f"{line}\n" for line in (*(f"# {comment}" for comment in comments), *(one.line for one in entries)))


def read(raw: bytes) -> DisavowFile:
    """Return what a file says, with everything that is wrong in it."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return DisavowFile({}, [Problem(0, "it is neither UTF-8 nor 7-bit ASCII: Google refuses it")])
    lines = text.splitlines()
    problems = list(_too_much(raw, lines))
    entries: dict[Entry, int] = {}
    for number, line in enumerate(lines, 1):
        found = _entry(line.strip(), number)
        if isinstance(found, Problem):
            problems.append(found)
        elif found and found in entries:
            problems.append(Problem(number, f"{found.line} stands in line {entries[found]} already", harmless=True))
        elif found:
            entries[found] = number
    problems += _covered(entries)
    return DisavowFile(entries, sorted(problems, key=lambda problem: problem.line))


def _too_much(raw: bytes, lines: Sequence[str]) -> Iterator[Problem]:
    if len(lines) > MAX_LINES:
        yield Problem(0, f"{len(lines):,} lines; Google takes {MAX_LINES:,}, empty ones and comments included")
    if len(raw) > MAX_BYTES:
        yield Problem(0, f"{len(raw):,} bytes; Google takes 2 MB")


def _entry(line: str, number: int) -> Entry | Problem | None:
    if not line or line.startswith("#"):
        return None
    if line.lower().startswith(_DOMAIN):
        return _domain(line[len(_DOMAIN) :].strip(), number)
    if len(line) > MAX_URL:
        return Problem(number, f"a URL of {len(line):,} characters; Google takes {MAX_URL:,}")
    url = normalise(line)
    if url is None or not line.lower().startswith(("http://", "https://")):
        return Problem(number, f"{line[:100]!r} is neither a web address nor domain:… (or begin the line with #)")
    return Entry("url", url)


def _domain(name: str, number: int) -> Entry | Problem:
    if "/" in name or ":" in name:
        return Problem(
            number, f"domain:{name[:100]} has a scheme or a path: a whole domain is meant, domain:example.com"
        )
    host = host_named(name)
    if "." not in host:
        return Problem(number, f"domain:{name[:100]} is no domain")
    if is_registry_suffix(host):
        return Problem(number, f"domain:{host} is a public suffix: it would take away all sites under it")
    return Entry("domain", host)


def _covered(entries: Mapping[Entry, int]) -> Iterator[Problem]:
    domains = {entry.key: number for entry, number in entries.items() if entry.kind == "domain"}
    for entry, number in entries.items():
        if wider := _cover(entry, domains):
            yield Problem(number, f"{entry.line} is covered by domain:{wider} in line {domains[wider]}", harmless=True)


def _cover(entry: Entry, domains: Iterable[str]) -> str | None:
    """Return the domain, other than the entry's own, that covers it."""
    host = entry.key if entry.kind == "domain" else host_of(entry.key)
    known = domains if isinstance(domains, (set, dict)) else set(domains)
    parents = hosts_above(host) if entry.kind == "domain" else [host, *hosts_above(host)]
    return next((parent for parent in parents if parent in known), None)


def hosts_above(host: str) -> list[str]:
    """Return the domains that ``host`` is a subdomain of, the nearest first."""
    labels = host.split(".")
    return [".".join(labels[start:]) for start in range(1, len(labels) - 1)]


@dataclass(frozen=True, slots=True)
class Difference:
    """Between a file and the one before it."""

    added: Sequence[Entry]
    removed: Sequence[Entry]
    """These would count again."""


def difference(entries: Iterable[Entry], before: Iterable[Entry]) -> Difference:
    """Return what is new and what is gone."""
    now, then = set(entries), set(before)
    return Difference(_sorted(now - then), _sorted(then - now))


def _sorted(entries: Iterable[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda one: (one.kind, one.key))
