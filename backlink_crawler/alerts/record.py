"""An alert as JSON: the body of a webhook, a line of a file. ``docs/alerts.md`` tells every field."""

import json
from datetime import UTC, datetime
from typing import Any

from backlink_crawler.alerts.alert import Alert

_FIELDS = (
    *("target_site", "source_site", "source_url", "target_url", "anchor", "link_type", "follow", "region"),
    *("field", "old", "new", "reason", "visit", "replaces"),
)


def record(alert: Alert) -> dict[str, Any]:
    """Return the alert as plain values: the envelope of Standard Webhooks, with the id inside too."""
    return {
        "id": alert.id.hex(),
        "type": alert.kind,
        "timestamp": _value(alert.at),
        "data": {name: _value(getattr(alert, name)) for name in _FIELDS},
    }


def body(alert: Alert) -> bytes:
    """Return the alert as JSON on one line, in ASCII: nothing that pages said can command a terminal."""
    return json.dumps(record(alert), separators=(",", ":")).encode()


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return value.hex() if isinstance(value, bytes) else value
