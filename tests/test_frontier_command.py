"""``scrapy frontier``: each action's effect on a crawl in a real Valkey, as its workers see it."""

import asyncio
import json
import socket
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest
from redis import Redis
from redis.asyncio import Redis as AsyncRedis
from scrapy.cmdline import execute
from scrapy.settings import Settings

from backlink_crawler import services
from backlink_crawler.frontier.contract import Finished, FrontierOptions, Verdict
from backlink_crawler.frontier.redis import RedisFrontier
from backlink_crawler.records import Child
from tests.crawling import Crawling

DATABASE = 9
"""A database of the session's Valkey where nobody else puts a crawl: these tests count the crawls there are."""
URLS = ("https://a.test/1", "https://a.test/2", "https://b.test/1", "https://c.test/1")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Said:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def facts(self) -> Any:
        """What ``--json`` says."""
        return json.loads(self.out)


Command = Callable[..., Said]
Begin = Callable[[str], RedisFrontier]
Run = Callable[[Coroutine[Any, Any, T]], T]


@pytest.fixture
def database(redis_url: str) -> Iterator[str]:
    """The URL of an empty database."""
    url = f"{redis_url.rpartition('/')[0]}/{DATABASE}"
    with Redis.from_url(url) as client:
        client.flushdb()
        yield url
        client.flushdb()


@pytest.fixture
def run() -> Iterator[Run[Any]]:
    """The loop of the workers; it stands still while a command runs."""
    with asyncio.Runner() as runner:
        yield runner.run


@pytest.fixture
def begin(database: str, run: Run[Any]) -> Iterator[Begin]:
    """Begin a crawl: its worker is alive and knows ``URLS``."""
    begun = []

    def begin(crawl_id: str) -> RedisFrontier:
        options = FrontierOptions(host_delay=0.0, shards=8)  # another number of shards than the command's settings say
        worker = RedisFrontier(AsyncRedis.from_url(database), crawl_id, options=options, worker=f"worker-of-{crawl_id}")
        begun.append(worker)
        run(worker.open())
        run(worker.discover([Child(url, depth=0) for url in URLS]))
        return worker

    yield begin
    for worker in begun:
        run(worker.close())


@pytest.fixture
def frontier(database: str, capsys: pytest.CaptureFixture[str]) -> Command:
    """``scrapy frontier`` on that database."""

    def frontier(*arguments: str, **settings: object) -> Said:
        given = Settings({"REDIS_URL": database, "FRONTIER_LEASE_SECONDS": 300, **settings})
        given.setmodule("settings.testing", priority="default")
        with pytest.raises(SystemExit) as ended:
            execute(["scrapy", "frontier", *arguments], given)
        code = ended.value.code
        assert isinstance(code, int)
        return Said(code, *capsys.readouterr())

    return frontier


async def visit_hosts(worker: RedisFrontier) -> None:
    """Claim one page of each host: a.test's is done, b.test's fails, c.test's stays leased."""
    leases = {lease.host: lease for lease in (await worker.claim(10)).leases}
    verdicts = {"a.test": Verdict("done", "ok"), "b.test": Verdict("failed", "dns")}
    await worker.finish([Finished(leases[host], verdict) for host, verdict in verdicts.items()])


def claimed(run: Run[Any], worker: RedisFrontier) -> list[str]:
    """What the worker gets next."""
    return sorted(lease.url for lease in run(worker.claim(10)).leases)


# --- What is seen --------------------------------------------------------------------------------------------


def test_status_as_json_tells_everything(frontier: Command, begin: Begin, run: Run[Any]) -> None:
    """Programs get every count, the reasons, the state in a word and the live workers."""
    worker = begin("spring")
    run(visit_hosts(worker))
    run(worker.seeding_complete())
    run(worker.claim(0))
    said = frontier("status", "--json", "--crawl", "spring")
    facts = said.facts
    (alive,) = facts.pop("workers")
    assert (said.code, said.err) == (0, "")
    assert facts == {
        "crawl": "spring",
        "state": "crawling",
        "known": 4,
        "waiting": 1,
        "leased": 1,
        "done": 1,
        "failed": 1,
        "over_budget": 0,
        "failed_by_reason": {"dns": 1},
        "done_by_reason": {"ok": 1},
        "hosts_waiting": 1,
        "set_aside": 0,
        "seeded": True,
        "ended": False,
        "paused": False,
    }
    assert alive.pop("seen_ago") < 60
    assert alive == {"name": "worker-of-spring", "leases": 1, "pages": 2, "pages_per_second": 0.0}


def test_status_for_people(frontier: Command, begin: Begin, run: Run[Any]) -> None:
    """People get the state in a sentence, counts with their meaning, reasons below, and the workers."""
    run(visit_hosts(begin("spring")))
    said = frontier("status")
    lines = [" ".join(line.split()) for line in said.out.splitlines()]
    assert said.code == 0
    assert lines[0] == "Crawl spring: starting, start URLs are still being read"
    assert {"known 4 admitted to the crawl", "waiting 1 on 1 host", "dns 1", "ok 1"} <= set(lines)
    assert any(line.startswith("worker-of-spring") for line in lines)
    assert "\x1b" not in said.out  # no terminal, no colours


