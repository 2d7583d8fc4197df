"""The public suffix list (https://publicsuffix.org/list/): one snapshot, read once, never fetched.

The snapshot is the one that tldextract carries, which is pinned with it, or a file that somebody chose. Its version is
the day that the list gives itself (``// VERSION:``) and a digest of its rules: a list with a rule of one's own is
another list, one with other comments is not.
"""

import re
from collections.abc import Set
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import blake2b
from importlib.resources import files
from io import BytesIO
from pathlib import Path

import tldextract
from requests import PreparedRequest, Response, Session
from requests.adapters import BaseAdapter

_DAY = re.compile(r"^// VERSION: (\S+)$", re.MULTILINE)
_MARKS = ("BEGIN ICANN DOMAINS", "END ICANN DOMAINS", "BEGIN PRIVATE DOMAINS", "END PRIVATE DOMAINS")
_PRIVATE = "// ===BEGIN PRIVATE DOMAINS==="


class SuffixListError(Exception):
    """There is no list to read; the message is one line."""


@dataclass(frozen=True)
class SuffixList:
    """One snapshot of the list."""

    text: str
    path: Path | None = None
    """Where it was read; ``None``: in the package that carries it."""

    @cached_property
    def registries(self) -> Set[str]:
        """Rules of suffixes under which registries sell names."""
        return _rules(self.text.partition(_PRIVATE)[0])

    @cached_property
    def private(self) -> Set[str]:
        """Rules of suffixes under which owners of domains give away names."""
        return _rules(self.text.partition(_PRIVATE)[2])

    @cached_property
    def version(self) -> str:
        """``psl-``, the list's own day, and a digest of its rules."""
        told = "\n".join((*sorted(self.registries), "", *sorted(self.private)))
        digest = blake2b(told.encode(), digest_size=4).hexdigest()
        day = _DAY.search(self.text)
        return f"psl-{day[1] if day else 'undated'}-{digest}"

    @cached_property
    def split(self) -> tldextract.TLDExtract:
        """Splits hosts (``extract_str`` of a host)."""
        extract = tldextract.TLDExtract(
            suffix_list_urls=() if self.path is None else (_GIVEN,),
            cache_dir=None,
            fallback_to_snapshot=self.path is None,
            include_psl_private_domains=True,
        )
        if self.path is not None:
            with Session() as session:
                session.mount(_GIVEN, _Given(self.text))
                extract.update(fetch_now=True, session=session)
        return extract


_GIVEN = "given://"


class _Given(BaseAdapter):
    """Answers with a text that is there already: tldextract takes a list from an address only, and would read the file
    again."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def send(self, request: PreparedRequest, *_: object, **__: object) -> Response:
        """Answer without a network."""
        response = Response()
        response.status_code, response.encoding, response.url = 200, "utf-8", _GIVEN
        response.raw = BytesIO(self._text.encode())
        return response

    def close(self) -> None:
        """Nothing is open."""


def _rules(text: str) -> frozenset[str]:
    """A rule ends at the first white space of its line (https://github.com/publicsuffix/list/wiki/Format)."""
    lines = (line.split() for line in text.splitlines())
    return frozenset(line[0] for line in lines if line and not line[0].startswith("//"))


@cache
def installed() -> SuffixList:
    """Return the snapshot that tldextract carries."""
    return SuffixList((files(tldextract) / ".tld_set_snapshot").read_text("utf-8"))


def read(path: Path) -> SuffixList:
    """Return the list in a file.

    :raises SuffixListError: it cannot be read, or holds no whole list.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise SuffixListError(f"The suffix list {path} cannot be read: {error.strerror or error}") from error
    return SuffixList(checked(raw, str(path)), path)


def checked(raw: bytes, whence: str) -> str:
    """Return the text of a whole list.

    :raises SuffixListError: it is another document, or a part of one.
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SuffixListError(f"{whence} is no public suffix list: it is not UTF-8") from error
    places = [text.find(f"// ==={mark}===") for mark in _MARKS]
    if -1 in places or places != sorted(places):
        raise SuffixListError(f"{whence} is no whole public suffix list: the marks of its sections are not there")
    found = SuffixList(text)
    if "com" not in found.registries or not found.private:
        raise SuffixListError(f"{whence} is no whole public suffix list: a section has no rules")
    return text
