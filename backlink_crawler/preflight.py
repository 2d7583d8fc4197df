"""Before a crawl starts: does everything it needs answer? An engine that fails half-way leaves a heap of tracebacks.

An add-on, because add-ons see the final settings before the engine is made.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from scrapy.settings import BaseSettings

from backlink_crawler.frontier.connection import client_from, options_from
from backlink_crawler.frontier.redis import RedisFrontier
from backlink_crawler.net.hostsfile import HostsFileResolver
from backlink_crawler.store import Store
from backlink_crawler.suffix_setting import follow_suffixes


class Preflight:
    """Checks the hosts file, Redis and MongoDB; what fails raises its own error, which is one line for people."""

    def update_settings(self, settings: BaseSettings) -> None:
        """Called by Scrapy for each crawler, with its settings.

        :raises HostsFileError: the hosts file cannot be read.
        :raises FrontierError: Redis does not answer or can't be used for this crawl.
        :raises StoreError: MongoDB does not answer or holds an index of other versions.
        :raises SuffixListError: there is no such suffix list.
        """
        follow_suffixes(settings)
        if settings.get("NET_HOSTS_FILE"):
            HostsFileResolver(Path(settings["NET_HOSTS_FILE"]))
        # A thread, because the loop of this one is already running and must not be the servers' first.
        with ThreadPoolExecutor(max_workers=1) as thread:
            thread.submit(asyncio.run, _servers_answer(settings)).result()


async def _servers_answer(settings: BaseSettings) -> None:
    frontier = RedisFrontier(client_from(settings), settings["CRAWL_ID"], options=options_from(settings))
    try:
        await frontier.open()
    finally:
        await frontier.close()
    async with Store(settings.get("MONGODB_URI") or "", settings["MONGODB_DATABASE"]):
        pass
