"""Random lives of links, told twice: as the index keeps them (record, events), and as they were after each commit."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple

from hypothesis import strategies as st

from backlink_crawler.urls import link_id, url_id

Document = dict[str, Any]

START = datetime(2026, 3, 1, tzinfo=UTC)
DAYS = 20
"""All that happens happens within so many days from ``START``, and a week more."""
TARGET = "shop.test"

Turn = Literal["lose", "retarget", "move", "move_later"]
_REGIONS = ("content", "nav", "footer")
_FOUND = ("with_page", "on_known_page", "with_new_page")


class Commit(NamedTuple):
    """One commit: when, the record after it, and whether it moved the link to another page."""

    at: datetime
    record: Document
    moved: bool


@dataclass
class Life:
    """One link."""

    record: Document
    """As it is now."""
    events: list[Document] = field(default_factory=list)
    past: list[Commit] = field(default_factory=list)

    def at(self, when: datetime) -> Document | None:
        """The record as it was at ``when``."""
        known = [commit.record for commit in self.past if commit.at <= when]
        return known[-1] if known else None


class Act(NamedTuple):
    """What one commit does: hours after the last, fields that change, and the turn if the link is live."""

    hours: int
    changes: frozenset[str]
    turn: Turn | None
    back: bool
    """The link is restored, if it is lost."""


_acts = st.builds(
    Act,
    st.integers(0, 60),
    st.frozensets(st.sampled_from(["rel", "region", "anchor"]), max_size=2),
    st.sampled_from(["lose", "retarget", "move", "move_later", None, None]),
    st.booleans(),
)


@st.composite
def webs(draw: st.DrawFn, sites: int = 3, most: int = 8) -> list[Life]:
    """Links from pages of a few sites to ``TARGET``, each with up to six commits after the one that found it."""
    return [
        life_of(
            number, draw(st.integers(1, sites)), draw(st.integers(0, 24 * DAYS)), draw(st.sampled_from(_FOUND)), acts
        )
        for number, acts in enumerate(draw(st.lists(st.lists(_acts, max_size=6), max_size=most)))
    ]


def life_of(number: int, site: int, hours: int, found: str, acts: Sequence[Act]) -> Life:
    """The link from page ``number`` of ``site``, found ``hours`` after ``START``, and what ``acts`` do to it."""
    at = START + timedelta(hours=hours)
    source, target = f"https://site{site}.test/{number}", f"https://{TARGET}/"
    told = Life(
        {
            "_id": link_id(source, target),
            "source_id": url_id(source),
            "source_url": source,
            "source_host": f"site{site}.test",
            "source_site": f"site{site}.test",
            "target_id": url_id(target),
            "target_url": target,
            "target_host": TARGET,
            "target_site": TARGET,
            "found": found,
            "first_seen": at,
            "last_seen": at,
            "status": "live",
            "lost_at": None,
            "lost_reason": None,
            "anchor": "0",
            "rel": [],
            "nofollow": False,
            "ugc": False,
            "sponsored": False,
            "follow": True,
            "region": "content",
            "revision": 1,
        }
    )
    if found == "on_known_page":
        _tell(told, at, "found_on_known_page", "status", None, "live")
    told.past.append(Commit(at, dict(told.record), False))
    for act in acts:
        at += timedelta(hours=act.hours)
        _commit(told, at, act)
    return told


def _commit(life: Life, at: datetime, act: Act) -> None:
    record = life.record
    record["revision"] += 1
    was_live = record["status"] == "live"
    for name in sorted(act.changes):
        _change(life, at, name)
    if was_live and act.turn:
        _lose(life, at, act.turn)
    elif not was_live and act.back:
        evidence = {"lost_at": record["lost_at"]}
        reason = record["lost_reason"]
        record |= {"status": "live", "lost_at": None, "lost_reason": None}
        _tell(life, at, "restored", "status", "lost", "live", reason, evidence)
    record["last_seen"] = at
    moved = was_live and act.turn in {"move", "move_later"}
    life.past.append(Commit(at, dict(record), moved))


def _change(life: Life, at: datetime, name: str) -> None:
    record = life.record
    old = dict(record)
    if name == "rel":
        record |= {"rel": [] if old["rel"] else ["nofollow"], "nofollow": not old["rel"], "follow": bool(old["rel"])}
        _tell(life, at, "changed", "follow", old["follow"], record["follow"])
    elif name == "region":
        record["region"] = _REGIONS[(_REGIONS.index(old["region"]) + 1) % len(_REGIONS)]
    else:
        record["anchor"] = str(int(old["anchor"]) + 1)
    _tell(life, at, "changed", name, old[name], record[name])


def _lose(life: Life, at: datetime, turn: Turn) -> None:
    record = life.record
    reason = {"lose": "page_gone", "retarget": "retargeted"}.get(turn, "moved")
    if turn == "retarget":
        _tell(life, at, "retargeted", "target_url", record["target_url"], "https://other.test/", reason)
    if turn in {"lose", "move_later"}:
        _tell(life, at, "lost", "status", "live", "lost", "removed_from_html" if turn == "move_later" else reason)
    if turn in {"move", "move_later"}:
        _tell(life, at, "moved", "source_url", record["source_url"], "https://site1.test/elsewhere", reason)
    record |= {"status": "lost", "lost_at": at, "lost_reason": reason}


def _tell(
    life: Life,
    at: datetime,
    kind: str,
    subject: str,
    old: Any,
    new: Any,
    reason: str | None = None,
    evidence: Any = None,
) -> None:
    record = life.record
    subject_of_id = "moved" if kind == "moved" else subject
    life.events.append(
        {
            "_id": f"{record['source_url']} {record['revision']} {subject_of_id}".encode(),
            "link_id": record["_id"],
            **{name: record[name] for name in ("source_url", "source_site", "target_url", "target_site", "revision")},
            "visit": "",
            "at": at,
            "event": kind,
            "field": subject,
            "old": old,
            "new": new,
            "reason": reason,
            "follow": record["follow"],
            "region": record["region"],
            "evidence": evidence,
            "recorded": at,
        }
    )
