"""Records of what is one link by the new rules: one record, one history. Pure.

Each record tells when its spelling of the link stood on its spelling of the page. The link stood there while any of
them did. So of what they tell of finds, losses and returns, the events at which the first begins or the last ends are
the link's own: a find after a loss is its return, a loss without an event (an older copy of the page had the link, the
last reading has not) gets one. Of changes those are kept that lead to the record as it is. All other events are true of
a spelling only; they are handed back with the reason, to be set aside.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from backlink_crawler.features import prominence
from backlink_crawler.history.life import event_document
from backlink_crawler.history.timeline import LOSSES
from backlink_crawler.records import Link, LinkEvent, LostReason
from backlink_crawler.store.migrations.identities.rules import Document, numbered

BY_SPELLING = "true of one spelling of the link only: another one stood on the page"
BY_OTHERS = "another spelling's state: the record keeps one"
NOTHING_NOW = "two spellings of one address: nothing happened"


@dataclass(slots=True)
class Telling:
    """One record of the link, by the new rules, with its history as it was numbered."""

    record: Document
    events: Sequence[Document]
    page: int
    """Which spelling of the page it stands on."""
    read: datetime
    """When that page was last read."""
    renamed: bool = True
    """Its id is another one by the new rules."""
    state: bytes | None = None
    """As the page's manifest has it; ``None``: it is not in it."""

    @property
    def live(self) -> bool:
        """Whether it stood on its page at the end."""
        return bool(self.record["status"] == "live")


@dataclass(frozen=True, slots=True)
class Reading:
    """The last time that any spelling of the page was read."""

    page: int
    at: datetime
    visit: str
    """As events name it."""
    reason: LostReason = "removed_from_html"
    """Why a link is lost that was not seen then."""
    whole: bool = True
    """What was not seen was not there."""


class Numbers:
    """Revisions of all spellings of a page in one row: in the order of their times, each page's own order kept."""

    def __init__(self, commits: Iterable[tuple[int, int, datetime]]) -> None:
        """Prepare.

        :param commits: page, revision, time; in any order, some more than once.
        """
        known: dict[tuple[int, int], datetime] = {}
        for page, revision, at in commits:
            known[page, revision] = min(at, known.get((page, revision), at))
        times: dict[int, datetime] = {}
        row = []
        for page, revision in sorted(known):
            times[page] = max(known[page, revision], times.get(page, known[page, revision]))
            row.append((times[page], page, revision))
        row.sort()
        self._numbers = {(page, revision): number for number, (_, page, revision) in enumerate(row, 1)}
        self._row = [(at, page, number) for number, (at, page, _) in enumerate(row, 1)]
        self.last = len(row)

    def of(self, page: int, revision: int) -> int:
        """Return the number of a revision."""
        return self._numbers[page, revision]

    def at(self, page: int, at: datetime) -> int:
        """Return the number of the page's commit at a time, or of the next one of any page."""
        own = [number for time, of, number in self._row if of == page and time == at]
        return own[0] if own else next((number for time, _, number in self._row if time >= at), self.last + 1)


class SamePage(Numbers):
    """Of a page that has one spelling: revisions stay what they are."""

    def __init__(self, last: int) -> None:
        """``last``: the page's revision."""
        super().__init__(())
        self.last = last

    def of(self, page: int, revision: int) -> int:
        """Return the revision."""
        return revision

    def at(self, page: int, at: datetime) -> int:
        """Return the last one: there is none without its events."""
        return self.last


@dataclass(slots=True)
class OneLink:
    """What the records of one link come to."""

    record: Document
    events: list[Document] = field(default_factory=list)
    aside: list[tuple[Document, str]] = field(default_factory=list)
    """Events that are none of the link's, and why."""


@dataclass(slots=True)
class _Turn:
    """A spelling came to stand on the page, or ceased to."""

    at: datetime
    opens: bool
    telling: Telling
    events: Sequence[Document] = ()
    """That tell it: none, one, or a loss with the move that explains it."""


def one_link(tellings: Sequence[Telling], reading: Reading | None, numbers: Numbers) -> OneLink:
    """Return what ``tellings``, of one link, come to.

    :param reading: of the page; ``None``: it was never read.
    """
    chosen = min(tellings, key=lambda telling: _rank(telling, reading))
    result = OneLink(dict(chosen.record))
    if len(tellings) == 1 and _stands_as_it_is(chosen, reading):
        result.events = [numbered(event, numbers.of(chosen.page, event["revision"])) for event in _of_page(chosen)]
        result.events += _led(tellings, result)
        result.record["revision"] = numbers.of(chosen.page, chosen.record["revision"])
        return result
    result.record |= _sums(tellings, chosen)
    result.record["revision"] = max(numbers.of(t.page, t.record["revision"]) for t in tellings)
    _Union(result, tellings, reading, numbers).tell()
    _changes(result, tellings, numbers)
    result.events += _led(tellings, result)
    return result


