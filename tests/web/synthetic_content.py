"""A planned web as content for the server: each page is rendered when it is first asked for."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tests.web.plan import PagePlan, Web
from tests.web.render import replies, robots_reply, robots_text
from tests.web.reply import NOT_FOUND, Content, Listener, Reply
from tests.web.server import ServedWeb, serve


class PlannedContent(Content):
    """Answers for every host of a web."""

    def __init__(self, web: Web) -> None:
        self._web = web
        self._ready: dict[str, list[Reply]] = {}
        """URL → the replies still to come, the last one for ever."""

    def ports(self) -> Mapping[str, Mapping[int, Listener]]:
        """http hosts have no port 443; https hosts redirect from port 80."""
        both: dict[int, Listener] = {80: "http", 443: "https"}
        plain: dict[int, Listener] = {80: "http"}
        refused: dict[int, Listener] = {80: "refused", 443: "refused"}
        return {
            host.name: refused if host.refuses else plain if host.scheme == "http" else both
            for host in self._web.hosts.values()
        }

    def answer(self, scheme: str, authority: str, target: str) -> Reply:
        """Planned pages under exactly their URL; a page that is not planned is a 404."""
        url = f"{scheme}://{authority}{target}"
        ready = self._ready.get(url)
        if ready is None:
            ready = self._ready[url] = self._render(authority, url)
        return ready[0] if len(ready) == 1 else ready.pop(0)

    def _render(self, authority: str, url: str) -> list[Reply]:
        host = self._web.hosts.get(authority)
        if host is None:
            return [NOT_FOUND]
        root = f"{host.scheme}://{host.name}"
        if url == f"{root}/robots.txt":
            return [robots_reply(host)]
        if url == f"{root}{host.robots.location}":
            return [robots_text(host)]
        return list(replies(self._web.page(url)))

    def page_count(self) -> int:
        """Planned pages."""
        return len(self._web.pages)

    def put(self, page: PagePlan) -> None:
        """Serve another version of a page from now on; may be called while the server runs."""
        self._ready[page.url] = list(replies(page))


@contextmanager
def serve_web(web: Web) -> Iterator[ServedWeb]:
    """Serve a planned web from a thread until the block ends."""
    with serve(PlannedContent(web)) as served:
        yield served
