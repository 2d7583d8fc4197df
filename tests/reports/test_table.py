"""The table for a terminal: as looked at, and fitting."""

import pytest
from rich.cells import cell_len

from backlink_crawler.reports.view import View
from tests.reports.answers import Made, made, written

SUMMARY = made(
    """
    SELECT * FROM (VALUES
        ('follow', 'follow', 812, 35, NULL, NULL),
        ('follow', 'nofollow (rel)', 26, 4, NULL, NULL),
        ('anchor', 'Garden Tools & more', 104, 34, TIMESTAMP '2026-03-01 12:00', 'https://a.test/1'),
        ('anchor', '園芸用品', 1234, 2, TIMESTAMP '2026-02-01', 'https://b.test/2')
    ) t (section, name, backlinks, referring_domains, last_seen, example)
    """,
    view=View("summary", "Backlinks", "", section="section"),
    title="Backlinks: shop.com",
    total=90,
)

GOLDEN = """\
Backlinks: shop.com

885 pages of 52 sites tried in 1 crawl, 852 seen; 1.1 % of what was tried was
blocked or unknown (robots 0.6 %).
As of 2026-03-01 12:00 UTC, the last visit.

Follow           backlinks   ref. domains
─────────────────────────────────────────
follow                 812             35
nofollow (rel)          26              4

Anchor                backlinks   ref. domains   last seen    example
──────────────────────────────────────────────────────────────────────────────
Garden Tools & more         104             34   2026-03-01   https://a.test/1
園芸用品                  1,234              2   2026-02-01   https://b.test/2

4 of 90 rows, the first of each section; --limit 0 shows all
"""


def links(text: str, count: int = 3) -> Made:
    """Links with long texts and a number at the end."""
    sql = (
        f"SELECT '{text}' || x AS source_url, '{text}' || x AS anchor, x % 2 = 0 AS follow, "
        f"TIMESTAMP '2026-03-01' AS first_seen, 123456 + x AS links FROM range({count}) t (x)"
    )
    return made(sql)


def test_the_table_is_as_looked_at() -> None:
    """The whole table at 80 columns, as a person found it good: no empty columns, sections as heads, wide letters."""
    assert written("table", SUMMARY, width=80).decode() == GOLDEN


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
@pytest.mark.parametrize("text", ["https://a.example/" + "x" * 300, "園芸用品" * 50, "word " * 80])
def test_the_table_fits(width: int, text: str) -> None:
    """No line is wider than asked for, whatever the texts."""
    lines = written("table", links(text), width=width).decode().splitlines()
    assert max(map(cell_len, lines)) <= width


def test_columns_go_from_the_right_and_numbers_are_never_cut() -> None:
    """What has room is shown whole, or is a text that says that it goes on; what has none is not there."""
    narrow = written("table", links("https://a.example/" + "x" * 300), width=40).decode()
    assert "source url" in narrow
    assert "anchor" in narrow
    assert "links" not in narrow
    assert "…" in narrow
    wide = written("table", links("https://a.example/" + "x" * 300), width=80).decode()
    assert "123,456" in wide


def test_an_address_that_is_cut_begins_with_its_host() -> None:
    """The scheme that nearly all have makes room first; a whole address keeps it."""
    cut = written("table", links("https://a.example/" + "x" * 300), width=40).decode()
    assert "a.example/xx" in cut
    assert "https://" not in cut
    assert "https://a.example/0" in written("table", links("https://a.example/")).decode()


def test_a_single_column_is_cut_too() -> None:
    """Where even one column has no room, it is cut."""
    lines = written("table", made(f"SELECT '{'x' * 90}' AS anchor"), width=40).decode().splitlines()
    assert max(map(len, lines)) == 40


def test_many_rows_are_not_waited_for() -> None:
    """Widths are those of the first thousand rows; all rows are there, numbers whole."""
    text = written("table", made("SELECT 10 ** (x // 500) AS links FROM range(2500) t (x)")).decode()
    assert text.splitlines()[-1] == "2,500 rows"
    assert text.count("10,000\n") == 500


def test_colours_only_where_asked_for() -> None:
    """A pipe gets no escape sequence."""
    assert b"\x1b[1m" in written("table", SUMMARY, colour=True)
    assert b"\x1b" not in written("table", SUMMARY)


def test_the_extent_is_said() -> None:
    """How many rows there are, and how to see those that are not shown."""
    assert written("table", links("x", 1)).decode().endswith("\n1 row\n")
    shown = Made(links("x", 3).rows, total=345)
    assert written("table", shown).decode().endswith("\n3 of 345 rows; --limit 0 shows all\n")
    assert written("table", links("x", 0)).decode().endswith("\n0 rows\n")
