"""Serves what ``wire`` describes: raw sockets, one port for all that is plain, one for each certificate."""

import asyncio
import json
import tempfile
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import Future
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path

import uvloop

from tests.web.hostile import certificates
from tests.web.hostile.wire import CERTIFICATES, GOOD, HOSTS, Client, HostileWeb
from tests.web.server import LOOPBACK

_NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


async def _converse(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, web: HostileWeb, only: str | None = None
) -> None:
    """Answer one request and close."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        host = only or head.partition("\r\nhost:")[2].partition("\r\n")[0].strip()
        served = HOSTS[host]
        client = Client(writer, web, host)
        if head.split(" ")[1] == "/robots.txt" and not served.on_robots:
            client.write(_NOT_FOUND)
        else:
            await served.attack(client)
        await client.drain()
    except (ConnectionError, asyncio.IncompleteReadError):
        pass  # has had enough
    finally:
        writer.close()


async def _not_tls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer a handshake in plain text."""
    await reader.read(100)
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    writer.close()


async def _no_handshake(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Never answer a handshake."""
    with suppress(ConnectionError):
        while await reader.read(1_000):
            pass
    writer.close()


@asynccontextmanager
async def _listening(folder: Path) -> AsyncIterator[HostileWeb]:
    made = certificates.make(folder, [*CERTIFICATES])
    web = HostileWeb(folder / "hosts.json", made.authority)
    tasks: set[asyncio.Task[None]] = set()

    def served(handle: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]) -> Callable[..., None]:
        """Keep the task of each connection, to end those that would never."""

        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.ensure_future(handle(reader, writer))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        return accept

    async def listen(
        stack: AsyncExitStack,
        handle: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
        certificate: Path | None = None,
    ) -> list[str | int]:
        context = certificates.server_context(certificate) if certificate else None
        server = await asyncio.start_server(served(handle), LOOPBACK, 0, ssl=context)
        await stack.enter_async_context(server)
        return list(server.sockets[0].getsockname())

    async with AsyncExitStack() as stack:
        plain = await listen(stack, lambda reader, writer: _converse(reader, writer, web))
        hosts = {name: {"80": plain} for name in HOSTS}
        for name in CERTIFICATES:
            if name == "no-tls.test":
                where = await listen(stack, _not_tls)
            elif name == "slow-handshake.test":
                where = await listen(stack, _no_handshake)
            else:
                where = await listen(stack, lambda reader, writer: _converse(reader, writer, web, GOOD), made.of[name])
            hosts[name] = {"443": where}
        web.hosts_file.write_text(json.dumps(hosts))
        try:
            yield web
        finally:
            for task in list(tasks):
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


@contextmanager
def serve() -> Iterator[HostileWeb]:
    """Serve all of it from a thread of this process until the block ends."""
    started: Future[tuple[HostileWeb, asyncio.AbstractEventLoop, asyncio.Event]] = Future()
    with tempfile.TemporaryDirectory(prefix="hostile-web-") as folder:

        async def run() -> None:
            stop = asyncio.Event()
            async with _listening(Path(folder)) as web:
                started.set_result((web, asyncio.get_running_loop(), stop))
                await stop.wait()

        def body() -> None:
            try:
                uvloop.run(run())
            except BaseException as error:
                if started.done():
                    raise
                started.set_exception(error)

        thread = threading.Thread(target=body, name="hostile-web", daemon=True)
        thread.start()
        web, loop, stop = started.result()
        try:
            yield web
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join()
