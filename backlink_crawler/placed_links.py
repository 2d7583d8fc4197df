"""Lists of placed links, as people keep them: CSV, TSV or one URL a line; each row is a link that should be there.

A table has a header line that names ``source`` (the page the link stands on) and may name ``target``, ``anchor`` and
``rel``; all other columns are the owner's. A row that makes no sense keeps its place and says what is wrong with it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from backlink_crawler.delimited import DelimitedError, Table, table_of, text_of
from backlink_crawler.reports.site import NotASite, site_named
from backlink_crawler.urls import host_of, normalise, site_of

_ALIASES = {"source_url": "source", "target_url": "target"}
_FOLLOW = frozenset({"follow", "dofollow"})
_QUALIFIERS = frozenset({"nofollow", "ugc", "sponsored"})


class ListError(ValueError):
    """The list cannot be used at all; the message is one line for people."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a link should point: one page, or any page of a site."""

    site: str
    url: str | None = None
    """``None``: any page of the site will do."""


@dataclass(frozen=True, slots=True)
class RelWish:
    """What is agreed of ``rel``."""

    qualifiers: frozenset[str] | None = frozenset()
    """Of ``nofollow``, ``ugc`` and ``sponsored`` exactly these; none: the link is followed. ``None``: as it may be."""
    others: frozenset[str] = frozenset()
    """Tokens that must be there, too."""


@dataclass(frozen=True, slots=True)
class PlacedLink:
    """One row."""

    cells: Mapping[str, str]
    """Column → cell, as given."""
    source: str = ""
    """Identity of the page (``urls.normalise``)."""
    target: Target = Target("")
    anchor: str | None = None
    """As agreed; ``None``: as it may be."""
    rel: RelWish = RelWish()
    problem: str | None = None
    """Why the row makes no sense; then nothing else but its cells counts."""


@dataclass(frozen=True, slots=True)
class PlacedLinks:
    """A list: its columns, and its rows as they are read."""

    columns: Sequence[str]
    rows: Iterable[PlacedLink]


def read_list(path: Path, target: str | None = None) -> PlacedLinks:
    """Read a list of links.

    :param target: URL, host or domain for rows that name none.
    :raises ListError: no such file, no text, no rows, no targets.
    """
    try:
        links = parse(text_of(path), target)
    except DelimitedError as error:
        raise ListError(str(error)) from error
    first = next(iter(links.rows), None)
    if first is None:
        raise ListError(f"{path} has no rows: write one link a line")
    return links


def parse(text: str, target: str | None = None) -> PlacedLinks:
    """Understand a list; see :func:`read_list`."""
    for_all = _target(target) if target else None
    table = table_of(text)
    names = [_ALIASES.get(name, name) for name in table.columns]
    if "source" not in names:
        if for_all is None:
            raise ListError(
                "a list without a header line that names 'source' needs --target: where do the links point?"
            )
        return PlacedLinks(["source"], _Lines(text, for_all))
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ListError(f"the header line names {twice!r} twice")
    if "target" not in names and for_all is None:
        raise ListError("where do the links point? Add a column 'target' or say --target")
    return PlacedLinks(names, _Rows(table, names, for_all))


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of a list; can be read more than once."""

    table: Table
    names: Sequence[str]
    """Columns, as this module calls them."""
    for_all: Target | None

    def __iter__(self) -> Iterator[PlacedLink]:
        for row in self.table:
            cells = dict(zip(self.names, row.cells.values(), strict=True))
            yield PlacedLink(cells, problem=row.problem) if row.problem else _row(cells, self.for_all)


@dataclass(frozen=True, slots=True)
class _Lines:
    """One URL a line, no header."""

    text: str
    for_all: Target

    def __iter__(self) -> Iterator[PlacedLink]:
        return (_row({"source": line.strip()}, self.for_all) for line in self.text.splitlines() if line.strip())


def _row(cells: Mapping[str, str], for_all: Target | None) -> PlacedLink:
    try:
        source = _source(cells["source"].strip())
        named = cells.get("target", "").strip()
        target = _target(named) if named else for_all
        if target is None:
            raise ListError("no target")
        if site_of(host_of(source)) == target.site:
            raise ListError("source and target are of one site")
        rel = _rel(cells.get("rel", ""))
    except ListError as error:
        return PlacedLink(cells, problem=str(error))
    return PlacedLink(cells, source, target, " ".join(cells.get("anchor", "").split()) or None, rel)


def _source(text: str) -> str:
    url = normalise(text if "://" in text else f"https://{text}") if text else None
    if url is None or ("." not in host_of(url) and "://" not in text):
        raise ListError(f"source {text[:100]!r} is no web address" if text else "no source")
    return url


@lru_cache(maxsize=1_024)
def _target(text: str) -> Target:
    """A URL means that page; a host or domain any page of the site."""
    bare = text.rpartition("://")[2].partition("#")[0]
    if "/" in bare.rstrip("/") or "?" in bare or "://" in text:
        url = normalise(text if "://" in text else f"https://{text}")
        if url is None:
            raise ListError(f"target {text[:100]!r} is no web address")
        return Target(site_of(host_of(url)), url)
    try:
        return Target(site_named(text.rstrip("/")))
    except NotASite as error:
        raise ListError(f"target: {error}") from error


def _rel(text: str) -> RelWish:
    tokens = frozenset(text.lower().replace(",", " ").split())
    if tokens == {"any"}:
        return RelWish(None)
    qualifiers = tokens & _QUALIFIERS
    if qualifiers and tokens & _FOLLOW:
        raise ListError(f"rel {text[:100]!r} is both follow and not")
    return RelWish(qualifiers, tokens - _QUALIFIERS - _FOLLOW)
