"""What people decided: read from what they write, kept with what was there before, shown beside links."""

import csv
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from backlink_crawler.annotations import AnnotationError, Change, Subject, subject_in, subject_of, values_in
from backlink_crawler.jobs.view import answered
from backlink_crawler.records import Visit
from backlink_crawler.reports.answer import Wish
from backlink_crawler.reports.question import Question
from backlink_crawler.reports.view import views
from backlink_crawler.store import Store
from backlink_crawler.store.annotations import Written, annotate, with_addresses
from backlink_crawler.urls import link_id
from tests.reports.by_hand import A1, A2, HOME, SALE, SITE, B, day, link, page
from tests.test_reports import PROJECT, Command

LINK = link_id(A1, HOME).hex()


@pytest.mark.parametrize(
    ("text", "kind", "key"),
    [
        ("https://A.com/x#y", "page", "https://a.com/x"),
        ("a.com", "site", "a.com"),
        ("A.co.uk.", "site", "a.co.uk"),
        ("www.a.com", "host", "www.a.com"),
        ("me.github.io", "site", "me.github.io"),
    ],
)
def test_one_text_names_a_subject(text: str, kind: str, key: str) -> None:
    """An address is a page, a bare name the site or host that it is."""
    subject = subject_of(text)
    assert (subject.kind, subject.key) == (kind, key)


@pytest.mark.parametrize(
    ("cells", "on", "subject"),
    [
        ({"link_id": LINK}, None, f"link:{LINK}"),
        ({"source_url": A1, "target_url": HOME, "source_site": "a.com"}, None, f"link:{LINK}"),
        ({"source_url": A1, "source_site": "a.com"}, None, f"page:{A1}"),
        ({"source_host": "www.a.com", "source_site": "a.com"}, None, "host:www.a.com"),
        ({"domain": "a.com"}, None, "site:a.com"),
        ({"link_id": LINK, "source_site": "a.com"}, "site", "site:a.com"),
        ({"source_url": A1, "target_url": HOME}, "page", f"page:{A1}"),
    ],
)
def test_a_row_is_about_the_narrowest_that_it_names(cells: dict[str, str], on: str | None, subject: str) -> None:
    """Unless somebody says what it is about."""
    assert subject_in(cells, on).id == subject  # type: ignore[arg-type]  # texts of a table


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ({"anchor": "x"}, "names no link, page, host or site"),
        ({"link_id": "12"}, "not 32 hexadecimal digits"),
        ({"link_id": "00" * 16, "source_url": A1, "target_url": HOME}, "is not that of source_url and target_url"),
        ({"source_url": "javascript:x"}, "is no web address"),
        ({"source_host": "a.com/x"}, "is no host"),
        ({"source_site": "nonsense"}, "is not a domain"),
    ],
)
def test_rows_that_name_nothing_are_refused(cells: dict[str, str], why: str) -> None:
    """With what is missing."""
    with pytest.raises(AnnotationError, match=why):
        subject_in(cells)


