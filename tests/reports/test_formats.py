"""Formats: what is read back is what was answered, and no text of a stranger does anything."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import lxml.html
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backlink_crawler.jobs.defaults import REPORT_FORMATS
from backlink_crawler.reports.formats.document import Surroundings
from backlink_crawler.reports.formats.harmless import harmless_cell, plain
from backlink_crawler.reports.formats.registry import FORMATS, format_of
from backlink_crawler.reports.formats.rows import meaning
from backlink_crawler.reports.formats.shown import cell
from backlink_crawler.reports.formats.workbook import Workbook
from backlink_crawler.reports.view import View
from tests.reports.answers import Made, made, written

NOON = datetime.fromisoformat("2026-03-01 12:30:05")
MIDNIGHT = datetime.fromisoformat("2026-03-01")
LONG_AGO = datetime.fromisoformat("1850-01-01")
VIEW = View("kinds", "Kinds", "", meanings={"anchor": "words of the link"})

KINDS = made(
    """
    SELECT anchor, rel, links, weight::DOUBLE AS weight, follow, first_seen::TIMESTAMP AS first_seen, day::DATE AS day
    FROM (VALUES
        ('Grüße, "q"; x', ['ugc', 'nofollow'], 3, 0.25, true, '2026-03-01 12:30:05', '2026-03-01'),
        ('', [], 0, 0, false, '1850-01-01', '1850-01-01'),
        (NULL, NULL, NULL, NULL, NULL, NULL, NULL)
    ) t (anchor, rel, links, weight, follow, first_seen, day)
    """,
    view=VIEW,
)
ROWS: list[dict[str, Any]] = [
    {
        "anchor": 'Grüße, "q"; x',
        "rel": ["ugc", "nofollow"],
        "links": 3,
        "weight": 0.25,
        "follow": True,
        "first_seen": NOON,
        "day": date(2026, 3, 1),
    },
    {
        "anchor": "",
        "rel": [],
        "links": 0,
        "weight": 0.0,
        "follow": False,
        "first_seen": LONG_AGO,
        "day": date(1850, 1, 1),
    },
    dict.fromkeys(["anchor", "rel", "links", "weight", "follow", "first_seen", "day"]),
]


def json_lines(document: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in document.decode().splitlines()]


def csv_rows(document: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(document.decode(), newline="")))


def book(document: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(document))


def html_tables(document: bytes) -> list[list[list[str]]]:
    """Return tables → rows → texts of the cells, as a browser's reader of HTML has them."""
    page = lxml.html.document_fromstring(document.decode())
    return [
        [[one.text_content() for one in row.xpath("./td")] for row in table.xpath(".//tbody/tr")]
        for table in page.xpath("//table")
    ]


# --- What is read back ---------------------------------------------------------------------------------------


def test_every_format_is_offered() -> None:
    """The command offers what the registry has, and a file's name tells each format."""
    assert tuple(FORMATS) == REPORT_FORMATS
    told = {suffix: found.name for each in FORMATS.values() for suffix in each.suffixes if (found := format_of(suffix))}
    assert told == {suffix: each.name for each in FORMATS.values() for suffix in each.suffixes}
    assert format_of("Links.CSV") is FORMATS["csv"]
    assert format_of("links.pdf") is None


def test_json_lines_read_back() -> None:
    """The facts, then every row with every column; times and days are text."""
    facts, *rows = json_lines(written("jsonl", KINDS))
    assert (facts["section"], facts["rows"], facts["sites"]) == ("observation", 3, ["shop.com"])
    assert facts["statements"] == list(KINDS.statements)
    texts = [{"first_seen": "2026-03-01T12:30:05Z", "day": "2026-03-01"}]
    texts += [{"first_seen": "1850-01-01T00:00:00Z", "day": "1850-01-01"}, {}]
    assert rows == [{**row, **text} for row, text in zip(ROWS, texts, strict=True)]


def test_csv_reads_back() -> None:
    """A header and every row; what is not known is empty without quotes, an empty text has them."""
    document = written("csv", KINDS)
    assert csv_rows(document) == [
        ["anchor", "rel", "links", "weight", "follow", "first_seen", "day"],
        ['Grüße, "q"; x', "ugc nofollow", "3", "0.25", "true", "2026-03-01T12:30:05Z", "2026-03-01"],
        ["", "", "0", "0", "false", "1850-01-01T00:00:00Z", "1850-01-01"],
        [""] * 7,
    ]
    assert document.decode().splitlines()[2:] == ['"","",0,0,false,"1850-01-01T00:00:00Z","1850-01-01"', ",,,,,,"]


