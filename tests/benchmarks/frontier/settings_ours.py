"""The project's own settings; the pages' records go nowhere."""

from settings.testing import *  # noqa: F403
from settings.testing import EXTENSIONS as _EXTENSIONS

ADDONS = {}
"""There is no index that could be checked before the start."""
EXTENSIONS = {**_EXTENSIONS, "tests.benchmarks.frontier.meter.Meter": 0}
ITEM_PIPELINES = {"tests.benchmarks.frontier.meter.Ledger": 100}
MAX_PAGES_PER_SITE = 0
PROGRESS_SECONDS = 0.0
CONCURRENT_REQUESTS = 16
"""Scrapy's own default, at which the reference figures for scrapy-redis were measured."""
