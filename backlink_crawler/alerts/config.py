"""The alerts file: TOML, read strictly, because a misspelt condition would be an alert that nobody gets.

Pure: the text and the environment are arguments. ``docs/alerts.md`` explains every option.
"""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time, timedelta
from typing import Any, get_args

from backlink_crawler.alerts.alert import DEFAULT_KINDS, KINDS
from backlink_crawler.alerts.fields import a_url, seconds
from backlink_crawler.alerts.only import FIELDS, Only
from backlink_crawler.alerts.schedule import Every
from backlink_crawler.alerts.signature import key_of
from backlink_crawler.project import OF_PROJECT
from backlink_crawler.records import Region
from backlink_crawler.strict_toml import Fields, Place, Wrong, a_site, secret


class ConfigError(ValueError):
    """The file cannot be used; the message is one line that names the place and says what to do."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """When digests are due; times are UTC."""

    every: Every
    at: time


@dataclass(frozen=True, slots=True)
class Webhook:
    """JSON by POST, signed."""

    url: str = field(repr=False)
    keys: tuple[bytes, ...] = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    timeout: float


@dataclass(frozen=True, slots=True)
class Slack:
    """One message for many alerts, to an incoming webhook of Slack or what takes the same."""

    url: str = field(repr=False)
    timeout: float
    rhythm: Rhythm | None


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail for many alerts."""

    host: str
    port: int
    security: str
    user: str | None
    password: str | None = field(repr=False)
    sender: str
    recipients: tuple[str, ...]
    timeout: float
    rhythm: Rhythm


@dataclass(frozen=True, slots=True)
class File:
    """JSON lines, appended."""

    path: str


@dataclass(frozen=True, slots=True)
class Console:
    """Lines for people on standard output."""


Outlet = Webhook | Slack | Mail | File | Console


@dataclass(frozen=True, slots=True)
class SinkConfig:
    """One ``[[sink]]``."""

    name: str
    outlet: Outlet
    only: Only


@dataclass(frozen=True, slots=True)
class AlertsConfig:
    """The whole file."""

    sinks: tuple[SinkConfig, ...]
    settle: timedelta
    overlap: timedelta
    poll: float
    """Seconds between turns of ``--follow``."""


