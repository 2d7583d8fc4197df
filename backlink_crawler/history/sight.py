"""What a visit lets us say about the links of a page: they were read, they are withdrawn, or we could not look."""

from collections.abc import Collection
from typing import Literal, NamedTuple

from backlink_crawler.records import LostReason, Page, Visit

_GONE = frozenset({404, 410})

Kind = Literal["read", "withdrawn", "unseen"]


class Sight(NamedTuple):
    """``read``: the links of the visit are the links of the page. ``withdrawn``: the page shows no links any more, for
    ``reason``. ``unseen``: nothing is known but that we tried."""

    kind: Kind
    reason: LostReason | None = None


READ = Sight("read")
UNSEEN = Sight("unseen")


def sight_of(visit: Visit, before: Collection[bytes] = (), now: Collection[bytes] = ()) -> Sight:
    """Return what ``visit`` lets us say.

    A page that was answered from behind a wall (login, consent, a script-only shell) vouches for the links it shows,
    not for the absence of others.

    :param before: ids of the links that stood on the page when it was last read.
    :param now: ids of the links of this visit.
    """
    page = visit.page
    if page.outcome == "ok":
        hides = page.wall is not None and any(link_id not in now for link_id in before)
        return UNSEEN if hides and not visit.not_modified else READ
    return _without_links(page)


def _without_links(page: Page) -> Sight:
    if page.outcome == "redirect":
        return Sight("withdrawn", "page_redirected")
    if page.outcome == "not_html":
        return Sight("withdrawn", "page_not_html")
    if page.outcome == "http_error" and page.http_status in _GONE:
        return Sight("withdrawn", "page_gone")
    return UNSEEN


def standing_of(page: Page) -> LostReason | None:
    """Return why the links of a readable page do not count: it asks not to be indexed, or names another page as the
    canonical one."""
    if page.indexable_cause in {"meta", "header"}:
        return "page_noindex"
    return "page_not_canonical" if page.indexable_cause == "canonical" else None
