"""What alert tests are made of: documents as the store writes them, a clock that is told the time, real receivers."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from backlink_crawler.alerts.alert import KINDS, Alert
from backlink_crawler.alerts.config import AlertsConfig, parse
from backlink_crawler.alerts.courier import Answer, Patience
from backlink_crawler.alerts.only import Only
from backlink_crawler.alerts.turn import Audience, Result, Turn, World
from backlink_crawler.history.manifest import event_id
from backlink_crawler.store import Store
from backlink_crawler.urls import host_of, link_id, site_of, url_id

SITE = "shop.com"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

Document = dict[str, Any]


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def event(
    kind: str = "lost",
    source: str = "https://blog.org/post",
    target: str = "https://shop.com/",
    *,
    recorded: datetime = NOON,
    at: datetime | None = None,
    revision: int = 2,
    **fields: Any,
) -> Document:
    """A document of ``link_events``."""
    subject = {"changed": "anchor", "moved": "source_url", "retargeted": "target_url"}.get(kind, "status")
    subject = fields.pop("field", subject)
    link = link_id(source, target)
    return {
        "_id": event_id(link, revision, "moved" if kind == "moved" else subject),
        "link_id": link,
        "source_url": source,
        "source_site": site_of(host_of(source)),
        "target_url": target,
        "target_site": site_of(host_of(target)),
        "revision": revision,
        "visit": "crawl-1/7",
        "at": at or recorded,
        "event": kind,
        "field": subject,
        "old": "live" if kind == "lost" else None,
        "new": "lost" if kind == "lost" else None,
        "reason": "removed_from_html" if kind == "lost" else None,
        "follow": True,
        "region": "content",
        "evidence": None,
        "recorded": recorded,
        **fields,
    }


def link(
    source: str = "https://blog.org/post",
    target: str = "https://shop.com/",
    *,
    first_seen: datetime = NOON,
    found: str = "with_page",
    **fields: Any,
) -> Document:
    """A document of ``links``, as far as anybody reads it here."""
    return {
        "_id": link_id(source, target),
        "source_id": url_id(source),
        "target_id": url_id(target),
        "source_url": source,
        "source_site": site_of(host_of(source)),
        "target_url": target,
        "target_site": site_of(host_of(target)),
        "anchor": "Shop",
        "link_type": "text",
        "follow": True,
        "region": "content",
        "first_seen": first_seen,
        "last_seen": first_seen,
        "found": found,
        "status": "live",
        "lost_at": None,
        "lost_reason": None,
        "revision": 1,
        **fields,
    }


def alert(number: int = 0, **fields: Any) -> Alert:
    """An alert with an id of its own."""
    values: dict[str, Any] = {
        "id": number.to_bytes(16, "big"),
        "kind": "lost",
        "at": NOON + minutes(number),
        "recorded": NOON + minutes(number),
        "target_site": SITE,
        "source_site": "blog.org",
        "source_url": f"https://blog.org/{number}",
        "target_url": "https://shop.com/",
        "anchor": "Shop",
        "follow": True,
        "region": "content",
        "field": "status",
        "old": "live",
        "new": "lost",
        "reason": "removed_from_html",
    }
    return Alert(**values | fields)


@dataclass
class Hands:
    """A clock that is told the time, pauses that take none of ours, and a memory of both."""

    now: datetime = NOON
    pauses: list[float] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def world(self, holder: str = "me", since: datetime | None = NOON - timedelta(days=1)) -> World:
        return World(lambda: self.now, Patience(self.sleep, lambda: 0.5), self.said.append, holder, since)

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += timedelta(seconds=seconds)
        await asyncio.sleep(0)


@dataclass
class Listener:
    """A sink within the test: answers as it is told, remembers what it took."""

    answer: Callable[[Alert], Answer | None] = lambda alert: None
    """``None``: accepted."""
    asked: list[Alert] = field(default_factory=list)
    took: list[Alert] = field(default_factory=list)

    async def send(self, alert: Alert) -> Answer:
        self.asked.append(alert)
        answer = self.answer(alert) or Answer("accepted")
        if answer.kind == "accepted":
            self.took.append(alert)
        return answer

    async def flush(self) -> None:
        pass

    async def close(self) -> None:
        pass

    @property
    def kinds(self) -> list[str]:
        return [alert.kind for alert in self.took]


CONFIG: AlertsConfig = parse(
    '[[sink]]\nname = "s"\nkind = "console"\n[sink.only]\ntargets = ["shop.com"]', file="alerts.toml", environment={}
)
EVERYTHING = Only(frozenset({SITE}), frozenset(KINDS))


def audience(listener: Listener, only: Only = EVERYTHING, name: str = "s") -> Audience:
    return Audience(name, only, outlet=listener)


async def turn(store: Store, hands: Hands, listener: Listener, only: Only = EVERYTHING, holder: str = "me") -> Result:
    """Take one turn of a sink that began a day before noon."""
    return await Turn(store, CONFIG, audience(listener, only), hands.world(holder)).take()


async def begin(store: Store, hands: Hands, listener: Listener | None = None) -> None:
    """Let the sink have had its first run."""
    await turn(store, hands, listener or Listener())


async def write(store: Store, collection: str, documents: Iterable[Document]) -> None:
    await store.database[collection].insert_many(list(documents))


@dataclass
class Request:
    """What a receiver was sent."""

    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Receiver:
    """A real HTTP server: answers by its script, then 204."""

    script: list[Any] = field(default_factory=list)
    """Each a status, a response, or a coroutine function that takes the request."""
    requests: list[Request] = field(default_factory=list)
    url: str = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(Request(dict(request.headers), await request.read()))
        step = self.script.pop(0) if self.script else 204
        if callable(step):
            response = await step(request)
            assert isinstance(response, web.StreamResponse)
            return response
        return step if isinstance(step, web.StreamResponse) else web.Response(status=step, text="")


@asynccontextmanager
async def receiving(*script: Any) -> AsyncIterator[Receiver]:
    """Run a receiver on loopback."""
    receiver = Receiver(list(script))
    app = web.Application()
    app.router.add_post("/{path:.*}", receiver.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        receiver.url = f"http://127.0.0.1:{port}/hook?token=hunter2"
        yield receiver
    finally:
        await runner.cleanup()


async def cut_off(request: web.Request) -> web.StreamResponse:
    """Close the connection in the middle: the request was read, nothing is answered."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response(status=200)