def test_parquet_reads_back() -> None:
    """Columns keep their kinds and say what they mean; times are UTC; the file says what was observed."""
    table = pq.read_table(io.BytesIO(written("parquet", KINDS)))
    in_utc = [{**row, "first_seen": at and at.replace(tzinfo=UTC)} for row in ROWS for at in [row["first_seen"]]]
    assert table.to_pylist() == in_utc
    assert table.schema.types == [
        pa.string(),
        pa.list_(pa.field("element", pa.string())),
        pa.int64(),
        pa.float64(),
        pa.bool_(),
        pa.timestamp("ms", tz="UTC"),
        pa.date32(),
    ]
    assert table.schema.field("anchor").metadata[b"description"] == b"words of the link"
    assert table.schema.field("links").metadata is None or b"description" not in table.schema.field("links").metadata
    assert table.schema.metadata[b"title"] == KINDS.title.encode()
    assert json.loads(table.schema.metadata[b"statements"]) == list(KINDS.statements)


def test_parquet_has_row_groups_of_many_rows() -> None:
    """Small batches are gathered; whoever reads a part reads no file of crumbs."""
    many = Made(pa.table({"n": list(range(130_000))}), batch=10_000)
    file = pq.ParquetFile(io.BytesIO(written("parquet", many)))
    assert [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)] == [60_000, 60_000, 10_000]
    assert file.read()["n"].to_pylist() == list(range(130_000))


def test_a_workbook_reads_back() -> None:
    """Cells keep their kinds; times that spreadsheets cannot count are text, lists have blanks between."""
    found = book(written("xlsx", KINDS))
    assert found.sheetnames == ["observed", "kinds"]
    head, *rows = found["kinds"].values
    assert head == ("anchor", "rel", "links", "weight", "follow", "first_seen", "day")
    # A row of which nothing is known is an empty one, which a reader may leave out.
    assert rows[:2] == [
        ('Grüße, "q"; x', "ugc nofollow", 3, 0.25, True, NOON, MIDNIGHT),
        ("", "", 0, 0, False, "1850-01-01T00:00:00Z", "1850-01-01"),
    ]


def test_a_page_reads_back() -> None:
    """The table of a page has the rows as people read them."""
    (rows,) = html_tables(written("html", KINDS))
    assert rows == [[cell(value) for value in row.values()] for row in ROWS]


def test_a_table_reads_back() -> None:
    """Cut at the gaps, the lines of a table are the rows."""
    lines = written("table", KINDS, width=200).decode().splitlines()
    begin = next(n for n, line in enumerate(lines) if line.startswith("─"))
    split = [re.split(r" {3,}", line) for line in lines[begin + 1 : begin + 2]]
    assert split == [[cell(value) for value in ROWS[0].values()]]
    assert lines[-1] == "3 rows"


@given(texts=st.lists(st.text(max_size=40), min_size=1, max_size=30))
@settings(max_examples=15)
def test_any_text_reads_back(texts: Sequence[str]) -> None:
    """Programs get every text as it was; a CSV cell is what ``harmless_cell`` makes of it; nothing is lost or split."""
    rows = Made(pa.table({"anchor": texts}))
    assert [row["anchor"] for row in json_lines(written("jsonl", rows))[1:]] == texts
    assert pq.read_table(io.BytesIO(written("parquet", rows)))["anchor"].to_pylist() == texts
    assert csv_rows(written("csv", rows))[1:] == [[harmless_cell(text)] for text in texts]


def test_what_no_file_can_hold_is_not_known() -> None:
    """Numbers that are none are null; sums, which the engine answers as decimals, are counts; bytes are hexadecimal."""
    rows = made(
        "SELECT 1.0::DOUBLE / 0 AS a, 'nan'::FLOAT AS b, sum(x) AS c, 2.5 AS d, '\\xAB'::BLOB AS e FROM range(4) t(x)"
    )
    (record,) = json_lines(written("jsonl", rows))[1:]
    assert record == {"a": None, "b": None, "c": 6, "d": 2.5, "e": "ab"}


def test_nested_values_and_enumerations() -> None:
    """Programs keep what is nested, flat files have it as JSON; a value of an enumeration is its text."""
    rows = made("SELECT {'url': 'http://a/', 'links': 2} AS example, 'nav'::ENUM('nav', 'content') AS region")
    assert json_lines(written("jsonl", rows))[1] == {"example": {"url": "http://a/", "links": 2}, "region": "nav"}
    assert csv_rows(written("csv", rows))[1] == ['{"url": "http://a/", "links": 2}', "nav"]
    assert book(written("xlsx", rows))["links"]["A2"].value == '{"url": "http://a/", "links": 2}'
    assert html_tables(written("html", rows)) == [[['{"url": "http://a/", "links": 2}', "nav"]]]


