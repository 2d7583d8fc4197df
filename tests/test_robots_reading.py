"""Reading one robots.txt: answers, redirects, failures (RFC 9309 §2.3), and what a worker remembers of them."""

import asyncio
import gc
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime

import msgpack
import pytest
import zstandard
from scrapy import Request
from scrapy.exceptions import CannotResolveHostError, DownloadTimeoutError, IgnoreRequest
from scrapy.http import Response

from backlink_crawler.frontier.contract import FrontierOptions
from backlink_crawler.frontier.politeness import judge
from backlink_crawler.net.errors import RobotsUnreachable, TooLargeError, UnsafeAddressError
from backlink_crawler.net.robots_memory import KEPT_SECONDS, Read, RobotsMemory
from backlink_crawler.net.robots_reading import MAX_BYTES, MAX_REDIRECTS, RobotsReader
from backlink_crawler.net.robots_record import LARGEST, pack, unpack
from backlink_crawler.net.robots_rules import RobotsRules, read_robots
from backlink_crawler.spiders.observation import observe_failure
from tests.frontier.crawl import Clock

AGENT = "backlink_crawler"
ORIGIN = "https://a.test"
RULES = b"User-agent: *\nDisallow: /private/\n"
DELAY = 2.0
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

Answer = tuple[int, bytes | str] | Exception
"""Status with a body, or with where a redirect leads; or how the download fails."""


Answers = dict[str, Answer]


