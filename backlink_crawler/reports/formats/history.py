"""How the days of a site look: a table to read, CSV for spreadsheets, JSON lines for programs.

CSV has one line a day, in all, with the followed links and those of each region at its end::

    day,live,new,discovered,restored,lost,moved,live_follow,live_content,live_nav,live_header,live_footer,live_aside,live_comment

JSON lines begin with one object of section ``history`` (the report's facts), then have one of section ``day`` per day:
``day``, ``live``, the flows, and ``parts`` by ``follow`` and ``region`` with the same counts; ``changed``, in parts
only, tells links that turned to the part less those that turned from it.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from backlink_crawler.history.series import Day
from backlink_crawler.reports.formats.console import console_for
from backlink_crawler.reports.formats.harmless import json_line, plain
from backlink_crawler.reports.formats.summary import GAP
from backlink_crawler.reports.history import FLOWS, REGIONS, HistoryReport

COLUMNS = ("day", "live", *FLOWS, "live_follow", *(f"live_{region}" for region in REGIONS))


def table(report: HistoryReport, *, width: int = 100, colour: bool = False) -> str:
    """Return the report as text; of the days those on which something changed, the first and the last."""
    text = io.StringIO()
    console = console_for(text, width=width, colour=colour)
    console.print(Text(plain(report.title), style="bold"), end="\n\n")
    for statement in report.statements:
        console.print(plain(statement))
    shown = [day for day in report.days if day in (report.days[0], report.days[-1]) or _is_eventful(day)]
    if len(shown) < len(report.days):
        console.print("Days on which nothing changed are left out.")
    console.print()
    console.print(_days(shown, console.width))
    return "".join(f"{line.rstrip()}\n" for line in text.getvalue().splitlines())


def csv_text(report: HistoryReport) -> str:
    """Return one line of CSV per day below a header line."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    writer.writerow(COLUMNS)
    for day in report.days:
        total = day.total
        flows = [getattr(total, name) for name in FLOWS]
        regions = [day.of(region=region).live for region in REGIONS]
        writer.writerow([day.day.isoformat(), total.live, *flows, day.of(follow=True).live, *regions])
    return text.getvalue()


def jsonl(report: HistoryReport) -> str:
    """Return the report's facts and its days as JSON lines."""
    return "".join(json_line(record) for record in ({"section": "history", **report.facts}, *map(_day, report.days)))


def _days(shown: Sequence[Day], width: int) -> Table:
    """The days as a table; columns for which there is no room are left out, from the right: numbers are never cut."""
    columns = {"day": [day.day.isoformat() for day in shown]}
    totals = [day.total for day in shown]
    for name in ("live", *FLOWS):
        columns[name] = [f"{getattr(total, name):,}" for total in totals]
    columns["follow"] = [f"{day.of(follow=True).live:,}" for day in shown]
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    rows: list[list[str]] = [[] for _ in shown]
    room = width + GAP
    for header, cells in columns.items():
        room -= max(map(len, (header, *cells))) + GAP
        if room < 0:
            break
        table.add_column(header, justify="left" if header == "day" else "right", no_wrap=True)
        for row, cell in zip(rows, cells, strict=True):
            row.append(cell)
    for row in rows:
        table.add_row(*row)
    return table


def _day(day: Day) -> dict[str, object]:
    total = asdict(day.total)
    del total["changed"]
    parts = [{**part._asdict(), **asdict(counts)} for part, counts in day.parts.items()]
    return {"section": "day", "day": day.day.isoformat(), **total, "parts": parts}


def _is_eventful(day: Day) -> bool:
    total = day.total
    return bool(total.new or total.discovered or total.restored or total.lost) or any(
        counts.changed for counts in day.parts.values()
    )
