"""Who is measured: how each is started, and what it has stored at its end."""

import os
import shutil
import subprocess
import sys
import venv
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from pymongo import MongoClient

from tests.benchmarks.worker.lab import CACHE, DATABASE, PROJECT, BenchmarkError, Stores, Web, lines

SPIDER_RS = "0.0.157"
"""The newest release of the Node binding that has a Linux binary."""
CRAWL_ID = "bench"
_PEERS = Path(__file__).parent / "peers"


class Stored(NamedTuple):
    """What is there after a run: pages, links, and how many links have an anchor, a rel field and a region."""

    pages: int
    links: int
    anchor: int
    rel: int
    region: int


@dataclass(frozen=True, slots=True)
class Contender:
    """One crawler."""

    name: str
    commands: Callable[[Web, Stores, Path], Sequence[Sequence[str]]]
    """The processes that crawl the web, writing to the path if they write a file."""
    stored: Callable[[Stores, Path], Stored]
    in_project: bool = False
    """Whether it runs in this project's folder. Scrapy looks for a project there, and the others must find none."""
    slow: bool = False
    """Measured on the small web: on the whole one a round would take many minutes."""
    tls: bool = True
    """Whether it can be told to accept a certificate made at run time."""


def ours(workers: int = 1, profile: str = "") -> Contender:
    """Return this project's worker, or several of one crawl, with the settings of a profile."""

    def commands(web: Web, stores: Stores, output: Path) -> Sequence[Sequence[str]]:
        starts = output.with_suffix(".txt")
        starts.write_text("".join(f"{start}\n" for start in web.starts))
        given = {
            "REDIS_URL": stores.redis_url,
            "MONGODB_URI": stores.mongodb_uri,
            "MONGODB_DATABASE": DATABASE,
            "CRAWL_ID": CRAWL_ID,
            "NET_HOSTS_FILE": web.hosts_file,
            "ALLOW_PRIVATE_ADDRESSES": True,
            "FRONTIER_HOST_DELAY": 0,
            **({"CRAWL_PROFILE": profile} if profile else {}),
            **web.settings,
        }
        arguments = {"urls": f"@{starts}", **web.given}
        options = [part for name, value in arguments.items() for part in ("-a", f"{name}={value}")]
        options += [part for name, value in given.items() for part in ("-s", f"{name}={value}")]
        return [[sys.executable, "-m", "scrapy", "crawl", "seeds", *options]] * workers

    name = "this worker" + (f", {profile}" if profile else "") + (f", {workers} processes" if workers > 1 else "")
    return Contender(name, commands, _in_our_index, in_project=True)


def peers() -> Sequence[Contender]:
    """Return the others, the fastest first."""
    return (
        Contender("aiohttp + Lexbor loop", _python("loop"), _in_file),
        Contender("Scrapy + LinkExtractor, tuned", _python("plain"), _in_file, slow=True),
        Contender("spider-rs (Node)", _node, _in_file, tls=False),
        Contender("Crawlee, Parsel", _python("crawlee_crawl", "parsel"), _in_file, slow=True),
        Contender("Crawlee, BeautifulSoup", _python("crawlee_crawl", "soup"), _in_file, slow=True),
        Contender("advertools", _python("advertools_crawl"), _in_advertools_file, slow=True),
        Contender("scrapy-redis, item per link", _python("redis_links"), _in_links_collection, slow=True),
    )


def _python(module: str, *more: str) -> Callable[[Web, Stores, Path], Sequence[Sequence[str]]]:
    def commands(web: Web, stores: Stores, output: Path) -> Sequence[Sequence[str]]:
        return [[str(environment()), str(_PEERS / f"{module}.py"), *_arguments(web, output), *more]]

    return commands


def _node(web: Web, stores: Stores, output: Path) -> Sequence[Sequence[str]]:
    spider_rs_folder()
    return [["node", str(_PEERS / "spider_rs.mjs"), *_arguments(web, output), str(web.pages)]]


def _arguments(web: Web, output: Path) -> tuple[str, ...]:
    return str(web.port), str(len(web.starts)), web.scheme, str(output)


