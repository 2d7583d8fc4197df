"""``scrapy suffixes``: which public suffix list tells sites apart, and another one in its place."""

import argparse
import contextlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

from scrapy.settings import BaseSettings

from backlink_crawler.jobs import terminal
from backlink_crawler.reports.formats.harmless import plain
from backlink_crawler.suffixes import SuffixList, SuffixListError, checked, installed, read

MAX_BYTES = 5_000_000
"""Of a list; it had 320,000 in 2025."""
_ANSWER_WITHIN = 30.0
"""Seconds."""
_SHOWN = 10


def run(settings: BaseSettings, args: Sequence[str], opts: argparse.Namespace) -> int:
    """Print the list in use, or put another one in its place."""
    path = Path(settings["SUFFIX_LIST"]) if settings.get("SUFFIX_LIST") else None
    replace = bool(opts.update or opts.from_package)
    if args:  # Scrapy lets unknown options through
        return terminal.fail("suffixes", f"unknown argument {args[0]!r}", 2)
    if replace and path is None:
        why = "SUFFIX_LIST names no file to put the list into: set it, here and for every worker"
        return terminal.fail("suffixes", why, 2)
    try:
        told = _replaced(path, opts.update) if path and replace else _shown(path)
    except SuffixListError as error:
        return terminal.fail("suffixes", str(error), 1)
    print(told)
    return 0


def _shown(path: Path | None) -> str:
    package = installed()
    lines = [_line("In use", read(path))] if path else [_line("In use", package)]
    return "\n".join([*lines, _line("Installed", package)] if path else lines)


def _line(what: str, one: SuffixList) -> str:
    rules = f"{len(one.registries):,} rules of registries, {len(one.private):,} private ones"
    return f"{what}: {one.version} ({rules}), {one.path or 'as installed'}"


def _replaced(path: Path, source: str | None) -> str:
    """Put a list into ``path`` and tell what it changes.

    :param source: file or address; ``None``: the installed list.
    :raises SuffixListError: it is not to be had, or no whole list; ``path`` is as it was then.
    """
    text = checked(_raw(source), source) if source else installed().text
    before = _before(path)
    try:
        _write(path, text)
    except OSError as error:
        raise SuffixListError(f"{path} cannot be written: {error.strerror or error}") from error
    now = read(path)
    lines = [_line("In use", now)]
    for what, rules in (
        ("new", (now.registries | now.private) - (before.registries | before.private)),
        ("gone", (before.registries | before.private) - (now.registries | now.private)),
    ):
        some = ", ".join(sorted(rules)[:_SHOWN]) + (", …" if len(rules) > _SHOWN else "")
        lines.append(f"{len(rules):,} {what}{f': {plain(some)}' if rules else ''}")
    if now.version != before.version:
        lines.append(f"Before: {before.version}. Databases written by it are refused until: scrapy migrate")
    return "\n".join(lines)


def _before(path: Path) -> SuffixList:
    """The list that was in use; where there is no file yet, or none that can be used, the installed one."""
    with contextlib.suppress(SuffixListError):
        return read(path)
    return installed()


def _raw(source: str) -> bytes:
    if "://" not in source:
        try:
            return Path(source).read_bytes()
        except OSError as error:
            raise SuffixListError(f"{source} cannot be read: {error.strerror or error}") from error
    if not source.startswith("https://"):
        raise SuffixListError(f"{source}: a list decides what a site is; it is asked for over https only")
    try:
        # The scheme was looked at; whoever runs this named the address.
        with urlopen(Request(source, headers={"User-Agent": "backlink_crawler"}), timeout=_ANSWER_WITHIN) as answer:  # noqa: S310
            raw: bytes = answer.read(MAX_BYTES + 1)
    except (URLError, OSError, ValueError) as error:
        raise SuffixListError(f"{source} did not answer with a list: {getattr(error, 'reason', error)}") from error
    if len(raw) > MAX_BYTES:
        raise SuffixListError(f"{source} is no public suffix list: more than {MAX_BYTES:,} bytes")
    return raw


def _write(path: Path, text: str) -> None:
    """At once or not at all: a worker that starts meanwhile reads a whole list."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
