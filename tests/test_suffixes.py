"""The public suffix list: which snapshot tells sites apart, and how another one takes its place."""

import ast
import ssl
import threading
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import pytest
from scrapy.settings import Settings

from backlink_crawler import urls
from backlink_crawler.commands.suffixes import Command
from backlink_crawler.suffixes import SuffixListError, installed, read
from tests.crawling import PROJECT, Crawling
from tests.web.tls import server_context, write_certificate

OWN = installed().text.replace("// ===END PRIVATE DOMAINS===", "pages.shop.test\n// ===END PRIVATE DOMAINS===")
"""The installed list with a rule more."""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "own.dat"
    path.write_text(OWN, "utf-8")
    return path


def test_nothing_is_fetched_for_the_installed_list() -> None:
    """It is a file of a pinned package, and says of which day it is."""
    assert installed().version.startswith("psl-2025-04-07_15-51-09_UTC-")
    assert "tldextract==5.4.0" in (PROJECT / "requirements.txt").read_text().splitlines()
    assert installed().split.suffix_list_urls == ()


def test_the_version_is_that_of_the_rules(tmp_path: Path, own: Path) -> None:
    """A rule of one's own makes another list, even of the same day; a comment does not."""
    commented = tmp_path / "commented.dat"
    commented.write_text(installed().text.replace("// ===END", "// a remark\n// ===END"), "utf-8")
    assert read(commented).version == installed().version
    assert read(own).version != installed().version
    assert read(own).version.startswith("psl-2025-04-07")


def test_sites_follow_the_chosen_list(own: Path) -> None:
    """From now on, what was looked up before included."""
    host = "alice.pages.shop.test"
    assert urls.site_of(host) == "shop.test"
    try:
        urls.follow_suffixes(read(own))
        assert urls.site_of(host) == host
        assert urls.site_of("www.a.co.uk") == "a.co.uk"
        assert urls.suffixes_version() == read(own).version
    finally:
        urls.follow_suffixes(None)
    assert urls.site_of(host) == "shop.test"


NO_LISTS = {
    "half a list": OWN[: len(OWN) // 2].encode(),
    "a list without its end": OWN[:-3_000].encode(),
    "a page of an error": b"<!doctype html><title>502 Bad Gateway</title>",
    "nothing": b"",
    "not text": b"\xff\xfe\x00",
    "no rules of registries": OWN[OWN.index("// ===END ICANN") :].encode(),
}


@pytest.mark.parametrize("case", NO_LISTS)
def test_what_is_no_whole_list(tmp_path: Path, case: str) -> None:
    """It is refused with a reason, not followed as far as it goes."""
    path = tmp_path / "list.dat"
    path.write_bytes(NO_LISTS[case])
    with pytest.raises(SuffixListError, match=r"no (whole )?public suffix list"):
        read(path)


class Answer(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Answer]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """``scrapy suffixes`` in this process, with ``used.dat`` as the list in use."""

    def run(*arguments: str, used: str = str(tmp_path / "used.dat")) -> Answer:
        command = Command()
        command.settings = Settings({"SUFFIX_LIST": used})
        parser = ArgumentParser()
        command.add_options(parser)
        opts, rest = parser.parse_known_args(arguments)
        command.run(rest, opts)
        return Answer(command.exitcode, *capsys.readouterr())

    return run


def test_the_command(run: Run, tmp_path: Path, own: Path) -> None:
    """Shows what is in use, takes another list, keeps it when the next one is refused, goes back to the installed."""
    used = tmp_path / "used.dat"
    shown = run(used="")
    assert (shown.code, f"In use: {installed().version}" in shown.out) == (0, True), shown.err
    updated = run("--update", str(own))
    assert updated.code == 0, updated.err
    assert "1 new: pages.shop.test" in updated.out
    assert "scrapy migrate" in updated.out
    assert used.read_text("utf-8") == OWN
    (tmp_path / "bad.dat").write_bytes(NO_LISTS["half a list"])
    refused = run("--update", str(tmp_path / "bad.dat"))
    assert (refused.code, "no whole public suffix list" in refused.err) == (1, True)
    assert used.read_text("utf-8") == OWN
    back = run("--from-package")
    assert (back.code, "1 gone: pages.shop.test" in back.out) == (0, True), back.err
    assert read(used).version == installed().version
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.dat", "own.dat", "used.dat"]


def test_there_must_be_a_place_for_it(run: Run, own: Path) -> None:
    """Without a file of its own the list would be lost with the next upgrade."""
    refused = run("--update", str(own), used="")
    assert (refused.code, "SUFFIX_LIST" in refused.err) == (2, True)


def _argument(job: ast.Module) -> bool:
    """Whether the code of a command's job looks at sites, addresses or the index before a crawl."""
    return bool({"site_named", "read_list", "index_store", "build_links"} & _names(job))


def _names(code: ast.Module) -> set[str]:
    return {node.id for node in ast.walk(code) if isinstance(node, ast.Name)}


COMMANDS = [path.name for path in (PROJECT / "backlink_crawler/commands").glob("[a-z]*.py")]
JOBS = {name: ast.parse((PROJECT / "backlink_crawler/jobs" / name).read_text("utf-8")) for name in COMMANDS}


@pytest.mark.parametrize("name", [name for name in sorted(JOBS) if _argument(JOBS[name])])
def test_every_command_follows_the_chosen_list(name: str) -> None:
    """Sites in its arguments, files and answers are those of the index: none forgets ``SUFFIX_LIST``."""
    opened_first = {"migrate.py"}  # it tells no site before it opens the index, and opening follows the list
    assert "follow_suffixes" in _names(JOBS[name]) or name in opened_first


def test_a_mistyped_list_is_no_crawl(crawling: Crawling, tmp_path: Path) -> None:
    """Sites by another list than the one that was meant would be wrong for good."""
    ended = crawling.run("crawl", "seeds", "-a", "domains=a.test", SUFFIX_LIST=tmp_path / "none.dat")
    assert (ended.code, "none.dat cannot be read" in ended.err) == (1, True), ended.err
    assert "Traceback" not in ended.err


@contextmanager
def serving(certificate: Path, body: bytes) -> Iterator[int]:
    """A server that answers everything with ``body``; yields its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = server_context(certificate).wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_an_address_is_asked_once_and_only_when_told(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over https; what is no list, and who is not who he says, is refused, and the list before stays."""
    certificate, used = tmp_path / "certificate.pem", tmp_path / "used.dat"
    write_certificate(certificate, ["localhost"], datetime.now(UTC))
    with serving(certificate, OWN.encode()) as port, serving(certificate, NO_LISTS["a page of an error"]) as other:
        plain = run("--update", f"http://localhost:{port}/")
        assert (plain.code, "over https only" in plain.err) == (1, True)
        unknown = run("--update", f"https://localhost:{port}/")
        assert (unknown.code, used.exists()) == (1, False)
        monkeypatch.setenv(ssl.get_default_verify_paths().openssl_cafile_env, str(certificate))
        done = run("--update", f"https://localhost:{port}/")
        assert done.code == 0, done.err
        error = run("--update", f"https://localhost:{other}/")
        assert (error.code, "no whole public suffix list" in error.err) == (1, True)
    assert used.read_text("utf-8") == OWN
