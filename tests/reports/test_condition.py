"""What people may say of rows: one condition over the row's own columns, and nothing that reaches further."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from backlink_crawler.reports.answer import Wish, plan
from backlink_crawler.reports.condition import WrongCondition, checked, ordered
from backlink_crawler.reports.engine import Engine, EngineError
from backlink_crawler.reports.question import Question
from backlink_crawler.reports.view import views


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """An engine over empty tables."""
    with Engine(Question(("shop.com",), datetime(2026, 3, 1, tzinfo=UTC))) as engine:
        yield engine


@pytest.mark.parametrize(
    "condition",
    [
        "follow AND region = 'content'",
        "anchor ILIKE '%tools%' OR rel IS NULL",
        "list_contains(rel, 'ugc')",
        "first_seen >= '2026-03-01'",
        "CASE WHEN follow THEN weight > 0.1 ELSE false END",
        "1=1) OR (1=1",  # odd, and still one condition
        "follow -- as agreed",
        "anchor = 'a) UNION SELECT 1; DROP TABLE x --'",  # a text of strangers is a text
    ],
)
def test_conditions_over_the_row(engine: Engine, condition: str) -> None:
    """SQL as people know it; it can be asked of a view."""
    assert checked(engine, condition) == condition
    plan(engine, views()["backlinks"], Wish(where=condition))


@pytest.mark.parametrize(
    ("condition", "why"),
    [
        ("1=1) UNION SELECT 1 FROM (SELECT 1", "more than one condition"),
        ("1=1) ORDER BY (1", "more than one condition"),
        ("1=1) GROUP BY (1", "more than one condition"),
        ("1=1) LIMIT (1", "more than one condition"),
        ("follow); DROP TABLE links_in; SELECT (1", "SELECT"),
        ("exists(SELECT 1 FROM backlinks)", "a subquery"),
        ("source_site IN (SELECT source_site FROM links_in)", "a subquery"),
        ("row_number() OVER () < 3", "a window"),
        ("anchor = $1", "a parameter"),
        ("follow AND", "syntax error"),
    ],
)
def test_what_is_more_than_a_condition_is_refused(engine: Engine, condition: str, why: str) -> None:
    """Before anything is run, in one line."""
    with pytest.raises(WrongCondition, match=why) as raised:
        checked(engine, condition)
    assert "\n" not in str(raised.value)


def test_the_engine_reads_no_files(engine: Engine, tmp_path: Path) -> None:
    """Whatever SQL gets that far: it reads and writes nothing outside, and cannot unlock itself."""
    secret, made = tmp_path / "secret.csv", tmp_path / "made.csv"
    secret.write_text("a\n1\n", "utf-8")
    for sql in (
        f"SELECT * FROM read_csv('{secret}')",
        f"SELECT * FROM '{secret}'",
        f"COPY (SELECT 1) TO '{made}'",
        f"ATTACH '{made}' AS other",
        "INSTALL httpfs",
        "SET enable_external_access = true",
        "SET lock_configuration = false",
    ):
        with pytest.raises(EngineError):
            engine.columns(sql) if sql.startswith("SELECT") else engine.answer(sql).read_all()
    assert not made.exists()


def test_columns_that_are_not_there_are_told(engine: Engine) -> None:
    """With those that there are; text that people gave never becomes SQL."""
    with pytest.raises(WrongCondition, match=r"--sort: there is no column 'x; DROP'\. There are: a, b"):
        ordered(["-x; DROP"], ["a", "b"])
    assert ordered(["-a", "b"], ["a", "b"]) == '"a" DESC NULLS LAST, "b" ASC NULLS LAST'
    with pytest.raises(WrongCondition, match="--columns: there is no column 'nothing'"):
        plan(engine, views()["backlinks"], Wish(columns=("nothing",)))
    with pytest.raises(WrongCondition, match="--group: there is no column 'nothing'"):
        plan(engine, views()["backlinks"], Wish(group=("nothing",)))
