"""The contract of a frontier as tests: the life of a URL, leases, budgets, the end, and what people ask.

An implementation subclasses ``FrontierContract`` and provides the fixture ``crawl``. Politeness and fairness stand in
``politeness_contract``.
"""

import asyncio
from itertools import pairwise

import pytest

from backlink_crawler.frontier.contract import Counts, Finished, Lease, Verdict
from backlink_crawler.records import Child
from tests.frontier.crawl import DONE, Crawl, claim_one, claim_urls, crawl_all, finish, pages
from tests.frontier.politeness_contract import Politeness

URLS = {
    "https://example.com/": "the shortest",
    "http://example.com/": "the scheme is part of the identity",
    "https://example.com:8443/a": "a port makes another origin on the same host",
    "http://192.0.2.7/a?b=c": "an address is its own site",
    "http://[2001:db8::1]:8080/": "a colon inside the host",
    "https://a.example.github.io/x": "a private suffix",
    "https://xn--bcher-kva.example/%C3%A4?q=%20": "nothing is decoded on the way",
    "https://example.com/" + "x" * 2000: "as long as a URL may be",
    "https://example.com/1.2.3%20/x": "looks like the numbers in front of an entry",
}


class Life:
    """known → due → leased → done / failed."""

    @pytest.mark.parametrize("url", URLS, ids=list(URLS.values()))
    async def test_a_url_comes_out_as_it_went_in(self, crawl: Crawl, url: str) -> None:
        """A lease carries the URL, its host and site, its depth and its band."""
        worker = await crawl.worker()
        await worker.discover([Child(url, 7, 2)])
        lease = await claim_one(worker)
        assert (lease.url, lease.depth, lease.band, lease.attempt) == (url, 7, 2, 1)
        assert lease.host in url
        assert lease.host.endswith(lease.site)

    async def test_known_once(self, crawl: Crawl) -> None:
        """A second discovery changes nothing, in the same call or later, before or after the visit."""
        worker = await crawl.worker()
        found = await worker.discover(pages("a.example", 3) + pages("a.example", 4))
        assert (found.new, found.known, found.over_budget) == (4, 3, 0)
        assert len(await crawl_all(worker, crawl.clock)) == 4
        found = await worker.discover(pages("a.example", 4))
        assert (found.new, found.known) == (0, 4)
        assert await claim_urls(worker) == []

    async def test_known_once_among_many(self, crawl: Crawl) -> None:
        """The set of seen URLs forgets none while it grows, and takes no other for one of them."""
        worker = await crawl.worker(shards=1, max_pages_per_site=0)
        for start in range(0, 5_000, 1_000):
            some = [Child(f"https://a.example/{i}", 0) for i in range(start, start + 1_000)]
            assert (await worker.discover(some)).new == 1_000
            assert (await worker.discover(some)).known == 1_000
        assert (await worker.discover(pages("a.example", 5_001))).new == 1

    async def test_bands_then_order_of_discovery(self, crawl: Crawl) -> None:
        """Band 0 is asked first; within a band the first discovered is the first claimed."""
        worker = await crawl.worker(host_delay=0)
        order = [("3", 3), ("1a", 1), ("0a", 0), ("1b", 1), ("0b", 0), ("2", 2)]
        await worker.discover([Child(f"https://a.example/{name}", 0, band) for name, band in order])
        urls = [lease.url.rpartition("/")[2] for lease in await crawl_all(worker, crawl.clock)]
        assert urls == ["0a", "0b", "1a", "1b", "2", "3"]

    async def test_children_are_known_with_the_verdict(self, crawl: Crawl) -> None:
        """What a page made known is waiting once the page is done, on its own site and on others."""
        worker = await crawl.worker()
        await worker.discover(pages("a.example", 1))
        lease = await claim_one(worker)
        children = [*pages("b.a.example", 2), *pages("c.example", 2), *pages("a.example", 3)]
        assert await worker.finish([Finished(lease, DONE, children)]) == 1
        counts = await worker.counts()
        assert (counts.known, counts.waiting, counts.done) == (7, 6, 1)

    async def test_retry_waits(self, crawl: Crawl) -> None:
        """A retry is due after its time and not before, first of its host, with the attempt counted."""
        worker = await crawl.worker(host_delay=1.0)
        await worker.discover(pages("a.example", 2))
        first = await claim_one(worker)
        await finish(worker, [first], Verdict("retry", "http_503", retry_after=10.0))
        crawl.clock.advance(1.0)
        other = await claim_one(worker)
        await finish(worker, [other])
        claimed = await worker.claim(10)
        assert claimed.leases == []
        assert claimed.next_due == pytest.approx(9.0)
        crawl.clock.advance(9.0)
        again = await claim_one(worker)
        assert (again.url, again.attempt) == (first.url, 2)

    async def test_retry_comes_before_others_of_its_band(self, crawl: Crawl) -> None:
        """A retry without a time of its own is the next of its host."""
        worker = await crawl.worker()
        await worker.discover(pages("a.example", 3))
        first = await claim_one(worker)
        await finish(worker, [first], Verdict("retry", "timeout"))
        crawl.clock.advance(1.0)
        assert await claim_urls(worker) == [first.url]

    async def test_release(self, crawl: Crawl) -> None:
        """A released lease is due at once, for anybody, and its attempt is not counted."""
        worker, other = await crawl.worker("one"), await crawl.worker("two")
        await worker.discover(pages("a.example", 2))
        lease = await claim_one(worker)
        await worker.release([lease])
        again = await claim_one(other)
        assert (again.url, again.attempt) == (lease.url, 1)
        assert again.token > lease.token
        assert await finish(worker, [lease]) == 0

    async def test_failed_is_kept_for_another_chance(self, crawl: Crawl) -> None:
        """Failed URLs are counted by reason, and retried by reason or host as if never tried."""
        worker = await crawl.worker()
        await worker.discover(pages("a.example", 1) + pages("b.example", 1) + pages("c.example", 1))
        reasons = {"a.example": "dns", "b.example": "timeout", "c.example": "timeout"}
        leases = (await worker.claim(10)).leases
        await worker.finish([Finished(lease, Verdict("failed", reasons[lease.host])) for lease in leases])
        counts = await worker.counts()
        assert (counts.failed, dict(counts.failed_by_reason)) == (3, {"timeout": 2, "dns": 1})
        crawl.clock.advance(1.0)
        assert await worker.retry_failed(reason="timeout", host="c.example") == 1
        assert await claim_urls(worker) == ["https://c.example/0"]
        assert await worker.retry_failed(reason="timeout") == 1
        assert await worker.retry_failed() == 1
        again = (await worker.claim(10)).leases
        assert {lease.host for lease in again} == {"a.example", "b.example"}
        assert {lease.attempt for lease in again} == {1}
        assert (await worker.counts()).failed_by_reason == {}


