"""A plain client that dials as the hosts file says: what a crawler's handler does, for tests of the server itself."""

import http.client
import json
import ssl
from pathlib import Path

from tests.web.hrefs import root_relative
from tests.web.plan import host_in
from tests.web.server import ServedWeb

Fetched = tuple[int, http.client.HTTPMessage, bytes]
"""Status, headers and body as sent (still compressed)."""


def connect(hosts_file: Path, url: str, certificate: Path | None = None) -> http.client.HTTPConnection:
    """Return an open connection to the host of ``url``, its certificate verified.

    :raises KeyError: the hosts file does not have the name or the port.
    """
    authority, secure, name = url.split("/")[2], url.startswith("https:"), host_in(url)
    port = authority.removeprefix(name).lstrip(":") or ("443" if secure else "80")
    dialled: tuple[str, int] = json.loads(hosts_file.read_text())[name][port]
    connection = http.client.HTTPConnection(dialled[0], dialled[1], timeout=10)
    connection.connect()
    if secure:
        context = ssl.create_default_context(cafile=certificate)
        connection.sock = context.wrap_socket(connection.sock, server_hostname=name)
    return connection


def ask(connection: http.client.HTTPConnection, url: str, method: str = "GET") -> http.client.HTTPResponse:
    """Ask for a URL over its connection; the body is still to be read."""
    connection.request(method, root_relative(url), headers={"Host": url.split("/")[2]})
    return connection.getresponse()


def fetch(web: ServedWeb, url: str, method: str = "GET") -> Fetched:
    """Ask for a URL over a connection of its own."""
    connection = connect(web.hosts_file, url, web.certificate)
    try:
        response = ask(connection, url, method)
        return response.status, response.headers, response.read()
    finally:
        connection.close()