def variables(web: Web, stores: Stores) -> Mapping[str, str]:
    """Return the environment of every contender; this project's settings are the default ones."""
    trusted = {"SSL_CERT_FILE": str(web.certificate)} if web.scheme == "https" else {}
    return trusted | {
        "REDIS_URL": stores.redis_url,
        "MONGODB_URI": stores.mongodb_uri,
        "MONGODB_DATABASE": DATABASE,
        "SPIDER_RS_FOLDER": str(CACHE / "node"),
        "PATH": f"{CACHE / 'venv' / 'bin'}{os.pathsep}{os.environ['PATH']}",
    }


@cache
def environment() -> Path:
    """Return the interpreter of the peers; their packages are installed on first use.

    :raises BenchmarkError: they cannot be installed.
    """
    folder, wanted = CACHE / "venv", PROJECT / "requirements-bench.txt"
    done = folder / "installed.txt"
    if not done.exists() or done.read_text() != wanted.read_text():
        print(f"Installing the other crawlers into {folder} ...", file=sys.stderr, flush=True)
        venv.create(folder, with_pip=True)
        _install([str(folder / "bin" / "pip"), "install", "--quiet", "-r", str(wanted)])
        done.write_text(wanted.read_text())
    return folder / "bin" / "python"


def spider_rs_folder() -> Path:
    """Return the folder with spider-rs for Node, installed on first use.

    :raises BenchmarkError: there is no Node, or it cannot be installed.
    """
    if not (shutil.which("node") and shutil.which("npm")):
        raise BenchmarkError("node and npm are needed (Debian: nodejs, npm)")
    folder = CACHE / "node"
    if not (folder / "node_modules" / "@spider-rs").exists():
        folder.mkdir(parents=True, exist_ok=True)
        quiet = ["--silent", "--no-audit", "--no-fund"]
        _install(["npm", "install", *quiet, "--prefix", str(folder), f"@spider-rs/spider-rs@{SPIDER_RS}"])
    return folder


def _install(command: Sequence[str]) -> None:
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise BenchmarkError(f"{command[0]} could not install it: {ended.stderr.strip()[-500:]}")


def _in_file(stores: Stores, output: Path) -> Stored:
    pages: set[object] = set()
    found = Counter[str]()
    for page in lines(output):
        if page["url"] not in pages:
            pages.add(page["url"])
            _count(found, page["links"])  # type: ignore[arg-type]  # JSON
    return _told(len(pages), found)


def _in_advertools_file(stores: Stores, output: Path) -> Stored:
    """advertools joins the links of a page by ``@@``, and their anchors likewise."""
    pages: set[object] = set()
    found = Counter[str]()
    for page in lines(output):
        if page["url"] not in pages and "links_url" in page:
            pages.add(page["url"])
            anchors = str(page["links_text"]).split("@@")
            found["links"] += len(str(page["links_url"]).split("@@"))
            found["anchor"] += sum(bool(anchor.strip()) for anchor in anchors)
    return _told(len(pages), found)


def _in_links_collection(stores: Stores, output: Path) -> Stored:
    with MongoClient[dict[str, Any]](stores.mongodb_uri) as client:
        links = client[DATABASE]["links"]
        found = Counter({"links": links.count_documents({}), "anchor": links.count_documents({"anchor": {"$gt": ""}})})
        pages = len(links.distinct("source"))
    return _told(pages, found)


def _in_our_index(stores: Stores, output: Path) -> Stored:
    with MongoClient[dict[str, Any]](stores.mongodb_uri) as client:
        database = client[DATABASE]
        links = database["links"]
        return Stored(
            database["pages"].count_documents({"outcome": "ok"}),
            links.count_documents({}),
            links.count_documents({"anchor": {"$gt": ""}}),
            links.count_documents({"rel": {"$exists": True}}),
            links.count_documents({"region": {"$exists": True}}),
        )


def _count(found: Counter[str], links: Iterable[Mapping[str, object]]) -> None:
    for link in links:
        found["links"] += 1
        found["anchor"] += bool(link.get("anchor"))
        found["rel"] += "rel" in link


def _told(pages: int, found: Mapping[str, int]) -> Stored:
    return Stored(pages, found["links"], found["anchor"], found["rel"], 0)