@pytest.mark.parametrize("name", FORMATS)
def test_no_rows_are_an_answer(name: str) -> None:
    """An answer without rows is a document like any other."""
    nothing = made("SELECT 'x' AS anchor, 1 AS links WHERE false", view=View("v", "V", "", section="anchor"))
    assert written(name, nothing)


def test_columns_say_what_they_mean() -> None:
    """What a view says of its column goes before the data dictionary; pages' columns are known with their end."""
    assert meaning(VIEW, "anchor") == "words of the link"
    assert meaning(VIEW, "href") == "the attribute as written"
    assert meaning(VIEW, "source_title") == "of the source page: its title"
    assert meaning(VIEW, "nobody_knows") == ""


# --- Workbooks -----------------------------------------------------------------------------------------------

SECTIONS = made(
    "SELECT * FROM (VALUES ('region', 'nav', 2), ('region', 'content', 1), ('anchor/*?', 'x', 3), ('REGION', 'y', 4), "
    "('history', 'z', 5), (repeat('l', 40), 'w', 6)) t (section, name, links)",
    view=View("summary", "Summary", "", columns=("links", "name"), section="section"),
)


def test_a_sheet_for_each_section() -> None:
    """Sections are sheets, with names that a sheet may have; people's columns come first."""
    found = book(written("xlsx", SECTIONS))
    assert found.sheetnames == ["observed", "Region", "Anchor", "REGION 2", "history by day", "L" + "l" * 30]
    assert list(found["Region"].values) == [("links", "name"), (2, "nav"), (1, "content")]


def test_a_sheet_is_ready_to_use() -> None:
    """The head stays in sight, every column can be filtered, widths follow the cells."""
    sheet = book(written("xlsx", KINDS))["kinds"]
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:G4")
    assert sheet.column_dimensions["F"].width > sheet.column_dimensions["C"].width


def test_a_workbook_says_what_was_observed() -> None:
    """The first sheet has the sentences, how many rows there are, and the meaning of each column."""
    told = [tuple(row) for row in book(written("xlsx", KINDS))["observed"].values]
    said = {text for row in told for text in row}
    assert {KINDS.title, *KINDS.statements, "Rows there are: 3."} <= said
    assert ("anchor", "words of the link") in told


def test_several_answers_make_one_workbook() -> None:
    """Each answer has its sheets, no two with one name."""
    names = book(written("xlsx", KINDS, SECTIONS, KINDS)).sheetnames
    assert names[:4] == ["observed", "kinds", "summary observed", "summary Region"]
    assert names[-2:] == ["kinds observed", "kinds 2"]


def test_a_full_sheet_is_told_and_not_overrun() -> None:
    """What a sheet cannot hold is left out, and both the workbook and whoever asked for it are told."""
    out = io.BytesIO()
    workbook = Workbook(out, Surroundings(), sheet_rows=3)
    notes = workbook.add(made("SELECT x FROM range(10) t(x)").answer())
    workbook.close()
    assert notes == ["Sheet 'links' is full: 8 rows are left out. CSV and Parquet hold them."]
    found = book(out.getvalue())
    assert list(found["links"].values) == [("x",), (0,), (1,)]
    assert notes[0] in [row[1] for row in found["observed"].values]


# --- Texts of strangers --------------------------------------------------------------------------------------

