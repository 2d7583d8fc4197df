"""What pages tell crawlers: robots metas and headers, as to links and as to the index."""

from datetime import UTC, datetime

import pytest

from backlink_crawler.extract import extract_page
from backlink_crawler.extract.dates import parse_date
from backlink_crawler.extract.directives import read_directives
from backlink_crawler.extract.rels import rel_tokens

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)

DIRECTIVES = [
    ([("robots", "noindex, NoFollow")], [], "meta", "meta", "both, in any case"),
    ([("robots", "none")], [], "meta", "meta", "none means both"),
    ([("robots", "all")], [], None, None, "all means neither"),
    ([("robots", "noindex")], [], "meta", None, "noindex says nothing of links"),
    ([("robots", "noindex nofollow")], [], "meta", "meta", "the comma forgotten"),
    ([("robots", "index"), ("ROBOTS", "nofollow")], [], None, "meta", "several metas add up"),
    ([("googlebot", "noindex")], [], None, None, "addressed to another bot"),
    ([("Backlink_Crawler", "nofollow")], [], None, "meta", "addressed to us"),
    ([("robots", "max-image-preview:large, nofollow")], [], None, "meta", "beside a directive with a value"),
    ([("robots", "nofollower")], [], None, None, "a word that begins the same"),
    ([], ["noindex"], "header", None, "the header"),
    ([], ["otherbot: noindex, nofollow"], None, None, "all that follows a bot's name is for it"),
    ([], ["otherbot: noindex, backlink_crawler: nofollow"], None, "header", "until another name"),
    ([], ["otherbot: noindex", "nofollow"], None, "header", "each header value starts anew"),
    ([], ["max-snippet: 5, nofollow"], None, "header", "a directive with a value names no bot"),
    ([], ["unavailable_after: 25 Jun 2030 15:00:00 PST, noindex"], "header", None, "nor does a date"),
    ([], ["unavailable_after: 25 Jun 2025 15:00:00 PST"], "header", None, "a date that has passed"),
    ([], ["unavailable_after: Wednesday, 25-Jun-25 15:00:00 GMT"], "header", None, "with a comma in it"),
    ([], ["otherbot: unavailable_after: 2020-01-01"], None, None, "a date for another bot"),
    ([("robots", "unavailable_after: 2026-05-31")], [], "meta", None, "a date in the page"),
    ([("robots", "unavailable_after: 2026-06-02")], [], None, None, "a date to come"),
    ([("robots", "unavailable_after: soon")], [], None, None, "no date"),
    ([("robots", "nofollow")], ["noindex, nofollow"], "header", "meta", "meta is named first"),
]


@pytest.mark.parametrize(("meta", "header", "noindex", "nofollow", "reason"), DIRECTIVES)
def test_directives(
    meta: list[tuple[str, str]], header: list[str], noindex: str | None, nofollow: str | None, reason: str
) -> None:
    """What a page tells crawlers is read with where it stood."""
    said = read_directives(meta, header, NOW)
    assert (said.noindex_cause, said.nofollow_cause) == (noindex, nofollow), reason


def test_without_a_clock_no_date_has_passed() -> None:
    """The core reads no clock."""
    assert read_directives([("robots", "unavailable_after: 2000-01-01")], []).noindex_cause is None


def test_directives_of_a_page() -> None:
    """Metas and headers reach the page; a meta in noscript is not read by those who run scripts."""
    html = b"<meta name=robots content=nofollow><body><noscript><meta name=robots content=noindex></noscript>"
    page = extract_page(html, "https://a.test/", headers={"x-robots-tag": ["otherbot: nofollow", "noindex"]})
    assert (page.directives.noindex_cause, page.directives.nofollow_cause) == ("header", "meta")


@pytest.mark.parametrize(
    ("rel", "tokens", "reason"),
    [
        ("nofollow ugc", ("nofollow", "ugc"), "separated by blanks"),
        ("NOFOLLOW,ugc , me", ("nofollow", "ugc", "me"), "separated by commas, as people write"),
        ("no-follow", ("no-follow",), "a misspelling stays one"),
        ("", (), "nothing"),
    ],
)
def test_rel(rel: str, tokens: tuple[str, ...], reason: str) -> None:
    """rel is a list of tokens without case."""
    assert rel_tokens(rel) == tokens, reason


DATES = [
    ("2024-03-05T10:00:00+02:00", (2024, 3, 5, 8, 0), "ISO 8601 with a zone"),
    ("2024-03-05T10:00:00Z", (2024, 3, 5, 10, 0), "Zulu"),
    ("2024-03-05", (2024, 3, 5, 0, 0), "a day"),
    ("20240305", (2024, 3, 5, 0, 0), "without hyphens"),
    ("2024-03-05 9:00 +0200", (2024, 3, 5, 7, 0), "nearly ISO"),
    ("2024-03-05T10:00:00.123-0500", (2024, 3, 5, 15, 0), "fractions, a zone without a colon"),
    ("Tue, 05 Mar 2024 10:00:00 GMT", (2024, 3, 5, 10, 0), "RFC 5322"),
    ("25 Jun 2030 15:00:00 PST", (2030, 6, 25, 23, 0), "as Google's documentation writes it"),
    ("March 5th, 2024", (2024, 3, 5, 0, 0), "American"),
    ("5 March 2024", (2024, 3, 5, 0, 0), "British"),
    ("2024/3/5", (2024, 3, 5, 0, 0), "with slashes"),
    ("1970-01-01T00:00:00Z", None, "a clock that was never set"),
    ("9999-12-31", None, "for ever"),
    ("2024-02-31", None, "no such day"),
    ("0001-01-01T00:00:00+14:00", None, "before all time"),
    ("yesterday", None, "no date"),
    ("", None, "nothing"),
]


@pytest.mark.parametrize(("text", "moment", "reason"), DATES)
def test_dates(text: str, moment: tuple[int, int, int, int, int] | None, reason: str) -> None:
    """Dates are moments in UTC, whoever wrote them."""
    found = parse_date(text)
    assert (None if found is None else found.replace(second=0, microsecond=0)) == (
        None if moment is None else datetime(*moment, tzinfo=UTC)
    ), reason
