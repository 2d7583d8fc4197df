"""``make demo``: two workers crawl a small web on this machine, and the index is compared with what is true.

Nothing leaves loopback. The web has odd corners on purpose (servers that fail, redirect in circles or never finish), so
that what they come to can be seen as well.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import redis.asyncio
from pymongo import MongoClient

from backlink_crawler import services
from backlink_crawler.frontier.contract import Counts
from backlink_crawler.frontier.redis import RedisFrontier
from tests.web.process import web_process
from tests.web.synthetic import TARGET, synthetic_web
from tests.web.truth import Expected, Found, crawl_all, homes

PROJECT = Path(__file__).parents[2]
FOLDER = PROJECT / ".demo"
DATABASE = "demo"
WORKERS = 2
LONGEST_SECONDS = 170.0


def main() -> int:
    """Run the demo; returns 0 when the index agrees with the truth."""
    started = time.monotonic()
    FOLDER.mkdir(exist_ok=True)
    print("Starting Valkey and MongoDB (kept running for the next time; stop them with: make services-stop)")
    local = services.ensure(PROJECT, redis_url=None, mongodb_uri=None)
    web = synthetic_web()
    expected = crawl_all(web)
    client: MongoClient[dict[str, Any]] = MongoClient(local.mongodb_uri)
    with client, ExitStack() as stack:
        client.drop_database(DATABASE)
        served = stack.enter_context(web_process(FOLDER, "synthetic"))
        print(f"{served.ready.partition(':')[0]} on loopback, linked in ways that are known")
        crawl_id = f"demo-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
        (FOLDER / "seeds.txt").write_text("\n".join(homes(web)))
        workers = [stack.enter_context(_worker(n, crawl_id, served.hosts_file)) for n in range(1, WORKERS + 1)]
        print(f"{WORKERS} workers crawl as {crawl_id}; their logs are in {FOLDER.relative_to(PROJECT)}/\n")
        codes = asyncio.run(_watch(workers, crawl_id, local.redis_url, client))
        database = client[DATABASE]
        found = {(link["source_url"], link["target_url"]): link for link in database["links"].find()}
        outcomes = {page["url"]: page["outcome"] for page in database["pages"].find()}
    print(f"\n$ scrapy report {TARGET}\n", flush=True)
    environment = {**os.environ, "MONGODB_DATABASE": DATABASE, "COLUMNS": os.environ.get("COLUMNS", "100")}
    subprocess.run([_scrapy(), "report", TARGET, "--limit", "5"], cwd=PROJECT, env=environment, check=True)
    wrong = expected.differences(outcomes, found)
    wrong += [f"worker {n} ended with exit code {code}" for n, code in enumerate(codes, 1) if code]
    _conclude(expected, found, wrong, time.monotonic() - started)
    return 1 if wrong else 0


def _scrapy() -> Path:
    return Path(sys.executable).parent / "scrapy"


def _worker(number: int, crawl_id: str, hosts_file: Path) -> subprocess.Popen[bytes]:
    settings = {
        "CRAWL_ID": crawl_id,
        "MONGODB_DATABASE": DATABASE,
        "NET_HOSTS_FILE": hosts_file,
        "ALLOW_PRIVATE_ADDRESSES": 1,
        "DOWNLOAD_VERIFY_CERTIFICATES": 0,
        "FRONTIER_HOST_DELAY": 0.02,
        "FRONTIER_RETRY_DELAY": 0.2,
        "DOWNLOAD_TIMEOUT": 5,
        "LOG_FILE": FOLDER / f"worker-{number}.log",
        "CONTACT": "https://example.test/crawler",
    }
    options = [option for name, value in settings.items() for option in ("-s", f"{name}={value}")]
    arguments = ["-a", f"urls=@{FOLDER / 'seeds.txt'}", "-a", "subdomains=1", "-a", f"targets={TARGET}"]
    return subprocess.Popen([_scrapy(), "crawl", "seeds", *arguments, *options], cwd=PROJECT)


async def _watch(
    workers: Sequence[subprocess.Popen[bytes]], crawl_id: str, redis_url: str, client: MongoClient[dict[str, Any]]
) -> list[int]:
    """Show progress until all workers have ended; return their exit codes."""
    frontier = RedisFrontier(redis.asyncio.Redis.from_url(redis_url), crawl_id, worker="demo")
    await frontier.open()
    started, pages_before = time.monotonic(), 0
    try:
        while any(worker.poll() is None for worker in workers):
            await asyncio.sleep(1)
            counts, links = await frontier.counts(), client[DATABASE]["links"].estimated_document_count()
            pages = counts.done + counts.failed
            _show(time.monotonic() - started, counts, links, pages - pages_before)
            pages_before = pages
            if time.monotonic() - started > LONGEST_SECONDS:
                for worker in workers:
                    worker.terminate()
    finally:
        await frontier.close()
    return [worker.wait() for worker in workers]


def _show(seconds: float, counts: Counts, links: int, rate: int) -> None:
    print(
        f"{seconds:4.0f} s  {counts.done + counts.failed:5,} pages  {rate:4,}/s  {links:6,} links  "
        f"{counts.waiting:5,} URLs waiting on {counts.hosts_waiting:3} hosts",
        flush=True,
    )


def _conclude(expected: Expected, found: Found, wrong: list[str], seconds: float) -> None:
    for line in wrong[:20]:
        print(line)
    verdict = "all as they are" if not wrong else f"{len(wrong)} differences"
    print(
        f"\nChecked against the true graph: {len(expected.pages):,} pages and {len(expected.links):,} links to other "
        f"sites expected, {len(found):,} links found: {verdict}. {seconds:.0f} s in all."
    )


if __name__ == "__main__":
    sys.exit(main())