HOSTILE = {
    "formula": "=1+1",
    "formula with a blank before it": " =cmd|' /C calc'!A0",
    "formula that begins with a sign": "+1",
    "formula of a minus": "-2+3",
    "formula of an older spreadsheet": "@SUM(A1)",
    "formula after a tab": "\t=1",
    "formula in wide forms": "\uff1d1+1",
    "formula that makes a link": '=HYPERLINK("http://evil.example/","x")',
    "escape that colours": "\x1b[31mred",
    "escape that sets a title": "\x1b]0;owned\x07",
    "escape of one byte": "\x9b31m",
    "line breaks": "a\r\nb",
    "separators of lines": "a\u2028b\u2029c",
    "turned round": "\u202egro.elpmaxe",
    "NUL": "a\x00b",
    "script": "<script>alert(1)</script>",
    "end of an attribute": '"><img src=x onerror=alert(1)>',
    "end of a style": "</style><script>alert(1)</script>",
    "comment": "<!-- x",
    "entity": "&lt;b&gt; &amp;",
    "template": "{{ 7 * 7 }}{% raw %}",
    "address that runs": "javascript:alert(1)",
    "address that runs, disguised": "JaVaScRiPt:alert(1)//http://a.example/",
    "address with content": "data:text/html,<script>alert(1)</script>",
    "address with a quote": 'http://a.example/"onmouseover="alert(1)',
    "address with markup": "http://a.example/<svg/onload=alert(1)>",
    "address with an escape": "http://a.example/\x1b[2J",
    "address of two lines": "http://a.example/\njavascript:alert(1)",
    "escape of a workbook": "_x003D_1",
    "markup of a console": "[bold red]x[/] :smile:",
    "longer than a cell": "x" * 40_000,
}
COMMANDS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def hostile(text: str) -> Made:
    """An answer that has ``text`` wherever a stranger may have written: in rows, as a section, in a sentence."""
    view = View("links", "Links", "", columns=("source_url", "anchor", "links"), section="section")
    rows = pa.table({"section": [text, text], "source_url": [text] * 2, "anchor": [text] * 2, "links": [1, 2]})
    return Made(rows, view, title=f"Links: {text}", statements=(f"{text} belongs to the site shop.com.",))


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
class TestHostileTexts:
    """Whatever a stranger wrote, it is only read."""

    def test_no_table_commands_a_terminal(self, text: str) -> None:
        """No control character, and lines only where the table makes them."""
        document = written("table", hostile(text)).decode()
        assert not COMMANDS.search(document)
        if not text.startswith("x"):
            assert document.count("\n") < 20

    def test_no_csv_cell_is_a_formula(self, text: str) -> None:
        """Every cell of a text is one cell, and begins with ``'`` where it would be computed."""
        document = written("csv", hostile(text)).decode()
        assert not COMMANDS.search(document)
        rows = csv_rows(document.encode())
        assert rows[1:] == [[harmless_cell(text)] * 3 + [number] for number in ("1", "2")]
        assert not [each for row in rows for each in row if re.match(r"\s*[=+@\-\uff1d]", each)]

    def test_json_is_exact_and_escaped(self, text: str) -> None:
        """Programs get the text itself; who looks at the lines is not misled."""
        document = written("jsonl", hostile(text)).decode()
        assert not COMMANDS.search(document)
        assert document.count("\n") == 3
        assert json_lines(document.encode())[1]["anchor"] == text

    def test_parquet_is_exact(self, text: str) -> None:
        """Programs get the text itself."""
        assert pq.read_table(io.BytesIO(written("parquet", hostile(text))))["anchor"].to_pylist() == [text] * 2

    def test_no_workbook_computes_or_links(self, text: str) -> None:
        """Cells are texts; there are no formulas, links or macros in the file."""
        document = written("xlsx", hostile(text))
        with zipfile.ZipFile(io.BytesIO(document)) as parts:
            sheets = [parts.read(name).decode() for name in parts.namelist() if name.startswith("xl/worksheets/")]
            assert not [name for name in parts.namelist() if "vba" in name or "worksheets/_rels" in name]
        assert not [sheet for sheet in sheets if "<f>" in sheet or "<f " in sheet or "<hyperlink" in sheet]
        found = book(document)
        cells = [one for sheet in found for row in sheet for one in row if one.value is not None]
        assert {one.data_type for one in cells} <= {"s", "inlineStr", "n"}
        if not text.startswith("_x"):  # openpyxl does not undo the escape that keeps this text from being one
            assert found.worksheets[1]["A2"].value == plain(text)[:32_767]

    def test_no_page_runs_it(self, text: str) -> None:
        """The only script and style are ours, no element has a handler, links lead to web addresses only."""
        document = written("html", hostile(text)).decode()
        assert not COMMANDS.search(document)
        page = lxml.html.document_fromstring(document)
        assert (len(page.xpath("//script")), len(page.xpath("//style"))) == (1, 1)
        assert not page.xpath("//img | //iframe | //object | //embed | //form | //link | //base | //comment()")
        assert not [name for element in page.iter() for name in element.attrib if name.startswith("on")]
        assert not page.xpath("//@style | //@src")
        assert not [href for href in page.xpath("//@href") if not re.match(r"#|https?://", href)]
        assert page.xpath("//tbody/tr/td[1]")[0].text_content() == plain(text)
        assert page.xpath("//h3")[0].text_content().lower() == plain(text).replace("_", " ").lower()


def test_web_addresses_are_links() -> None:
    """What is wholly an http(s) URL can be followed, without telling from where; anything else cannot."""
    urls = [
        "https://a.example/?q=1&b=2#c",
        "http://xn--mnchen-3ya.example",
        "https://a.example/x y",
        "ftp://a.example/",
    ]
    rows = Made(pa.table({"source_url": urls}))
    page = lxml.html.document_fromstring(written("html", rows).decode())
    links = page.xpath("//td/a")
    assert [link.get("href") for link in links] == urls[:2]
    assert {link.get("rel") for link in links} == {"noopener noreferrer nofollow"}
