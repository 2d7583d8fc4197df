"""The state of a crawl as people read it."""

import pytest

from backlink_crawler.frontier.contract import Counts, HostState, WorkerState
from backlink_crawler.jobs import frontier_text as words

WORKER = WorkerState("w", 0.0, 0, 0, 0.0)


@pytest.mark.parametrize(
    ("counts", "workers", "state"),
    [
        (Counts(waiting=1), [WORKER], "starting"),
        (Counts(waiting=1, seeded=True), [WORKER], "crawling"),
        (Counts(waiting=1, seeded=True), [], "stopped"),
        (Counts(waiting=1, paused=True), [], "paused"),  # a worker alone would not help
        (Counts(seeded=True, ended=True, paused=True), [WORKER], "ended"),  # nor would resume
    ],
)
def test_the_state_in_a_word(counts: Counts, workers: list[WorkerState], state: str) -> None:
    """The word is the first thing that stands between the crawl and its end."""
    assert words.state_of(counts, workers) == state


def test_names_from_strangers_command_no_terminal() -> None:
    """Names come from Redis and the web: they are shown, and neither obeyed nor taken for markup."""
    table = words.workers_table([WorkerState("[bold]w\x1b[2J", 0.0, 0, 0, 0.0)])
    assert "[bold]w\N{REPLACEMENT CHARACTER}[2J" in words.rendered([table], width=100, colour=False)


@pytest.mark.parametrize(
    ("waiting", "leased", "next_due", "given_up", "shown"),
    [
        (1, 0, 0.0, False, "now"),
        (1, 0, 90.0, False, "1.5 min"),
        (1, 1, 0.0, False, "in work"),  # its delay begins with the end of that
        (0, 0, 90.0, False, "-"),
        (1, 0, 0.0, True, "-"),
    ],
)
def test_when_a_host_is_due(waiting: int, leased: int, next_due: float, given_up: bool, shown: str) -> None:
    """A time is shown only where something will be asked."""
    host = HostState("a.test", "a.test", waiting, leased, next_due, 1.0, 0, given_up)
    assert f" {shown} " in words.rendered([words.hosts_table([host])], width=100, colour=False)
