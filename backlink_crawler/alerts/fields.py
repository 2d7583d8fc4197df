"""Options of sinks that need more than a type."""

from backlink_crawler.strict_toml import Fields, Wrong
from backlink_crawler.urls import host_of, normalise


def a_url(option: str, text: str) -> str:
    """Return ``text``, an address to post to, unaltered: its path and query are the receiver's business."""
    url = normalise(text)
    if url is None or "#" in text:
        raise Wrong(option, "is no http or https address (what it is now is not shown: it may hold a token)")
    if "@" in text.split("/", 3)[2]:
        raise Wrong(
            option, f"has a user or password before {host_of(url)}; use headers = {{Authorization = …}} instead"
        )
    return text


def seconds(fields: Fields) -> float:
    """Return the option ``timeout_seconds``."""
    return fields.number("timeout_seconds", default=15, least=1, most=60)