def test_fields_are_read_as_people_write_them() -> None:
    """Empty says nothing, '-' clears; a guard against formulas is taken off again."""
    cells = {
        "decision": "Disavow",
        "tags": "PBN, paid;pbn",
        "note": "'=cmd",
        "cost": "120.50",
        "expires": "2027-03-01T00:00:00Z",
    }
    assert values_in({**cells, "outreach": "to contact", "vendor": " ", "anchor": "x"}) == {
        "decision": "disavow",
        "tags": ["paid", "pbn"],
        "note": "=cmd",
        "cost": 120.5,
        "expires": "2027-03-01",
        "outreach": "to_contact",
    }
    assert values_in({"note": "-"}) == {"note": None}


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ({"decision": "delete"}, "is none of keep, remove, disavow, watch"),
        ({"cost": "1.200,00"}, "is no number"),  # which of the two means thousands is not guessed
        ({"cost": "nan"}, "is no number"),
        ({"expires": "1.3.2027"}, "is no day"),
        ({"note": "x" * 2_001}, "2,000 are allowed"),
        ({"tags": "x" * 65}, "at most 50 of 64"),
    ],
)
def test_fields_that_make_no_sense_are_refused(cells: dict[str, str], why: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(AnnotationError, match=why):
        values_in(cells)


@pytest.fixture
async def store(mongodb_uri: str, mongodb_database: str) -> AsyncIterator[Store]:
    """An index with three links from two sites."""
    async with Store(mongodb_uri, mongodb_database) as store:
        await store.save_visits(
            [
                Visit(page(A1), day(1), links=[link(A1, HOME, "Shop", "content"), link(A1, SALE, "Sale", "footer")]),
                Visit(page(A2), day(1), links=[link(A2, HOME, "Shop", "nav")]),
                Visit(page(B), day(1), links=[link(B, HOME, "Shop", "content")]),
            ]
        )
        yield store


def about(text: str, **values: object) -> Change:
    return Change(subject_of(text), values)


async def test_writing_the_same_again_changes_nothing(store: Store) -> None:
    """What was decided before is kept with its date; a decision of which nothing is left is cleared."""
    changes = [about("a.com", decision="watch", tags=["x"]), about(A1, decision="disavow")]
    assert await annotate(store.database, changes, at=day(2)) == Written(new=2)
    assert await annotate(store.database, changes, at=day(3)) == Written(unchanged=2)
    assert await annotate(store.database, [about("a.com", decision="keep")], at=day(4)) == Written(changed=1)
    (site,) = await store.database["annotations"].find({"_id": "site:a.com"}).to_list()
    assert (site["decision"], site["tags"], site["marked"]) == ("keep", ["x"], day(4))
    assert site["earlier"] == [{"decision": "watch", "tags": ["x"], "marked": day(2)}]
    assert await annotate(store.database, [about(A1, decision=None)], at=day(5)) == Written(cleared=1)


async def test_of_two_words_about_one_thing_the_last_counts(store: Store) -> None:
    """Fields of both stand, as if they had been written one after the other."""
    changes = [about("a.com", decision="watch", note="n"), about("a.com", decision="keep")]
    assert await annotate(store.database, changes, at=day(2)) == Written(new=1)
    (site,) = await store.database["annotations"].find().to_list()
    assert (site["decision"], site["note"]) == ("keep", "n")


async def test_a_link_gets_its_addresses_and_an_unknown_one_is_told(store: Store) -> None:
    """An id alone would say nothing once the link is gone from the index."""
    known, unknown = await with_addresses(
        store.database, [Change(Subject("link", LINK), {"decision": "keep"}), Change(Subject("link", "00" * 16), {})]
    )
    assert (known[0].subject.source_url, known[0].subject.target_url) == (A1, HOME)
    assert unknown == [f"link_id {'00' * 16}: there is no such link in the index"]


async def test_the_narrowest_decision_stands_beside_a_link(store: Store) -> None:
    """Link before page before host before site; links of others stay undecided; views can be filtered by it."""
    known, _ = await with_addresses(store.database, [Change(Subject("link", LINK), {"decision": "keep", "cost": 5.0})])
    wider = [about("a.com", decision="disavow"), about(A1, decision="remove"), about("www.a.com", decision="watch")]
    await annotate(store.database, [*known, *wider], at=day(2))
    question = Question((SITE,), datetime(2026, 4, 1, tzinfo=UTC))
    wish = Wish(columns=("source_url", "target_url", "decision", "cost"), sort=("source_url", "target_url"))
    async with answered(store, question, views()["backlinks"], wish) as answer:
        rows = answer.rows.read_all().to_pylist()
    assert [(row["source_url"], row["decision"], row["cost"]) for row in rows] == [
        (A1, "keep", 5.0),
        (A1, "remove", None),
        (B, None, None),
        (A2, "watch", None),
    ]
    async with answered(store, question, views()["backlinks"], Wish(where="decision = 'watch'")) as answer:
        assert [row["source_url"] for row in answer.rows.read_all().to_pylist()] == [A2]


@pytest.fixture
def scrapy(mongodb_uri: str, mongodb_database: str, tmp_path: Path) -> Command:
    """``scrapy ...`` in a process of its own, on this index, with files in ``tmp_path``."""

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "scrapy", *arguments],
            cwd=PROJECT,
            env={**os.environ, "MONGODB_URI": mongodb_uri, "MONGODB_DATABASE": mongodb_database},
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )

    return run


