"""``scrapy services start|stop|status``: the project's own Valkey and mongod."""

import argparse
import json
import re
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from scrapy.settings import BaseSettings

from backlink_crawler import services
from backlink_crawler.services import ServiceError, ServiceStatus

SETTING_OF = {"redis": "REDIS_URL", "mongodb": "MONGODB_URI"}
NOT_RUNNING = 3
"""Exit code of ``status`` where a server that is needed does not run, as init scripts have it."""
COLUMNS = ("name", "state", "pid", "url", "version", "size", "data")
"""What people see; ``--json`` also tells the program that runs."""

Row = dict[str, Any]


def run(settings: BaseSettings, args: Sequence[str], opts: argparse.Namespace) -> int:
    """Do ``opts.action`` to the local servers, and print how they are."""
    try:
        rows = _rows(settings, opts.action)
    except ServiceError as error:
        print(f"scrapy services: {error}", file=sys.stderr)
        return 1
    print(json.dumps(rows, indent=1) if opts.json else table(rows))
    return exit_code(opts.action, rows)


def _rows(settings: BaseSettings, action: str) -> list[Row]:
    folder = services.services_folder(settings)
    configured = {name: settings.get(setting) for name, setting in SETTING_OF.items()}
    if action == "stop":
        return [{"name": ended.name, "state": ended.outcome, "pid": ended.pid} for ended in services.stop(folder)]
    if action == "start":
        missing = [SETTING_OF[name] for name, url in configured.items() if not url]
        if missing and not settings.getbool("SERVICES_EMBEDDED", True):
            raise ServiceError(f"local servers are off here (SERVICES_EMBEDDED); set {' and '.join(missing)}")
        services.start(folder, missing)
    return [row(found, configured[found.name]) for found in services.status(folder)]


def row(found: ServiceStatus, configured: str | None) -> Row:
    """One line of the answer: a configured server is somebody else's and shown as such, without its password."""
    if configured:
        return {"name": found.name, "state": "configured", "url": without_password(configured)}
    told = asdict(found)
    running = told.pop("running")
    state = "not running" if not running else "running" if found.version else "not answering"
    return {"name": told.pop("name"), "state": state, **told}


def exit_code(action: str, rows: Sequence[Row]) -> int:
    """0 where the wish is fulfilled; see the command's help for the others."""
    wrong = {"stop": {"still stopping"}, "start": {"not running", "not answering"}}
    if action == "status":
        return NOT_RUNNING if any(row["state"] in {"not running", "not answering"} for row in rows) else 0
    return 1 if any(row["state"] in wrong[action] for row in rows) else 0


def table(rows: Sequence[Row]) -> str:
    """The rows as aligned text: one column per field that any row has."""
    columns = [name for name in COLUMNS if any(row.get(name) is not None for row in rows)]
    cells = [columns, *([_shown(name, row.get(name)) for name in columns] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in cells)


def _shown(name: str, value: Any) -> str:
    if value is None:
        return "-"
    return f"{value / 1e6:.1f} MB" if name == "size" else str(value)


def without_password(url: str) -> str:
    """The URL with ``***`` for a password, in the authority or in the query."""
    return re.sub(r"(?<=[?&]password=)[^&]+", "***", re.sub(r"(//[^/@:]*:)[^/@]*@", r"\1***@", url))
