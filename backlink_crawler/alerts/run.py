"""All sinks of a file: told once, followed, tried out, or only looked at. Each goes its own pace beside the others."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from backlink_crawler.alerts.alert import Alert, trial
from backlink_crawler.alerts.bookmark import STREAMS, stored_positions
from backlink_crawler.alerts.config import AlertsConfig, Console, File, Mail, SinkConfig, Slack, Webhook
from backlink_crawler.alerts.digest import Digest
from backlink_crawler.alerts.reading import Reader
from backlink_crawler.alerts.schedule import pause
from backlink_crawler.alerts.sinks import Grouped, OneByOne
from backlink_crawler.alerts.sinks.files import ConsoleSink, FileSink
from backlink_crawler.alerts.sinks.http import SlackSink, WebhookSink
from backlink_crawler.alerts.sinks.smtp import MailSink
from backlink_crawler.alerts.turn import Audience, Result, Turn, World
from backlink_crawler.store import Store, StoreUnavailable

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What sinks need of where they run."""

    folder: Path
    """Relative paths of the file begin here."""
    write: Callable[[str], None]
    """Standard output."""


@asynccontextmanager
async def audience(sink: SinkConfig, world: World, around: Surroundings) -> AsyncIterator[Audience]:
    """Open the way to a sink."""
    outlet = sink.outlet
    if isinstance(outlet, Slack | Mail):
        group: Grouped = SlackSink(outlet) if isinstance(outlet, Slack) else MailSink(outlet)
        try:
            yield Audience(sink.name, sink.only, group=group, rhythm=outlet.rhythm)
        finally:
            await group.close()
        return
    single = _single(outlet, world, around)
    try:
        yield Audience(sink.name, sink.only, outlet=single)
    finally:
        await single.close()


def _single(outlet: Webhook | File | Console, world: World, around: Surroundings) -> OneByOne:
    if isinstance(outlet, Webhook):
        return WebhookSink(outlet, world.clock)
    if isinstance(outlet, File):
        return FileSink(around.folder / outlet.path)
    return ConsoleSink(around.write)


async def once(store: Store, config: AlertsConfig, world: World, around: Surroundings) -> list[Result]:
    """Tell every sink what there is, and end.

    :raises StoreError: the index cannot be read or written.
    """

    async def one(sink: SinkConfig) -> Result:
        async with audience(sink, world, around) as listener:
            return await Turn(store, config, listener, world).take()

    return await _all(one(sink) for sink in config.sinks)


async def follow(store: Store, config: AlertsConfig, world: World, around: Surroundings) -> None:
    """Tell every sink what there is, for ever; ends by being cancelled.

    :raises StoreError: the index refuses; that it does not answer is waited for.
    """

    async def one(sink: SinkConfig) -> None:
        failures = 0
        async with audience(sink, world, around) as listener:
            while True:
                try:
                    trouble = (await Turn(store, config, listener, world).take()).trouble
                except StoreUnavailable as error:
                    trouble = str(error)
                failures = failures + 1 if trouble else 0
                seconds = pause(failures, config.poll, world.patience.random)
                if trouble:
                    world.say(f"{sink.name}: {trouble}; again in {seconds:.0f} s")
                await world.patience.sleep(seconds)

    await _all(one(sink) for sink in config.sinks)


async def try_out(config: AlertsConfig, world: World, around: Surroundings) -> list[Result]:
    """Send one message, marked as a test, to every sink; neither the index nor a position is touched."""

    async def one(sink: SinkConfig) -> Result:
        now = world.clock()
        alert = trial(sink.name, now)
        async with audience(sink, world, around) as listener:
            if listener.group is not None:
                digest = Digest(since=now, until=now)
                digest.add([alert])
                answer = await listener.group.send(digest, key=alert.id.hex(), brief=False)
            else:
                assert listener.outlet is not None
                answer = await listener.outlet.send(alert)
        if answer.kind == "accepted":
            world.say(f"{sink.name}: took the test message{answer.detail and ', but ' + answer.detail}")
            return Result(told=1)
        return Result(trouble=f"did not take the test message: {answer.detail}")

    return await _all(one(sink) for sink in config.sinks)


async def preview(
    store: Store, config: AlertsConfig, world: World, show: Callable[[SinkConfig, Sequence[Alert]], None]
) -> None:
    """Show what each sink would be told; nothing is sent or written.

    :raises StoreError: the index cannot be read.
    """
    now = world.clock()
    for sink in config.sinks:
        positions = await stored_positions(store, sink.name, world.since or now)
        reader = Reader(store, sink.only, positions)
        number = 0
        for stream in STREAMS:
            async for page in reader.pages(stream, now - config.settle):
                show(sink, page.wanted)
                number += len(page.wanted)
        world.say(f"{sink.name}: would be told {number:,} {'alert' if number == 1 else 'alerts'}")


def chance() -> float:
    """Return a random number from 0 to 1, to spread attempts."""
    return random.random()  # noqa: S311 - spreads load, guards nothing


async def _all(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Run all at once; the first failure ends the others in good order."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one) for one in work]
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return [task.result() for task in tasks]
