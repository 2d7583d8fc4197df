"""Making URLs known: grouped by shard and host, within the budgets."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import groupby
from typing import TypeAlias
from uuid import uuid4

import msgpack

from backlink_crawler import urls
from backlink_crawler.frontier.contract import BANDS, Discovered, FrontierOptions
from backlink_crawler.frontier.redis.addresses import address_of, steps_of
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
        self._recalled = False
        self._returned = 0

    async def discover(self, children: Sequence[Child]) -> Discovered:
        """Offer all, each URL once; those refused for want of granted pages once more, with a grant."""
        once = _each_once(children)
        found = Discovered(known=len(children) - len(once))
        offers = self._by_shard(once)
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
            for shard, offers in self._by_shard(_each_once(children)).items():
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
        last = int(not self._options.max_pages)
        arguments: dict[int, Arguments] = {shard: (offers, 0, "", "", last) for shard, offers in packed.items()}
        answers = await self._shards.run(DISCOVER, arguments)
        refused = {shard: answer.result[3] for shard, answer in answers.items() if answer.result[3]}
        for shard, answer in answers.items():
            new, known, over, _, _ = answer.result
            found.new += new
            if shard in refused:
                found.known -= new  # the second offer meets them again
            else:
                found.known += known
                found.over_budget += over
        if refused:
            await self._offer_again({shard: packed[shard] for shard in refused}, refused, found)

    async def _offer_again(self, packed: Mapping[int, bytes], refused: Mapping[int, int], found: Discovered) -> None:
        wanted = sum(refused.values())
        pages = await self._take_pages(wanted)
        if pages < wanted and not self._recalled:
            self._recalled = True  # what is left of MAX_PAGES lies in shards that were granted more than they needed
            await self._recall(range(self._shards.count))
            pages += await self._take_pages(wanted - pages)
        short = pages < wanted
        arguments: dict[int, Arguments] = {}
        for shard, offers in packed.items():
            grant = min(refused[shard], pages) if short or len(arguments) < len(packed) - 1 else pages
            pages -= grant
            arguments[shard] = (offers, grant, str(self._grants), self._grantee, 1)
        answers = await self._shards.run(DISCOVER, arguments)
        for answer in answers.values():
            new, known, over, still_refused, _ = answer.result
            found.new += new
            found.known += known
            found.over_budget += over + still_refused
        if short:
            await self._recall(shard for shard, answer in answers.items() if answer.result[4])

    async def _recall(self, shards: Iterable[int]) -> None:
        """Take back what shards were granted and have not used; it is returned with the next call for pages."""
        answers = await self._shards.run(AMEND, dict.fromkeys(shards, ("recall",)))
        self._returned += sum(answer.result for answer in answers.values())

    async def _take_pages(self, wanted: int) -> int:
        self._grants += 1
        returned, self._returned = self._returned, 0
        arguments = (self._options.max_pages, wanted, returned, self._shards.count, str(self._grants), self._grantee)
        keys = (self._shards.keys.of_crawl("pages"),)
        return int(await self._shards.sender.send_one(Call(PAGES, keys, arguments)))


def _each_once(children: Iterable[Child]) -> Collection[Child]:
    first: dict[str, Child] = {}
    for child in children:
        first.setdefault(child.url, child)
    return first.values()


def _packed(offers: Sequence[Offer], fingerprint: Callable[[str], str]) -> bytes:
    """Pack offers as ``admit.lua`` reads them: in their order, neighbours of one host and budget together."""
    groups = []
    for key, run in groupby(offers, lambda offer: (offer[0], len(offer[1]), offer[2].site_budget)):
        flat: list[str | int] = []
        for host, _, child in run:
            band = min(max(child.band, 0), BANDS - 1)
            steps = steps_of(child.depth, child.redirects)
            flat += (fingerprint(child.url), band, f"{steps} {address_of(child.url, host)}")
        groups.append([*key, flat])
    packed: bytes = msgpack.packb(groups, use_bin_type=False)
    return packed
