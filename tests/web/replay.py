"""Saved pages served under their true URLs, over http and https alike.

The index has a JSON object a line with ``page`` (file name without ``.html``), ``url`` and, where it is known,
``charset``; a line without ``url`` or without its file is passed over, and the first of two lines with one address
counts. Pages are read from disk for every request.
"""

import json
import lzma
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from backlink_crawler.urls import normalise
from tests.web.reply import NOT_FOUND, Content, Listener, Reply, reply
from tests.web.server import ServedWeb, serve


@dataclass(frozen=True, slots=True)
class _Saved:
    file: Path
    content_type: str


class ReplayContent(Content):
    """Saved pages by host and path; any other path, robots.txt too, is a 404."""

    def __init__(self, index: Path, pages: Path) -> None:
        """:param pages: the folder with the ``.html`` files.

        :raises FileNotFoundError: none of the pages of the index is there.
        """
        self.urls: dict[str, Path] = {}
        """Normalised URL → its file, in the order of the index."""
        self.missing: list[Path] = []
        """Files that the index names and that are not there."""
        self._saved: dict[tuple[str, str], _Saved] = {}
        self._ports: dict[str, dict[int, Listener]] = {}
        for line in _lines(index):
            self._add(json.loads(line), pages)
        if not self.urls:
            raise FileNotFoundError(f"no page of {index} is in {pages}")

    def _add(self, entry: Mapping[str, object], pages: Path) -> None:
        url = normalise(str(entry.get("url") or ""))
        if url is None:
            return
        file = pages / f"{entry['page']}.html"
        if not file.is_file():
            self.missing.append(file)
            return
        scheme, _, rest = url.partition("://")
        authority, _, path = rest.partition("/")
        key = authority, f"/{path}"
        if key in self._saved:
            return
        charset = entry.get("charset")
        self._saved[key] = _Saved(file, f"text/html; charset={charset}" if charset else "text/html")
        self.urls[url] = file
        name, _, port = authority.partition(":")
        listeners = self._ports.setdefault(name, {80: "http", 443: "https"})
        if port:
            listeners[int(port)] = "https" if scheme == "https" else "http"

    def ports(self) -> Mapping[str, Mapping[int, Listener]]:
        """Every host of the index, both schemes, and the ports that its URLs name."""
        return self._ports

    def answer(self, scheme: str, authority: str, target: str) -> Reply:
        """Return the saved bytes as ``text/html``, with a charset only if the index has one."""
        saved = self._saved.get((authority, target))
        return reply(200, saved.file.read_bytes(), saved.content_type) if saved else NOT_FOUND

    def page_count(self) -> int:
        """Addresses served."""
        return len(self._saved)


def _lines(index: Path) -> Iterator[str]:
    with lzma.open(index, "rt") if index.suffix == ".xz" else index.open() as lines:
        yield from lines


def unpacked(pages: Path, folder: Path) -> Path:
    """Return the folder with the ``.html`` files of ``pages``, itself a folder or a tar archive.

    An archive is unpacked into ``folder`` once: if that was completed before, what is there is used.
    """
    if pages.is_dir():
        return pages
    done = folder / f"{pages.name}.unpacked"
    if not done.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with tarfile.open(pages) as archive:
            for member in archive:
                # Its name alone: an archive must not write anywhere else.
                name = PurePosixPath(member.name).name
                page = archive.extractfile(member) if member.isfile() and name.endswith(".html") else None
                if page is not None:
                    (folder / name).write_bytes(page.read())
        done.touch()
    return folder


@contextmanager
def serve_replay(index: Path, pages: Path, unpack_to: Path | None = None) -> Iterator[ServedWeb]:
    """Serve saved pages from a thread until the block ends.

    :param pages: folder or tar archive (compressed or not).
    :param unpack_to: where an archive is unpacked and kept; a folder that vanishes by default.
    """
    with tempfile.TemporaryDirectory(prefix="test-web-replay-") as vanishing:
        folder = unpacked(pages, unpack_to or Path(vanishing))
        with serve(ReplayContent(index, folder)) as web:
            yield web
