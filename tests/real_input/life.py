"""Whether the index remembers rightly: a real site is crawled, changed, visited again, restored and visited again.

What was changed is known from the changes themselves (``altered``), what must be remembered of it from a model of the
semantics (``remembered``); this is compared with the events and states in the index, link by link (``verdict``).
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from backlink_crawler import services
from tests.real_input.altered import CHANGES, Alteration, Altering, overlay_of, undone
from tests.real_input.crawl import Crawled, Session, session
from tests.real_input.expected import Expected, Pair, reading, walked_sites
from tests.real_input.page_changes import View
from tests.real_input.remembered import Memory, Told
from tests.real_input.verdict import Fault, Verdict
from tests.web.folders import FoldersContent
from tests.web.overlay import OverlayContent, write_overlay

UNTOUCHED = "untouched"


@dataclass(frozen=True, slots=True)
class Amounts:
    """How much happens to a web."""

    changed: float = 0.05
    """Share of the pages that are changed."""
    noisy: float = 0.3
    """Share of the pages that are changed in everything but their links."""
    kinds: Sequence[str] = CHANGES
    """Of changes, each made about as often."""


@dataclass(frozen=True, slots=True)
class Visited:
    """One pass: what had to be told of it, what the index has, and what of that is wrong."""

    name: str
    told: Sequence[Told]
    crawled: Crawled
    faults: Sequence[Fault]


@dataclass(slots=True)
class Life:
    """Everything that was done and found."""

    alterations: Sequence[Alteration]
    expected: Expected
    first: Crawled
    memory: Memory
    passes: list[Visited] = field(default_factory=list)

    @property
    def unchanged(self) -> set[str]:
        """HTML pages that always stay as they are."""
        readable = {url for url, outcome in self.expected.outcomes.items() if outcome == "ok"}
        return readable - {altered.url for altered in self.alterations}

    def visit(self, name: str, opened: Session, views: Iterable[tuple[str, View]]) -> None:
        """Look at every page again, and at what the index has then.

        :param views: of the pages whose links may have changed.
        """
        earlier = [self.first, *(visited.crawled for visited in self.passes)]
        told = self.memory.revisit(views)
        now = opened.crawl("recheck", "-a", "all=1")
        verdict = Verdict(told, self.memory, self.unchanged, earlier, now)
        self.passes.append(Visited(name, told, now, verdict.faults()))


def live(
    sites: Mapping[str, Path],
    starts: Sequence[str],
    folder: Path,
    *,
    seed: int = 1,
    amounts: Amounts = Amounts(),
    given: services.Services | None = None,
    workers: int = 2,
) -> Life:
    """Crawl folders of HTML, change them, visit them again, restore them and visit them once more.

    What is wrong goes to ``life-differences.jsonl`` in ``folder``.

    :param given: servers that run already; by default some are started.
    :raises RuntimeError: already the first crawl did not find the pages and links that are there.
    """
    overlay = folder / "overlay.json"
    write_overlay(overlay, {})
    content = OverlayContent(FoldersContent(sites), overlay)
    with reading(content) as reader:
        expected = walked_sites(reader, starts)
    altering = Altering(content, expected, starts, Random(f"life {seed}"), amounts.kinds)
    altering.change(round(amounts.changed * altering.page_count))
    altering.make_noise(round(amounts.noisy * altering.page_count))
    changed = [altered for altered in altering.alterations if not altered.noisy]
    views = {altered.url: altered.before for altered in changed if altered.before is not None}
    served = ["folders", "--overlay", str(overlay), *(f"{host}={place}" for host, place in sites.items())]
    with session(folder, "life", served, given, workers) as opened:
        first = opened.crawl("seeds", "-a", f"domains={','.join(starts)}")
        _check_first(expected, first)
        life = Life(altering.alterations, expected, first, Memory.of_first_pass(expected, views))
        write_overlay(overlay, overlay_of(altering.alterations))
        life.visit("changed", opened, [(altered.url, altered.after) for altered in changed])
        write_overlay(overlay, {})
        life.visit("restored", opened, undone(changed))
    _write_differences(life, folder / "life-differences.jsonl")
    return life


def _check_first(expected: Expected, first: Crawled) -> None:
    pairs = expected.links.keys() ^ first.links.keys()
    pages = expected.outcomes.keys() ^ first.pages.keys()
    if any(first.exit_codes):
        raise RuntimeError(f"the workers of the first crawl ended with {first.exit_codes}")
    if pairs or pages:
        examples = [*(" -> ".join(pair) for pair in sorted(pairs)), *sorted(pages)]
        raise RuntimeError(f"the first crawl has {len(pages)} pages and {len(pairs)} links wrong: {examples[:3]}")


def _write_differences(life: Life, file: Path) -> None:
    kinds = _kinds(life)
    lines = (
        json.dumps({"pass": visited.name, "kind": kinds.get(fault.url, UNTOUCHED), **fault._asdict()})
        for visited in life.passes
        for fault in visited.faults
    )
    file.write_text("".join(f"{line}\n" for line in lines))


def _kinds(life: Life) -> dict[str, str]:
    return {altered.url: altered.kind for altered in life.alterations}


def summary(life: Life) -> list[str]:
    """Return the result in lines for people: a row for each pass and kind of change, then the faults by kind."""
    lines = [_ROW.format("", "pages", "links", "expected", "found", "missed", "false", "wrong")]
    for visited in life.passes:
        lines += ["", visited.name, *_rows(life, visited), *_of_the_wire(life, visited)]
    return [*lines, "", *_faults(life)]


_ROW = "  {:<28}{:>7}{:>8}{:>10}{:>8}{:>8}{:>8}{:>8}"


def _rows(life: Life, visited: Visited) -> Iterator[str]:
    kinds = _kinds(life)
    faults = Counter((kinds.get(fault.url, UNTOUCHED), fault.what) for fault in visited.faults)
    expected = Counter(kinds.get(event.source, UNTOUCHED) for event in visited.told)
    links = Counter(kind for _, kind in {(pair, kinds[pair[0]]) for a in life.alterations for pair in _pairs(a)})
    links[UNTOUCHED] = sum(pair[0] not in kinds for pair in visited.crawled.links)
    pages = Counter(kinds.values())
    pages[UNTOUCHED] = len(visited.crawled.pages.keys() - kinds.keys())
    for kind in [*dict.fromkeys(kinds.values()), UNTOUCHED]:
        missed, false = faults[kind, "missed event"], faults[kind, "false event"]
        wrong = sum(count for (of, _), count in faults.items() if of == kind) - missed - false
        counts = pages[kind], links[kind], expected[kind], expected[kind] - missed, missed, false, wrong
        yield _ROW.format(kind, *(f"{count:,}" for count in counts))


def _pairs(altered: Alteration) -> set[Pair]:
    """Links that stand on a page before or after."""
    before = altered.before.states.keys() if altered.before else set()
    return {(altered.url, target) for target in before | altered.after.states.keys()}


def _of_the_wire(life: Life, visited: Visited) -> Iterator[str]:
    statuses = Counter(served.status for served in visited.crawled.served)
    told = ", ".join(f"{count:,} of {status}" for status, count in sorted(statuses.items()))
    yield f"  {visited.crawled.wall_seconds:.0f} s; {statuses.total():,} requests: {told}"
    yield f"  {len(life.unchanged):,} pages had not changed"
    yield from (f"  worker: {line}" for line in visited.crawled.said)


def _faults(life: Life) -> Iterator[str]:
    kinds = _kinds(life)
    groups: dict[tuple[str, str, str], list[str]] = {}
    for visited in life.passes:
        for fault in visited.faults:
            key = visited.name, kinds.get(fault.url, UNTOUCHED), fault.what
            groups.setdefault(key, []).append(fault.example)
    if not groups:
        yield "No differences."
    for told, examples in groups.items():
        yield f"{len(examples):,} of {' / '.join(told)}, e.g. {examples[0][:400]}"
