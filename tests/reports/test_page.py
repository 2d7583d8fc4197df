"""The HTML page: what it says, what it draws, and how a real browser takes it."""

import asyncio
import base64
import hashlib
import re
from collections.abc import AsyncIterator
from pathlib import Path

import lxml.html
import pytest

from backlink_crawler.reports.view import View
from tests.reports.answers import Made, made, written
from tests.reports.browser import Browser, browsing, program

SUMMARY = made(
    """
    SELECT * FROM (VALUES
        ('follow', 'follow', 75, 35), ('follow', 'nofollow (rel)', 25, 4),
        ('region', 'content', 80, 30), ('region', 'nav', 20, 9),
        ('anchor', 'Garden Tools', 60, 34), ('anchor', '<b>bold</b>', 40, 2),
        ('tld', 'test', 100, 35)
    ) t (section, name, backlinks, referring_domains)
    """,
    view=View("summary", "Backlinks", "", section="section"),
    title="Backlinks: shop.com",
    total=90,
)
HISTORY = made(
    "SELECT DATE '2026-01-01' + x::INT AS day, 10 + x AS live, x % 2 AS new, (x = 5)::INT * 4 AS lost "
    "FROM range(30) t (x)",
    view=View("history", "History", ""),
    title="Links day by day: shop.com",
)
LINKS = made(
    "SELECT 'https://site' || x || '.example/some/long/path/page-' || x || '.html' AS source_url, "
    "'https://shop.com/' || x % 7 AS target_url, if(x = 3, '', 'anchor ' || x) AS anchor, x % 3 = 0 AS follow, "
    "['content', 'nav'][1 + x % 2] AS region, TIMESTAMP '2026-01-01' + x * INTERVAL 1 DAY AS first_seen, "
    "['org', 'com', 'de'][1 + x % 3] AS tld, if(x = 4, NULL, 1000 * x) AS words FROM range(12) t (x)",
    view=View(
        "backlinks",
        "Links",
        "",
        columns=("source_url", "target_url", "anchor", "follow", "region", "first_seen", "words"),
        meanings={"words": 'words of "the page"'},
    ),
)


def page_of(*answers: Made) -> lxml.html.HtmlElement:
    """The page of these answers, parsed."""
    return lxml.html.document_fromstring(written("html", *answers).decode())


def texts(page: lxml.html.HtmlElement, path: str) -> list[str]:
    return [" ".join(each.text_content().split()) for each in page.xpath(path)]


def test_the_page_allows_no_request() -> None:
    """Its policy forbids everything but its own script and style, which it names by their hashes."""
    page = page_of(SUMMARY)
    (policy,) = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    hashes = {
        name: base64.b64encode(hashlib.sha256(page.xpath(f"//{name}")[0].text.encode()).digest()).decode()
        for name in ("style", "script")
    }
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{hashes['style']}'; script-src 'sha256-{hashes['script']}'; "
        "base-uri 'none'; form-action 'none'"
    )
    assert "url(" not in page.xpath("//style")[0].text
    assert "@import" not in page.xpath("//style")[0].text


def test_what_was_observed_comes_first_and_once() -> None:
    """Sentences open the page; an answer repeats none that was said before."""
    page = page_of(SUMMARY, Made(HISTORY.rows, HISTORY.view, statements=(*SUMMARY.statements, "Days are UTC.")))
    assert texts(page, "//header//section/p") == list(SUMMARY.statements)
    assert texts(page, "//p[@class='statement']") == ["Days are UTC."]
    assert texts(page, "//nav//a") == ["Backlinks", "Links"]
    assert texts(page, "//h1") == ["Backlinks of shop.com"]


