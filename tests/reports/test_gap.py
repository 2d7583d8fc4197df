"""Who links to competitors: ``gap`` and ``intersect``, on the synthetic web, counted again from its true graph."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from backlink_crawler.reports.answer import Wish
from backlink_crawler.reports.view import ViewError
from backlink_crawler.store import Store
from tests.reports.asking import Asking
from tests.reports.building import day, link, visit
from tests.reports.indexed_web import AT, IndexedWeb

PROJECT = Path(__file__).parents[2]
US, RIVALS = "bee-friendly.test", ("garden-tools.test", "rose-diary.test", "compost-club.test")


def counted(index: IndexedWeb) -> dict[str, Counter[str]]:
    """Return source site → target site → links, of links between sites in the true graph."""
    links: dict[str, Counter[str]] = {}
    for true in index.truth.links.values():
        links.setdefault(true.source_site, Counter())[true.target_site] += 1
    return links


@pytest.mark.parametrize("least", [1, 2, 3])
async def test_gap_is_who_links_to_competitors_and_not_to_us(
    ask_synthetic: Asking, synthetic_index: IndexedWeb, least: int
) -> None:
    """Exactly the sites of the true graph, each with its links to competitors; competitors themselves are none."""
    expected = {
        site: (sorted(set(to) & set(RIVALS)), sum(to[rival] for rival in RIVALS))
        for site, to in counted(synthetic_index).items()
        if site not in (US, *RIVALS) and not to[US] and sum(rival in to for rival in RIVALS) >= least
    }
    reply = await ask_synthetic("gap", US, versus=RIVALS, least=least)
    assert {row["source_site"]: (row["linked"], row["links"]) for row in reply.rows} == expected
    assert expected, "a gap that is empty would prove nothing"
    assert [row["competitors"] for row in reply.rows] == sorted(
        (len(linked) for linked, _ in expected.values()), reverse=True
    )
    assert all(row["follow"] <= row["links"] for row in reply.rows)
    assert set(reply.column("first_seen")) == {AT.replace(tzinfo=None)}


async def test_every_example_is_such_a_link(ask_synthetic: Asking, synthetic_index: IndexedWeb) -> None:
    """For each competitor that a site links to, a page of the site that does, in the order of the competitors."""
    pages = {(true.source_url, true.target_site) for true in synthetic_index.truth.links.values()}
    reply = await ask_synthetic("gap", US, versus=RIVALS)
    for row in reply.rows:
        assert set(zip(row["example_pages"], row["linked"], strict=True)) <= pages
        assert row["example_page"] in row["example_pages"]


async def test_examples_of_the_rows_that_are_shown_are_the_same(ask_synthetic: Asking) -> None:
    """A limit, other columns, a condition on examples: whatever is read less, the rows stay what they were."""
    every = await ask_synthetic("gap", US, versus=RIVALS)
    first = await ask_synthetic("gap", US, Wish(limit=3), versus=RIVALS)
    assert (list(first.rows), first.total) == (list(every.rows)[:3], len(every.rows))
    bare = await ask_synthetic("gap", US, Wish(columns=["example_page"], limit=3), versus=RIVALS)
    assert bare.column("example_page") == first.column("example_page")
    wanted = str(every.rows[-1]["example_page"]).replace("'", "''")
    found = await ask_synthetic("gap", US, Wish(where=f"example_page = '{wanted}'", limit=1), versus=RIVALS)
    assert list(found.rows) == [every.rows[-1]]


async def test_intersect_says_who_has_how_many(ask_synthetic: Asking, synthetic_index: IndexedWeb) -> None:
    """Exactly the sites that link to us and to a competitor, with the links that each of us has."""
    us, rivals = "garden-tools.test", RIVALS[1:]
    expected = {
        site: (to[us], sum(to[rival] for rival in rivals), {f"{t} {to[t]}" for t in (us, *rivals) if to[t]})
        for site, to in counted(synthetic_index).items()
        if site not in (us, *rivals) and to[us] and any(to[rival] for rival in rivals)
    }
    reply = await ask_synthetic("intersect", us, versus=rivals)
    assert {row["source_site"]: (row["ours"], row["theirs"], set(row["shares"])) for row in reply.rows} == expected
    assert expected
    for row in reply.rows:
        most = int(row["shares"][0].split()[1])
        assert (row["shares"][0].split()[0], most) == (
            row["most_linked"],
            max(int(s.split()[1]) for s in row["shares"]),
        )


async def test_a_link_that_was_lost_is_no_link(mongodb_uri: str, mongodb_database: str) -> None:
    """A site whose only link to us is lost is in the gap; one whose only link to a competitor is lost is not."""
    us, rival = "https://us.test/", "https://rival.test/"
    a, b, c = "https://a.test/", "https://b.test/", "https://c.test/"
    async with Store(mongodb_uri, mongodb_database) as store:
        await store.save_visits(
            [
                visit(day(1), a, [link(a, us), link(a, rival, rel=("nofollow",))]),
                visit(day(1), b, [link(b, rival)]),
                visit(day(2), c, [link(c, rival), link(c, f"{rival}x")]),
            ]
        )
        await store.save_visits([visit(day(3), a, [link(a, rival, rel=("nofollow",))]), visit(day(3), b)])
    reply = await Asking(mongodb_uri, mongodb_database, day(4))("gap", "us.test", versus=("rival.test",))
    rows = [(row["source_site"], row["links"], row["follow"], row["example_page"]) for row in reply.rows]
    assert rows == [("c.test", 2, 2, c), ("a.test", 1, 0, a)]
    assert "Compared with rival.test." in reply.statements


async def test_a_comparison_needs_somebody_to_compare_with(ask_synthetic: Asking) -> None:
    """Without competitors the question is refused, with the option that is missing."""
    with pytest.raises(ViewError, match="needs --versus"):
        await ask_synthetic("gap", US)


def test_the_command_asks_against_competitors(synthetic_index: IndexedWeb) -> None:
    """``--versus`` and ``--min`` reach the view; what is missing is said in a line."""
    environment = {
        **os.environ,
        "MONGODB_URI": synthetic_index.uri,
        "MONGODB_DATABASE": synthetic_index.database,
    }

    def report(*args: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "scrapy", "report", US, "--view", "gap", *args]
        return subprocess.run(
            command, cwd=PROJECT, env=environment, capture_output=True, encoding="utf-8", timeout=60, check=False
        )

    done = report("--versus", ",".join(RIVALS), "--min", "3", "--format", "jsonl")
    rows = [json.loads(line) for line in done.stdout.splitlines()][1:]
    assert (done.returncode, {row["competitors"] for row in rows}) == (0, {3}), done.stderr
    done = report()
    assert (done.returncode, done.stderr) == (2, "scrapy report: view 'gap' needs --versus\n")


async def test_gap_of_a_time_is_of_sites_that_were_found_in_it(ask_synthetic: Asking) -> None:
    """``--since`` and ``--until`` ask when the site's first link to a competitor was seen."""
    whole = await ask_synthetic("gap", US, versus=RIVALS)
    assert (await ask_synthetic("gap", US, versus=RIVALS, since=AT)).total == whole.total
    assert (await ask_synthetic("gap", US, versus=RIVALS, until=AT)).total == 0
