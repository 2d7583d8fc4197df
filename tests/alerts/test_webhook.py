"""Webhooks, to a real HTTP server that misbehaves as real ones do."""

import asyncio
import base64
import hashlib
import hmac
import socket
from datetime import UTC, datetime

import pytest
from aiohttp import web

from backlink_crawler.alerts import signature
from backlink_crawler.alerts.config import Webhook
from backlink_crawler.alerts.courier import ACCEPTED
from backlink_crawler.alerts.sinks.http import WebhookSink
from backlink_crawler.alerts.turn import Audience, Turn
from backlink_crawler.store import Store
from tests.alerts.world import (
    CONFIG,
    EVERYTHING,
    NOON,
    SECRET,
    Hands,
    alert,
    cut_off,
    event,
    minutes,
    receiving,
    write,
)

KEY = base64.b64decode(SECRET.removeprefix("whsec_"))


def sink(url: str, timeout: float = 5.0, keys: tuple[bytes, ...] = (KEY,), **headers: str) -> WebhookSink:
    return WebhookSink(Webhook(url, keys, headers, timeout), lambda: datetime(2026, 3, 1, 12, tzinfo=UTC))


async def test_an_alert_is_posted_as_signed_json() -> None:
    """Body and headers are what the documentation says; the signature is checked by a computation of its own."""
    async with receiving() as receiver:
        webhook = sink(receiver.url, Authorization="Bearer abc")
        assert await webhook.send(alert(1)) == ACCEPTED
        await webhook.close()
    (request,) = receiver.requests
    headers = {name.lower(): value for name, value in request.headers.items()}
    assert headers["content-type"] == "application/json"
    assert headers["authorization"] == "Bearer abc"
    assert headers["webhook-id"] == request.json["id"] == alert(1).id.hex()
    assert headers["webhook-timestamp"] == "1772366400"
    mac = hmac.new(KEY, digestmod=hashlib.sha256)
    mac.update(headers["webhook-id"].encode() + b"." + headers["webhook-timestamp"].encode() + b"." + request.body)
    assert headers["webhook-signature"] == "v1," + base64.b64encode(mac.digest()).decode()
    assert request.json["type"] == "lost"
    assert request.json["data"]["source_url"] == "https://blog.org/1"


