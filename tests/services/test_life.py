"""Started once, shared by all who ask, kept between runs, stopped by command."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import redis
from pymongo import MongoClient

from backlink_crawler import services
from backlink_crawler.services import ServiceError, launch, processes, servers
from tests.services.project import REPOSITORY, Project, gone, put, real_valkey, value_of

OnPath = Callable[[str, str], Path]


def test_starts_both_shares_keeps_and_stops(project: Project) -> None:
    """Both start, are shared by the next who asks, end, and come back at the same address with their data."""
    first = project.start_both()
    put(first.redis_url, "kept", "yes")
    with MongoClient[dict[str, object]](first.mongodb_uri) as client:
        client["kept"]["documents"].insert_one({"_id": 1})
    assert project.start_both() == first

    before = services.status(project.path)
    assert [(found.name, found.running) for found in before] == [("redis", True), ("mongodb", True)]
    assert [found.url for found in before] == [first.redis_url, first.mongodb_uri]
    assert all(found.version and found.size for found in before)
    ended = services.stop(project.path)
    assert [(one.name, one.outcome) for one in ended] == [("redis", "stopped"), ("mongodb", "stopped")]
    assert all(found.pid and gone(found.pid) for found in before)
    assert [(found.running, found.pid, found.url) for found in services.status(project.path)] == [
        (False, None, None)
    ] * 2
    assert {one.outcome for one in services.stop(project.path)} == {"not running"}

    assert project.start_both() == first
    assert value_of(first.redis_url, "kept") == "yes"
    with MongoClient[dict[str, object]](first.mongodb_uri) as client:
        assert client["kept"]["documents"].count_documents({}) == 1


def test_two_processes_at_once_share_one_pair(project: Project) -> None:
    """Two workers that start at the same moment end up with the same two servers, which outlive them."""
    program = (
        "import sys; from pathlib import Path; from backlink_crawler import services\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "print(services.ensure(Path(sys.argv[1]), redis_url=None, mongodb_uri=None, mongod_cache_gb=0.25))"
    )
    command = [sys.executable, "-c", program, str(project.path)]
    pipe = subprocess.PIPE
    workers = [subprocess.Popen(command, cwd=REPOSITORY, stdin=pipe, stdout=pipe, text=True) for _ in range(2)]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    answers = [worker.communicate(timeout=60)[0] for worker in workers]
    assert answers[0] == answers[1] != ""
    assert len(processes_inside(project.path)) == 2


def processes_inside(folder: Path) -> list[int]:
    """The processes whose working folder is below ``folder``."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "cwd").readlink().is_relative_to(folder):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def test_configured_servers_are_left_alone(project: Project) -> None:
    """Where both URLs are given nothing is started, written or even looked at."""
    given = services.ensure(project.path, redis_url="redis://there:1/0", mongodb_uri="mongodb://there:2")
    assert (given.redis_url, given.mongodb_uri) == ("redis://there:1/0", "mongodb://there:2")
    assert services.start(project.path, []) == {}
    assert list(project.path.iterdir()) == []


def test_one_configured_server_leaves_the_other_to_be_started(project: Project) -> None:
    """Each URL is decided for itself."""
    given = services.ensure(project.path, redis_url=None, mongodb_uri="mongodb://there:2")
    assert given.redis_url == project.status().url
    assert given.mongodb_uri == "mongodb://there:2"
    assert not services.status(project.path)[1].running


def test_state_folder_can_be_elsewhere(project: Project, tmp_path: Path) -> None:
    """The state folder is named by argument, is nobody else's to read, and git is told to ignore it."""
    elsewhere = tmp_path / "elsewhere" / ".services"
    services.start(project.path, ["REDIS_URL"], state_folder=str(elsewhere))
    assert list(project.path.iterdir()) == []
    assert (elsewhere / ".gitignore").read_text() == "*\n"
    assert elsewhere.stat().st_mode & 0o077 == 0


def test_valkey_is_set_up_for_a_frontier(project: Project) -> None:
    """Append-only file every second, nothing evicted, no snapshots, loopback only, protected."""
    with redis.Redis.from_url(project.start(), decode_responses=True) as client:
        told = client.config_get("appendonly", "appendfsync", "maxmemory-policy", "save", "bind", "protected-mode")
    assert told == {
        "appendonly": "yes",
        "appendfsync": "everysec",
        "maxmemory-policy": "noeviction",
        "save": "",
        "bind": "127.0.0.1",
        "protected-mode": "yes",
    }


@pytest.mark.parametrize(
    ("kilobytes", "limit", "expected"),
    [
        pytest.param(32 << 20, "", 3.0, id="never more than 3 GB"),
        pytest.param(4 << 20, "max\n", 1.0, id="a quarter of the memory"),
        pytest.param(32 << 20, f"{2 << 30}\n", 0.5, id="a container's limit counts"),
        pytest.param(512 << 10, "", 0.25, id="never less than mongod takes"),
    ],
)
def test_cache_fits_the_machine(kilobytes: int, limit: str, expected: float) -> None:
    """WiredTiger gets a quarter of the memory within its bounds."""
    assert servers.crawl_cache_gb(f"MemTotal:       {kilobytes} kB\nMemFree: 1 kB\n", limit) == expected


@pytest.mark.parametrize("ask", [servers.ask_redis, servers.ask_mongod])
def test_only_the_right_kind_of_server_answers(
    ask: Callable[[int], servers.Answer | None], redis_url: str, mongodb_uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A closed port, or a server of the other kind, is no answer."""
    monkeypatch.setattr(servers, "ANSWER_SECONDS", 0.3)
    ports = [launch.free_port(), *(int(url.rsplit(":", 1)[1].split("/")[0]) for url in (redis_url, mongodb_uri))]
    assert [ask(port) is not None for port in ports] == [False, ask is servers.ask_redis, ask is servers.ask_mongod]


def test_program_on_path_comes_before_the_wheel(project: Project, on_path: OnPath, tmp_path: Path) -> None:
    """A server the machine has is used; ``redis-server`` is as good as ``valkey-server``."""
    program = on_path("redis-server", f'exec {real_valkey(tmp_path)} "$@"')
    project.start()
    assert project.status().binary == str(program)


def test_port_race_is_won_at_the_next_port(project: Project, on_path: OnPath, tmp_path: Path) -> None:
    """A port that is taken between choice and bind costs a second try, not the start."""
    lost = tmp_path / "programs" / "lost"
    on_path(
        "valkey-server",
        f"[ -e {lost} ] || {{ touch {lost}; echo 'bind: Address already in use'; exit 1; }}\n"
        f'exec {real_valkey(tmp_path)} "$@"',
    )
    project.start()
    assert lost.exists()
    assert project.status().version


def test_slow_server_is_left_to_load_and_a_deaf_one_is_never_killed(
    project: Project, on_path: OnPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What does not answer in time is told and left alone; what will not end is told, not killed."""
    on_path("valkey-server", "trap '' TERM; echo deaf; while :; do sleep 0.1; done")
    monkeypatch.setattr(launch, "READY_SECONDS", 0.3)
    with pytest.raises(ServiceError, match=r"does not answer after 0.3 s; it may still be loading"):
        project.start()
    deaf = project.pid()
    try:
        assert project.status().version is None
        assert services.stop(project.path, seconds=0.3)[0].outcome == "still stopping"
        assert not gone(deaf)
    finally:
        identity = processes.identify(deaf)
        os.kill(deaf, signal.SIGKILL)
        assert processes.terminate(identity, seconds=5)
