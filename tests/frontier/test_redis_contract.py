"""The contract, on a real Valkey."""

import pytest

from tests.frontier.contract import FrontierContract
from tests.frontier.crawl import Crawl


class TestRedis(FrontierContract):
    """Every promise of the contract."""

    @pytest.fixture
    def crawl(self, redis_crawl: Crawl) -> Crawl:
        """The crawl under test."""
        return redis_crawl
