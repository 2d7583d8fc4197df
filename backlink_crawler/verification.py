"""Is a placed link there as agreed? A verdict from what the index knows of its page. Pure.

``ok``       it stands there as agreed
``fail``     it was looked for, and it is not there, or not as agreed
``unknown``  we could not look, or cannot trust what we saw: never a failure

Redirects of the page are followed: a link that stands where they end is judged there. Addresses that differ only in
scheme, ``www.`` or a closing slash are the same to people, so they are here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from backlink_crawler.placed_links import PlacedLink, RelWish

Verdict = Literal["ok", "fail", "unknown"]
Reason = Literal[
    "ok",
    "link_missing",
    "other_target",
    "page_gone",
    "page_redirected",
    "page_not_html",
    "page_noindex",
    "page_not_canonical",
    "hidden",
    "nofollow",
    "rel_differs",
    "anchor_differs",
    "bad_row",
    "not_visited",
    "blocked_by_robots",
    "challenge",
    "page_behind_wall",
    "needs_rendering",
    "page_truncated",
    "unreachable",
]

COLUMNS = (
    *("verdict", "reason", "problems", "detail", "found_target", "found_anchor", "found_rel", "follow", "region"),
    *("http_status", "last_visited", "final_url"),
)
"""What is added to a row, in this order."""

Document = Mapping[str, Any]

_SEVERITY: tuple[Reason, ...] = (
    *("page_noindex", "page_not_canonical", "hidden", "nofollow", "rel_differs", "anchor_differs"),
)
"""What may be wrong with a link that stands on its page; the first one that holds is the reason."""
_QUALIFIERS = frozenset({"nofollow", "ugc", "sponsored"})
_GONE = frozenset({404, 410})
_STILL_THERE = frozenset({"page_noindex", "page_not_canonical"})
"""Losses of links that stand on a page which does not count."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the index knows that bears on one row."""

    page: Document | None = None
    """The source page; ``None``: it was not visited in this run."""
    end: Document | None = None
    """The page where its redirects end, the page itself if it does not redirect; ``None``: not visited."""
    links: Sequence[Document] = ()
    """Links from ``end`` to the target's site, present and past."""
    leads_to: Mapping[str, str] = field(default_factory=dict)
    """Linked URL → where its redirects end, where that is known."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on one row, and what was seen."""

    verdict: Verdict
    reason: Reason
    problems: Sequence[Reason] = ()
    """All that is wrong, ``reason`` first."""
    detail: str = ""
    """For people."""
    link: Document | None = None
    page: Document | None = None
    """The page that was judged."""
    final_url: str | None = None
    """Where the source's redirects end, if it redirects."""

    def cells(self) -> list[str]:
        """Return the cells of ``COLUMNS``."""
        link, page = self.link or {}, self.page or {}
        seen: datetime | None = page.get("last_visited")
        return [
            self.verdict,
            self.reason,
            " ".join(self.problems),
            self.detail,
            link.get("target_url", ""),
            link.get("anchor", ""),
            " ".join(link.get("rel", ())),
            {True: "yes", False: "no", None: ""}[link.get("follow")],
            link.get("region", ""),
            str(page.get("http_status") or ""),
            f"{seen:%Y-%m-%dT%H:%M:%SZ}" if seen else "",
            self.final_url or "",
        ]


def judge(row: PlacedLink, evidence: Evidence) -> Judgement:
    """Return the verdict on ``row``."""
    if row.problem is not None:
        return Judgement("unknown", "bad_row", ["bad_row"], row.problem)
    page, end = evidence.page, evidence.end
    if page is None:
        return Judgement("unknown", "not_visited", ["not_visited"], "not reached in this run")
    moved_to = page.get("final_url") if page["outcome"] == "redirect" else None
    if moved_to and page.get("chain_end") in {"loop", "too_long"}:
        return Judgement("fail", "page_redirected", ["page_redirected"], "redirects without end", None, page, moved_to)
    if end is None:
        return Judgement(
            "unknown", "not_visited", ["not_visited"], "its redirect was not followed", None, page, moved_to
        )
    verdict, reason, detail = _page_verdict(end)
    if verdict != "ok":
        return Judgement(verdict, reason, [reason], detail, None, end, moved_to)
    standing = [link for link in evidence.links if _stands(link)]
    right = [link for link in standing if _is_target(row, link, evidence.leads_to)]
    if not right:
        verdict, reason, detail = _absence(end, standing, evidence.links, moved_to)
        found = standing[0] if reason == "other_target" else None
        return Judgement(verdict, reason, [reason], detail, found, end, moved_to)
    judged = [(_problems(row, link, end), link) for link in right]
    # The one that keeps the agreement best; of equals, the first on the page.
    problems, link = min(
        judged, key=lambda one: (bool(one[0]), [_SEVERITY.index(p) for p in one[0]], one[1]["ordinal"])
    )
    if not problems:
        return Judgement("ok", "ok", (), "", link, end, moved_to)
    return Judgement("fail", problems[0], problems, _detail(problems[0], link, end), link, end, moved_to)