async def test_a_view_is_exported_edited_and_read_back(store: Store, scrapy: Command, tmp_path: Path) -> None:
    """The way people work: what was not edited stays as it is, rows that make no sense are told with their line."""
    exported, edited = tmp_path / "links.csv", tmp_path / "edited.csv"
    await annotate(store.database, [about("b.github.io", decision="watch", note="=SUM(1)")], at=day(2))
    assert scrapy("report", SITE, "--view", "backlinks", "--out", str(exported)).returncode == 0
    with exported.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["source_url"]: row["note"] for row in rows}[B] == "'=SUM(1)"
    for row in rows:
        if row["source_url"] == A1:
            row.update(decision="disavow", tags="paid", note="asked twice")
    rows.append({**rows[0], "decision": "delete"})
    with edited.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), delimiter=";")  # as a spreadsheet in Europe does
        writer.writeheader()
        writer.writerows(rows)
    done = scrapy("mark", str(edited))
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "scrapy mark: line 6: decision 'delete' is none of keep, remove, disavow, watch",
        "written: 3 new",
    ]
    found = {one["_id"]: one async for one in store.database["annotations"].find()}
    assert found[f"link:{LINK}"]["note"] == "asked twice"
    assert {kind for one in found for kind in [one.partition(":")[0]]} == {"link", "site"}
    again = scrapy("mark", str(edited), "--dry-run")
    assert again.stderr.splitlines()[-1] == "would be written: 3 unchanged"


async def test_a_disavow_file_is_written_from_decisions_only(store: Store, scrapy: Command, tmp_path: Path) -> None:
    """It says what it would take away, what matches nothing, and what is other than before."""
    nothing = scrapy("disavow", SITE)
    assert (nothing.returncode, nothing.stdout) == (1, "")
    assert "To mark a site or page: scrapy mark" in nothing.stderr
    for what in ("a.com", B, "never-seen.com"):
        assert scrapy("mark", what, "--as", "disavow").returncode == 0
    assert scrapy("mark", A2, "--as", "keep").returncode == 0
    old, new = tmp_path / "old.txt", tmp_path / "new.txt"
    old.write_text("domain:a.com\ndomain:gone.com\n", "utf-8")
    done = scrapy("disavow", SITE, "--out", str(new), "--previous", str(old))
    assert done.returncode == 0
    lines = [line for line in new.read_text("utf-8").splitlines() if not line.startswith("#")]
    assert lines == ["domain:a.com", "domain:never-seen.com", B]
    assert done.stderr.splitlines() == [
        "scrapy disavow: would take away 4 of 4 known links to shop.com (4 followed), on 2 of 2 referring domains",
        "scrapy disavow: matches no known link: domain:never-seen.com",
        f"scrapy disavow: new since {old}: domain:never-seen.com",
        f"scrapy disavow: new since {old}: {B}",
        "scrapy disavow: no longer, would count again: domain:gone.com",
    ]
    checked = scrapy("disavow", SITE, "--check", str(old))
    assert (checked.returncode, checked.stdout) == (0, "")
    assert "would take away 3 of 4" in checked.stderr
    assert "matches no known link: domain:gone.com" in checked.stderr
    old.write_text("domain:a.com/x\n", "utf-8")
    assert scrapy("disavow", SITE, "--check", str(old)).returncode == 1


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("mark", "a.com"), "what was decided? Example: --as disavow"),
        (("mark", "a.com", "--as", "delete"), "decision 'delete' is none of"),
        (("mark", "none.csv", "--as", "keep"), "none.csv cannot be read: No such file"),
        (("mark", "https://a.com/", "--as", "keep", "--on", "site"), "--on says what the rows of a table are about"),
        (("disavow", "nonsense"), "is not a domain"),
    ],
)
def test_wrong_usage_is_told(scrapy: Command, arguments: tuple[str, ...], why: str) -> None:
    """Exit code 2 and one line that says what would be right."""
    done = scrapy(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert why in done.stderr
    assert len(done.stderr.splitlines()) == 1
