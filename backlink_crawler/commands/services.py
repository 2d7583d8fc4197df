"""``scrapy services start|stop|status``: the project's own Valkey and mongod."""

import argparse

from backlink_crawler.command import ProjectCommand


class Command(ProjectCommand):
    """Start, stop or show the local servers of this project."""

    def syntax(self) -> str:
        return "start|stop|status [--json]"

    def short_desc(self) -> str:
        return "Start, stop or show this project's local Redis (Valkey) and MongoDB"

    def long_desc(self) -> str:
        return (
            "A crawl needs a Redis and a MongoDB. Where REDIS_URL or MONGODB_URI is not set, local servers of this "
            "project stand in: started once, shared by all workers started here, listening on loopback only, data "
            "kept in .services/ beside scrapy.cfg (or in the folder SERVICES_FOLDER). 'start' starts what is not "
            "configured and shows the URLs; 'status' shows what runs, where and how big; 'stop' asks the servers to "
            "write their data and end, and touches no other process. Exit codes: 0 all is well, 1 it failed (the "
            "reason is on stderr), 2 wrong usage, 3 'status' found a needed server not running."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("action", choices=("start", "stop", "status"), help="what to do")
        parser.add_argument("--json", action="store_true", help="print JSON for programs instead of a table")
