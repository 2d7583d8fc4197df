"""What a frontier may do, as plain Python: the state of a small crawl, told in lists and sums.

It follows an implementation: ``claimed`` is told what was handed out, checks that it was allowed and that nothing that
was due was held back, and takes it over. So it needs no opinion on the order in which sites and hosts take turns.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from backlink_crawler.frontier.contract import Counts, Discovered, FrontierOptions, Lease, Verdict
from backlink_crawler.records import Child
from backlink_crawler.urls import host_of, site_of


@dataclass
class Url:
    """A known URL and where it is in its life."""

    url: str
    band: int
    state: str = "waiting"
    due: float = 0.0
    attempt: int = 0
    lost: int = 0
    lease: Lease | None = None
    since: float = 0.0
    expires: float = 0.0


@dataclass
class Host:
    """What is known of a host."""

    due: float = 0.0
    wish: float = 0.0
    troubles: int = 0
    given_up: bool = False


@dataclass
class Model:
    """A crawl on which every host is asked for one page at a time."""

    options: FrontierOptions
    now: float
    urls: dict[str, Url] = field(default_factory=dict)
    hosts: dict[str, Host] = field(default_factory=dict)
    reasons: dict[str, tuple[str, str]] = field(default_factory=dict)
    over_budget: int = 0

    def discover(self, children: Iterable[Child]) -> Discovered:
        """Admit what is new, site by site up to the budget."""
        found = Discovered()
        offered: set[str] = set()
        for child in children:
            site = site_of(host_of(child.url))
            admitted = sum(1 for url in self.urls if site_of(host_of(url)) == site)
            if child.url in self.urls or child.url in offered:
                found.known += 1
            elif admitted >= self.options.max_pages_per_site:
                found.over_budget += 1
            else:
                found.new += 1
                self.urls[child.url] = Url(child.url, child.band, due=self.now)
                self.hosts.setdefault(host_of(child.url), Host())
            offered.add(child.url)
        self.over_budget += found.over_budget
        return found

    def tidy(self) -> None:
        """Leases that have run out are put back, or fail."""
        for url in self.urls.values():
            if url.state == "leased" and url.expires <= self.now:
                url.lost += 1
                url.state, url.due, url.lease = "waiting", self.now, None
                if url.lost >= self.options.max_lost:
                    self._end(url, "failed", "worker_lost")

    def claimed(self, leases: list[Lease], limit: int, next_due: float | None) -> None:
        """Take over what a claim has answered, which was allowed and all that was due."""
        self.tidy()
        for lease in leases:
            url, host = self.urls[lease.url], self.hosts[lease.host]
            assert self._may_be_asked(lease.host), "the host is locked, resting, given up, or its site has enough"
            waiting = self._waiting(lease.host)
            assert url in waiting
            assert url.band == min(other.band for other in waiting)
            url.attempt += 1
            assert (lease.attempt, lease.band) == (url.attempt, url.band)
            url.state, url.lease, url.since = "leased", lease, self.now
            url.expires = self.now + self.options.lease_seconds
            host.due = max(host.due, self.now + self._delay(host))
        if len(leases) < limit:
            assert not [name for name in self.hosts if self._may_be_asked(name) and self._waiting(name)], "held back"
            times = [
                max(self.hosts[name].due, self.now) for name in self.hosts if self._is_free(name, self._waiting(name))
            ]
            times += [url.due for url in self.urls.values() if url.state == "waiting" and url.due > self.now]
            assert (next_due is None) == (not times)
            assert next_due is None or abs(self.now + next_due - min(times)) < 1e-3

    def finished(self, lease: Lease, verdict: Verdict) -> bool:
        """Take over a verdict; a stale one changes nothing."""
        url, host = self.urls[lease.url], self.hosts[lease.host]
        if url.lease is not lease:
            return False
        url.lease = None
        if verdict.state == "retry":
            url.state, url.due = "waiting", self.now + verdict.retry_after
        else:
            self._end(url, verdict.state, verdict.reason)
        host.due = max(host.due, self.now + max(self._delay(host), min(verdict.hold_host, self.options.max_host_wait)))
        host.troubles = host.troubles + 1 if verdict.host_trouble else 0
        if verdict.hold_host > self.options.max_host_wait or host.troubles >= self.options.max_host_troubles:
            host.given_up = True
        return True

    def released(self, lease: Lease) -> None:
        """Take over that a lease was handed back."""
        url, host = self.urls[lease.url], self.hosts[lease.host]
        if url.lease is lease:
            url.state, url.due, url.lease = "waiting", self.now, None
            url.attempt -= 1
            if host.due <= url.since + self._delay(host):
                host.due = self.now

    def renewed(self, lease: Lease) -> bool:
        """Take over a renewal; whether it was granted."""
        url = self.urls[lease.url]
        last = url.since + self.options.max_lease_age
        if url.lease is not lease or self.now >= last:
            return False
        url.expires = min(self.now + self.options.lease_seconds, last)
        return True

    def retried(self, reason: str) -> int:
        """Failed URLs wait again as if never tried; given-up hosts are revived when that is the reason, or any."""
        revived = 0
        for name, host in self.hosts.items():
            if host.given_up and reason in {"", "host_given_up"}:
                revived += len([url for url in self._of(name) if url.state == "waiting"])
                host.given_up, host.troubles = False, 0
        failed = [url for url, (state, why) in self.reasons.items() if state == "failed" and reason in {"", why}]
        for name in failed:
            del self.reasons[name]
            url = self.urls[name]
            url.state, url.due, url.attempt, url.lost = "waiting", self.now, 0, 0
        return revived + len(failed)

    def counts(self) -> Counts:
        """Add it all up."""
        stuck = [
            u for name, host in self.hosts.items() if host.given_up for u in self._of(name) if u.state == "waiting"
        ]
        failed = Counter(why for state, why in self.reasons.values() if state == "failed")
        failed["host_given_up"] += len(stuck)
        done = Counter(why for state, why in self.reasons.values() if state == "done")
        waiting = [url for url in self.urls.values() if url.state == "waiting" and url not in stuck]
        return Counts(
            known=len(self.urls),
            waiting=len(waiting),
            leased=sum(url.state == "leased" for url in self.urls.values()),
            done=done.total(),
            failed=failed.total(),
            over_budget=self.over_budget,
            failed_by_reason={why: n for why, n in failed.items() if n},
            done_by_reason=dict(done),
            hosts_waiting=len({host_of(url.url) for url in waiting}),
        )

    def _end(self, url: Url, state: str, reason: str) -> None:
        url.state = state
        self.reasons[url.url] = (state, reason)

    def _of(self, name: str) -> list[Url]:
        return [url for url in self.urls.values() if host_of(url.url) == name]

    def _waiting(self, name: str) -> list[Url]:
        return [url for url in self._of(name) if url.state == "waiting" and url.due <= self.now]

    def _is_free(self, name: str, waiting: list[Url]) -> bool:
        leased = {host_of(url.url) for url in self.urls.values() if url.state == "leased"}
        of_site = {host for host in leased if site_of(host) == site_of(name)}
        enough = len(of_site) >= self.options.site_concurrency
        return bool(waiting) and name not in leased and not enough and not self.hosts[name].given_up

    def _may_be_asked(self, name: str) -> bool:
        return self._is_free(name, self._waiting(name)) and self.hosts[name].due <= self.now + 1e-6

    def _delay(self, host: Host) -> float:
        return max(self.options.host_delay, min(host.wish, self.options.max_crawl_delay))
