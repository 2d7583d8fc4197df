"""What workers tell each other of a robots.txt: the part that concerns them, as data, compressed.

msgpack of [version, agent, Crawl-delay or nil, patterns], each pattern with a ``+`` or ``-`` before it, under zstd.
Sitemaps are left out: who read the file has noted them.
"""

import msgpack
import zstandard

from backlink_crawler.net.robots_rules import RobotsRules

VERSION = 1
"""Of this format and of the rules by which files are read: a record of another version is read anew."""
LARGEST = 4 * 1024 * 1024
"""Bytes of a record unpacked: patterns of 500 KiB may be three times as long once they are escaped."""

_LEVEL = 3


def pack(rules: RobotsRules, agent: str) -> bytes:
    """Return the record of what a file says to ``agent``."""
    patterns = [("+" if allow else "-") + pattern for allow, pattern in rules.rules]
    packed: bytes = msgpack.packb([VERSION, agent, rules.crawl_delay, patterns])
    return zstandard.compress(packed, _LEVEL)


def unpack(record: bytes, agent: str) -> RobotsRules | None:
    """Return the rules in ``record``, ``None`` where it is damaged, of another version or for another agent."""
    try:
        # The size that a frame declares would be allocated before a byte of it is read.
        if not 0 < zstandard.frame_content_size(record) <= LARGEST:
            return None
        values = msgpack.unpackb(zstandard.decompress(record))
    except (zstandard.ZstdError, ValueError, msgpack.UnpackException):
        return None
    match values:
        case [int(version), str(of), None | float() as delay, list(patterns)] if (version, of) == (VERSION, agent):
            if all(isinstance(pattern, str) and pattern[:1] in ("+", "-") for pattern in patterns):
                return RobotsRules(((pattern[0] == "+", pattern[1:]) for pattern in patterns), delay)
    return None