def test_the_signature_is_that_of_others() -> None:
    """The example that the authors of Standard Webhooks publish with their libraries."""
    body = b'{"test": 2432232314}'
    signed = signature.headers([signature.key_of(SECRET)], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert signed["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_two_keys_make_two_signatures() -> None:
    """While a secret is changed, receivers with the old one and with the new one both find theirs."""
    old, new = b"o" * 24, b"n" * 24
    both = signature.headers([new, old], "id", 1, b"{}")["webhook-signature"].split(" ")
    assert both == [signature.headers([key], "id", 1, b"{}")["webhook-signature"] for key in (new, old)]


@pytest.mark.parametrize(
    ("secret", "why"),
    [
        ("hunter2", "begins with whsec_"),
        ("whsec_hunter2!!!", "base64"),
        ("whsec_" + base64.b64encode(b"hunter2").decode(), "24 to 64 bytes, this one 7"),
    ],
)
def test_what_is_no_secret_is_refused_and_not_repeated(secret: str, why: str) -> None:
    """The message helps and tells nobody the secret."""
    with pytest.raises(ValueError, match=why) as raised:
        signature.key_of(secret)
    assert secret.removeprefix("whsec_") not in str(raised.value)


@pytest.mark.parametrize(
    ("status", "kind", "content"),
    [
        (200, "accepted", False),
        (202, "accepted", False),
        (301, "refused", False),  # following it would carry alerts to where nobody configured them
        (400, "refused", True),
        (401, "refused", False),
        (404, "refused", False),
        (408, "try_again", False),
        (410, "refused", False),
        (413, "refused", True),
        (429, "try_again", False),
        (500, "try_again", False),
        (503, "try_again", False),
    ],
)
async def test_what_a_status_means(status: int, kind: str, content: bool) -> None:
    """The table of the documentation, against a server."""
    elsewhere = {"Location": "/elsewhere"} if status == 301 else {}
    async with receiving(web.Response(status=status, headers=elsewhere)) as receiver:
        webhook = sink(receiver.url)
        answer = await webhook.send(alert())
        await webhook.close()
    assert (answer.kind, answer.content) == (kind, content)
    assert len(receiver.requests) == 1


async def test_the_first_words_of_an_answer_are_told() -> None:
    """They often say what is wrong; what could command a terminal is made harmless."""
    async with receiving(web.Response(status=422, text="no such\x1b[31m field" + "x" * 1_000)) as receiver:
        webhook = sink(receiver.url)
        answer = await webhook.send(alert())
        await webhook.close()
    assert answer.detail.startswith("HTTP 422: no such\N{REPLACEMENT CHARACTER}[31m field")
    assert len(answer.detail) < 250


@pytest.mark.parametrize(("header", "seconds"), [("7", 7.0), ("Sat, 01 Mar 2026 12:00:00 GMT", None), ("-1", None)])
async def test_retry_after_is_read(header: str, seconds: float | None) -> None:
    """In seconds; what is something else counts as not said."""
    async with receiving(web.Response(status=429, headers={"Retry-After": header})) as receiver:
        webhook = sink(receiver.url)
        answer = await webhook.send(alert())
        await webhook.close()
    assert answer.retry_after == seconds


async def test_no_answer_is_tried_again_and_no_secret_is_told() -> None:
    """Cut off, silent or not there: later, with a reason that does not repeat the address with its token."""
    silent = asyncio.Event()

    async def silence(request: web.Request) -> web.StreamResponse:
        await silent.wait()
        return web.Response()

    async with receiving(cut_off, silence) as receiver:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            nobody = f"http://127.0.0.1:{free.getsockname()[1]}/hook?token=hunter2"
            for url, timeout, reason in (
                (receiver.url, 5.0, "ServerDisconnectedError"),
                (receiver.url, 0.2, "no answer in time"),
                (nobody, 5.0, "ClientConnectorError"),
            ):
                webhook = sink(url, timeout)
                answer = await webhook.send(alert())
                await webhook.close()
                assert answer.kind == "try_again"
                assert reason in answer.detail
                assert "hunter2" not in answer.detail
        silent.set()


async def test_an_accepted_alert_stays_accepted_when_the_answer_breaks_off() -> None:
    """The status says it was taken; a body that never ends changes nothing."""

    async def breaks_off(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=200, headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b"abc")
        return await cut_off(request)

    async with receiving(breaks_off) as receiver:
        webhook = sink(receiver.url)
        assert await webhook.send(alert()) == ACCEPTED
        await webhook.close()


async def test_from_the_index_to_the_receiver(store: Store) -> None:
    """Failing, cut off, then well: each alert arrives at least once, repeats carry the same id and body."""
    hands = Hands(NOON + minutes(10))
    await write(store, "link_events", [event(source=f"https://blog.org/{n}") for n in range(4)])
    async with receiving(204, 500, cut_off, 429) as receiver:
        webhook = sink(receiver.url)
        result = await Turn(store, CONFIG, Audience("s", EVERYTHING, outlet=webhook), hands.world()).take()
        await webhook.close()
    assert (result.told, result.trouble) == (4, None)
    assert len(receiver.requests) == 7
    bodies = {request.headers["webhook-id"]: request.body for request in receiver.requests}
    assert len(bodies) == 4
    assert all(request.body == bodies[request.headers["webhook-id"]] for request in receiver.requests)


async def test_one_alert_that_a_receiver_refuses_is_set_aside(store: Store) -> None:
    """The others arrive; the one is told to people with its id and the reason, and not sent again."""
    hands = Hands(NOON + minutes(10))
    events = [event(source=f"https://blog.org/{n}", recorded=NOON + minutes(n / 10)) for n in range(4)]
    await write(store, "link_events", events)
    async with receiving(204, web.Response(status=422, text="no such page")) as receiver:
        webhook = sink(receiver.url)
        audience = Audience("s", EVERYTHING, outlet=webhook)
        result = await Turn(store, CONFIG, audience, hands.world()).take()
        assert (result.told, result.aside, result.trouble) == (3, 1, None)
        hands.now += minutes(1)
        assert (await Turn(store, CONFIG, audience, hands.world()).take()).told == 0
        await webhook.close()
    assert len(receiver.requests) == 4
    refused = events[1]["_id"].hex()
    assert any(f"s: set aside, not told: {refused} lost https://blog.org/1" in said for said in hands.said)
    assert any("(HTTP 422: no such page)" in said for said in hands.said)