class Leases:
    """Nothing lost: a lease ends by a verdict, or comes back."""

    async def test_one_url_one_worker(self, crawl: Crawl) -> None:
        """Workers that claim at the same moment get different URLs."""
        workers = [await crawl.worker(str(n)) for n in range(4)]
        await workers[0].discover([child for n in range(40) for child in pages(f"{n}.example", 1)])
        claims = await asyncio.gather(*(worker.claim(15) for worker in workers))
        urls = [lease.url for claimed in claims for lease in claimed.leases]
        assert len(urls) == len(set(urls)) == 40

    async def test_a_lost_worker_costs_a_repeat(self, crawl: Crawl) -> None:
        """A lease that is not renewed comes back to another worker, before new URLs of its host."""
        lost, other = await crawl.worker("lost", lease_seconds=60), await crawl.worker("other", lease_seconds=60)
        await lost.discover(pages("a.example", 3))
        first = await claim_one(lost)
        crawl.clock.advance(59.0)
        assert await claim_urls(other) == []
        crawl.clock.advance(1.0)
        again = await claim_one(other)
        assert (again.url, again.attempt) == (first.url, 2)

    async def test_a_stale_token_does_nothing(self, crawl: Crawl) -> None:
        """Who lost the lease can neither finish, nor retry, nor release, nor renew the URL."""
        slow, other = await crawl.worker("slow", lease_seconds=60), await crawl.worker("other", lease_seconds=60)
        await slow.discover(pages("a.example", 1))
        old = await claim_one(slow)
        crawl.clock.advance(60.0)
        new = await claim_one(other)
        assert new.token > old.token
        assert await finish(slow, [old]) == 0
        assert await finish(slow, [old], Verdict("retry")) == 0
        await slow.release([old])
        assert await slow.renew([old]) == [old]
        counts = await other.counts()
        assert (counts.leased, counts.done, counts.waiting) == (1, 0, 0)
        assert await finish(other, [new]) == 1
        assert await finish(other, [new]) == 0

    async def test_renewal(self, crawl: Crawl) -> None:
        """A renewed lease stays ours, until it has reached its greatest age."""
        worker = await crawl.worker(lease_seconds=60, max_lease_age=150)
        other = await crawl.worker("other", lease_seconds=60, max_lease_age=150)
        await worker.discover(pages("a.example", 1))
        lease = await claim_one(worker)
        for _ in range(3):
            crawl.clock.advance(49.0)
            assert await worker.renew([lease]) == []
            assert await claim_urls(other) == []
        crawl.clock.advance(4.0)
        assert await worker.renew([lease]) == [lease]
        assert await claim_urls(other) == [lease.url]

    async def test_third_loss_fails(self, crawl: Crawl) -> None:
        """A page that kills its worker each time is given up as ``worker_lost``."""
        worker = await crawl.worker(lease_seconds=60, max_lost=3)
        await worker.discover(pages("a.example", 1))
        attempts = []
        for _ in range(3):
            attempts.append((await claim_one(worker)).attempt)
            crawl.clock.advance(60.0)
        assert attempts == [1, 2, 3]
        assert await claim_urls(worker) == []
        assert (await worker.counts()).failed_by_reason == {"worker_lost": 1}

    async def test_leaving_hands_back(self, crawl: Crawl) -> None:
        """A worker that closes gives its leases back at once."""
        leaving, other = await crawl.worker("leaving"), await crawl.worker("other")
        await leaving.discover(pages("a.example", 1) + pages("b.example", 1))
        assert len(await claim_urls(leaving)) == 2
        await leaving.close()
        assert len(await claim_urls(other)) == 2

    async def test_tokens_grow(self, crawl: Crawl) -> None:
        """Each claim of a URL has a greater token than the one before, also when the clock is set back."""
        worker = await crawl.worker(host_delay=0)
        await worker.discover(pages("a.example", 1))
        tokens = []
        for step in (0.0, -1000.0, 5.0, 0.0):
            crawl.clock.advance(step)
            lease = await claim_one(worker)
            tokens.append(lease.token)
            await worker.release([lease])
        assert all(earlier < later for earlier, later in pairwise(tokens))


