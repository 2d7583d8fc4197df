"""Python as a worker sets it up for itself."""

import gc
import logging
from collections.abc import Iterator

import pytest
from scrapy import Spider
from scrapy.utils.test import get_crawler

from backlink_crawler.runtime import Runtime


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    threshold, level = gc.get_threshold(), logging.root.level
    logging.root.setLevel(logging.NOTSET)
    yield
    gc.unfreeze()
    gc.set_threshold(*threshold)
    logging.root.setLevel(level)


@pytest.mark.parametrize(("level", "made"), [("DEBUG", True), ("INFO", False), ("WARNING", False)])
def test_records_nobody_prints_are_not_made(level: str, made: bool) -> None:
    """A debug record is made only where LOG_LEVEL asks for it."""
    Runtime.from_crawler(get_crawler(settings_dict={"LOG_LEVEL": level})).spider_opened(Spider("any"))
    assert logging.getLogger("scrapy.core.engine").isEnabledFor(logging.DEBUG) is made


def test_a_level_somebody_else_set_stays() -> None:
    """A program that runs the crawler inside itself keeps its own logging."""
    logging.root.setLevel(logging.ERROR)
    Runtime.from_crawler(get_crawler(settings_dict={"LOG_LEVEL": "DEBUG"})).spider_opened(Spider("any"))
    assert logging.root.level == logging.ERROR


def test_garbage_in_circles_is_still_collected() -> None:
    """Rarer looks are looks: objects that hold each other vanish without anybody asking."""
    Runtime.from_crawler(get_crawler()).spider_opened(Spider("any"))
    vanished: list[bool] = []

    class Knot:
        def __init__(self) -> None:
            self.me = self

        def __del__(self) -> None:
            vanished.append(True)

    for _ in range(2 * gc.get_threshold()[0]):
        Knot()
    assert vanished
