"""An index with links that live, are lost, cannot be looked at, and have changed; and the command in this process."""

import argparse
from collections.abc import Callable

import pytest
from scrapy.commands import ScrapyCommand
from scrapy.settings import Settings

from backlink_crawler.commands.export import Command
from backlink_crawler.history.revisiting import Patience
from backlink_crawler.jobs import export
from backlink_crawler.store import Store
from tests.test_migrations import IN_ORDER

Export = Callable[..., int]


@pytest.fixture
async def index(mongodb_uri: str, mongodb_database: str) -> str:
    """The visits of the tests of migrations: fifteen pages, by what became of them."""
    async with Store(mongodb_uri, mongodb_database, patience=Patience()) as store:
        for visit in IN_ORDER:
            await store.save_visits([visit])
    return mongodb_database


@pytest.fixture
def exporting(mongodb_uri: str, mongodb_database: str) -> Export:
    """Runs the job with arguments as the command line has them; returns the exit code."""

    def run(*arguments: str) -> int:
        settings = Settings({"MONGODB_URI": mongodb_uri, "MONGODB_DATABASE": mongodb_database})
        command: ScrapyCommand = Command()
        command.settings = settings
        parser = argparse.ArgumentParser(conflict_handler="resolve")
        command.add_options(parser)
        opts, rest = parser.parse_known_args(arguments)
        return export.run(settings, rest, opts)

    return run
