"""Folders of static HTML, each served as a site under a host name of its own."""

import mimetypes
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote_to_bytes

from tests.web.reply import NOT_FOUND, Content, Listener, Reply, entity_tag, reply
from tests.web.server import ServedWeb, serve

_TYPES = mimetypes.MimeTypes()
"""Python's own table: the machine's files are not asked."""


class FoldersContent(Content):
    """Files by host and path: ``index.html`` for a folder, 301 where its slash is missing. Queries are ignored.

    Every file has an entity tag, so a client may ask whether it has changed.
    """

    def __init__(self, sites: Mapping[str, Path]) -> None:
        """:param sites: host name (ASCII, lower case) → folder.

        :raises NotADirectoryError: one of the folders is none.
        """
        for folder in sites.values():
            if not folder.is_dir():
                raise NotADirectoryError(f"{folder} is no folder")
        self._sites = {host: folder.resolve() for host, folder in sites.items()}

    def ports(self) -> Mapping[str, Mapping[int, Listener]]:
        """Every host, both schemes."""
        return {host: {80: "http", 443: "https"} for host in self._sites}

    def answer(self, scheme: str, authority: str, target: str) -> Reply:
        """Return the file; its bytes say the charset, no header does."""
        folder = self._sites.get(authority)
        path, mark, query = target.partition("?")
        name = unquote_to_bytes(path).decode("utf-8", "surrogateescape").lstrip("/")
        if folder is None or "\0" in name:
            return NOT_FOUND
        place = (folder / name).resolve()
        if not place.is_relative_to(folder):
            return NOT_FOUND
        if place.is_dir():
            if not path.endswith("/"):
                return reply(301, headers=[("Location", f"{path}/{mark}{query}")])
            place /= "index.html"
        elif path.endswith("/"):
            return NOT_FOUND
        return _file_reply(place)

    def page_count(self) -> int:
        """HTML files, by name."""
        return sum(1 for folder in self._sites.values() for place in folder.rglob("*.htm*") if place.is_file())


def _file_reply(place: Path) -> Reply:
    if not place.is_file():
        return NOT_FOUND
    content_type, encoding = _TYPES.guess_type(place.name)
    if encoding or not content_type:
        content_type = "application/octet-stream"
    body = place.read_bytes()
    return reply(200, body, content_type, [("ETag", entity_tag(body))])


@contextmanager
def serve_folders(sites: Mapping[str, Path]) -> Iterator[ServedWeb]:
    """Serve folders (host name → folder) from a thread until the block ends."""
    with serve(FoldersContent(sites)) as web:
        yield web