def parse(text: str, *, file: str, environment: Mapping[str, str]) -> AlertsConfig:
    """Return what an alerts file says. It may be a project file: its sites are the targets where a sink names none.

    :param file: its name, for messages; relative paths in it are left as they are.
    :raises ConfigError: it is not TOML, or an option is missing, unknown or wrong.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file} is not TOML: {error}") from error
    place = Place(file, text)
    try:
        whole = Fields(tables, environment)
        settle = whole.number("settle_minutes", default=5, least=0, most=1440)
        overlap = whole.number("overlap_minutes", default=60, least=1, most=1440)
        poll = whole.number("poll_seconds", default=60, least=1, most=3600)
        own = whole.texts("sites", meaning="own sites", convert=a_site, default=())
        sinks = whole.tables("sink")
        whole.leave(*OF_PROJECT)
        whole.end()
    except Wrong as wrong:
        raise ConfigError(place.told(wrong)) from None
    parsed: dict[str, SinkConfig] = {}
    for index, table in enumerate(sinks):
        try:
            sink = _sink(Fields(table, environment), own)
            if sink.name in parsed:
                raise Wrong(
                    "name", f"{sink.name!r} is taken by another sink; each keeps its own position under its name"
                )
        except Wrong as wrong:
            raise ConfigError(place.told(wrong, index, table.get("name"))) from None
        parsed[sink.name] = sink
    return AlertsConfig(tuple(parsed.values()), timedelta(minutes=settle), timedelta(minutes=overlap), poll)


def _sink(fields: Fields, own: Sequence[str]) -> SinkConfig:
    name = fields.text("name", meaning="how its position is stored, and messages call it")
    kind = fields.choice("kind", tuple(_OUTLETS))
    outlet = _OUTLETS[kind](fields)
    meaning = 'at least targets = ["your-site.com"]'
    only = _only(fields.table("only", meaning=meaning, default={} if own else None), own)
    fields.end()
    return SinkConfig(name, outlet, only)


def _only(fields: Fields, own: Sequence[str]) -> Only:
    meaning = "the sites whose backlinks are meant"
    targets = fields.texts("targets", meaning=meaning, convert=a_site, default=own or None)
    events = fields.choices("events", KINDS)
    only = Only(
        targets=frozenset(targets),
        events=DEFAULT_KINDS if events is None else events,  # type: ignore[arg-type]
        fields=fields.choices("fields", FIELDS),
        follow=fields.truth("follow"),
        regions=fields.choices("regions", get_args(Region)),
    )
    if only.fields is not None and "changed" not in only.events:
        raise Wrong("fields", "says which changes are told, and events leaves out 'changed'; drop one of the two")
    fields.end()
    return only


def _webhook(fields: Fields) -> Webhook:
    secrets = fields.texts("secret", meaning=_MAKE_ONE, convert=secret(fields.environment))
    try:
        keys = tuple(key_of(text) for text in secrets)
    except ValueError as error:
        raise Wrong("secret", f"is wrong: {error}; {_MAKE_ONE}") from None
    return Webhook(
        url=a_url("url", fields.secret("url", meaning="where the JSON is posted")),
        keys=keys,
        headers=fields.secrets("headers"),
        timeout=seconds(fields),
    )


def _slack(fields: Fields) -> Slack:
    return Slack(
        url=a_url("url", fields.secret("url", meaning="the incoming webhook; who knows it can post, so use env:NAME")),
        timeout=seconds(fields),
        rhythm=_rhythm(fields, None),
    )


def _mail(fields: Fields) -> Mail:
    security = fields.choice("security", tuple(_PORTS), default="starttls")
    user = fields.secret("user", default=None)
    password = fields.secret("password", default=None)
    if (user is None) != (password is None):
        raise Wrong("password" if password is None else "user", "is missing: user and password belong together")
    if user is not None and security == "none":
        raise Wrong("security", "'none' would send the password in clear; use 'starttls' or 'tls'")
    rhythm = _rhythm(fields, "day")
    assert rhythm is not None
    return Mail(
        host=fields.text("host", meaning="the SMTP server"),
        port=int(fields.number("port", default=_PORTS[security], least=1, most=65535)),
        security=security,
        user=user,
        password=password,
        sender=fields.text("from", meaning="the sender's address", convert=_address("from")),
        recipients=tuple(fields.texts("to", meaning="addresses", convert=_address("to"))),
        timeout=seconds(fields),
        rhythm=rhythm,
    )


def _file(fields: Fields) -> File:
    return File(fields.text("path", meaning="the file that lines are appended to"))


def _console(fields: Fields) -> Console:
    return Console()


_OUTLETS: Mapping[str, Callable[[Fields], Outlet]] = {
    "webhook": _webhook,
    "slack": _slack,
    "mail": _mail,
    "file": _file,
    "console": _console,
}
_PORTS = {"starttls": 587, "tls": 465, "none": 25}
_MAKE_ONE = (
    'make one with: python3 -c "import base64, secrets; '
    "print('whsec_' + base64.b64encode(secrets.token_bytes(32)).decode())\""
)


def _rhythm(fields: Fields, default: Every | None) -> Rhythm | None:
    every: Any = fields.choice("every", get_args(Every), default=default)
    at = fields.text("at", default="00:00")
    try:
        moment = time.fromisoformat(at)
    except ValueError:
        raise Wrong("at", f'{at!r} is no time of day (UTC). Example: at = "07:30"') from None
    if moment.tzinfo is not None or moment.second or moment.microsecond:
        raise Wrong("at", f'{at!r}: hours and minutes, in UTC. Example: at = "07:30"')
    return None if every is None else Rhythm(every, moment)


def _address(name: str) -> Callable[[str], str]:
    def convert(text: str) -> str:
        local, _, domain = text.rpartition("@")
        if not local or not domain or not text.isascii() or not text.isprintable() or set(text) & set(" <>,;:\"'"):
            raise Wrong(name, f"{text!r} is no mail address. Example: alerts@example.com")
        return text

    return convert
