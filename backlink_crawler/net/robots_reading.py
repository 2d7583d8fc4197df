"""Reading one robots.txt: from what the crawl's workers share, else from the wire, by RFC 9309 §2.3.

    2xx                       its rules; the first 500 KiB of them
    3xx                       followed, five hops, across hosts too; what is found there are the rules of the origin
    more hops, a loop         no rules: everything is allowed
    4xx                       no rules, but 429 asks for patience like a 503
    5xx, no answer            nothing is allowed until it is resolved; also where a redirect leads to one, to an address
                              that is not public, or to more bytes than are downloaded at all

Each hop is a request like any other: to the host of the page, which its lease has locked, after the delay; to another
host when the frontier says that no worker asks it anything else.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import urljoin
from uuid import uuid4

from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from backlink_crawler.frontier.redis.robots import Busy, Known, SharedRobots
from backlink_crawler.net.errors import RobotsUnreachable, TooLargeError
from backlink_crawler.net.robots_memory import Read
from backlink_crawler.net.robots_record import pack, unpack
from backlink_crawler.net.robots_rules import RobotsRules, read_robots
from backlink_crawler.urls import host_of

MAX_REDIRECTS = 5
"""§2.3.1.2: at least five hops are followed; more are read as no robots.txt."""
MAX_BYTES = 512_000
"""§2.5: at least 500 KiB are parsed; the rest is cut off."""
SECONDS_TO_ANSWER = 30
"""One request may take so long."""
SECONDS_IN_ALL = 150
"""One reading may, pauses between its requests left out."""
LEASE_SECONDS = 60
"""A reader that died keeps others waiting for no longer; one that lives renews it with each hop."""
LONGEST_TURN = 30
"""Another host that cannot be asked for so long is not waited for."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_TOO_MANY_REQUESTS = 429
_NUMBER = re.compile(r"[0-9]{1,9}")
_POLL = 0.5
_LONGEST_ADDRESS = 2_083

Download = Callable[[str], Awaitable[Response]]
Sleep = Callable[[float], Awaitable[None]]


@dataclass(slots=True)
class _Reading:
    """One reading: the addresses it came through, and the leases it holds."""

    host: str
    chain: list[str]
    owner: str = field(default_factory=lambda: uuid4().hex)
    leased: list[str] = field(default_factory=list)
    told: Read | None = None
    """What another worker has told of the last address of the chain."""