def test_sections_are_tables_and_charts() -> None:
    """Each section has its table; follow is drawn as parts of a whole, regions and anchors as bars, one bar not."""
    page = page_of(SUMMARY)
    assert texts(page, "//h3") == ["Follow", "Region", "Anchor", "TLD"]
    assert texts(page, "//figcaption") == ["Follow backlinks", "Region backlinks", "Anchor backlinks"]
    assert texts(page, "//figure[@class='chart parts']/ul/li") == ["follow 75 (75 %)", "nofollow (rel) 25 (25 %)"]
    # The bars are drawn as long as their numbers say.
    widths = page.xpath("//figure[@class='chart bars'][1]//rect[@class='bar']/@width")
    assert widths == ["100.0%", "25.0%"]
    parts = page.xpath("//figure[@class='chart parts']/svg/rect")
    assert [(part.get("x"), part.get("width")) for part in parts] == [("0.0%", "75.0%"), ("75.0%", "25.0%")]
    assert texts(page, "//p[@class='extent']") == ["7 of 90 rows, the first of each section; --limit 0 shows all"]


def test_days_are_a_line() -> None:
    """The line goes through every day, at the height of its links; what came and went is drawn below."""
    page = page_of(HISTORY)
    (line,) = page.xpath("//polyline/@points")
    points = [tuple(map(float, point.split(","))) for point in line.split()]
    assert len(points) == 30
    assert (points[0], points[-1]) == ((0.0, round(200 - 200 * 10 / 39, 1)), (1000.0, 0.0))
    assert len(page.xpath("//rect[@class='gained']")) == 15
    assert [rect.get("height") for rect in page.xpath("//rect[@class='lost']")] == ["50.0"]
    assert texts(page, "//p[@class='told']")[0].startswith(
        "10 live links on 2026-01-01, 39 on 2026-01-30; most on 2026-01-30: 39."
    )


def test_links_are_counted_for_charts() -> None:
    """Of links one per row, those shown are counted by follow, region and TLD, columns that need not be shown."""
    page = page_of(LINKS)
    assert texts(page, "//figcaption") == ["Follow links shown", "Region links shown", "TLD links shown"]
    assert texts(page, "//figure[2]//li") == ["content 6", "nav 6"]
    assert "tld" not in texts(page, "//th")


def test_a_count_per_name_is_bars() -> None:
    """Rows that name one thing each, with a count, are drawn: ten of them, the greatest first."""
    page = page_of(made("SELECT 'site' || x AS source_site, x AS backlinks FROM range(15) t (x)"))
    assert texts(page, "//figcaption") == ["Source site backlinks"]
    assert texts(page, "//figure//li")[0] == "site14 14"
    assert len(page.xpath("//figure//li")) == 10


def test_heads_say_what_columns_mean() -> None:
    """The meaning of a column is told by its head."""
    assert page_of(LINKS).xpath("//th[7]/@title") == ['words of "the page"']


# --- In a browser --------------------------------------------------------------------------------------------

in_a_browser = pytest.mark.skipif(not program(), reason="no Chromium on PATH to look with")


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[Browser]:
    """A browser of the test's own."""
    async with browsing(tmp_path / "profile") as one:
        yield one


def saved(path: Path, *answers: Made) -> Path:
    """Write the page of these answers to ``path``."""
    path.write_bytes(written("html", *answers))
    return path


