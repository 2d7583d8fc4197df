"""A web that means harm, served on loopback under names of ``.test``: ``mazes`` that never end, ``payloads`` in markup.

Everything is a function of the address that is asked for, so a run can be repeated and no page has to be kept::

    with serve_hostile(mazes.traps()) as web:
        crawling.run("crawl", "seeds", …, NET_HOSTS_FILE=web.hosts_file)
        web.log  # every request, in order of arrival
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from html import escape
from typing import TypeAlias

from tests.web.reply import Content, Listener, Reply, reply
from tests.web.server import ServedWeb, serve

Answer: TypeAlias = Callable[[str, str], Reply]
"""Host and path with query → what is sent."""

HTML = "text/html; charset=utf-8"
_ROBOTS = reply(200, b"User-agent: *\nDisallow:\n", "text/plain")


class HostileContent(Content):
    """Hosts that answer by http, each in its own way; their robots.txt allows everything."""

    def __init__(self, hosts: Mapping[str, Answer]) -> None:
        self._hosts = hosts

    def ports(self) -> Mapping[str, Mapping[int, Listener]]:
        """Port 80 alone."""
        return {host: {80: "http"} for host in self._hosts}

    def answer(self, scheme: str, authority: str, target: str) -> Reply:
        """Ask the host."""
        return _ROBOTS if target == "/robots.txt" else self._hosts[authority](authority, target)

    def page_count(self) -> int:
        """Nobody knows."""
        return 0


@contextmanager
def serve_hostile(hosts: Mapping[str, Answer]) -> Iterator[ServedWeb]:
    """Serve ``hosts`` from a thread until the block ends."""
    with serve(HostileContent(hosts)) as web:
        yield web


def requests(web: ServedWeb, since: int = 0) -> Counter[str]:
    """Return how often each host was asked for pages, robots.txt left out."""
    return Counter(served.host for served in web.log[since:] if served.path != "/robots.txt")


def page(title: str, text: str, links: Mapping[str, str], *, head: str = "", status: int = 200) -> Reply:
    """Return an HTML page with links: address → anchor."""
    listed = "".join(f'<p><a href="{escape(href)}">{escape(anchor)}</a>' for href, anchor in links.items())
    markup = f"<!DOCTYPE html><html lang=en><title>{escape(title)}</title>{head}<main><p>{escape(text)}</p>{listed}"
    return reply(status, markup.encode("utf-8", "surrogateescape"), HTML)