def same_page(one: str, other: str) -> bool:
    """Whether two normalised URLs differ at most in scheme, ``www.`` and a closing slash of the path."""
    return _bare(one) == _bare(other)


def _bare(url: str) -> str:
    rest = url.partition("://")[2].removeprefix("www.")
    path, mark, query = rest.partition("?")
    return f"{path.rstrip('/')}{mark}{query}"


def _page_verdict(page: Document) -> tuple[Verdict, Reason, str]:
    outcome, status, why = page["outcome"], page.get("http_status"), page.get("reason") or ""
    if outcome == "ok":
        return "ok", "ok", ""
    if outcome == "http_error" and status in _GONE:
        return "fail", "page_gone", f"HTTP {status}"
    if outcome == "not_html":
        return "fail", "page_not_html", page.get("content_type") or ""
    if outcome == "redirect":
        return "fail", "page_redirected", "to no web address"
    if outcome == "blocked_by_robots" and why != "robots_unreachable":
        return "unknown", "blocked_by_robots", why
    if outcome == "challenge":
        return "unknown", "challenge", why
    return "unknown", "unreachable", f"HTTP {status}" if outcome == "http_error" else why or outcome


def _stands(link: Document) -> bool:
    return link["status"] == "live" or link.get("lost_reason") in _STILL_THERE


def _is_target(row: PlacedLink, link: Document, leads_to: Mapping[str, str]) -> bool:
    wanted, url = row.target.url, link["target_url"]
    return wanted is None or same_page(url, wanted) or same_page(leads_to.get(url, url), wanted)


def _absence(
    page: Document, others: Sequence[Document], links: Sequence[Document], moved_to: str | None
) -> tuple[Verdict, Reason, str]:
    """Why the link is not seen on a page that was read."""
    if others:
        return "fail", "other_target", f"{len(others)} other links to this site" if len(others) > 1 else ""
    if page.get("wall"):
        return "unknown", "page_behind_wall", page["wall"]
    if page.get("needs_rendering"):
        return "unknown", "needs_rendering", "its content is made by scripts"
    if page.get("truncated"):
        return "unknown", "page_truncated", "more links than are recorded"
    if page.get("soft_404"):
        return "fail", "page_gone", "says so with HTTP 200"
    if moved_to:
        return "fail", "page_redirected", ""
    lost = max((link["lost_at"] for link in links if link.get("lost_at")), default=None)
    return "fail", "link_missing", f"was there until {lost:%Y-%m-%d}" if lost else ""


def _problems(row: PlacedLink, link: Document, page: Document) -> list[Reason]:
    cause = page.get("indexable_cause")
    canonical = page.get("canonical_url")
    wrong: dict[Reason, bool] = {
        "page_noindex": cause in {"meta", "header"},
        "page_not_canonical": cause == "canonical" and not (canonical and same_page(canonical, page["url"])),
        "hidden": bool(link.get("hidden")),
        "nofollow": row.rel.qualifiers == frozenset() and not link["follow"],
        "rel_differs": not _rel_as_agreed(row.rel, link),
        "anchor_differs": row.anchor is not None and _folded(row.anchor) != _folded(link["anchor"]),
    }
    return [reason for reason in _SEVERITY if wrong[reason]]


def _rel_as_agreed(wish: RelWish, link: Document) -> bool:
    rel = frozenset(link["rel"])
    # A link that should be followed and is not fails as nofollow, which says more.
    qualified = not wish.qualifiers or rel & _QUALIFIERS == wish.qualifiers
    return qualified and wish.others <= rel


def _detail(reason: Reason, link: Document, page: Document) -> str:
    if reason == "nofollow":
        cause = link["nofollow_cause"]
        return f"rel: {' '.join(link['rel'])}" if cause == "rel" else f"the page's {cause}"
    if reason == "hidden":
        return str(link["hidden"])
    if reason == "page_noindex":
        return str(page["indexable_cause"])
    return str(page.get("canonical_url") or "") if reason == "page_not_canonical" else ""


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()
