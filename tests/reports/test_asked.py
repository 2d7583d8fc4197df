"""From options to a question: competitors, how many of them, and which days."""

import argparse
from datetime import UTC, date, datetime
from typing import Any

import pytest
from scrapy.settings import Settings

from backlink_crawler.commands.report import Command
from backlink_crawler.jobs.asked import WrongQuestion, period, question_of
from backlink_crawler.project import Project
from backlink_crawler.reports.question import Question
from backlink_crawler.reports.site import NotASite

NOW = datetime(2026, 3, 20, 15, 30, tzinfo=UTC)
NONE = Project()


PROJECT = Project(("shop.com", "shop.de"), ("a.com", "b.com"), ("the shop",), ("buy",), least=2)


def asked(*args: str, site: str | None = "shop.com", project: Project = NONE) -> Question:
    """What ``scrapy report shop.com`` with these options asks for."""
    parser = argparse.ArgumentParser(conflict_handler="resolve")
    command = Command()
    command.settings = Settings()
    command.add_options(parser)
    return question_of(parser.parse_args([*([site] if site else []), *args]), project, NOW)


def test_the_project_says_what_the_options_do_not() -> None:
    """Sites, competitors, how many of them, and terms; an option comes first."""
    question = asked(site=None, project=PROJECT)
    assert (question.sites, question.versus, question.least) == (("shop.com", "shop.de"), ("a.com", "b.com"), 2)
    assert (question.brands, question.commercial) == (("the shop",), ("buy",))
    question = asked("--versus", "c.com,d.com,e.com", "--min", "3", project=PROJECT)
    assert (question.sites, question.versus, question.least) == (("shop.com",), ("c.com", "d.com", "e.com"), 3)


def test_terms_of_a_project_say_nothing_of_other_sites() -> None:
    """A competitor's branded anchors are not ours, and it is not compared with itself."""
    question = asked(site="a.com", project=PROJECT)
    assert (question.sites, question.versus, question.brands) == (("a.com",), ("b.com",), ())
    assert question.least == 1  # more than there are to compare with would find nothing


@pytest.mark.parametrize("args", [(), ("--scope", "host")])
def test_without_a_site_there_must_be_a_project(args: tuple[str, ...]) -> None:
    """And a narrower scope needs to be told what it is."""
    with pytest.raises(WrongQuestion, match="Name" if args else "whose links"):
        asked(*args, site=None, project=PROJECT if args else NONE)


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
    assert asked(*args) == Question(("shop.com",), NOW, **fields)


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
