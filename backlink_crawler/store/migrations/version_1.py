"""What a page of schema 1 and its links come to in schema 2. Pure.

Schema 1 kept one state: a page as of its last visit; of each link when it was seen first and last. What happened in
between can be told as far as these times go:

* A link is on the page if it was seen by the last visit that read the page. If that visit did not see it, it is lost
  since then; if the page withdrew, all its links are.
* The earliest links were found together with the page, later ones on a page that was known.
* A page that could not be looked at in the end is unknown since that visit, and keeps its links.

Changes of anchor, rel or place, losses that were undone, and moves were not recorded and cannot be told.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from backlink_crawler.history.comparison import KnownPage, unseen_after
from backlink_crawler.history.life import event_document
from backlink_crawler.history.manifest import links_hash, pack, state_of
from backlink_crawler.history.regions import place_of
from backlink_crawler.history.revisiting import Patience
from backlink_crawler.history.sight import Sight, sight_of, standing_of
from backlink_crawler.records import MAX_LINKS, Link, LinkEvent, LostReason, Page, Visit

Document = dict[str, Any]


@dataclass(slots=True)
class Rewritten:
    """One page with its links, as schema 2 has them."""

    page: Document
    """Fields to set."""
    links: dict[bytes, Document] = field(default_factory=dict)
    """Link id → fields to set."""
    events: list[Document] = field(default_factory=list)


@dataclass(slots=True)
class _Life:
    """Of one page."""

    read_at: datetime | None
    """When its links, or that it has none any more, were seen last."""
    lost: dict[bytes, datetime]
    """Links that are not there any more, since when."""
    reason: LostReason


def rewritten(page: Mapping[str, Any], links: Iterable[Mapping[str, Any]], patience: Patience) -> Rewritten:
    """Return a page of schema 1 and its links in schema 2.

    The result follows from what schema 1 stored and is left as it was, so doing it again makes the same.
    """
    by_id = {link["_id"]: link for link in links}
    visit = _last_visit(page)
    sight = sight_of(visit)
    life = _life(page, by_id, sight, truncated=visit.page.truncated)
    # Every time at which links came or went was a commit.
    times: set[datetime] = {link["first_seen"] for link in by_id.values()} | set(life.lost.values())
    if not times and life.read_at:
        times = {life.read_at}
    commits = sorted(times)
    revisions = {at: number for number, at in enumerate(commits, 1)}
    present = {id_: link for id_, link in by_id.items() if id_ not in life.lost}
    result = Rewritten(_page(visit, sight, present, life.read_at, patience))
    result.page["revision"] = len(commits)
    if commits:
        result.page["last_changed"] = commits[-1]
    for id_, link in by_id.items():
        found_at, lost_at = link["first_seen"], life.lost.get(id_)
        late = found_at > commits[0]
        result.links[id_] = {
            "found": "on_known_page" if late else "with_page",
            "status": "lost" if lost_at else "live",
            "lost_at": lost_at,
            "lost_reason": life.reason if lost_at else None,
            "revision": revisions[lost_at or found_at],
        }
        if late:
            result.events.append(_event(link, revisions[found_at], visit, found_at))
        if lost_at:
            result.events.append(_event(link, revisions[lost_at], visit, lost_at, life.reason))
    return result


def _last_visit(page: Mapping[str, Any]) -> Visit:
    facts = {name: page[name] for name in Page.__slots__ if page.get(name) is not None}
    return Visit(Page(**facts), page["last_visited"])


def _life(page: Mapping[str, Any], links: Mapping[bytes, Mapping[str, Any]], sight: Sight, *, truncated: bool) -> _Life:
    visited = page["last_visited"]
    seen_last = max((link["last_seen"] for link in links.values()), default=None)
    if sight.kind == "withdrawn":
        assert sight.reason is not None
        return _Life(visited, {id_: max(visited, link["last_seen"]) for id_, link in links.items()}, sight.reason)
    read_at = visited if sight.kind == "read" else seen_last
    if read_at is None:
        return _Life(None, {}, "removed_from_html")
    gone = [id_ for id_, link in links.items() if link["last_seen"] < read_at]
    if truncated:  # what is beyond the bound may still be there
        gone = gone[MAX_LINKS:]
    return _Life(read_at, dict.fromkeys(gone, read_at), "removed_from_html")


def _page(
    visit: Visit,
    sight: Sight,
    present: Mapping[bytes, Mapping[str, Any]],
    read_at: datetime | None,
    patience: Patience,
) -> Document:
    seen = {id_: _link(document) for id_, document in present.items()}
    manifest = pack({id_: state_of(link, place_of(link)) for id_, link in seen.items()})
    values: Document = {"token": 0}
    unread = sight.kind == "unseen"
    if read_at is not None:
        page = visit.page
        standing = None if sight.kind == "withdrawn" else standing_of(page)
        read = Sight("read") if unread else sight
        values |= {
            "manifest": manifest,
            "links_hash": links_hash(manifest, (read.kind, read.reason, standing, page.redirect_to)),
            "last_read": read_at,
            "last_whole": read_at,  # version 1 never asked *modified since?*
            "interval_days": patience.first_interval,
            "next_visit": read_at + timedelta(days=patience.first_interval),
        }
    if unread:
        usual = values.get("interval_days")
        values |= {
            "unknown_since": visit.at,
            "unseen": list(unseen_after(KnownPage(), visit)),
            "next_visit": visit.at + timedelta(days=patience.interval_unseen(usual)),
        }
    return values


def _link(document: Mapping[str, Any]) -> Link:
    return Link(**{name: document[name] for name in Link.__slots__ if name in document})


def _event(
    link: Mapping[str, Any], revision: int, last: Visit, at: datetime, reason: LostReason | None = None
) -> Document:
    """The link was lost for ``reason``, or found where there is none. Of the visits only the last one has a name."""
    crawl_id = last.page.crawl_id if at == last.at else ""
    document = event_document(
        LinkEvent(
            link_id=link["_id"],
            source_url=link["source_url"],
            source_site=link["source_site"],
            target_url=link["target_url"],
            target_site=link["target_site"],
            revision=revision,
            visit=f"{crawl_id}/0",
            at=at,
            event="lost" if reason else "found_on_known_page",
            field="status",
            old="live" if reason else None,
            new="lost" if reason else "live",
            reason=reason,
            follow=link["follow"],
            region=link["region"],
        )
    )
    # As if it had been told then: it is no news to those who follow what is recorded.
    return {**document, "recorded": at}
