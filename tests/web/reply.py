"""What goes over the wire for one request, and what a server needs to know of its content."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from http import HTTPStatus
from typing import Literal, NamedTuple, Protocol

Listener = Literal["http", "https", "refused"]
"""Where a port of a name leads: the plain server, the TLS server, or a port that refuses."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer, rendered."""

    status: int
    head: bytes
    """Status line and headers, with the empty line."""
    body: bytes = b""
    drip: bytes = b""
    """Sent again and again after the body, slowly, until the client leaves."""


class Served(NamedTuple):
    """One line of the request log."""

    at: float
    """When the request had arrived, ``time.monotonic()``."""
    host: str
    path: str
    """With the query, as the client sent it."""
    status: int


class Content(Protocol):
    """What is served, under which names."""

    def ports(self) -> Mapping[str, Mapping[int, Listener]]:
        """Return, for every host name (ASCII, lower case), where its ports lead."""

    def answer(self, scheme: str, authority: str, target: str) -> Reply:
        """Return the reply for a path with query; ``authority`` is the Host header in lower case."""

    def page_count(self) -> int:
        """Return how many pages there are, for people."""


def reply(
    status: int,
    body: bytes = b"",
    content_type: str = "",
    headers: Sequence[tuple[str, str]] = (),
    *,
    drip: bytes = b"",
    length: bool = True,
) -> Reply:
    """Return a reply; without ``length`` the end of the connection is the end of the body."""
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"]
    if content_type:
        lines.append(f"Content-Type: {content_type}")
    lines += (f"{name}: {value}" for name, value in headers)
    lines.append(f"Content-Length: {len(body)}" if length else "Connection: close")
    return Reply(status, "\r\n".join([*lines, "\r\n"]).encode("latin-1"), body, drip)


def entity_tag(body: bytes) -> str:
    """Return a strong entity tag (RFC 9110 §8.8.3) of a body."""
    return f'"{blake2b(body, digest_size=16).hexdigest()}"'


NOT_FOUND = reply(404, b"<!DOCTYPE html><title>Not found</title><p>Nothing here.", "text/html")