class Wire:
    """Every URL with its answer; what was asked for, and the pauses in between, in order."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self.log: list[str | float] = []

    async def download(self, url: str) -> Response:
        self.log.append(url)
        answer = self.answers.get(url, (404, b""))
        if isinstance(answer, Exception):
            raise answer
        status, told = answer
        if isinstance(told, str):
            return Response(url, status=status, headers={"Location": told} if told else {})
        return Response(url, status=status, body=told, headers={"Retry-After": "120"})

    async def sleep(self, seconds: float) -> None:
        self.log.append(seconds)

    def reader(self) -> RobotsReader:
        return RobotsReader(self.download, None, AGENT, delay=DELAY, sleep=self.sleep)


def file(answer: Answer, elsewhere: Answer | None = None, at: str = "") -> Answers:
    """The robots.txt of the origin, and where it redirects to: ``at`` is a path or a URL."""
    answers = {f"{ORIGIN}/robots.txt": answer}
    if elsewhere is not None:
        answers[at if ":" in at else f"{ORIGIN}/{at}"] = elsewhere
    return answers


def chain(hops: int, last: Answer) -> Answers:
    """A file behind so many redirects."""
    steps = {f"{ORIGIN}/{n}": (302, f"/{n + 1}") for n in range(1, hops)}
    return {f"{ORIGIN}/robots.txt": (301, "/1"), **steps, f"{ORIGIN}/{hops}": last}


ELSEWHERE = "http://b.example/robots.txt"
HUGE = b"User-agent: *\n" + b"#" * 600_000 + b"\nDisallow: /\n"

# fmt: off
READ = [
    (file((200, RULES)), False, "rules"),
    (file((200, b"")), True, "an empty file"),
    (file((204, b"")), True, "no content"),
    (file((200, b"\xef\xbb\xbf" + RULES)), False, "a byte order mark"),
    (file((200, RULES.replace(b"\n", b"\r"))), False, "CR alone"),
    (file((200, b"<!DOCTYPE html><h1>Not found</h1>")), True, "an error page that says 200"),
    (file((200, HUGE)), True, "what lies beyond 500 KiB is not read"),
    (file((200, b"User-agent: *\n" + b"#" * (MAX_BYTES - 100) + b"\nDisallow: /\n")), False, "what lies before is"),
    (file((400, RULES)), True, "4xx: no rules (2.3.1.3)"),
    (file((401, RULES)), True, "not even when it wants a password"),
    (file((403, RULES)), True, "or forbids"),
    (file((404, RULES)), True, "the most common case"),
    (file((410, RULES)), True, "gone"),
    (file((301, "/robots"), (200, RULES), "robots"), False, "a redirect on the host (2.3.1.2)"),
    (file((308, ELSEWHERE), (200, RULES), ELSEWHERE), False, "across hosts and schemes: rules of the first host"),
    (file((302, ELSEWHERE), (404, RULES), ELSEWHERE), True, "to nothing"),
    (chain(MAX_REDIRECTS, (200, RULES)), False, "five hops"),
    (chain(MAX_REDIRECTS + 1, (200, RULES)), True, "six: as if there were none"),
    (file((301, "/robots.txt")), True, "to itself"),
    (file((301, "/x"), (301, "/robots.txt"), "x"), True, "in a circle"),
    (file((301, "")), True, "to nowhere"),
    (file((301, "ftp://a.test/robots.txt")), True, "to what is no web address"),
    (file((301, "http://[x/")), True, "to what is no address"),
    (file((301, "/" + "a" * 3_000)), True, "to an address that is too long"),
    (file((301, "/robots#top"), (200, RULES), "robots"), False, "fragments are not sent"),
    (file((304, b"")), True, "an answer that was not asked for"),
]
UNREACHABLE = [
    (file((500, RULES)), "5xx (2.3.1.4)"),
    (file((503, RULES)), "busy"),
    (file((599, b"")), "any of them"),
    (file((429, RULES)), "429 asks for patience: the one 4xx that says nothing of the file"),
    (file((301, ELSEWHERE), (500, b""), ELSEWHERE), "a server error behind a redirect"),
    (file((301, ELSEWHERE), CannotResolveHostError("b.example"), ELSEWHERE), "a host that is not there"),
    (file((301, "http://10.0.0.1/"), UnsafeAddressError("10.0.0.1"), "http://10.0.0.1/"), "to a private address"),
    (file(TooLargeError("11 MB")), "more than is downloaded at all"),
    (file(IgnoreRequest("compression bomb")), "more than is unpacked"),
]
# fmt: on


@pytest.mark.parametrize(("answers", "allowed", "reason"), READ)
async def test_what_a_file_means(answers: Answers, allowed: bool, reason: str) -> None:
    """Each answer, and what it says of ``/private/``."""
    read = await Wire(answers).reader().read(ORIGIN)
    assert read.rules.allowed(f"{ORIGIN}/private/x") is allowed, reason


@pytest.mark.parametrize(("answers", "reason"), UNREACHABLE)
async def test_what_is_not_known_is_not_allowed(answers: Answers, reason: str) -> None:
    """A file that cannot be had for now forbids its origin, and nothing else of the host is asked for."""
    wire = Wire(answers)
    with pytest.raises(RobotsUnreachable):
        await wire.reader().read(ORIGIN)
    assert set(wire.log) <= {*answers, DELAY}, reason


async def test_a_host_that_does_not_answer_fails_as_its_pages_would() -> None:
    """The record of a page then says what is wrong: a timeout, say."""
    with pytest.raises(DownloadTimeoutError):
        await Wire(file(DownloadTimeoutError("30 s"))).reader().read(ORIGIN)


async def test_hops_on_the_host_wait_for_its_delay() -> None:
    """Each is a request like any other."""
    wire = Wire(chain(2, (200, RULES)))
    await wire.reader().read(ORIGIN)
    assert wire.log == [f"{ORIGIN}/robots.txt", DELAY, f"{ORIGIN}/1", DELAY, f"{ORIGIN}/2"]


async def test_a_circle_is_walked_once() -> None:
    """Each of its addresses is asked for at most once."""
    wire = Wire(file((301, "/x"), (301, "/robots.txt"), "x"))
    await wire.reader().read(ORIGIN)
    assert wire.log == [f"{ORIGIN}/robots.txt", DELAY, f"{ORIGIN}/x"]


async def test_not_known_for_a_month_is_not_known() -> None:
    """Neither an old copy nor the end of patience that §2.3.1.4 allows is used: pages wait, and say why."""
    clock = Clock()
    memory = RobotsMemory(clock)
    wire = Wire(file((200, b"")))
    first = asyncio.ensure_future(wire.reader().read(ORIGIN))
    memory.put(ORIGIN, first)
    await first
    await asyncio.sleep(0)
    assert memory.get(ORIGIN) is not None
    wire.answers = file((503, b""))
    for days in (1, 29, 31):
        clock.advance(days * 86_400)
        assert memory.get(ORIGIN) is None
        with pytest.raises(RobotsUnreachable) as caught:
            await wire.reader().read(ORIGIN)
    visit = observe_failure(Request(f"{ORIGIN}/"), caught.value, NOON)
    assert (visit.page.outcome, visit.page.reason) == ("blocked_by_robots", "robots_unreachable")
    verdict = judge(visit.page.outcome, None, visit.page.reason, 1, visit.retry_after, options=FrontierOptions())
    assert (verdict.state, verdict.hold_host, verdict.host_trouble) == ("retry", 120, True)


async def reading(memory: RobotsMemory, origin: str, rules: RobotsRules, age: float = 0.0) -> None:
    """Put a finished reading into ``memory``."""
    future: asyncio.Future[Read] = asyncio.get_running_loop().create_future()
    memory.put(origin, future)
    future.set_result(Read(rules, age))
    await asyncio.sleep(0)


async def test_a_changed_file_is_taken_up_after_a_day() -> None:
    """What another worker told counts from when that one read it."""
    clock = Clock()
    memory = RobotsMemory(clock)
    await reading(memory, ORIGIN, RobotsRules())
    await reading(memory, "https://told.test", RobotsRules(), age=KEPT_SECONDS - 60)
    clock.advance(59)
    assert memory.get("https://told.test") is not None
    clock.advance(2)
    assert memory.get("https://told.test") is None
    assert memory.get(ORIGIN) is not None
    clock.advance(KEPT_SECONDS)
    assert memory.get(ORIGIN) is None


async def test_memory_is_bounded_in_number() -> None:
    """The least recently asked for goes first."""
    memory = RobotsMemory(Clock(), most_origins=3)
    for n in range(3):
        await reading(memory, f"https://{n}.test", RobotsRules())
    memory.get("https://0.test")
    await reading(memory, "https://3.test", RobotsRules())
    assert [memory.get(f"https://{n}.test") is not None for n in range(4)] == [True, False, True, True]


async def test_memory_is_bounded_in_bytes() -> None:
    """A thousand files of 40,000 rules do not fill the machine."""
    rules = read_robots(b"User-agent: *\n" + b"".join(b"Disallow: /%d\n" % n for n in range(1_000)), AGENT)
    memory = RobotsMemory(Clock(), most_bytes=10 * rules.weight)
    for n in range(50):
        await reading(memory, f"https://{n}.test", rules)
    assert len(memory) == 9  # each takes a little more than its rules
    assert memory.weight <= 10 * rules.weight
    for n in range(50):
        await reading(memory, f"https://{n}.test", RobotsRules())
    once = memory.weight
    for n in range(50):
        await reading(memory, f"https://{n}.test", RobotsRules())
    assert memory.weight == once, "what is replaced no longer counts"


async def test_sitemaps_count() -> None:
    """A file without a rule that names a hundred long sitemaps takes their bytes."""
    plain, named = RobotsMemory(Clock()), RobotsMemory(Clock())
    sitemaps = [f"https://{n}.test/{'s' * 2_000}" for n in range(100)]
    await reading(plain, ORIGIN, RobotsRules())
    await reading(named, ORIGIN, RobotsRules(sitemaps=sitemaps))
    assert named.weight - plain.weight >= sum(map(len, sitemaps))


async def test_what_read_a_file_is_not_kept() -> None:
    """Kept for a day is what was read, not the task that read it: that would hold all its work as well."""
    memory = RobotsMemory(Clock())

    async def work() -> Read:
        return Read(RobotsRules())

    task = asyncio.ensure_future(work())
    memory.put(ORIGIN, task)
    read = await task
    await asyncio.sleep(0)
    kept = memory.get(ORIGIN)
    assert kept is not None
    assert kept is not task
    assert await kept is read


@pytest.mark.parametrize("rules", [0, 12, 500])
async def test_weight_is_what_memory_is_taken(rules: int) -> None:
    """The bound in bytes holds: what is counted is not less than what is taken, and not twice as much."""
    body = "User-agent: *\n" + "".join(f"Disallow: /cellar-{n}/shelf-{n}/\n" for n in range(rules))
    memory, files = RobotsMemory(Clock()), 20
    await reading(memory, "https://first.test", read_robots(body.encode(), AGENT))
    gc.collect()
    tracemalloc.start()
    try:
        for n in range(files):
            await reading(memory, f"https://host-{n}.test", read_robots(body.encode(), AGENT))
        gc.collect()
        taken = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    counted = memory.weight * files / (files + 1)
    assert taken <= counted < 2 * taken


async def test_a_failure_is_not_remembered() -> None:
    """The next page asks again; the frontier sees to it that this is not at once."""
    memory = RobotsMemory(Clock())
    failing = asyncio.ensure_future(Wire(file((500, b""))).reader().read(ORIGIN))
    memory.put(ORIGIN, failing)
    with pytest.raises(RobotsUnreachable):
        await failing
    await asyncio.sleep(0)
    assert memory.get(ORIGIN) is None


def test_a_record_says_what_the_file_says() -> None:
    """Rules and Crawl-delay come back; sitemaps are not sent along."""
    body = b"User-agent: *\nDisallow: /a*b$\nAllow: /caf\xc3\xa9\nCrawl-delay: 2.5\nSitemap: /s"
    rules = read_robots(body, AGENT)
    again = unpack(pack(rules, AGENT), AGENT)
    assert again is not None
    assert (again.rules, again.crawl_delay, again.sitemaps) == (rules.rules, 2.5, ())


def _packed(values: object) -> bytes:
    return zstandard.compress(msgpack.packb(values))


def _bomb() -> bytes:
    """A record that is whole, and far too large."""
    return _packed([1, AGENT, None, ["+" + "a" * LARGEST]])


@pytest.mark.parametrize(
    "damage",
    [
        lambda record: b"",
        lambda record: record[:-1],
        lambda record: b"x" + record,
        lambda record: record[:10] + bytes([record[10] ^ 255]) + record[11:],
        lambda record: _packed([1, AGENT, None]),
        lambda record: _packed([1, AGENT, None, ["?/"]]),
        lambda record: _packed([1, AGENT, "2", []]),
        lambda record: _packed([2, AGENT, None, []]),
        lambda record: _packed({}),
        lambda record: pack(RobotsRules(), "other"),
        lambda record: b"cos\nsystem\n(S'true'\ntR.",
        lambda record: _bomb(),
    ],
)
def test_a_damaged_record_is_none(damage: Callable[[bytes], bytes]) -> None:
    """Whatever stands in Redis is data, is checked, and costs at most a download."""
    record = pack(read_robots(RULES * 20, AGENT), AGENT)
    assert unpack(damage(record), AGENT) is None
