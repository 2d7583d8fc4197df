"""What every view that comes with the program keeps to."""

import argparse
from datetime import UTC, datetime

import pytest
from scrapy.settings import Settings

from backlink_crawler.commands.report import Command
from backlink_crawler.reports.answer import Wish, plan
from backlink_crawler.reports.dictionary import PAGES, RESOLVED
from backlink_crawler.reports.engine import Engine
from backlink_crawler.reports.openings import OPENINGS
from backlink_crawler.reports.question import Question
from backlink_crawler.reports.tables import TABLES
from backlink_crawler.reports.view import View, relations, views

NOW = datetime(2026, 3, 1, tzinfo=UTC)
PAGE_COLUMNS = {column.name for column in PAGES}
KNOWN = {column.name for table in (*TABLES.values(), RESOLVED) for column in table}


def is_told(view: View, name: str) -> bool:
    """Whether the view or the data dictionary says what a column means."""
    _, _, of_page = name.partition("_")
    return (
        name in view.meanings or name in KNOWN or (name.startswith(("source_", "target_")) and of_page in PAGE_COLUMNS)
    )


@pytest.mark.parametrize("name", views())
def test_a_view_says_what_it_is(name: str) -> None:
    """Its columns have meanings and no meaning is of another column; what its head names is there."""
    view = views()[name]
    with Engine(Question(("a.test",), NOW)) as engine:
        columns = engine.columns(view.sql)
        assert [column for column in columns if not is_told(view, column)] == []
        assert view.meanings.keys() <= columns.keys()
        for named in (*view.columns, *(key.removeprefix("-") for key in view.sort)):
            assert named in columns
        assert {*view.addresses, *view.addresses.values(), *filter(None, (view.section, view.dated))} <= columns.keys()
        assert {*view.groups.values()} <= views().keys()
        assert view.opening is None or view.opening in relations()
        assert view.omitted is None or columns[view.omitted] == "BOOLEAN"
        assert engine.needed(plan(engine, view, Wish()).sql).keys() <= TABLES.keys()


@pytest.mark.parametrize("name", views())
def test_a_view_has_an_order(name: str) -> None:
    """The same index gives the same rows in the same order: the last key of its order tells rows apart, or nearly."""
    assert views()[name].sort


def test_the_help_tells_every_view() -> None:
    """By name, each in a line with its title."""
    parser, command = argparse.ArgumentParser(), Command()
    command.settings = Settings()
    command.add_options(parser)
    lines = [line.split(maxsplit=1) for line in parser.format_help().partition("\nViews\n")[2].splitlines()]
    told = {words[0]: words[1] for words in lines if len(words) == 2}
    assert told == {name: view.title for name, view in views().items()}


def test_every_opening_can_be_told() -> None:
    """A relation that a view opens with has a teller, and each teller a view that opens with it."""
    assert {view.opening for view in views().values() if view.opening} == OPENINGS.keys()
