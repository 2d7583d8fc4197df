"""Names without DNS: a JSON file that says where each host and port is really dialled.

``{"example.test": {"80": ["127.0.0.1", 41234], "443": ["127.0.0.1", 41235]}}``. A name that is not in the file does not
resolve. Made for tests and for replaying saved pages under their true URLs; the address guard applies all the same.
"""

import json
import socket
from pathlib import Path

from aiohttp.abc import AbstractResolver, ResolveResult


class HostsFileError(ValueError):
    """The hosts file is missing or damaged; the message is one line for people."""


class HostsFileResolver(AbstractResolver):
    """Resolves names from a hosts file, read once."""

    def __init__(self, path: Path) -> None:
        """:raises HostsFileError: it cannot be read."""
        try:
            self._hosts: dict[str, dict[str, tuple[str, int]]] = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise HostsFileError(f"NET_HOSTS_FILE {path} cannot be read: {error}") from error

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the one address of ``host`` and ``port``; :exc:`OSError` where there is none."""
        try:
            address, real_port = self._hosts[host][str(port)]
        except KeyError:
            raise OSError(socket.EAI_NONAME, f"{host} (port {port}) is not in the hosts file") from None
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=real_port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    async def close(self) -> None:
        """Nothing to free."""