class Budgets:
    """Budgets count admitted URLs."""

    async def test_pages_per_site_is_exact(self, crawl: Crawl) -> None:
        """All hosts of a site share its budget; what is over it is counted and may come again in vain."""
        worker = await crawl.worker(max_pages_per_site=5)
        found = await worker.discover(
            pages("a.site.example", 4) + pages("b.site.example", 4) + pages("other.example", 5)
        )
        assert (found.new, found.over_budget) == (10, 3)
        found = await worker.discover(pages("a.site.example", 5))
        assert (found.new, found.known, found.over_budget) == (0, 4, 1)
        assert (await worker.counts()).over_budget == 4

    async def test_a_site_may_have_a_budget_of_its_own(self, crawl: Crawl) -> None:
        """``Child.site_budget`` counts instead of the crawl's, smaller or larger."""
        worker = await crawl.worker(max_pages_per_site=5)
        small = [Child(f"https://s.example/{i}", 0, site_budget=2) for i in range(9)]
        large = [Child(f"https://l.example/{i}", 0, site_budget=8) for i in range(9)]
        assert (await worker.discover(small)).new == 2
        assert (await worker.discover(large)).new == 8

    async def test_pages_of_the_crawl(self, crawl: Crawl) -> None:
        """``MAX_PAGES`` is filled to the last page and never exceeded, whoever discovers."""
        workers = [await crawl.worker(str(n), max_pages=100) for n in range(3)]
        offers = [[child for site in range(30) for child in pages(f"{n}-{site}.example", 3)] for n in range(3)]
        found = await asyncio.gather(*(w.discover(some) for w, some in zip(workers, offers, strict=True)))
        assert sum(f.new for f in found) <= 100
        more = await workers[0].discover(pages("more.example", 200))
        assert sum(f.new for f in found) + more.new == 100
        counts = await workers[1].counts()
        assert counts.known == 100
        assert counts.over_budget == sum(f.over_budget for f in found) + more.over_budget

    async def test_children_count_too(self, crawl: Crawl) -> None:
        """The children of a finished page stay within both budgets."""
        worker = await crawl.worker(max_pages=4, max_pages_per_site=3)
        await worker.discover(pages("a.example", 1))
        lease = await claim_one(worker)
        await worker.finish([Finished(lease, DONE, pages("a.example", 9) + pages("b.example", 9))])
        assert (await worker.counts()).known == 4


