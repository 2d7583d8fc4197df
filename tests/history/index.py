"""Visits of one page in a line each, and an index of that page in memory: the effects of each visit, applied."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from backlink_crawler.history.comparison import Comparison, compare, unseen_after
from backlink_crawler.history.life import Effects, Life
from backlink_crawler.history.manifest import unpack
from backlink_crawler.history.revisiting import Patience
from backlink_crawler.history.sight import UNSEEN
from backlink_crawler.records import Link, Page, Visit
from backlink_crawler.store.documents import Document, known_page, page_changes
from backlink_crawler.urls import host_of, link_id, site_of

PAGE = "http://a.test/page"
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def day(number: float) -> datetime:
    """Noon, so many days after the first."""
    return NOON + timedelta(days=number)


def link(target: str, anchor: str = "anchor", source: str = PAGE, **features: Any) -> Link:
    """A link to ``target`` (a host will do), with other than the plainest features."""
    url = target if "://" in target else f"http://{target}/"
    rel = features.pop("rel", ())
    values: dict[str, Any] = {
        "source_url": source,
        "source_host": host_of(source),
        "source_site": site_of(host_of(source)),
        "href": url,
        "target_url": url,
        "target_host": host_of(url),
        "target_site": site_of(host_of(url)),
        "scope": "external",
        "link_type": "text",
        "anchor": anchor,
        "anchor_source": "text",
        "rel": rel,
        "nofollow": "nofollow" in rel,
        "ugc": "ugc" in rel,
        "sponsored": "sponsored" in rel,
        "follow": not rel,
        "nofollow_cause": "rel" if rel else None,
        "region": "content",
        "content_score": None,
        "xpath": "",
        "ordinal": 0,
        "hidden": None,
        "occurrences": 1,
    }
    return Link(**{**values, **features})


def visit(
    *links: Link,
    at: float = 0,
    crawl: str = "",
    token: int = 0,
    not_modified: bool = False,
    url: str = PAGE,
    **page: Any,
) -> Visit:
    """A visit on day ``at``, of a crawl of its own unless ``crawl`` names one."""
    facts: dict[str, Any] = {"outcome": "ok", "crawl_id": crawl or f"crawl-{at}", **page}
    seen = Page(url, host_of(url), site_of(host_of(url)), **facts)
    return Visit(seen, day(at), links=list(links), token=token, not_modified=not_modified)


NOINDEX: dict[str, Any] = {"indexable": False, "indexable_cause": "meta"}
ELSEWHERE: dict[str, Any] = {"indexable": False, "indexable_cause": "canonical"}
GONE: dict[str, Any] = {"outcome": "http_error", "http_status": 404}
DOWN: dict[str, Any] = {"outcome": "http_error", "http_status": 500}


class Index:
    """What the store keeps of one page, kept in memory by the same rules."""

    def __init__(self, *visits: Visit, patience: Patience | None = None, site_since: datetime | None = None) -> None:
        self.page: Document | None = None
        self.links: dict[str, Document] = {}
        """Target URL → record."""
        self.events: list[Document] = []
        self._patience = patience or Patience()
        self._site_since = site_since
        for one in visits:
            self.take(one)

    def compare(self, visit: Visit) -> Comparison:
        """Compare a visit with what is kept."""
        known = known_page(self.page)
        return compare(known, visit, self._patience, tuple(unseen_after(known, visit)))

    def take(self, visit: Visit, commits: int = 1_000_000) -> list[Effects]:
        """Apply a visit, or its first ``commits``; return the effects of each commit."""
        done: list[Effects] = []
        while len(done) < commits:
            known = known_page(self.page)
            if known.has(visit) or known.outdates(visit):
                break
            done += self._commit(visit)
        return done

    def _commit(self, visit: Visit) -> list[Effects]:
        known = known_page(self.page)
        unseen = unseen_after(known, visit)
        comparison = compare(known, visit, self._patience, tuple(unseen))
        effects = None
        if not comparison.unchanged and comparison.sight != UNSEEN:
            by_id = {record["_id"]: record for record in self.links.values()}
            records = {id_: dict(by_id[id_]) for id_ in comparison.to_read if id_ in by_id}
            comparison = comparison.beside(records)
            effects = Life(comparison, records, site_known_since=self._site_since).effects()
            self._apply(effects, known.revision + 1)
        values, removed = page_changes(self.page, comparison, unseen, effects, self._patience)
        self.page = {name: value for name, value in {**(self.page or {}), **values}.items() if name not in removed}
        return [effects] if effects else []

    def _apply(self, effects: Effects, revision: int) -> None:
        by_id = {record["_id"]: record for record in self.links.values()}
        for document in effects.found.documents():
            assert document["_id"] not in by_id, "found twice"
            self.links[document["target_url"]] = dict(document)
        for amendment in effects.amendments:
            record = by_id[amendment.link_id]
            assert record["revision"] < revision, "written twice in one commit"
            record |= amendment.values
        known = {event["_id"] for event in self.events}
        assert known.isdisjoint(event["_id"] for event in effects.events)
        self.events += effects.events

    @property
    def standing(self) -> set[str]:
        """Targets in the page's manifest."""
        assert self.page is not None
        manifest = unpack(self.page.get("manifest", b""))
        return {target for target in self.links if link_id(PAGE, target) in manifest}

    @property
    def status(self) -> dict[str, str]:
        """Target host → ``live``, or the reason of the loss."""
        return {record["target_host"]: record["lost_reason"] or record["status"] for record in self.links.values()}

    @property
    def told(self) -> list[tuple[str, str, Any, Any]]:
        """Events in short: kind, field, old, new; sorted."""
        return sorted(((e["event"], e["field"], e["old"], e["new"]) for e in self.events), key=repr)


def without_revisions(events: Iterable[Document]) -> Counter[str]:
    """Events without what depends on the number of commits."""
    return Counter(repr({k: v for k, v in event.items() if k not in {"_id", "revision"}}) for event in events)
