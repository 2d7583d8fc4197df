"""Names and fingerprints: where a crawl's URLs stand in Redis."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

from backlink_crawler.frontier.contract import FrontierError

LAYOUT = "1"
"""Version of the keys and records of this package and its scripts; stored with each crawl."""
PREFIX = "backlinks"
"""What every key begins with, unless another is given."""

_NAME = re.compile(r"[A-Za-z0-9._+-]{1,100}")


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one crawl. Those of the whole crawl share a slot, and so do those of each shard."""

    prefix: str
    crawl_id: str

    def __post_init__(self) -> None:
        for name in (self.prefix, self.crawl_id):
            if not _NAME.fullmatch(name):
                raise FrontierError(f"{name!r} cannot name a crawl: use up to 100 letters, digits and . _ + -")

    def of_crawl(self, name: str) -> str:
        """``meta``, ``workers``, ``due``, ``expiry``, ``epochs`` or ``pages``."""
        return f"{self.prefix}:{{{self.crawl_id}}}:{name}"

    def of_shard(self, shard: int) -> str:
        """The shard's counters; every other key of the shard begins with it."""
        return f"{self.prefix}:{self.crawl_id}:{{{shard}}}"


@lru_cache(maxsize=65_536)
def shard_of(site: str, shards: int) -> int:
    """Return the shard that all keys of ``site`` belong to."""
    return int.from_bytes(blake2b(site.encode(), digest_size=4).digest(), "big") % shards


def fingerprints(salt: bytes) -> Callable[[str], str]:
    """Return the function from a URL to its 64 bits, as a signed decimal: what the server packs into an integer set.

    Keyed by the crawl's salt: nobody can make a page whose links collide with others.
    """

    def fingerprint(url: str) -> str:
        digest = blake2b(url.encode(), digest_size=8, key=salt).digest()
        return str(int.from_bytes(digest, "big", signed=True))

    return fingerprint
