"""scrapy-redis as its documentation sets it up; everything that is not the frontier stays as it is with ours."""

from settings.testing import *  # noqa: F403
from settings.testing import EXTENSIONS as _EXTENSIONS
from tests.benchmarks.frontier.settings_ours import ADDONS, CONCURRENT_REQUESTS, ITEM_PIPELINES

__all__ = ["ADDONS", "CONCURRENT_REQUESTS", "ITEM_PIPELINES"]

SCHEDULER = "scrapy_redis.scheduler.Scheduler"
DUPEFILTER_CLASS = "scrapy_redis.dupefilter.RFPDupeFilter"
SCHEDULER_PERSIST = True
SPIDER_MODULES = ["tests.benchmarks.frontier.stock_spider"]
EXTENSIONS = {
    **_EXTENSIONS,
    "backlink_crawler.frontier.feedback.Feedback": None,
    "backlink_crawler.observe.progress.Progress": None,
    "tests.benchmarks.frontier.meter.Meter": 0,
}
