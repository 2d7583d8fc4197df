"""Kinds of anchors: a table of cases, each with the rule that decides it."""

from collections.abc import Iterator
from datetime import UTC, datetime

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backlink_crawler.reports.engine import Engine
from backlink_crawler.reports.question import Question

NOW = datetime(2026, 3, 1, tzinfo=UTC)
TYPES = {"branded", "url", "exact", "partial", "generic", "image", "empty", "other", "none"}


def types_of(engine: Engine, *cases: tuple[str, str]) -> list[str]:
    """Return the type of each (anchor, link type)."""
    values = ", ".join(f"({number}, {_text(anchor)}, '{kind}')" for number, (anchor, kind) in enumerate(cases))
    sql = f"""
        SELECT anchor_type(anchor, link_type, words(anchor)) AS type
        FROM (VALUES {values}) AS cases (number, anchor, link_type) ORDER BY number
    """
    return [row["type"] for row in engine.answer(sql).read_all().to_pylist()]


def _text(value: str) -> str:
    quoted = value.replace("\x00", "").replace("'", "''")
    return f"'{quoted}'"


@pytest.fixture(scope="module")
def plain() -> Iterator[Engine]:
    """A question about garden-tools.test without terms of a project."""
    with Engine(Question(("garden-tools.test",), NOW)) as engine:
        yield engine


@pytest.fixture(scope="module")
def with_terms() -> Iterator[Engine]:
    """The same question with brands and commercial terms."""
    commercial = ("pruning roses", "click here", "", "!", "(", "x|y", "it's")
    with Engine(Question(("garden-tools.test",), NOW, brands=("Königsgarten",), commercial=commercial)) as engine:
        yield engine


@pytest.mark.parametrize(
    ("anchor", "link_type", "expected"),
    [
        ("Garden Tools", "text", "branded"),  # the site's own name, as words
        ("GardenTools", "text", "branded"),  # run together
        ("garden-tools", "image", "branded"),  # the text of an image is its anchor
        ("the best of Garden Tools!", "text", "branded"),  # among other words
        ("garden toolshed", "text", "other"),  # a part of a word is none
        ("https://garden-tools.test/x?y=1", "text", "url"),
        ("garden-tools.test", "text", "url"),  # an address, though it has the name in it
        ("www.other.example/path", "text", "url"),
        ("садовод.рф", "text", "url"),
        ("xn--bcher-kva.xn--p1ai", "text", "url"),
        ("and so on...", "text", "other"),  # dots make no address
        ("click here", "text", "generic"),
        ("» Read more »", "text", "generic"),  # decoration says nothing either
        ("weiterlesen", "text", "generic"),
        ("read more about roses", "text", "other"),  # that says something
        ("", "text", "empty"),
        ("»", "text", "empty"),  # nothing to read
        ("", "image", "image"),
        ("", "canonical", "none"),  # nothing to click on
        ("Moved", "redirect", "none"),
        ("pruning roses", "text", "other"),  # no terms are given
    ],
)
def test_the_first_rule_that_holds_decides(plain: Engine, anchor: str, link_type: str, expected: str) -> None:
    """Without terms of a project the site's own name is the brand."""
    assert types_of(plain, (anchor, link_type)) == [expected]


@pytest.mark.parametrize(
    ("anchor", "expected"),
    [
        ("Pruning Roses", "exact"),
        ("pruning-roses", "exact"),  # as words
        ("pruningroses", "exact"),  # run together
        ("cheap pruning roses guide", "partial"),
        ("pruning roses at Königsgarten", "branded"),  # a brand beside a commercial term makes it a name
        ("pruning rose", "other"),
        ("click here", "exact"),  # whoever sells that, says so
        ("Garden Tools", "other"),  # other brands are named
        ("x y", "exact"),  # a term is words, not a pattern
        ("x", "other"),
        ("it's", "exact"),
        ("(", "empty"),  # a term without words is none
    ],
)
def test_terms_of_a_project_decide(with_terms: Engine, anchor: str, expected: str) -> None:
    """Commercial terms are exact where the anchor is nothing else; brands come before partial ones."""
    assert types_of(with_terms, (anchor, "text")) == [expected]


@hypothesis.settings(max_examples=15)
@given(st.lists(st.tuples(st.text(max_size=30), st.sampled_from(["text", "image", "frame"])), min_size=1, max_size=50))
def test_every_anchor_has_one_type(plain: Engine, with_terms: Engine, cases: list[tuple[str, str]]) -> None:
    """Whatever strangers write: one of the documented types."""
    cases = [(anchor.encode(errors="ignore").decode(), kind) for anchor, kind in cases]
    for engine in (plain, with_terms):
        found = types_of(engine, *cases)
        assert len(found) == len(cases)
        assert set(found) <= TYPES


def test_a_name_is_read_as_people_write_it() -> None:
    """The name of an internationalised domain is its letters, not its punycode."""
    with Engine(Question(("xn--bcher-ecke-9db.test",), NOW)) as engine:
        (row,) = (
            engine.answer("SELECT anchor_type('Bücher-Ecke', 'text', words('Bücher-Ecke')) AS t").read_all().to_pylist()
        )
    assert row["t"] == "branded"
