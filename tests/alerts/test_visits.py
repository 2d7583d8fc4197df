"""From visits, as crawls store them, to alerts."""

from datetime import UTC, datetime, timedelta

from backlink_crawler.alerts.turn import Turn
from backlink_crawler.records import Link, Page, Visit
from backlink_crawler.store import Store
from backlink_crawler.urls import host_of, site_of
from tests.alerts.world import CONFIG, Hands, Listener, audience

POST, OLD, NEW = "https://blog.org/post", "https://else.net/old", "https://else.net/new"
TARGET = "https://shop.com/"
DAY = timedelta(days=1)


def visit(url: str, at: datetime, *links: Link) -> Visit:
    """A visit of its own crawl that read the page."""
    site = site_of(host_of(url))
    page = Page(url, host_of(url), site, "ok", http_status=200, crawl_id=f"crawl-{at:%d}")
    return Visit(page, at, links=list(links))


def link(source: str, rel: tuple[str, ...] = ()) -> Link:
    """A link from ``source`` to the target, as ``enrich`` makes it."""
    return Link(
        source_url=source,
        source_host=host_of(source),
        source_site=site_of(host_of(source)),
        href=TARGET,
        target_url=TARGET,
        target_host="shop.com",
        target_site="shop.com",
        scope="external",
        link_type="text",
        anchor="Shop",
        anchor_source="text",
        rel=rel,
        nofollow="nofollow" in rel,
        ugc=False,
        sponsored=False,
        follow="nofollow" not in rel,
        nofollow_cause="rel" if "nofollow" in rel else None,
        region="content",
        content_score=None,
        xpath="/html/body/a",
        ordinal=0,
        hidden=None,
        occurrences=1,
    )


async def test_the_life_of_links_is_told(store: Store) -> None:
    """Found, turned nofollow, lost, moved, restored: each as one alert; the site is gained and lost with its links."""
    # Events are recorded by the real clock; visits were made on the days before.
    now = datetime.now(UTC).replace(microsecond=0)
    hands, listener = Hands(now - 20 * DAY), Listener()

    async def told(*visits: Visit) -> list[tuple[str, str | None]]:
        for one in visits:
            await store.save_visits([one])
        before = len(listener.took)
        hands.now = datetime.now(UTC) + CONFIG.settle
        await Turn(store, CONFIG, audience(listener), hands.world(since=now - 20 * DAY)).take()
        return sorted((alert.kind, alert.field) for alert in listener.took[before:])

    assert await told(visit(POST, now - 9 * DAY), visit(OLD, now - 9 * DAY), visit(NEW, now - 9 * DAY)) == []
    found = await told(visit(POST, now - 8 * DAY, link(POST)))
    assert found == [("found_on_known_page", "status"), ("site_gained", None)]
    changed = await told(visit(POST, now - 7 * DAY, link(POST, ("nofollow",))))
    assert changed == [("changed", "follow"), ("changed", "nofollow_cause"), ("changed", "rel")]
    assert await told(visit(POST, now - 6 * DAY)) == [("lost", "status"), ("site_lost", None)]
    back = await told(visit(POST, now - 5 * DAY, link(POST, ("nofollow",))))
    assert back == [("restored", "status"), ("site_gained", None)]
    await told(visit(OLD, now - 4 * DAY, link(OLD)))
    moved = await told(visit(OLD, now - 3 * DAY), visit(NEW, now - 3 * DAY, link(NEW)))
    assert moved == [("found_on_known_page", "status"), ("moved", "source_url")]
    (move,) = (alert for alert in listener.took if alert.kind == "moved")
    assert (move.old, move.new) == (OLD, NEW)
    assert move.replaces is not None
