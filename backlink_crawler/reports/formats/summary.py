"""How a report looks: a table to read, CSV for spreadsheets, JSON lines for programs.

Anchors and URLs come from strangers. In a table nothing of them can command a terminal or be taken for markup, in CSV
nothing is a formula, and in JSON every character that could mislead is escaped.

CSV has one line per row and these columns (a header line names them; times are ISO 8601 in UTC)::

    section,name,backlinks,referring_domains,follow,first_seen,last_seen,example

An address that leads to a target page has a line of section ``target_variant`` below it: its ``name`` is the way there,
addresses with ``>`` between them.

JSON lines begin with one object of section ``observation`` (the report's facts), then have one per row with the same
keys; that of a target page also has ``variants`` (``url``, ``backlinks``, ``follow``, ``chain``).

Sections, in this order and absent where empty: ``total``, ``follow`` (and ``nofollow`` by cause), ``declared``
(``ugc``, ``sponsored``), ``link_type``, ``region``, ``anchor``, ``target_page``, ``referring_domain``.
"""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, fields

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from backlink_crawler.reports.formats.console import console_for
from backlink_crawler.reports.formats.harmless import harmless_cell, json_line, plain, plain_value
from backlink_crawler.reports.summary import Report, Row, Section, Variant

COLUMNS = ("section", *(f.name for f in fields(Row) if f.name != "variants"))

_TITLES: dict[Section, str] = {
    "follow": "Follow",
    "declared": "Declared by the linking site",
    "link_type": "Link type",
    "region": "Region of the page",
    "anchor": "Top anchors",
    "target_page": "Top target pages",
    "referring_domain": "Top ref. domains",
}

_TEXT_WIDTH = 16
"""The least columns of a name or an example that tell one from another."""
GAP = 3
"""What the box puts between two columns."""

_Column = tuple[str, Callable[[Row], str]]
_BACKLINKS: _Column = ("backlinks", lambda row: f"{row.backlinks:,}")
_DOMAINS: _Column = ("ref. domains", lambda row: f"{row.referring_domains:,}")
_FOLLOW: _Column = ("follow", lambda row: f"{row.follow:,}")
_FIRST: _Column = ("first seen", lambda row: f"{row.first_seen:%Y-%m-%d}")
_LAST: _Column = ("last seen", lambda row: f"{row.last_seen:%Y-%m-%d}" if row.last_seen else "")


def table(report: Report, *, width: int = 100, colour: bool = False) -> str:
    """Return the report as text of at most ``width`` columns (40 or more); ``colour`` adds ANSI styles of our own."""
    text = io.StringIO()
    console = console_for(text, width=width, colour=colour)
    console.print(Text(plain(report.title), style="bold"), end="\n\n")
    for statement in report.statements:
        console.print(plain(statement))
    for section, rows in report.sections.items():
        if section in _TITLES:
            console.print()
            console.print(_section(section, rows, console.width))
    # Cells are padded to the full width; nobody who pipes this wants the blanks.
    return "".join(f"{line.rstrip()}\n" for line in text.getvalue().splitlines())


def csv_text(report: Report) -> str:
    """Return the report's rows as CSV with a header line; every text is quoted and none is a formula."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    writer.writerow(COLUMNS)
    for record in _lines(report):
        writer.writerow([harmless_cell(v) if isinstance(v, str) else v for v in record.values()])
    return text.getvalue()


def jsonl(report: Report) -> str:
    """Return the report's facts and rows as JSON lines."""
    facts = {"section": "observation", **report.facts}
    return "".join(json_line(record) for record in (facts, *_records(report)))


def _section(section: Section, rows: Sequence[Row], width: int) -> Table:
    """One section; columns that leave the names too little room are left out, from the right."""
    shown = Table(box=SIMPLE_HEAD, expand=True, pad_edge=False, show_edge=False)
    shown.add_column(_TITLES[section], no_wrap=True, overflow="ellipsis", min_width=_TEXT_WIDTH, ratio=1)
    cells = [[Text(plain(row.name))] for row in rows]
    room = width - _TEXT_WIDTH
    for header, cell in _columns(section):
        texts = [cell(row) for row in rows]
        room -= max(map(len, (header, *texts))) + GAP
        if room < 0:
            break
        shown.add_column(header, justify="right", no_wrap=True)
        for line, text in zip(cells, texts, strict=True):
            line.append(Text(text))
    if section == "referring_domain" and room >= _TEXT_WIDTH + GAP:
        shown.add_column("example", no_wrap=True, overflow="ellipsis", min_width=_TEXT_WIDTH, ratio=1)
        for line, row in zip(cells, rows, strict=True):
            line.append(Text(plain(row.example)))
    for line, row in zip(cells, rows, strict=True):
        shown.add_row(*line)
        for variant in row.variants:
            parts = (f"  {plain(_way(variant))}", f"{variant.backlinks:,}", "", f"{variant.follow:,}")
            shown.add_row(*map(Text, parts[: len(line)]))
    return shown


def _columns(section: Section) -> Sequence[_Column]:
    if section == "referring_domain":
        return _BACKLINKS, _FOLLOW, _FIRST, _LAST
    if section in {"anchor", "target_page"}:
        return _BACKLINKS, _DOMAINS, _FOLLOW, _LAST
    return _BACKLINKS, _DOMAINS


def _records(report: Report) -> Iterator[dict[str, object]]:
    for section, rows in report.sections.items():
        for row in rows:
            variants = {"variants": [asdict(one) for one in row.variants]} if section == "target_page" else {}
            yield {**_cells(section, row), **variants}


def _lines(report: Report) -> Iterator[dict[str, object]]:
    """Rows without nesting: each variant is a row of its own."""
    for section, rows in report.sections.items():
        for row in rows:
            yield _cells(section, row)
            for one in row.variants:
                own = {"name": _way(one), "backlinks": one.backlinks, "follow": one.follow}
                yield {"section": "target_variant", **dict.fromkeys(COLUMNS[1:]), **own}


def _cells(section: Section, row: Row) -> dict[str, object]:
    return {"section": section, **{name: plain_value(getattr(row, name)) for name in COLUMNS[1:]}}


def _way(variant: Variant) -> str:
    return " > ".join((variant.url, *variant.chain))
