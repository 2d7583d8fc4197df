"""Start URLs that others push into Redis, under the key scrapy-redis reads: ``<spider>:start_urls``.

``<spider>:<crawl>:start_urls`` addresses one crawl. The key may be a list, a set or a sorted set (highest score first);
an entry is a URL, or JSON with ``url``. An entry is removed only when its URL is known to the frontier: a worker that
dies in between leaves it to the others, and knowing a URL twice changes nothing.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from backlink_crawler.frontier.redis.scripts import Sender
from backlink_crawler.urls import normalise

AT_ONCE = 500
"""Entries taken in one go from each key."""

_READ: Mapping[bytes, tuple[str, ...]] = {
    b"list": ("LRANGE", "0", str(AT_ONCE - 1)),
    b"set": ("SRANDMEMBER", str(AT_ONCE)),
    b"zset": ("ZREVRANGE", "0", str(AT_ONCE - 1)),
}
_REMOVE: Mapping[bytes, tuple[str, ...]] = {b"list": ("LREM", "1"), b"set": ("SREM",), b"zset": ("ZREM",)}


@dataclass(frozen=True, slots=True)
class Pushed:
    """One entry as found: where it stands, what it says, and the URL it means."""

    key: str
    kind: bytes
    entry: bytes
    url: str | None
    """``None``: no web address; it is moved to ``<key>:refused``."""


class StartUrls:
    """The start keys that a worker reads."""

    def __init__(self, sender: Sender, keys: Sequence[str]) -> None:
        self._sender = sender
        self._keys = keys

    async def read(self) -> list[Pushed]:
        """Return entries that wait, without removing them.

        :raises FrontierUnavailable: Redis does not answer.
        """
        kinds = await self._sender.read([("TYPE", key) for key in self._keys])
        waiting = [(key, kind) for key, kind in zip(self._keys, kinds, strict=True) if kind in _READ]
        if not waiting:
            return []
        answers = await self._sender.read([(_READ[kind][0], key, *_READ[kind][1:]) for key, kind in waiting])
        return [
            Pushed(key, kind, entry, _url_in(entry))
            for (key, kind), entries in zip(waiting, answers, strict=True)
            for entry in entries
        ]

    async def remove(self, pushed: Sequence[Pushed]) -> None:
        """Remove entries whose URLs are known, and put those that mean none aside.

        :raises FrontierUnavailable: Redis does not answer.
        """
        commands: list[tuple[str | bytes, ...]] = []
        for one in pushed:
            if one.url is None:
                commands.append(("RPUSH", f"{one.key}:refused", one.entry))
            command, *arguments = _REMOVE[one.kind]
            commands.append((command, one.key, *arguments, one.entry))
        await self._sender.read(commands)


def _url_in(entry: bytes) -> str | None:
    text = entry.decode("utf-8", "replace").strip()
    if text.startswith("{"):
        try:
            text = json.loads(text)["url"]
        except (ValueError, KeyError, TypeError):
            return None
    return normalise(text) if isinstance(text, str) else None