def test_hosts_come_with_the_fullest_first(frontier: Command, begin: Begin) -> None:
    """Each host has its site, what waits and when; ``--limit`` keeps those with the most waiting URLs."""
    begin("spring")
    said = frontier("hosts", "--json")
    assert said.facts["crawl"] == "spring"
    assert [(host["host"], host["waiting"]) for host in said.facts["hosts"]] == [
        ("a.test", 2),
        ("b.test", 1),
        ("c.test", 1),
    ]
    assert frontier("hosts", "--json", "--limit=1").facts["hosts"] == [
        {
            "host": "a.test",
            "site": "a.test",
            "waiting": 2,
            "leased": 0,
            "next_due": 0.0,
            "delay": 0.0,
            "troubles": 0,
            "given_up": False,
        }
    ]
    shown = [line.split() for line in frontier("hosts").out.splitlines()]
    assert ["a.test", "a.test", "2", "0", "now", "0", "s", "0"] in shown


# --- What is changed -----------------------------------------------------------------------------------------


def test_pause_and_resume(frontier: Command, begin: Begin, run: Run[Any]) -> None:
    """A paused crawl hands out nothing to any worker, and says so; resumed, it goes on where it stood."""
    worker = begin("spring")
    assert "Crawl spring is paused: workers finish what they have" in frontier("pause").out
    assert claimed(run, worker) == []
    assert frontier("status", "--json").facts["state"] == "paused"
    assert frontier("resume", "--json").facts == {"crawl": "spring", "paused": False}
    assert claimed(run, worker) == ["https://a.test/1", "https://b.test/1", "https://c.test/1"]
    assert frontier("pause", "--json").facts == {"crawl": "spring", "paused": True}


async def fail_all(worker: RedisFrontier) -> None:
    """a.test/1 fails as ``timeout``, the others as ``dns``."""
    while leases := (await worker.claim(10)).leases:
        reason = {"https://a.test/1": "timeout"}
        verdicts = [Verdict("failed", reason.get(lease.url, "dns")) for lease in leases]
        await worker.finish([Finished(lease, verdict) for lease, verdict in zip(leases, verdicts, strict=True)])


@pytest.mark.parametrize(
    ("arguments", "again"),
    [
        ([], 4),
        (["--reason", "dns"], 3),
        (["--host", "a.test"], 2),
        (["--host", "https://A.test/2?b"], 2),  # as people paste it
        (["--host", "a.test", "--reason", "dns"], 1),
        (["--host", "elsewhere.test"], 0),
        (["--reason", "http_error"], 0),
    ],
)
def test_failed_urls_get_another_chance(
    frontier: Command, begin: Begin, run: Run[Any], arguments: Sequence[str], again: int
) -> None:
    """What matches waits again and is claimed again; what does not stays failed."""
    worker = begin("spring")
    run(fail_all(worker))
    assert frontier("retry-failed", "--json", *arguments).facts == {"crawl": "spring", "retried": again}
    counts = frontier("status", "--json").facts
    assert (counts["waiting"], counts["failed"]) == (again, 4 - again)
    assert bool(claimed(run, worker)) == bool(again)


def test_a_retry_says_what_else_it_takes(frontier: Command, begin: Begin, run: Run[Any]) -> None:
    """Where nothing matches, the reasons there are; where nobody would fetch what waits, what to do."""
    worker = begin("spring")
    assert "nothing has failed" in frontier("retry-failed").out
    run(fail_all(worker))
    assert "no failed URL matches; by reason: dns 3, timeout 1" in frontier("retry-failed", "--reason=DNS").out
    run(worker.close())
    assert "start its spider again with -s CRAWL_ID=spring" in frontier("retry-failed", "--reason=dns").out
    frontier("pause")
    assert "'scrapy frontier resume'" in frontier("retry-failed").out


def test_drop_forgets_one_crawl_and_asks_first(frontier: Command, begin: Begin, run: Run[Any], database: str) -> None:
    """Nothing goes while a worker lives or without ``--yes``; then all keys of this crawl go, and of no other."""
    worker, other = begin("spring"), begin("spring-2")
    run(worker.claim(0))
    refused = frontier("drop", "--crawl=spring", "--yes")
    assert (refused.code, refused.out) == (1, "")
    assert "has live workers: worker-of-spring" in refused.err

    run(worker.close())
    asked = frontier("drop", "--crawl=spring")
    assert (asked.code, asked.out) == (2, "")
    assert "4 known URLs, 4 of them waiting" in asked.err
    assert "--yes" in asked.err
    assert frontier("status", "--crawl=spring", "--json").facts["known"] == 4

    assert frontier("drop", "--crawl=spring", "--yes", "--json").facts == {"crawl": "spring", "dropped": True}
    with Redis.from_url(database) as client:
        assert not [key for key in client.scan_iter() if b"spring}" in key or b":spring:" in key]
    assert len(claimed(run, other)) == 3


