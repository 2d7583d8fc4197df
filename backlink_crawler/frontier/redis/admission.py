"""Making URLs known: grouped by shard and host, within the budgets."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias
from uuid import uuid4

import msgpack

from backlink_crawler import urls
from backlink_crawler.frontier.contract import BANDS, Discovered, FrontierOptions
from backlink_crawler.frontier.redis.addresses import address_of
from backlink_crawler.frontier.redis.keys import fingerprints, shard_of
from backlink_crawler.frontier.redis.scripts import AMEND, DISCOVER, PAGES, Call
from backlink_crawler.frontier.redis.shards import Arguments, Shards
from backlink_crawler.records import Child

Offer: TypeAlias = tuple[str, str, Child]
"""Host, site and the URL."""

OFFERS_AT_ONCE = 500
"""URLs offered in one script: it then holds the server for about a millisecond."""
NO_OFFERS: bytes = msgpack.packb([])


def site_within(host: str) -> str:
    """Return the site of ``host``, which must stand at its end for the scripts to find it."""
    site = urls.site_of(host)
    return site if host.endswith(site) else host


class Admission:
    """Offers URLs to the shards, and gets pages of ``MAX_PAGES`` for those that need some."""

    def __init__(self, shards: Shards, salt: bytes, options: FrontierOptions) -> None:
        self._shards = shards
        self._fingerprint = fingerprints(salt)
        self._options = options
        self._grantee = uuid4().hex
        self._grants = 0
        self._exhausted = False

    async def discover(self, children: Sequence[Child]) -> Discovered:
        """Offer all; those refused for want of granted pages once more, with a grant or for the last time."""
        found = Discovered()
        offers = self._by_shard(children)
        while offers:
            batch = {shard: waiting[:OFFERS_AT_ONCE] for shard, waiting in offers.items()}
            await self._offer(batch, found)
            offers = {shard: rest for shard, waiting in offers.items() if (rest := waiting[OFFERS_AT_ONCE:])}
        return found

    def part(self, visits: Iterable[tuple[str, Sequence[Child]]]) -> tuple[list[Child], dict[int, bytes]]:
        """Part the children of visits: those to be discovered first, and packed offers that go along with a verdict.

        The latter are those whose shard is that of the page (given by its site), as most links of a site lead to the
        same site. With ``MAX_PAGES`` there are none, as admission may then need several steps.
        """
        elsewhere: list[Child] = []
        at_home: dict[int, list[Offer]] = defaultdict(list)
        for site, children in visits:
            home = shard_of(site, self._shards.count)
            for shard, offers in self._by_shard(children).items():
                room = 0 if self._options.max_pages or shard != home else OFFERS_AT_ONCE - len(at_home[home])
                at_home[shard] += offers[:room]
                elsewhere += (child for _, _, child in offers[room:])
        return elsewhere, {shard: _packed(offers, self._fingerprint) for shard, offers in at_home.items() if offers}

    def _by_shard(self, children: Iterable[Child]) -> dict[int, list[Offer]]:
        offers: dict[int, list[Offer]] = defaultdict(list)
        for child in children:
            host = urls.host_of(child.url)
            site = site_within(host)
            offers[shard_of(site, self._shards.count)].append((host, site, child))
        return offers

    async def _offer(self, batch: Mapping[int, Sequence[Offer]], found: Discovered) -> None:
        packed = {shard: _packed(offers, self._fingerprint) for shard, offers in batch.items()}
        last = self._exhausted or not self._options.max_pages
        arguments: dict[int, Arguments] = {shard: (offers, 0, "", "", int(last)) for shard, offers in packed.items()}
        first = await self._shards.run(DISCOVER, arguments)
        arguments = {}
        for shard, answer in first.items():
            new, known, over, refused = answer.result
            found.new += new
            if last or not refused:
                found.known += known
                found.over_budget += over + refused
            else:
                found.known -= new  # the second offer meets them again
                arguments[shard] = (packed[shard], *await self._grant(refused), 1)
        for answer in (await self._shards.run(DISCOVER, arguments)).values():
            new, known, over, refused = answer.result
            found.new += new
            found.known += known
            found.over_budget += over + refused

    async def _grant(self, wanted: int) -> tuple[int, str, str]:
        """Return pages, the grant's name and to whom: a shard takes a grant once, however often the call is sent."""
        pages = await self._take_pages(wanted, returned=0)
        if pages < wanted and not self._exhausted:
            self._exhausted = True  # the last pages are where they were granted and not used
            everywhere: dict[int, Arguments] = dict.fromkeys(range(self._shards.count), ("recall",))
            recalled = await self._shards.run(AMEND, everywhere)
            returned = sum(answer.result for answer in recalled.values())
            pages += await self._take_pages(wanted - pages, returned=returned)
        return pages, str(self._grants), self._grantee

    async def _take_pages(self, wanted: int, *, returned: int) -> int:
        self._grants += 1
        arguments = (self._options.max_pages, wanted, returned, self._shards.count, str(self._grants), self._grantee)
        keys = (self._shards.keys.of_crawl("pages"),)
        return int(await self._shards.sender.send_one(Call(PAGES, keys, arguments)))


def _packed(offers: Sequence[Offer], fingerprint: Callable[[str], str]) -> bytes:
    """Group offers by host and budget, as ``discover.lua`` reads them."""
    groups: dict[tuple[str, int, int], list[str | int]] = defaultdict(list)
    for host, site, child in offers:
        entry = f"{max(child.depth, 0)} {address_of(child.url, host)}"
        band = min(max(child.band, 0), BANDS - 1)
        groups[host, len(site), child.site_budget] += (fingerprint(child.url), band, entry)
    packed: bytes = msgpack.packb([[*group, urls] for group, urls in groups.items()], use_bin_type=False)
    return packed