@in_a_browser
async def test_a_browser_takes_the_page(browser: Browser, tmp_path: Path) -> None:
    """It fits a phone and a desk, sorts, also by keys, searches and prints; it asks for nothing."""
    page = saved(tmp_path / "page.html", SUMMARY, HISTORY, LINKS)
    for width, dark in ((360, False), (390, True), (1200, False), (1200, True)):
        await browser.open(page, width=width, dark=dark)
        fits = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        assert await browser.run(fits), width
    assert await browser.run("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 27)"
    await _shortens(browser)
    await _sorts(browser)
    await _searches(browser)
    printed = base64.b64decode((await browser.call("Page.printToPDF", preferCSSPageSize=True))["data"])
    assert 2 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= 6
    assert set(browser.requests) == {page.as_uri()}
    assert browser.complaints == []
    await _runs_nothing_of_strangers(browser, tmp_path / "hostile.html")


async def _shortens(browser: Browser) -> None:
    """Of a long table the first rows are shown, in the order that is asked for, until all are asked for."""
    days = "[...document.querySelectorAll('#part-2-1 tbody tr:not([hidden])')].map(row => row.cells[1].textContent)"
    assert await browser.run(days) == [str(10 + x) for x in range(25)]
    await browser.run("document.querySelectorAll('#part-2-1 th button')[1].click()")
    assert await browser.run(days) == [str(39 - x) for x in range(25)]
    assert await browser.run("document.querySelector('#part-2-1 + .more').textContent") == "Show all 30 rows"
    await browser.run("document.querySelector('#part-2-1 + .more').click()")
    assert await browser.run(days) == [str(39 - x) for x in range(30)]
    assert await browser.run("document.activeElement.cells[1].textContent") == "14"
    assert await browser.run("document.querySelector('#part-2-1 + .more').hidden")


async def _sorts(browser: Browser) -> None:
    """A head is a button: the first press sorts numbers from the greatest and texts from A, the second turns round."""
    column = "[...document.querySelectorAll('#part-3-1 tbody tr')].map(row => row.cells[{}].textContent)"
    press = "document.querySelectorAll('#part-3-1 th button')[{}].{}()"
    heads = "[...document.querySelectorAll('#part-3-1 th')].map(head => head.getAttribute('aria-sort'))"
    words = [f"{1000 * x:,}" if x else "0" for x in range(12) if x != 4]
    await browser.run(press.format(6, "focus"))
    for kind in ("keyDown", "keyUp"):
        await browser.call(
            "Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", text="\r", windowsVirtualKeyCode=13
        )
    assert await browser.run(column.format(6)) == [*reversed(words), ""]
    assert await browser.run(heads) == [None] * 6 + ["descending"]
    await browser.run(press.format(6, "click"))
    assert await browser.run(column.format(6)) == [*words, ""]
    await browser.run(press.format(2, "click"))
    assert (await browser.run(column.format(2)))[:3] == ["anchor 0", "anchor 1", "anchor 2"]
    assert (await browser.run(column.format(2)))[-2:] == ["anchor 11", ""]
    assert await browser.run(heads) == [None, None, "ascending", None, None, None, None]


async def _searches(browser: Browser) -> None:
    """Rows that hold every word stay, in whatever cell; how many they are is said."""
    look = "(() => { const input = document.querySelector('#part-3-1-search'); input.value = %r; "
    look += "input.dispatchEvent(new Event('input')); return [input.parentElement.querySelector('output').value, "
    look += "document.querySelectorAll('#part-3-1 tbody tr:not([hidden])').length] })()"
    assert await browser.run(look % "ANCHOR nav") == ["5 of 12 rows", 5]
    assert await browser.run(look % "nothing like it") == ["0 of 12 rows", 0]
    assert await browser.run(look % "") == ["", 12]


async def _runs_nothing_of_strangers(browser: Browser, path: Path) -> None:
    """Script in cells does not run and asks for nothing; what would get in nevertheless is stopped by the policy."""
    reached = asyncio.Event()

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.set()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        address = "http://{}:{}/".format(*server.sockets[0].getsockname())
        evil = f"</script></style><script>window.hit = 1</script><img src='{address}' onerror='window.hit = 1'>"
        rows = made(f"SELECT $${evil}$$ AS anchor, 'javascript:window.hit=1' AS source_url FROM range(9)")
        await browser.open(saved(path, rows), width=390)
        assert await browser.run("window.hit === undefined")
        assert await browser.run("document.querySelectorAll('a[href^=javascript]').length") == 0
        assert browser.complaints == []
        tried = "new Promise(done => { const one = new Image(); one.onerror = done; one.src = '%s'; })"
        await browser.run(tried % address)
        assert any("Content Security Policy" in each for each in browser.complaints)
        assert not reached.is_set()
