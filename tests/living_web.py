"""A web whose pages the test changes while it is served, and whose server answers conditional requests.

Unlike the planned webs it has no truth of its own: the test says what a URL answers, and may say otherwise later.
"""

import asyncio
import json
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from aiohttp import web

LOOPBACK = "127.0.0.1"


class Answer(NamedTuple):
    """What one URL answers."""

    status: int = 200
    body: str = ""
    headers: Mapping[str, str] = {}


class Asked(NamedTuple):
    """One request, robots.txt left out."""

    url: str
    headers: Mapping[str, str]
    status: int


@dataclass(slots=True)
class LivingWeb:
    """URL (http, without port) → what it answers; everything else answers 404."""

    hosts_file: Path
    answers: dict[str, Answer] = field(default_factory=dict)
    log: list[Asked] = field(default_factory=list)

    def page(self, url: str, *links: str, title: str = "Page", etag: str = "", head: str = "", **headers: str) -> None:
        """Serve a page with these ``<a>`` elements."""
        text = "<p>Some words that make a page of it, so that nothing about it looks odd to anybody.</p>" * 8
        body = f"<!DOCTYPE html><html lang=en><head><title>{title}</title>{head}</head><body><main>{text}"
        sentence = "<p>Whoever wants to know how it went on may see {} for more, and need not take our word for it.</p>"
        body += "".join(map(sentence.format, links)) + "</main></body></html>"
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[url] = Answer(200, body, {**told, **({"ETag": etag} if etag else {})})

    def redirect(self, url: str, to: str, status: int = 301) -> None:
        """Serve a redirect."""
        self.answers[url] = Answer(status, "", {"Location": to})

    def status(self, url: str, status: int, body: str = "No.") -> None:
        """Serve an error page."""
        self.answers[url] = Answer(status, body)

    def asked_for(self) -> list[str]:
        """Return the URLs asked for so far, in order, and forget them."""
        urls = [asked.url for asked in self.log]
        self.log.clear()
        return urls

    async def handle(self, request: web.BaseRequest) -> web.Response:
        """Answer one request."""
        url = f"http://{request.host}{request.rel_url.raw_path_qs}"
        answer = self.answers.get(url, Answer(404, "Nothing here."))
        etag = answer.headers.get("ETag")
        if etag and request.headers.get("If-None-Match") == etag:
            kept = {name: value for name, value in answer.headers.items() if name in {"ETag", "X-Robots-Tag"}}
            answer = Answer(304, "", kept)
        if not url.endswith("/robots.txt"):
            self.log.append(Asked(url, dict(request.headers), answer.status))
        content_type = "text/html; charset=utf-8"
        headers = {"Content-Type": content_type, **answer.headers}
        return web.Response(status=answer.status, body=answer.body.encode(), headers=headers)


def a(href: str, anchor: str = "a shop", **attributes: str) -> str:
    """Return a link as HTML."""
    more = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f'<a href="{href}"{more}>{anchor}</a>'


@contextmanager
def living_web(folder: Path, *hosts: str) -> Iterator[LivingWeb]:
    """Serve ``hosts`` on loopback from a thread until the block ends."""
    living = LivingWeb(folder / "hosts.json")
    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def run() -> None:
        stop = asyncio.Event()
        runner = web.ServerRunner(web.Server(living.handle))
        await runner.setup()
        site = web.TCPSite(runner, LOOPBACK, 0)
        await site.start()
        port = runner.addresses[0][1]
        living.hosts_file.write_text(json.dumps({host: {"80": [LOOPBACK, port]} for host in hosts}))
        started.set_result((asyncio.get_running_loop(), stop))
        await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: asyncio.run(run()), name="living-web", daemon=True)
    thread.start()
    loop, stop = started.result(timeout=30)
    try:
        yield living
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
