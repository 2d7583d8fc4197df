"""Other answers for some addresses of a web, exchanged while it is served: what a site is at another time.

The overlay is a JSON file ``{"host/path": {"status": 200, "content_type": …, "headers": [[name, value], …], "body":
file}}``, bodies are files beside it. The server reads it again when it has been replaced.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from tests.web.reply import Content, Listener, Reply, entity_tag, reply


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered in the place of the page."""

    status: int
    body: bytes = b""
    content_type: str = "text/html"
    headers: tuple[tuple[str, str], ...] = ()
    tagged_by_body: bool = False
    """Its entity tag stands for the body alone: who has the body does not hear that the headers are others now."""


class OverlayContent(Content):
    """Answers from the overlay, and from ``base`` where it says nothing."""

    def __init__(self, base: Content, file: Path) -> None:
        """:param file: as :func:`write_overlay` makes it; as long as there is none, nothing is overlaid."""
        self._base = base
        self._file = file
        self._version: tuple[int, int] | None = None
        self._answers: Mapping[str, Mapping[str, Any]] = {}

    def ports(self) -> Mapping[str, Mapping[int, Listener]]:
        """Those of the base."""
        return self._base.ports()

    def answer(self, scheme: str, authority: str, target: str) -> Reply:
        """Return the overlaid answer, whatever the query."""
        self._refresh()
        found = self._answers.get(f"{authority}{target.partition('?')[0]}")
        if found is None:
            return self._base.answer(scheme, authority, target)
        body = (self._file.parent / found["body"]).read_bytes()
        headers = [(name, value) for name, value in found["headers"]]
        if found["status"] == 200:
            tagged = b"" if found["tagged_by_body"] or not headers else repr(headers).encode()
            headers.append(("ETag", entity_tag(body + tagged)))
        return reply(found["status"], body, found["content_type"], headers)

    def page_count(self) -> int:
        """Those of the base."""
        return self._base.page_count()

    def _refresh(self) -> None:
        try:
            stat = os.stat(self._file)  # noqa: PTH116 - asked at every request
        except FileNotFoundError:
            return
        version = stat.st_ino, stat.st_mtime_ns
        if version != self._version:
            self._answers = json.loads(self._file.read_text())
            self._version = version


def write_overlay(file: Path, answers: Mapping[str, Answer]) -> None:
    """Make ``answers`` (URL without query → answer) the overlay, in one step; an empty one restores the base.

    Both schemes of an address answer the same.
    """
    listed = {}
    for url, answer in answers.items():
        name = f"{blake2b(answer.body, digest_size=16).hexdigest()}.body"
        (file.parent / name).write_bytes(answer.body)
        listed[url.partition("://")[2]] = {**asdict(answer), "body": name}
    draft = file.with_name(f"{file.name}.draft")
    draft.write_text(json.dumps(listed))
    draft.replace(file)