def _rank(telling: Telling, reading: Reading | None) -> tuple[Any, ...]:
    """Best first: what stands on the page, as it was last read, where a reader meets it first."""
    record = telling.record
    last = reading is not None and telling.page == reading.page
    shown = prominence(Link(**{name: record[name] for name in Link.__slots__ if name in record}))
    return (not telling.live, not last, -telling.read.timestamp(), shown, record["href"])


def _stands_as_it_is(telling: Telling, reading: Reading | None) -> bool:
    return not telling.live or reading is None or telling.page == reading.page or not _missed(telling, reading)


def _missed(telling: Telling, reading: Reading) -> bool:
    """Whether the last reading would have seen the link."""
    return reading.whole and telling.page != reading.page and telling.read < reading.at


def _of_page(telling: Telling) -> list[Document]:
    return [event for event in telling.events if event["field"] != "final_target_url"]


def _sums(tellings: Sequence[Telling], chosen: Telling) -> Document:
    """What all records say together, and all places of the page they were read on."""
    first = min(tellings, key=lambda telling: (telling.record["first_seen"], telling is not chosen))
    places = [t.record for t in tellings if (t.page, t.live) == (chosen.page, chosen.live)]
    weights = [place["weight"] for place in places if place.get("weight") is not None]
    return {
        "first_seen": first.record["first_seen"],
        "found": first.record["found"],
        "last_seen": max(telling.record["last_seen"] for telling in tellings),
        "occurrences": sum(place["occurrences"] for place in places),
        **({"weight": sum(weights)} if weights else {}),
    }


