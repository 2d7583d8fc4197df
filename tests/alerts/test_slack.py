"""Slack messages: within Slack's bounds, and whatever pages say is text."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backlink_crawler.alerts import slack
from backlink_crawler.alerts.alert import KINDS
from backlink_crawler.alerts.config import Slack
from backlink_crawler.alerts.digest import Digest
from backlink_crawler.alerts.only import Only
from backlink_crawler.alerts.sinks.http import SlackSink
from backlink_crawler.alerts.turn import Audience, Turn
from backlink_crawler.store import Store
from tests.alerts.world import CONFIG, EVERYTHING, NOON, SITE, Hands, alert, event, link, minutes, receiving, write


def digest(*alerts: Any) -> Digest:
    made = Digest(since=NOON, until=NOON)
    made.add(alerts)
    return made


def texts(message: dict[str, Any]) -> list[str]:
    return [block["text"]["text"] for block in message["blocks"]]


def test_a_message_tells_what_happened() -> None:
    """A headline for notifications, and a section for each site and kind, with links that can be followed."""
    message = slack.message(digest(alert(1), alert(2), alert(3, kind="moved", new="https://blog.org/other")))
    assert message["text"] == "3 alerts: shop.com"
    header, lost, moved = texts(message)
    assert header == "3 alerts: shop.com"
    assert lost.splitlines()[0] == "*Links lost*: 2 (shop.com)"
    assert "<https://blog.org/1|blog.org/1> → <https://shop.com/|shop.com/>" in lost
    assert "it is not in the page any more" in lost
    assert "now on https://blog.org/other" in moved


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("<!channel> hello", "&lt;!channel&gt; hello"),  # would ring everybody
        ("<https://evil.example|shop>", "&lt;https://evil.example|shop&gt;"),
        ("Tom & Jerry", "Tom &amp; Jerry"),
        ("a\nb", "a b"),
    ],
)
def test_what_pages_say_is_text(said: str, shown: str) -> None:
    """No mention, no link, no line of a stranger's making."""
    assert shown in texts(slack.message(digest(alert(anchor=said))))[1]


def test_an_address_cannot_leave_its_link() -> None:
    """The signs that end a link are encoded within it."""
    url = "https://blog.org/a|b>c<!here>"
    text = texts(slack.message(digest(alert(source_url=url))))[1]
    assert "<https://blog.org/a%7Cb%3Ec%3C!here%3E|" in text
    assert "<!here" not in text


facts_of_alerts = st.tuples(
    st.sampled_from(KINDS), st.sampled_from("abcdefghijkl"), st.integers(1, 1_000), st.text(max_size=512)
)


@given(st.lists(facts_of_alerts, max_size=60))
def test_a_message_is_within_the_bounds_of_slack(facts: list[tuple[Any, str, int, str]]) -> None:
    """However much there is to tell, with addresses of any length: 50 blocks of 3,000 characters, 13,000 in all."""
    made = digest()
    for number, (kind, site, size, said) in enumerate(facts):
        source_url = f"https://blog.org/{'&x' * size}"
        made.add([alert(number, kind=kind, target_site=f"{site}.com", source_url=source_url, anchor=said)])
    message = slack.message(made)
    shown = texts(message)
    assert len(shown) <= 50
    assert all(0 < len(text) <= 3_000 for text in shown)
    assert sum(map(len, shown)) <= 13_000
    assert json.dumps(message).isascii()


def test_what_has_no_room_is_counted() -> None:
    """Every alert is shown or counted."""
    made = digest(*(alert(n, target_site=f"site{n % 60}.com") for n in range(600)))
    shown = texts(slack.message(made))
    assert len(shown) <= 50
    assert "more, for which there is no room here" in shown[-1]


async def test_a_turn_is_one_message(store: Store) -> None:
    """What happened since the last message comes in one; a turn without news sends none."""
    hands = Hands(NOON + minutes(10))
    await write(store, "link_events", [event(source=f"https://blog.org/{n}") for n in range(7)])
    async with receiving() as receiver:
        sink = SlackSink(Slack(receiver.url, 5.0, None))
        audience = Audience("s", EVERYTHING, group=sink)
        for _ in range(2):
            await Turn(store, CONFIG, audience, hands.world()).take()
            hands.now += minutes(1)
        await sink.close()
    assert [request.json["text"] for request in receiver.requests] == ["7 alerts: shop.com"]


async def test_a_site_that_both_streams_show_is_counted_once(store: Store) -> None:
    """A message gathers both streams before any position moves, and still knows what it has."""
    hands = Hands(NOON + minutes(10))
    await write(store, "links", [link("https://blog.org/1", found="on_known_page"), link("https://blog.org/2")])
    await write(store, "link_events", [event("found_on_known_page", "https://blog.org/1")])
    gained = Only(frozenset({SITE}), frozenset({"site_gained"}))
    async with receiving() as receiver:
        sink = SlackSink(Slack(receiver.url, 5.0, None))
        assert (await Turn(store, CONFIG, Audience("s", gained, group=sink), hands.world()).take()).told == 1
        await sink.close()
    assert [request.json["text"] for request in receiver.requests] == ["1 alert: shop.com"]


async def test_blocks_that_slack_does_not_take_go_as_numbers(store: Store) -> None:
    """``invalid_blocks`` would come again every time; the numbers get through, and the refusal is said."""
    hands = Hands(NOON + timedelta(minutes=10))
    await write(store, "link_events", [event()])
    async with receiving(400) as receiver:
        sink = SlackSink(Slack(receiver.url, 5.0, None))
        result = await Turn(store, CONFIG, Audience("s", EVERYTHING, group=sink), hands.world()).take()
        await sink.close()
    assert (result.told, result.trouble) == (1, None)
    assert "blog.org" in receiver.requests[0].body.decode()
    assert "blog.org" not in receiver.requests[1].body.decode()
    assert any("HTTP 400" in said for said in hands.said)


async def test_a_webhook_that_was_revoked_keeps_its_alerts(store: Store) -> None:
    """404 is about the address, so nothing is given up: with the right one they arrive."""
    hands = Hands(NOON + timedelta(minutes=10))
    await write(store, "link_events", [event()])
    async with receiving(404) as receiver:
        sink = SlackSink(Slack(receiver.url, 5.0, None))
        audience = Audience("s", EVERYTHING, group=sink)
        assert "HTTP 404" in str((await Turn(store, CONFIG, audience, hands.world()).take()).trouble)
        hands.now += timedelta(days=3)
        assert (await Turn(store, CONFIG, audience, hands.world()).take()).told == 1
        await sink.close()
    assert len(receiver.requests) == 2
