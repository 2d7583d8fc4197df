"""What is one by the rules of now: migrated, it is what these rules make of the same visits."""

from collections import Counter

import pytest

from backlink_crawler.history.timeline import state_at
from backlink_crawler.store import Store
from backlink_crawler.store.migrations import identities
from backlink_crawler.store.migrations.identities import Rules
from backlink_crawler.urls import host_of, normalise, site_of
from tests.identities.older import (
    B1,
    B2,
    CASES,
    DAY,
    DOWN,
    FIRST,
    IN_ORDER,
    PATIENCE,
    B,
    C,
    Document,
    P,
    Seen,
    U,
    contents,
    differences,
    migrate,
    save,
    to,
    told,
    visit,
    write_version_1,
)


@pytest.mark.parametrize("case", CASES)
async def test_as_if_these_rules_had_been_there(
    mongodb_uri: str, mongodb_database: str, other_database: str, case: str
) -> None:
    """Pages, links and their histories are those that version 2 would have recorded."""
    await write_version_1(mongodb_uri, mongodb_database, CASES[case])
    await migrate(mongodb_uri, mongodb_database)
    await save(mongodb_uri, other_database, [visit(one, normalise) for one in CASES[case]])
    migrated, made = contents(mongodb_uri, mongodb_database), contents(mongodb_uri, other_database)
    for collection in ("pages", "links", "link_events"):
        is_so, should_be = told(migrated, collection), told(made, collection)
        assert len(is_so) == len(should_be), (collection, is_so, should_be)
        for one, other in zip(is_so, should_be, strict=True):
            assert not differences(one, other), (collection, one)
    assert migrated["sites"] == made["sites"]
    assert migrated["meta"] == made["meta"]


async def test_places_of_one_target_are_counted_together(mongodb_uri: str, mongodb_database: str) -> None:
    """Two spellings on one page are two places of one target, and share its vote."""
    await write_version_1(mongodb_uri, mongodb_database, [Seen(P, 1, [B1, C, B2])])
    await migrate(mongodb_uri, mongodb_database)
    links = {link["target_url"]: link for link in contents(mongodb_uri, mongodb_database)["links"]}
    assert (links[B]["occurrences"], links[C]["occurrences"]) == (2, 1)
    assert links[B]["weight"] == pytest.approx(2 / 3)
    assert links[B]["ordinal"] == 0, "of the place that a reader meets first"


async def test_every_event_is_kept_once(mongodb_uri: str, old: str) -> None:
    """An event stays one, of the link as it is called now, or is set aside with the reason; none is there twice."""
    before = contents(mongodb_uri, old)
    await migrate(mongodb_uri, old)
    after = contents(mongodb_uri, old)
    aside = [one for one in after["set_aside"] if one["kind"] == "link_events"]
    assert all(one["reason"] for one in aside)
    added = [event for event in after["link_events"] if event["recorded"] == event["at"]]
    assert len(before["link_events"]) == len(after["link_events"]) - len(added) + len(aside)
    recorded = Counter(event["recorded"] for event in before["link_events"])
    assert (
        Counter(e["recorded"] for e in after["link_events"] if e not in added)
        + Counter(one["record"]["recorded"] for one in aside)
        == recorded
    )
    links = {link["_id"] for link in after["links"]}
    assert {event["link_id"] for event in after["link_events"]} <= links


async def test_reading_backwards_leads_to_the_beginning(mongodb_uri: str, old: str) -> None:
    """At every time, a merged link was live as the visits of that time say."""
    await migrate(mongodb_uri, old)
    after = contents(mongodb_uri, old)
    for link in after["links"]:
        events = [event for event in after["link_events"] if event["link_id"] == link["_id"]]
        for on in range(8):
            when = FIRST + on * DAY
            seen = [v for v in (visit(one, normalise) for one in IN_ORDER) if v.page.url == link["source_url"]]
            read = [v for v in seen if v.at <= when and v.page.outcome != "network_error"]
            stood = bool(read) and any(one.target_url == link["target_url"] for one in read[-1].links)
            state = state_at(link, events, when)
            assert (state is not None and state["status"] == "live") == stood, (link["source_url"], on)


async def test_the_next_visit_finds_all_as_it_was_left(mongodb_uri: str, old: str) -> None:
    """A page that stays makes no event, though its addresses are spelt otherwise."""
    await migrate(mongodb_uri, old)
    before = contents(mongodb_uri, old)
    last = {normalise(one.url): one for one in IN_ORDER if one.facts is not DOWN}
    async with Store(mongodb_uri, old, patience=PATIENCE) as store:
        for one in last.values():
            again = visit(one._replace(on=90), normalise)
            saved = await store.save_visits([again])
            assert (saved.events, saved.links_new) == (0, 0), one
    assert contents(mongodb_uri, old)["link_events"] == before["link_events"]


async def test_what_has_no_identity_is_set_aside(mongodb_uri: str, mongodb_database: str) -> None:
    """Nothing is deleted: page, links and events lie in ``set_aside``, whole, with the reason."""
    seen = [Seen(P, 1, [B, C]), Seen(P, 3, [B]), Seen("http://d.test/", 1, [B, P])]
    await write_version_1(mongodb_uri, mongodb_database, seen)
    before = contents(mongodb_uri, mongodb_database)
    rules = Rules(
        lambda url: None if host_of(url) == "a.test" else normalise(url), site_of, identities.current().versions
    )
    await migrate(mongodb_uri, mongodb_database, rules)
    after = contents(mongodb_uri, mongodb_database)
    assert [page["url"] for page in after["pages"]] == ["http://d.test/"]
    assert [(link["source_url"], link["target_url"]) for link in after["links"]] == [("http://d.test/", B)]
    for kind in ("pages", "links", "link_events"):
        aside = [one["record"] for one in after["set_aside"] if one["kind"] == kind]
        gone = {one["_id"] for one in before[kind]} - {one["_id"] for one in after[kind]}
        assert sorted(aside, key=by_id) == [one for one in before[kind] if one["_id"] in gone], kind
        assert aside, kind
    assert {one["reason"] for one in after["set_aside"]} == {"no identity by the rules of URLs, version 2"}


def by_id(document: Document) -> bytes:
    return bytes(document["_id"])


async def test_a_spelling_that_only_led_to_another(mongodb_uri: str, mongodb_database: str) -> None:
    """A redirect to another spelling of the same page is no page, and no loop."""
    await write_version_1(
        mongodb_uri,
        mongodb_database,
        [Seen(U, 1, (), to(P)), Seen(P, 1, [B]), Seen("http://d.test/?gclid=1", 1, (), to("http://d.test/"))],
    )
    await migrate(mongodb_uri, mongodb_database)
    after = contents(mongodb_uri, mongodb_database)
    (page,) = after["pages"]
    assert (page["url"], page["outcome"], page["visits"]) == (P, "ok", 2)
    (aside,) = after["set_aside"]
    assert (aside["kind"], aside["record"]["url"]) == ("pages", "http://d.test/?gclid=1")
