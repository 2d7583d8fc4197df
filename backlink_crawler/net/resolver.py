"""Names to addresses through the system's resolver, without one slow name delaying the others."""

import asyncio
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

MOST_ADDRESSES = 4
"""Addresses of a name that are tried: a name with hundreds must not make us knock at hundreds of doors."""


class ThreadedResolver(AbstractResolver):
    """``getaddrinfo`` in threads of its own, one for each request that may be under way.

    An event loop's own would share few (uvloop: four for everything), so that four names whose servers do not answer
    would hold up all the others. Cached are names by the connector, not here.
    """

    def __init__(self, threads: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="dns")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the first few addresses of ``host``; :exc:`OSError` where there is none."""
        loop = asyncio.get_running_loop()
        try:
            found = await loop.run_in_executor(self._threads, _look_up, host, port, family)
        except UnicodeError as error:  # an empty or overlong label
            raise OSError(socket.EAI_NONAME, f"{host!r} is no host name") from error
        return [
            ResolveResult(
                hostname=host, host=str(where[0]), port=port, family=kind, proto=protocol, flags=socket.AI_NUMERICHOST
            )
            for kind, _, protocol, _, where in found[:MOST_ADDRESSES]
        ]

    async def close(self) -> None:
        """Let the threads end; those that still wait for a name are not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _look_up(host: str, port: int, family: socket.AddressFamily) -> Sequence[tuple[Any, ...]]:
    return socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
