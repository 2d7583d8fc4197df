"""From options to a question: competitors, how many of them, and which days."""

import argparse
from datetime import UTC, date, datetime
from typing import Any

import pytest
from scrapy.settings import Settings

from backlink_crawler.commands.report import Command
from backlink_crawler.jobs.asked import WrongQuestion, period, question_of
from backlink_crawler.reports.question import Question
from backlink_crawler.reports.site import NotASite

NOW = datetime(2026, 3, 20, 15, 30, tzinfo=UTC)


def asked(*args: str) -> Question:
    """What ``scrapy report shop.com`` with these options asks for."""
    parser = argparse.ArgumentParser(conflict_handler="resolve")
    command = Command()
    command.settings = Settings()
    command.add_options(parser)
    return question_of(parser.parse_args(["shop.com", *args]), "shop.com", NOW)


@pytest.mark.parametrize(
    ("args", "fields"),
    [
        ((), {}),
        (("--versus", "a.com"), {"versus": ("a.com",)}),
        (("--versus", "a.com, https://www.b.com/x,a.com"), {"versus": ("a.com", "b.com")}),  # as people paste them
        (("--versus", "a.com,b.com", "--min", "2"), {"versus": ("a.com", "b.com"), "least": 2}),
        (("--since", "2026-03-01"), {"since": datetime(2026, 3, 1, tzinfo=UTC)}),
        (("--until", "2026-03-01"), {"until": datetime(2026, 3, 2, tzinfo=UTC)}),  # the day is meant whole
        (("--scope", "url"), {"scope": "url", "place": "https://shop.com/"}),
        (("--until", "2026-03-20"), {"until": datetime(2026, 3, 21, tzinfo=UTC)}),  # today, as far as it has come
    ],
)
def test_options_make_a_question(args: tuple[str, ...], fields: dict[str, Any]) -> None:
    """Each option means one thing; what is not said stays open."""
    assert asked(*args) == Question(("shop.com",), NOW, place="shop.com", **fields)


@pytest.mark.parametrize(
    ("args", "error", "message"),
    [
        (("--versus", "shop.com,a.com"), WrongQuestion, "names shop.com itself"),
        (("--versus", "www.shop.com"), WrongQuestion, "names shop.com itself"),
        (("--versus", "a.com,b.com", "--min", "3"), WrongQuestion, "--min 3 asks for more competitors than the 2"),
        (("--versus", "a com"), NotASite, "is not a domain"),
        (("--since", "2026-03-21"), WrongQuestion, "has not come yet; today is 2026-03-20"),
        (("--since", "2026-03-10", "--until", "2026-03-09"), WrongQuestion, "2026-03-10 is after --until 2026-03-09"),
    ],
)
def test_what_asks_for_nothing_is_refused(args: tuple[str, ...], error: type[Exception], message: str) -> None:
    """In one line that says what is wrong with it."""
    with pytest.raises(error, match=message):
        asked(*args)


def test_a_day_is_the_day_in_utc() -> None:
    """Whatever the zone of the clock, today is the UTC day."""
    assert period(date(2026, 3, 20), None, date(2026, 3, 20)) == (datetime(2026, 3, 20, tzinfo=UTC), None)


@pytest.mark.parametrize(
    ("until", "since"),
    [
        (None, datetime(2026, 2, 19, tzinfo=UTC)),  # 30 days, today is one of them
        (datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 1, 31, tzinfo=UTC)),  # up to 1 March, included
    ],
)
def test_a_view_of_a_time_begins_so_many_days_ago(until: datetime | None, since: datetime) -> None:
    """Where nobody says since when."""
    question = Question(("shop.com",), NOW, until=until)
    assert question.of_last(30).since == since
    begun = Question(("shop.com",), NOW, since=NOW)
    assert begun.of_last(30) == begun
