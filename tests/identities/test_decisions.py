"""Decisions follow the addresses that they are about."""

from datetime import UTC, datetime

from backlink_crawler.annotations import Change, Subject
from backlink_crawler.store import Store
from backlink_crawler.store.annotations import annotate
from backlink_crawler.store.migrations.identities.decisions import rename
from backlink_crawler.store.migrations.identities.rules import Rules
from backlink_crawler.urls import link_id, site_of

SOURCE, TARGET = "http://a.com/x?utm=1", "http://shop.com/"
HERE, THERE = "http://a.com/x", "http://shop.com/"


def day(number: int) -> datetime:
    return datetime(2026, 3, number, tzinfo=UTC)


def without_utm(url: str) -> str | None:
    return None if "bad" in url else url.partition("?utm")[0]


RULES = Rules(without_utm, site_of, {"url_rules": 99})


def about(kind: str, key: str, **ends: str) -> Change:
    return Change(Subject(kind, key, **ends), {"decision": "watch", "note": key})  # type: ignore[arg-type]  # a word


async def test_decisions_get_the_ids_of_now(mongodb_uri: str, mongodb_database: str) -> None:
    """Links and pages are renamed, sites and addresses without identity are not; repeating it changes nothing."""
    old = link_id(SOURCE, TARGET).hex()
    ends = {"source_url": SOURCE, "target_url": TARGET}
    changes = [
        about("page", SOURCE),
        about("link", old, **ends),
        about("site", "a.com"),
        about("page", "http://bad.com/"),
    ]
    async with Store(mongodb_uri, mongodb_database) as store:
        await annotate(store.database, changes, at=day(1))
        for _ in range(2):
            await rename(store.database, RULES)
            found = {one["_id"]: one async for one in store.database["annotations"].find()}
            new = link_id(HERE, THERE).hex()
            assert set(found) == {f"page:{HERE}", f"link:{new}", "site:a.com", "page:http://bad.com/"}
            assert (found[f"link:{new}"]["source_url"], found[f"link:{new}"]["note"]) == (HERE, old)


async def test_of_two_that_become_one_the_later_stays(mongodb_uri: str, mongodb_database: str) -> None:
    """Whichever of them has the new address already."""
    async with Store(mongodb_uri, mongodb_database) as store:
        for first, second in ((SOURCE, HERE), (HERE, SOURCE)):
            await store.database["annotations"].delete_many({})
            await annotate(store.database, [about("page", first)], at=day(1))
            await annotate(store.database, [about("page", second)], at=day(2))
            await rename(store.database, RULES)
            (left,) = await store.database["annotations"].find().to_list()
            assert (left["_id"], left["note"]) == (f"page:{HERE}", second)