# --- Which crawl, and whose eyes -----------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["status", "hosts", "pause", "resume", "retry-failed", "drop"])
def test_a_crawl_that_is_not_there_is_not_begun(frontier: Command, begin: Begin, database: str, action: str) -> None:
    """A slip in the name is told with the names there are, and leaves no trace."""
    begin("spring")
    with Redis.from_url(database) as client:
        before = sorted(client.scan_iter())
        said = frontier(action, "--crawl=sprung")
        assert (said.code, said.out) == (1, "")
        assert said.err == "scrapy frontier: there is no crawl sprung in this Redis; these exist: spring\n"
        assert sorted(client.scan_iter()) == before


def test_looking_is_not_working(frontier: Command, begin: Begin, run: Run[Any]) -> None:
    """No action counts as a worker, or drop would refuse for minutes, and a stopped crawl would look alive."""
    worker = begin("spring")
    run(fail_all(worker))
    run(worker.close())
    for action in ("hosts", "pause", "resume", "retry-failed", "status"):
        assert frontier(action).code == 0
    facts = frontier("status", "--json").facts
    assert (facts["state"], facts["workers"]) == ("stopped", [])


def test_which_crawl_is_meant(frontier: Command, begin: Begin) -> None:
    """``--crawl`` wins over ``CRAWL_ID``; without both the only crawl is meant, and several are listed."""
    assert "there is no crawl in this Redis" in frontier("status").err
    begin("spring")
    assert frontier("status", "--json").facts["crawl"] == "spring"
    begin("summer")
    unsaid = frontier("status")
    assert (unsaid.code, unsaid.err) == (
        2,
        "scrapy frontier: say which crawl: --crawl with one of spring, summer\n",
    )
    assert frontier("status", "--json", CRAWL_ID="summer").facts["crawl"] == "summer"
    assert frontier("status", "--json", "--crawl=spring", CRAWL_ID="summer").facts["crawl"] == "spring"


# --- What goes wrong -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ([], "ACTION"),
        (["stat"], "invalid choice"),
        (["status", "spring"], "unknown argument 'spring'"),
        (["status", "--crwl=spring"], "unknown argument '--crwl=spring'"),
        (["status", "--limit=3"], "--limit belongs to 'hosts'"),
        (["pause", "--host=a.test"], "--host belongs to 'retry-failed'"),
        (["resume", "--yes"], "--yes belongs to 'drop'"),
        (["hosts", "--limit=0"], "is not a number of hosts"),
        (["retry-failed", "--host=not a host"], "is not a host"),
    ],
)
def test_wrong_usage(frontier: Command, arguments: Sequence[str], why: str) -> None:
    """Exit code 2, the reason on stderr, nothing on stdout."""
    said = frontier(*arguments)
    assert (said.code, said.out) == (2, "")
    assert why in said.err


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"REDIS_URL": ""}, "REDIS_URL is not set"),
        ({"REDIS_URL": "queue.example:6379"}, "REDIS_URL is not the address of a Redis"),
        ({"REDIS_URL": "redis://127.0.0.1:1"}, "Redis cannot be reached"),
        ({"CRAWL_ID": "a crawl"}, "cannot name a crawl"),
    ],
)
def test_one_line_when_the_frontier_cannot_be_read(frontier: Command, settings: dict[str, object], why: str) -> None:
    """Exit code 1, and one line that says what to do."""
    said = frontier("status", **settings)
    assert (said.code, said.out) == (1, "")
    assert why in said.err
    assert said.err.count("\n") == 1


def test_a_silent_server_is_not_waited_for_long(frontier: Command) -> None:
    """A server that takes the connection and never answers is one that cannot be reached."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}"
        said = frontier("status", "--crawl=spring", REDIS_URL=url, REDIS_PARAMS={"socket_timeout": 0.1})
    assert said.code == 1
    assert "Redis cannot be reached" in said.err
    assert said.err.count("\n") == 1


def test_embedded_services_are_found(
    frontier: Command, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """With embedded services and no address, the project's own Valkey is asked and no mongod started."""
    folder = tmp_path_factory.mktemp("project")
    try:
        said = frontier("status", REDIS_URL=None, SERVICES_EMBEDDED=True, SERVICES_FOLDER=str(folder))
        assert (said.code, said.err) == (
            1,
            "scrapy frontier: there is no crawl in this Redis; 'scrapy crawl' begins one\n",
        )
        assert [server.name for server in services.status(folder) if server.running] == ["redis"]
    finally:
        services.stop(folder)


def test_as_people_run_it(crawling: Crawling, begin: Begin, database: str) -> None:
    """In a process of its own, settings from the command line; the help has every action."""
    begin(crawling.database)
    told = crawling.run("frontier", "status", "--json", REDIS_URL=database)
    assert (told.code, told.err) == (0, "")
    assert json.loads(told.out)["known"] == 4


def test_help_names_every_action(frontier: Command) -> None:
    """``--help`` has each action on a line of its own, and examples."""
    said = frontier("--help")
    for action in ("status", "hosts", "pause", "resume", "retry-failed", "drop"):
        assert any(line.startswith(f"  {action} ") for line in said.out.splitlines())
    assert "  scrapy frontier retry-failed --reason dns" in said.out
