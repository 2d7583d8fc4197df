"""Inside each worker: what it asks of Redis, and what it has brought home."""

import json
import os
import threading
from pathlib import Path
from typing import Any, Self

from redis.asyncio.connection import AbstractConnection as AsyncConnection
from redis.connection import AbstractConnection
from scrapy import signals
from scrapy.crawler import Crawler

from backlink_crawler.records import Visit


class Meter:
    """Extension that counts every send to Redis: a command, or a whole pipeline, is one send and one wait.

    A send of the synchronous client from the main thread blocks the reactor until its answer is there. The counts are
    written to the file ``METER_FILE`` when the spider closes; when it opens, the file is made, empty.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._file = Path(crawler.settings["METER_FILE"])
        self.round_trips = 0
        self.blocking = 0
        self._count_sends()
        crawler.signals.connect(self.spider_opened, signals.spider_opened)
        crawler.signals.connect(self.spider_closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way to make a component."""
        return cls(crawler)

    def spider_opened(self) -> None:
        """Say that this worker is up."""
        self._file.touch()

    def spider_closed(self) -> None:
        """Write the counts."""
        stats = self._crawler.stats
        assert stats is not None
        counts = {
            "round_trips": self.round_trips,
            "blocking": self.blocking,
            "pages": stats.get_value("item_scraped_count", 0),
        }
        self._file.write_text(json.dumps(counts))

    def _count_sends(self) -> None:
        send, send_async = AbstractConnection.send_packed_command, AsyncConnection.send_packed_command

        def counted(connection: AbstractConnection, *args: Any, **kwargs: Any) -> Any:
            self.round_trips += 1
            self.blocking += threading.current_thread() is threading.main_thread()
            return send(connection, *args, **kwargs)  # type: ignore[no-untyped-call]

        async def counted_async(connection: AsyncConnection, *args: Any, **kwargs: Any) -> Any:
            self.round_trips += 1
            return await send_async(connection, *args, **kwargs)

        AbstractConnection.send_packed_command = counted  # type: ignore[assignment, method-assign]
        AsyncConnection.send_packed_command = counted_async  # type: ignore[assignment, method-assign]


class Ledger:
    """The only pipeline: writes down the URL of every visit that came home. It costs both the same, next to nothing."""

    def __init__(self, crawler: Crawler) -> None:
        self._file = os.open(crawler.settings["LEDGER_FILE"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way to make a component."""
        return cls(crawler)

    async def process_item(self, visit: Visit) -> Visit:
        """Write one line in one step, so that a killed worker leaves whole ones."""
        os.write(self._file, f"{visit.page.url}\n".encode())
        return visit
