"""Polite together and fair: the part of the contract about hosts and sites."""

from collections import Counter

import pytest

from backlink_crawler.frontier.contract import Frontier, Lease, Verdict
from tests.frontier.crawl import BEGINNING, Crawl, claim_one, claim_urls, crawl_all, finish, pages

TROUBLE = Verdict("failed", "timeout", host_trouble=True)


class Politeness:
    """One host is asked by all workers as by one; sites take turns."""

    async def test_a_host_is_locked_until_its_page_is_finished(self, crawl: Crawl) -> None:
        """With concurrency 1 nobody gets a second URL of the host, however long the first takes."""
        one, two = await crawl.worker("one"), await crawl.worker("two")
        await one.discover(pages("a.example", 3))
        lease = await claim_one(one)
        crawl.clock.advance(200.0)
        claimed = await two.claim(10)
        assert (claimed.leases, claimed.next_due) == ([], None)
        await finish(one, [lease])
        await one.claim(0)
        claimed = await two.claim(10)
        assert claimed.leases == []
        assert claimed.next_due == pytest.approx(1.0)
        crawl.clock.advance(1.0)
        assert len(await claim_urls(two)) == 1

    async def test_the_gap_is_kept_across_workers(self, crawl: Crawl) -> None:
        """Three workers that claim all the time never meet a host before its delay has passed."""
        workers = [await crawl.worker(str(n), host_delay=1.0) for n in range(3)]
        await workers[0].discover(pages("a.example", 8) + pages("b.example", 8))
        finished_at: dict[str, float] = {}
        in_work: list[tuple[float, Frontier, Lease]] = []
        crawled = 0
        while crawled < 16:
            now = crawl.clock.now
            for worker in workers:
                for lease in (await worker.claim(4)).leases:
                    assert now - finished_at.get(lease.host, 0.0) >= 1.0 - 1e-6
                    assert all(lease.host != other.host for _, _, other in in_work)
                    in_work.append((now + 0.3 + 0.1 * (crawled % 4), worker, lease))
            for ready in [work for work in in_work if work[0] <= now]:
                in_work.remove(ready)
                await finish(ready[1], [ready[2]])
                finished_at[ready[2].host] = now
                crawled += 1
            crawl.clock.advance(0.25)
        assert crawl.clock.now - BEGINNING >= 7 * 1.3

    @pytest.mark.parametrize(
        ("wish", "gap", "why"),
        [
            (0.2, 1.0, "shorter than ours"),
            (5.0, 5.0, "longer than ours"),
            (9999.0, 60.0, "longer than anyone waits"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    async def test_crawl_delay(self, crawl: Crawl, wish: float, gap: float, why: str) -> None:
        """A host's own wish lengthens the delay, up to a bound, and never shortens it."""
        worker = await crawl.worker(host_delay=1.0, max_crawl_delay=60.0)
        await worker.discover(pages("a.example", 2))
        lease = await claim_one(worker)
        await worker.set_crawl_delay("a.example", wish)
        await finish(worker, [lease])
        assert (await worker.claim(1)).next_due == pytest.approx(gap)

    async def test_a_host_that_asks_for_rest_gets_it(self, crawl: Crawl) -> None:
        """``hold_host`` holds all of the host, and only that host."""
        worker = await crawl.worker()
        await worker.discover(pages("a.example", 2) + pages("b.example", 2))
        leases = (await worker.claim(10)).leases
        for lease in leases:
            hold = 120.0 if lease.host == "a.example" else 0.0
            await finish(worker, [lease], Verdict("retry", "http_429", hold_host=hold))
        crawl.clock.advance(119.0)
        assert await claim_urls(worker) == ["https://b.example/0"]
        crawl.clock.advance(1.0)
        assert await claim_urls(worker) == ["https://a.example/0"]

    async def test_a_resting_host_does_not_hold_up_its_site(self, crawl: Crawl) -> None:
        """Other hosts of the site are asked while one rests, whichever was known first."""
        worker = await crawl.worker()
        await worker.discover(pages("a.site.example", 2))
        await finish(worker, [await claim_one(worker)], Verdict("done", "ok", hold_host=600.0))
        await worker.discover(pages("b.site.example", 1))
        assert await claim_urls(worker) == ["https://b.site.example/0"]

    async def test_concurrency_of_a_host(self, crawl: Crawl) -> None:
        """With concurrency 3 a host is asked by three at a time, each a delay after the other."""
        worker = await crawl.worker(host_concurrency=3, host_delay=1.0)
        await worker.discover(pages("a.example", 9))
        leases = []
        for _ in range(3):
            leases.append(await claim_one(worker))
            assert await claim_urls(worker) == []
            crawl.clock.advance(1.0)
        assert await claim_urls(worker) == []
        await finish(worker, leases[:1])
        assert len(await claim_urls(worker)) == 1

    async def test_concurrency_of_a_site(self, crawl: Crawl) -> None:
        """Of the hosts of one operator no more than four are asked at a time; each end lets another one in."""
        worker = await crawl.worker(site_concurrency=4)
        await worker.discover([page for n in range(10) for page in pages(f"{n}.site.example", 2)])
        leases = (await worker.claim(100)).leases
        assert len({lease.host for lease in leases}) == len(leases) == 4
        assert await claim_urls(worker) == []
        await finish(worker, leases[:2])
        more = (await worker.claim(100)).leases
        assert len(more) == 2
        assert not {lease.host for lease in more} & {lease.host for lease in leases}

    async def test_hosts_of_a_site_take_turns(self, crawl: Crawl) -> None:
        """A host with many URLs does not keep the others of its site from theirs."""
        worker = await crawl.worker(site_concurrency=1, host_delay=0.0)
        await worker.discover(pages("big.site.example", 20) + pages("b.site.example", 2) + pages("c.site.example", 2))
        first: Counter[str] = Counter()
        for _ in range(6):
            lease = await claim_one(worker)
            first[lease.host] += 1
            crawl.clock.advance(0.001)
            await finish(worker, [lease])
        assert first == {"big.site.example": 2, "b.site.example": 2, "c.site.example": 2}

    async def test_sites_take_turns(self, crawl: Crawl) -> None:
        """A site with hundreds of due hosts delays no other site by more than a turn."""
        worker = await crawl.worker(site_concurrency=400, max_pages_per_site=0)
        await worker.discover([page for n in range(300) for page in pages(f"{n}.big.example", 1)])
        await worker.claim(1)
        small = {f"small{n}.example" for n in range(9)}
        await worker.discover([page for host in sorted(small) for page in pages(host, 1)])
        served: set[str] = set()
        for _ in range(4):
            served |= {lease.host for lease in (await worker.claim(10)).leases}
        assert small <= served

    async def test_a_troubled_host_is_given_up(self, crawl: Crawl) -> None:
        """After so many troubles in a row its URLs fail as ``host_given_up``, new ones too; a retry revives it."""
        worker = await crawl.worker(max_host_troubles=3, host_delay=0.0)
        await worker.discover(pages("a.example", 9) + pages("b.example", 1))
        for _ in range(3):
            leases = [lease for lease in (await worker.claim(5)).leases if lease.host == "a.example"]
            await finish(worker, leases, TROUBLE)
        assert await claim_urls(worker) == []
        await worker.discover(pages("a.example", 12))
        counts = await worker.counts()
        assert dict(counts.failed_by_reason) == {"host_given_up": 9, "timeout": 3}
        assert (counts.waiting, counts.leased, counts.hosts_waiting, counts.known) == (0, 1, 0, 13)
        assert [host.host for host in await worker.hosts(5) if host.given_up] == ["a.example"]
        assert await worker.retry_failed(reason="host_given_up") == 9
        assert len(await crawl_all(worker, crawl.clock)) == 9

    async def test_a_success_clears_the_troubles(self, crawl: Crawl) -> None:
        """Only troubles in a row count."""
        worker = await crawl.worker(max_host_troubles=2, host_delay=0.0)
        await worker.discover(pages("a.example", 6))
        for verdict in (TROUBLE, Verdict("done", "ok"), TROUBLE, Verdict("done", "ok"), TROUBLE):
            await finish(worker, [await claim_one(worker)], verdict)
        assert (await worker.counts()).waiting == 1

    async def test_a_host_that_must_wait_too_long_is_given_up(self, crawl: Crawl) -> None:
        """A rest beyond ``max_host_wait`` gives the host up, and the crawl can end; the URL can be retried."""
        worker = await crawl.worker(max_host_wait=3600.0)
        await worker.discover(pages("a.example", 2))
        await worker.seeding_complete()
        await finish(worker, [await claim_one(worker)], Verdict("retry", "http_429", hold_host=3601.0))
        assert await worker.ended()
        assert (await worker.counts()).failed_by_reason == {"host_given_up": 2}
        assert await worker.retry_failed(host="a.example") == 2
        assert not await worker.ended()
