"""A digest as a Slack message: ``text`` for notifications and for what knows no blocks, ``blocks`` for the rest.

Bounds are those of https://docs.slack.dev/reference/block-kit/blocks (50 blocks, 3,000 characters a section) and, as
Slack also refuses messages that are long in all (``msg_blocks_too_long``, from 13,000 characters), one for the sum.
"""

from typing import Any

from backlink_crawler.alerts.alert import Alert
from backlink_crawler.alerts.digest import Digest, Group
from backlink_crawler.alerts.wording import TITLES, details
from backlink_crawler.reports.formats.harmless import plain

MAX_BLOCKS = 50
MAX_SECTION = 3_000
MAX_MESSAGE = 12_000
_MAX_ADDRESS = 1_000
_MAX_LABEL = 80


def message(digest: Digest, *, brief: bool = False) -> dict[str, Any]:
    """Return the body of the request; ``brief``: numbers only, nothing that pages said."""
    summary = headline(digest)
    blocks = [{"type": "header", "text": {"type": "plain_text", "text": _cut(summary, 150)}}]
    room = MAX_MESSAGE - len(summary)
    left_out = 0
    for group in digest.groups():
        text = _section(group, brief=brief)
        if len(blocks) < MAX_BLOCKS - 1 and room >= len(text):
            blocks.append(_mrkdwn(text))
            room -= len(text)
        else:
            left_out += group.number
    if left_out:
        blocks.append(_mrkdwn(f"… and {left_out:,} more, for which there is no room here."))
    return {"text": _escaped(summary), "blocks": blocks}


def headline(digest: Digest) -> str:
    """Return what the digest holds, in a line."""
    sites = digest.target_sites
    about = ", ".join(sites[:3]) + (f" and {len(sites) - 3} more sites" if len(sites) > 3 else "")
    return f"{len(digest):,} {'alert' if len(digest) == 1 else 'alerts'}: {about}"


def _section(group: Group, *, brief: bool) -> str:
    heading = f"*{TITLES[group.kind]}*: {group.number:,} ({_escaped(group.target_site)})"
    lines = [heading]
    room = MAX_SECTION - len(heading) - len("\n… and 1,000,000,000 more")
    for alert in () if brief else group.shown:
        line = f"\n• {_line(alert)}"
        room -= len(line)
        if room < 0:
            break
        lines.append(line)
    more = group.number - len(lines) + 1
    if more and not brief:
        lines.append(f"\n… and {more:,} more")
    return "".join(lines)


def _line(alert: Alert) -> str:
    if alert.source_url is None or alert.target_url is None:
        ends = _escaped(alert.source_site)
    else:
        ends = f"{_address(alert.source_url)} → {_address(alert.target_url)}"
    return "; ".join([ends, *(_escaped(part) for part in details(alert))])


def _address(url: str) -> str:
    """A link, where the address is of bearable length; ``|`` and ``>`` would end it early, so they are encoded."""
    label = _escaped(_cut(url.partition("//")[2], _MAX_LABEL))
    address = _escaped(url.replace("|", "%7C").replace("<", "%3C").replace(">", "%3E"))
    return f"<{address}|{label.replace('|', '¦')}>" if len(address) <= _MAX_ADDRESS else label


def _escaped(text: str) -> str:
    """Text of strangers: no mention, link or entity of Slack's, and no formatting."""
    text = plain(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # A zero-width joiner beside a formatting sign keeps it from formatting.
    return text.translate({ord(sign): f"\N{WORD JOINER}{sign}\N{WORD JOINER}" for sign in "*~`"})


def _mrkdwn(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
