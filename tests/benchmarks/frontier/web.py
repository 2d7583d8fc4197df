"""The benchmark's web as a process: ``python -m tests.benchmarks.frontier.web``.

Pages have numbers. Those up to ``seeds`` are known from the start; each page links to 10 that nothing else has linked
to yet, to 50 that are known by then (the other seeds, or the 50 pages before it) and to 20 on other sites. Numbers from
``pages`` on do not exist and are not linked to. Page *n* stands on host *n modulo hosts*.
"""

import argparse
import asyncio
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import uvloop

from tests.benchmarks.frontier.names import number, url
from tests.web.reply import NOT_FOUND, Content, Listener, Reply, reply
from tests.web.server import listening

NEW, KNOWN, EXTERNAL = 10, 50, 20
_PARAGRAPH = "<p>Heavy clay soil improves with leaf mould and old straw, and with a little patience.</p>\n"


class NumberedPages(Content):
    """What is served."""

    def __init__(self, hosts: Sequence[str], pages: int, seeds: int, *, links: bool = True) -> None:
        self._hosts = hosts
        self._pages = pages
        self._seeds = seeds
        self._links = links
        self._ready: dict[tuple[str, str], Reply] = {}

    def url(self, page: int) -> str:
        """Return the address of a page."""
        return url(self._hosts[page % len(self._hosts)], page, "http")

    def targets(self, page: int) -> Iterator[str]:
        """Yield where a page links to."""
        first = self._seeds + NEW * page
        yield from map(self.url, range(first, min(first + NEW, self._pages)))
        known = range(self._seeds) if page < self._seeds else range(max(0, page - KNOWN), page)
        yield from (self.url(n) for n in known if n != page)
        yield from (f"http://elsewhere-{page % 1000 * EXTERNAL + n}.test/" for n in range(EXTERNAL))

    def ports(self) -> Mapping[str, Mapping[int, Listener]]:
        """Port 80 of every host."""
        return {name: {80: "http"} for name in self._hosts}

    def answer(self, scheme: str, authority: str, target: str) -> Reply:
        """The page that the end of the path names; rendered once."""
        ready = self._ready.get((authority, target))
        if ready is None:
            ready = self._ready[authority, target] = self._render(target)
        return ready

    def _render(self, target: str) -> Reply:
        try:
            page = number(target)
        except ValueError:
            return NOT_FOUND
        links = self.targets(page) if self._links else ()
        items = "".join(f'<li><a href="{to}">What page {page} says of it</a></li>\n' for to in links)
        html = f"<!DOCTYPE html><title>Page {page}</title><main>{_PARAGRAPH * 5}<ul>{items}</ul></main>"
        return reply(200, html.encode(), "text/html; charset=utf-8")

    def page_count(self) -> int:
        """Pages that are linked to."""
        return self._pages


async def _run(content: Content, folder: Path, hosts_file: Path, log: Path) -> None:
    stop = asyncio.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signal_number, stop.set)
    with log.open("w", buffering=1) as log_file:
        async with listening(content, folder, hosts_file, log_file):
            print("ready", flush=True)
            await stop.wait()


def main() -> int:
    """Serve until SIGTERM or Ctrl-C; one line is printed when the hosts file is there."""
    parser = argparse.ArgumentParser("python -m tests.benchmarks.frontier.web", description=__doc__)
    parser.add_argument("hosts", nargs="+")
    parser.add_argument("--pages", type=int, required=True)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--no-links", action="store_true")
    parser.add_argument("--hosts-file", type=Path, required=True)
    parser.add_argument("--log", type=Path, required=True)
    options = parser.parse_args()
    content = NumberedPages(options.hosts, options.pages, options.seeds, links=not options.no_links)
    with tempfile.TemporaryDirectory(prefix="bench-web-") as folder:
        uvloop.run(_run(content, Path(folder), options.hosts_file, options.log))
    return 0


if __name__ == "__main__":
    sys.exit(main())