class RobotsReader:
    """Reads robots.txt files for one worker.

    :param download: one request, no redirects followed; raises Scrapy's download errors.
    :param shared: what the workers of the crawl share; ``None``: this one is alone.
    :param delay: seconds between two requests to one host.
    :param sleep: replaced in tests.
    """

    def __init__(
        self,
        download: Download,
        shared: SharedRobots | None,
        agent: str,
        *,
        delay: float,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._download = download
        self._shared = shared
        self._agent = agent
        self._delay = delay
        self._sleep = sleep
        self._patience = SECONDS_IN_ALL + MAX_REDIRECTS * delay

    async def read(self, origin: str) -> Read:
        """Return what the robots.txt of ``origin`` says.

        :raises RobotsUnreachable: nothing of it may be asked for now.
        :raises Exception: of the download handler, when the host itself gives no answer: a page would fail in the same
            way.
        """
        url = f"{origin}/robots.txt"
        reading = _Reading(host_of(url), [url])
        try:
            async with asyncio.timeout(self._patience):
                known = await self._known(url, reading)
                if known is not None:
                    return known
                rules = await self._fetch(reading)
        except TimeoutError:
            await self._free(reading)
            raise RobotsUnreachable(f"robots.txt was not read within {self._patience:g} s") from None
        except BaseException:
            await self._free(reading)
            raise
        return await self._tell(rules, reading)

    async def _tell(self, rules: RobotsRules, reading: _Reading) -> Read:
        """Share what was read. What another worker has told of the last address stays as it is, and as old."""
        told = reading.told
        urls = reading.chain if told is None else reading.chain[:-1]
        age = 0.0 if told is None else told.age
        if self._shared is not None:
            await self._shared.keep(pack(rules, self._agent), reading.owner, urls, age=age)
            if rest := [url for url in reading.leased if url not in urls]:
                await self._shared.free(reading.owner, rest)
        return Read(rules, age, from_wire=True, addresses=() if told else tuple(urls))

    async def _free(self, reading: _Reading) -> None:
        if self._shared is not None:
            await self._shared.free(reading.owner, reading.leased)

    async def _known(self, url: str, reading: _Reading) -> Read | None:
        """Return what another worker has read, waiting for one that is at it; else ``url`` is ours to read."""
        waited = anew = False
        while self._shared is not None:
            taken = await self._shared.take(url, reading.owner, LEASE_SECONDS, anew=anew)
            if isinstance(taken, Known):
                rules = unpack(taken.record, self._agent)
                if rules is not None:
                    if waited:  # that request was just made
                        await self._sleep(self._delay)
                    return Read(rules, taken.age)
                anew = True
            elif isinstance(taken, Busy):
                waited, anew = True, False
                await self._sleep(min(taken.seconds, _POLL))
            else:
                reading.leased.append(url)
                break
        return None

    async def _fetch(self, reading: _Reading) -> RobotsRules:
        """Follow the redirects of ``reading``; its chain then ends where the file is."""
        chain = reading.chain
        response = await self._ask_first(chain[0])
        while response.status in _REDIRECTS:
            target = _target(response, chain[-1])
            if target is None or target in chain or len(chain) > MAX_REDIRECTS:
                del chain[1:]  # of the others nothing is known
                return RobotsRules()
            reading.told = await self._go_to(target, reading)
            chain.append(target)
            if reading.told is not None:
                return reading.told.rules
            await self._renew(reading)
            response = await self._ask_next(target, reading)
        return self._rules_in(response)

    def _rules_in(self, response: Response) -> RobotsRules:
        if 200 <= response.status < 300:
            return read_robots(response.body[:MAX_BYTES], self._agent)
        return RobotsRules()

    async def _ask_first(self, url: str) -> Response:
        try:
            return _answered(await self._download(url))
        except RobotsUnreachable:
            raise
        except (TooLargeError, IgnoreRequest) as error:
            raise RobotsUnreachable(f"robots.txt is too large: {error}") from error

    async def _go_to(self, target: str, reading: _Reading) -> Read | None:
        """Return what is known of ``target`` already; else wait until it may be asked for."""
        known = await self._known(target, reading)
        if known is None:
            host = host_of(target)
            if host == reading.host:
                await self._sleep(self._delay)
            elif self._shared is not None:
                await self._wait_for_turn(host, reading.owner, self._shared)
        return known

    async def _renew(self, reading: _Reading) -> None:
        if self._shared is not None:
            await self._shared.take(reading.chain[0], reading.owner, LEASE_SECONDS, anew=True)

    async def _wait_for_turn(self, host: str, owner: str, shared: SharedRobots) -> None:
        while (seconds := await shared.visit(host, owner, SECONDS_TO_ANSWER + _POLL, LONGEST_TURN)) is None:
            await self._sleep(_POLL)
        if seconds > LONGEST_TURN:
            raise RobotsUnreachable(f"robots.txt is at {host}, which must not be asked for {seconds:.0f} s")
        await self._sleep(seconds)

    async def _ask_next(self, url: str, reading: _Reading) -> Response:
        host = host_of(url)
        try:
            return _answered(await self._download(url))
        except RobotsUnreachable:
            raise
        except Exception as error:  # whatever a download may end in: the origin has no rules for now
            raise RobotsUnreachable(f"robots.txt is at {host}, which gives no answer: {error}") from error
        finally:
            if self._shared is not None and host != reading.host:
                await self._shared.leave(host, reading.owner)


def _answered(response: Response) -> Response:
    """Return ``response`` unless it means that there is no telling for now."""
    if response.status >= 500 or response.status == _TOO_MANY_REQUESTS:
        asked = (response.headers.get("Retry-After") or b"").decode("latin-1").strip()
        retry_after = float(asked) if _NUMBER.fullmatch(asked) else None
        raise RobotsUnreachable(f"robots.txt answers {response.status}", retry_after)
    return response


def _target(response: Response, url: str) -> str | None:
    """Return where a redirect leads, ``None`` where that is no web address."""
    location = (response.headers.get("Location") or b"").decode("latin-1").strip()
    try:
        target = urljoin(url, location).partition("#")[0] if location else ""
    except ValueError:
        return None
    is_web = target.startswith(("http://", "https://")) and len(target) <= _LONGEST_ADDRESS
    return target if is_web and host_of(target) else None