class _Union:
    """When any spelling stood on the page."""

    def __init__(self, result: OneLink, tellings: Sequence[Telling], reading: Reading | None, numbers: Numbers) -> None:
        self._result = result
        self._tellings = tellings
        self._reading = reading
        self._numbers = numbers

    def tell(self) -> None:
        """Set the status of the record, and sort its events into its own and those of spellings."""
        turns = [turn for telling in self._tellings for turn in self._turns(telling)]
        # What begins in the moment in which another ends goes on.
        turns.sort(key=lambda turn: (turn.at, not turn.opens))
        standing, loss = 0, None
        self._result.record |= {"status": "live", "lost_at": None, "lost_reason": None}
        for number, turn in enumerate(turns):
            before, standing = standing, standing + (1 if turn.opens else -1)
            if number == 0:
                self._keep(turn, turn.events)
            elif before and standing:
                self._result.aside += ((event, BY_SPELLING) for event in turn.events)
            elif turn.opens:
                assert loss is not None
                self._restore(turn, loss)
            else:
                loss = self._lose(turn)

    def _turns(self, telling: Telling) -> Iterator[_Turn]:
        record = telling.record
        by_revision: dict[int, list[Document]] = {}
        for event in telling.events:
            if event["event"] != "changed":
                by_revision.setdefault(event["revision"], []).append(event)
        found = [e for events in by_revision.values() for e in events if e["event"] == "found_on_known_page"]
        yield _Turn(record["first_seen"], True, telling, found[:1])
        spare = found[1:]
        live = True
        for _, events in sorted(by_revision.items()):
            losses = [event for event in events if event["event"] in LOSSES]
            restored = [event for event in events if event["event"] == "restored"]
            if losses and live:
                live = False
                yield _Turn(max(event["at"] for event in losses), False, telling, losses)
                losses = []
            if restored and not live:
                live = True
                yield _Turn(restored[0]["at"], True, telling, restored[:1])
                restored = restored[1:]
            spare += losses + restored
        self._result.aside += ((event, BY_SPELLING) for event in spare)
        if live and not telling.live:
            yield _Turn(record["lost_at"], False, telling)
        elif telling.live and not live:
            yield _Turn(record["last_seen"], True, telling)
        if telling.live and self._reading is not None and _missed(telling, self._reading):
            yield _Turn(self._missed_since(telling, self._reading), False, telling)

    def _missed_since(self, telling: Telling, reading: Reading) -> datetime:
        """The last reading's own record may say since when the link was not there any more."""
        lost = [t.record["lost_at"] for t in self._tellings if t.page == reading.page and not t.live]
        return min((at for at in lost if at > telling.read), default=reading.at)

    def _keep(self, turn: _Turn, events: Iterable[Document]) -> None:
        page = turn.telling.page
        self._result.events += (numbered(event, self._numbers.of(page, event["revision"])) for event in events)

    def _lose(self, turn: _Turn) -> Document:
        events = [_as_loss(event) for event in turn.events]
        if not events:
            reason = self._reading.reason if self._reading else "removed_from_html"
            events = [self._derived(turn, "lost", "live", "lost", reason)]
            self._result.events += events
            self._result.record["last_seen"] = turn.telling.read
            self._result.record["revision"] = max(self._result.record["revision"], events[0]["revision"])
        else:
            self._keep(turn, events)
        # A move explains the loss that it was told as first.
        told = next((event for event in events if event["event"] == "moved"), events[0])
        reason = told["event"] if told["event"] in {"moved", "retargeted"} else told["reason"]
        lost: Document = {"lost_at": turn.at, "lost_reason": reason}
        self._result.record |= {"status": "lost", **lost}
        return lost

    def _restore(self, turn: _Turn, loss: Mapping[str, Any]) -> None:
        self._result.record |= {"status": "live", "lost_at": None, "lost_reason": None}
        reason, evidence = loss["lost_reason"], {"lost_at": loss["lost_at"]}
        if turn.events:
            values = {"event": "restored", "field": "status", "old": "lost", "new": "live"}
            back = {**turn.events[0], **values, "reason": reason, "evidence": evidence}
            self._keep(turn, [back])
        else:
            self._result.events.append(self._derived(turn, "restored", "lost", "live", reason, evidence))

    def _derived(self, turn: _Turn, kind: Any, old: str, new: str, reason: Any, evidence: Any = None) -> Document:
        """An event that no spelling had to tell. As if it had been told then: it is no news."""
        record, reading = turn.telling.record, self._reading
        number = self._numbers.last + 1 if kind == "lost" else self._numbers.at(turn.telling.page, turn.at)
        told = LinkEvent(
            link_id=record["_id"],
            source_url=record["source_url"],
            source_site=record["source_site"],
            target_url=record["target_url"],
            target_site=record["target_site"],
            revision=number,
            visit=reading.visit if reading and turn.at == reading.at else "/0",
            at=turn.at,
            event=kind,
            field="status",
            old=old,
            new=new,
            reason=reason,
            follow=record["follow"],
            region=record["region"],
            evidence=evidence,
        )
        return {**event_document(told), "recorded": turn.at}


def _as_loss(event: Document) -> Document:
    """A link that went to another spelling of its page, or of its target, and is gone for all that, was removed."""
    if event["event"] not in {"moved", "retargeted"} or event["old"] != event["new"]:
        return event
    plain = {"event": "lost", "field": "status", "old": "live", "new": "lost", "reason": "removed_from_html"}
    return {**event, **plain}


def _changes(result: OneLink, tellings: Iterable[Telling], numbers: Numbers) -> None:
    """Keep the changes that lead, one after another, to the record as it is."""
    changes = [
        (numbers.of(telling.page, event["revision"]), event)
        for telling in tellings
        for event in telling.events
        if event["event"] == "changed" and event["field"] != "final_target_url"
    ]
    state = dict(result.record)
    taken = set()
    for number, event in sorted(changes, key=lambda change: (change[0], change[1]["_id"]), reverse=True):
        name = event["field"]
        if (number, name) not in taken and _plain(state.get(name)) == _plain(event["new"]):
            taken.add((number, name))
            state[name] = event["old"]
            result.events.append(numbered(event, number))
        else:
            result.aside.append((event, BY_OTHERS))


def _led(tellings: Sequence[Telling], result: OneLink) -> Iterator[Document]:
    """Where the target led, counted from 1: told of each spelling of the target, by each spelling of the page."""
    told = [event for t in tellings for event in t.events if event["field"] == "final_target_url"]
    if len(tellings) == 1 and not tellings[0].renamed:
        yield from told
        return
    number = 0
    seen = set()
    for event in sorted(told, key=lambda event: (event["at"], event["_id"])):
        key = (event["at"], event["old"], event["new"])
        if event["old"] == event["new"] or key in seen:
            result.aside.append((event, NOTHING_NOW if event["old"] == event["new"] else BY_SPELLING))
            continue
        seen.add(key)
        number += 1
        yield numbered(event, number)


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