class Ending:
    """Ended = seeding complete, and nothing known, waiting or leased."""

    async def test_ends_after_the_last_url(self, crawl: Crawl) -> None:
        """Not while seeding, waiting or leased; then it has ended, for every worker."""
        worker, other = await crawl.worker("one"), await crawl.worker("two")
        assert not await worker.ended()
        await worker.discover(pages("a.example", 1))
        await worker.seeding_complete()
        assert not await worker.ended()
        lease = await claim_one(worker)
        assert not await other.ended()
        await finish(worker, [lease])
        assert await worker.ended()
        assert await other.ended()
        assert (await worker.counts()).ended

    async def test_nothing_to_do_is_an_end(self, crawl: Crawl) -> None:
        """A crawl whose seeds were all refused or none ends at once."""
        worker = await crawl.worker()
        await worker.seeding_complete()
        assert await worker.ended()

    async def test_new_start_urls_reopen_it(self, crawl: Crawl) -> None:
        """A crawl that has ended goes on when somebody makes a URL known."""
        worker = await crawl.worker()
        await worker.seeding_complete()
        assert await worker.ended()
        await worker.discover(pages("a.example", 1))
        assert not await worker.ended()
        assert await claim_urls(worker) == ["https://a.example/0"]

    async def test_a_retry_in_an_hour_is_not_the_end(self, crawl: Crawl) -> None:
        """What waits for a later time waits."""
        worker = await crawl.worker()
        await worker.discover(pages("a.example", 1))
        await worker.seeding_complete()
        await finish(worker, [await claim_one(worker)], Verdict("retry", "timeout", retry_after=3000.0))
        assert not await worker.ended()


class Questions:
    """What people ask of a crawl and do to it."""

    async def test_counts_add_up(self, crawl: Crawl) -> None:
        """Every known URL is in one state."""
        worker = await crawl.worker()
        await worker.discover(pages("a.example", 4) + pages("b.example", 2) + pages("c.example", 1))
        leases = {lease.host: lease for lease in (await worker.claim(10)).leases}
        await worker.finish(
            [Finished(leases["a.example"], DONE), Finished(leases["b.example"], Verdict("failed", "dns"))]
        )
        assert await worker.counts() == Counts(
            known=7,
            waiting=4,
            leased=1,
            done=1,
            failed=1,
            failed_by_reason={"dns": 1},
            done_by_reason={"ok": 1},
            hosts_waiting=2,
        )

    async def test_pause(self, crawl: Crawl) -> None:
        """A paused crawl hands out nothing to anybody; leases in work are finished; it resumes where it was."""
        worker, other = await crawl.worker("one"), await crawl.worker("two")
        await worker.discover(pages("a.example", 1) + pages("b.example", 1))
        lease = await claim_one(worker)
        await other.pause()
        claimed = await worker.claim(10)
        assert claimed.leases == []
        assert claimed.next_due is not None
        assert await finish(worker, [lease]) == 1
        counts = await worker.counts()
        assert (counts.paused, counts.waiting, counts.leased) == (True, 1, 0)
        await other.resume()
        again: Lease = await claim_one(worker)
        assert again.attempt == 1

    async def test_hosts(self, crawl: Crawl) -> None:
        """The hosts with the most waiting URLs come first, with what they wait for."""
        worker = await crawl.worker(host_delay=2.0)
        await worker.discover(pages("www.a.example", 3) + pages("b.example", 9) + pages("c.example", 1))
        await finish(worker, (await worker.claim(10)).leases)
        first, second = await worker.hosts(2)
        assert (first.host, first.site, first.waiting) == ("b.example", "b.example", 8)
        assert (second.host, second.site, second.waiting, second.leased) == ("www.a.example", "a.example", 2, 0)
        assert second.next_due == pytest.approx(2.0)
        assert (second.delay, second.troubles, second.given_up) == (2.0, 0, False)

    async def test_workers(self, crawl: Crawl) -> None:
        """Workers are seen while they claim, and no longer when they are gone for the time of a lease."""
        one, two = await crawl.worker("one", lease_seconds=60), await crawl.worker("two", lease_seconds=60)
        await one.discover(pages("a.example", 1))
        await finish(one, [await claim_one(one)])
        await one.claim(1)
        crawl.clock.advance(50.0)
        await two.claim(1)
        seen = {worker.name: worker for worker in await two.workers()}
        assert seen["one"].seen_ago == pytest.approx(50.0)
        assert (seen["one"].pages, seen["one"].leases, seen["two"].pages) == (1, 0, 0)
        crawl.clock.advance(50.0)
        assert [worker.name for worker in await two.workers()] == ["two"]

    async def test_drop(self, crawl: Crawl) -> None:
        """A dropped crawl is as if it had never been."""
        worker = await crawl.worker()
        await worker.discover(pages("a.example", 3))
        await worker.drop()
        assert await worker.counts() == Counts()
        fresh = await crawl.worker("fresh")
        assert (await fresh.discover(pages("a.example", 3))).new == 3


class FrontierContract(Life, Leases, Politeness, Budgets, Ending, Questions):
    """All of it."""
