"""The frontier in Redis does what the model allows, whatever happens in whatever order."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from redis.asyncio import Redis

from backlink_crawler.frontier.contract import Finished, FrontierOptions, Lease, Verdict
from backlink_crawler.frontier.redis import RedisFrontier
from backlink_crawler.records import Child
from tests.frontier.crawl import Clock
from tests.frontier.model import Model

HOSTS = ("a.one.example", "b.one.example", "c.one.example", "two.example", "www.three.example")
OPTIONS = FrontierOptions(
    shards=1,
    site_concurrency=2,
    lease_seconds=10,
    max_lease_age=25,
    max_lost=2,
    max_host_wait=60,
    max_crawl_delay=5,
    max_host_troubles=2,
    max_pages_per_site=8,
)
CHILDREN = st.lists(
    st.builds(
        lambda host, page, band: Child(f"https://{host}/{page}", 0, band),
        st.sampled_from(HOSTS),
        st.integers(0, 5),
        st.integers(0, 3),
    ),
    max_size=8,
)
VERDICTS = st.builds(
    Verdict,
    st.sampled_from(["done", "failed", "retry"]),
    st.sampled_from(["ok", "timeout"]),
    st.sampled_from([0.0, 0.0, 3.0, 30.0]),
    st.sampled_from([0.0, 0.0, 4.0, 61.0]),
    st.booleans(),
)


class FrontierAndModel(RuleBasedStateMachine):
    """Two workers on Redis, and the model of what they do."""

    redis_url: str

    @initialize()
    def open(self) -> None:
        """Begin a crawl."""
        self.runner = asyncio.Runner()
        self.clock = Clock()
        self.model = Model(OPTIONS, self.clock.now)
        crawl_id = f"test-{uuid4().hex}"
        self.workers = [
            RedisFrontier(Redis.from_url(self.redis_url), crawl_id, options=OPTIONS, worker=name, clock=self.clock)
            for name in ("one", "two")
        ]
        for worker in self.workers:
            self.run(worker.open())
        self.leases: list[Lease] = []

    def run(self, operation: Any) -> Any:
        """Wait for an operation."""
        return self.runner.run(operation)

    def teardown(self) -> None:
        """Forget the crawl."""
        if hasattr(self, "workers"):
            self.run(self.workers[0].drop())
            for worker in self.workers:
                self.run(worker._client.aclose())
            self.runner.close()

    @rule(who=st.integers(0, 1), children=CHILDREN)
    def discover(self, who: int, children: list[Child]) -> None:
        """Some URLs are discovered."""
        assert self.run(self.workers[who].discover(children)) == self.model.discover(children)

    @rule(who=st.integers(0, 1), limit=st.integers(1, 6))
    def claim(self, who: int, limit: int) -> None:
        """Somebody claims; the other one has told what it knows, as it does with its own next claim."""
        self.run(self.workers[1 - who].claim(0))
        claimed = self.run(self.workers[who].claim(limit))
        self.model.claimed(claimed.leases, limit, claimed.next_due)
        self.leases += claimed.leases

    @rule(data=st.data(), verdict=VERDICTS, children=CHILDREN)
    def finish(self, data: st.DataObject, verdict: Verdict, children: list[Child]) -> None:
        """A lease is finished, in time or not."""
        if self.leases:
            lease = data.draw(st.sampled_from(self.leases))
            ours = self.run(self.workers[0].finish([Finished(lease, verdict, children)]))
            self.model.discover(children)
            assert ours == self.model.finished(lease, verdict)

    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        """A lease is handed back."""
        if self.leases:
            lease = data.draw(st.sampled_from(self.leases))
            self.run(self.workers[1].release([lease]))
            self.model.released(lease)

    @rule(data=st.data())
    def renew(self, data: st.DataObject) -> None:
        """A lease is renewed, or it is too late."""
        if self.leases:
            lease = data.draw(st.sampled_from(self.leases))
            gone = self.run(self.workers[0].renew([lease]))
            assert (gone == []) == self.model.renewed(lease)

    @rule(host=st.sampled_from(HOSTS), seconds=st.sampled_from([0.5, 3.0, 99.0]))
    def wish(self, host: str, seconds: float) -> None:
        """A robots.txt asks for a delay."""
        if host in self.model.hosts:
            self.run(self.workers[0].set_crawl_delay(host, seconds))
            self.model.hosts[host].wish = seconds

    @rule(reason=st.sampled_from(["", "timeout", "host_given_up"]))
    def retry_failed(self, reason: str) -> None:
        """People give failed URLs another chance."""
        assert self.run(self.workers[1].retry_failed(reason=reason)) == self.model.retried(reason)

    @rule(seconds=st.sampled_from([0.3, 1.0, 2.0, 9.0, 11.0, 70.0]))
    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.clock.advance(seconds)
        self.model.now = self.clock.now

    @invariant()
    def counts_agree(self) -> None:
        """Both have the same numbers at any time."""
        if hasattr(self, "workers"):
            assert self.run(self.workers[0].counts()) == self.model.counts()


@pytest.mark.parametrize("steps", [25])
def test_the_frontier_follows_the_model(redis_url: str, steps: int) -> None:
    """No sequence of operations brings a frontier to do what the model forbids, or to hold back what is due."""
    machine = type("Machine", (FrontierAndModel,), {"redis_url": redis_url})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=60,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
