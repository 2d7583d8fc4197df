"""What commands cost before they do anything: Scrapy imports every one of them whichever is typed."""

import subprocess
import sys

import pytest

from tests.crawling import PROJECT

ENGINE = frozenset({"duckdb", "pyarrow"})
DRIVERS = frozenset({"pymongo", "redis"})
EXTRACTION = frozenset({"numpy", "turbohtml"})
WIRE = frozenset({"aiohttp", "uvloop"})

WALK = "from scrapy.utils.misc import walk_modules; walk_modules('backlink_crawler.commands')"
"""As Scrapy finds commands."""
HELP = """
from argparse import ArgumentParser
from scrapy.settings import Settings
from backlink_crawler.commands.report import Command
command = Command()
command.settings = Settings()
parser = ArgumentParser(description=command.long_desc())
command.add_options(parser)
parser.format_help()
"""


@pytest.mark.parametrize(
    ("code", "unused"),
    [
        pytest.param(
            WALK, DRIVERS | ENGINE | EXTRACTION | WIRE | {"requests", "rich", "tldextract"}, id="any command's help"
        ),
        pytest.param(HELP, DRIVERS | ENGINE | EXTRACTION | WIRE | {"requests", "tldextract"}, id="report's help"),
        # numpy comes with Arrow.
        pytest.param("import backlink_crawler.jobs.report", {"redis", "turbohtml"} | WIRE, id="report"),
        pytest.param("import backlink_crawler.jobs.export", {"redis", "turbohtml"} | WIRE, id="export"),
        pytest.param("import backlink_crawler.jobs.extract", DRIVERS | WIRE, id="extract"),  # of a file
        pytest.param("import backlink_crawler.jobs.frontier", {"pymongo"} | EXTRACTION | WIRE, id="frontier"),
    ],
)
def test_a_command_loads_only_what_it_uses(code: str, unused: frozenset[str]) -> None:
    """People wait for ``--help`` and scripts for short commands: what they do not use is not imported for them."""
    told = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\nprint(*sys.modules)"],
        capture_output=True,
        text=True,
        cwd=PROJECT,
        check=True,
    )
    assert unused & set(told.stdout.split()) == set()
