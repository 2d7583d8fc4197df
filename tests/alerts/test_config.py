"""The alerts file: what is wrong is said with its place; what is documented is so."""

import base64
import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from backlink_crawler.alerts import signature
from backlink_crawler.alerts.alert import DEFAULT_KINDS, KINDS
from backlink_crawler.alerts.config import AlertsConfig, ConfigError, Mail, Rhythm, Slack, Webhook, parse
from backlink_crawler.alerts.only import FIELDS
from backlink_crawler.alerts.record import record
from backlink_crawler.strict_toml import Fields
from tests.alerts.world import SECRET, alert

DOCUMENT = (Path(__file__).parents[2] / "docs" / "alerts.md").read_text("utf-8")
ENVIRONMENT = {
    "BACKLINKS_SECRET": SECRET,
    "BACKLINKS_SECRET_BEFORE": "whsec_" + base64.b64encode(b"b" * 24).decode(),
    "RECEIVER_URL": "http://10.0.0.7:8080/hook?token=hunter2",
    "RECEIVER_TOKEN": "Bearer hunter3",
    "SLACK_WEBHOOK_URL": "https://hooks.slack.example/T0/B0/hunter4",
    "SMTP_PASSWORD": "hunter5",
}
EXAMPLES = re.findall(r"```toml\n(.*?)```", DOCUMENT, re.DOTALL)

SINK = """\
settle_minutes = 3

[[sink]]
name = "ops"
kind = "webhook"
url = "https://hooks.example/backlinks"
secret = "env:BACKLINKS_SECRET"

[sink.only]
targets = ["example.com"]
"""
ONLY = '[sink.only]\ntargets = ["example.com"]\n'


def parsed(text: str) -> AlertsConfig:
    return parse(text, file="alerts.toml", environment=ENVIRONMENT)


@pytest.mark.parametrize("example", EXAMPLES, ids=["first", "all kinds"])
def test_the_examples_of_the_documentation_are_right(example: str) -> None:
    """They are read as they stand."""
    assert parsed(example).sinks


def test_the_examples_show_every_kind_and_option() -> None:
    """Whoever copies from them finds what there is."""
    config = parsed(EXAMPLES[1])
    kinds = [type(sink.outlet).__name__ for sink in config.sinks]
    assert kinds == ["Webhook", "Slack", "Mail", "File", "Console"]
    webhook, slack, mail = (sink.outlet for sink in config.sinks[:3])
    assert isinstance(webhook, Webhook)
    assert isinstance(slack, Slack)
    assert isinstance(mail, Mail)
    assert webhook.headers == {"Authorization": "Bearer hunter3"}
    assert webhook.url == ENVIRONMENT["RECEIVER_URL"]
    assert len(webhook.keys) == 2
    assert slack.rhythm is not None
    assert (mail.port, mail.recipients) == (465, ("boss@example.com",))
    assert isinstance(mail.rhythm, Rhythm)


def test_documented_options_are_those_that_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each option has a row, and each row an option."""
    taken: set[str] = set()
    take = Fields._take

    def noting(self: Fields, name: str, default: Any, meaning: str) -> Any:
        taken.add(name)
        return take(self, name, default, meaning)

    monkeypatch.setattr(Fields, "_take", noting)
    parsed(EXAMPLES[1])
    section = DOCUMENT.partition("## The file")[2].partition("## ")[0]
    cells = [row.split("|")[1] for row in section.splitlines() if row.startswith("| `")]
    told = {name.removeprefix("only.").strip("[]") for cell in cells for name in re.findall(r"`([^`]+)`", cell)}
    assert told | {"only"} == taken


def test_documented_events_and_fields_are_those_there_are() -> None:
    """The tables of the documentation name what the code knows."""
    rows = re.findall(r"^\| `(\w+)` \| .*? \| (yes|no)\b", DOCUMENT, re.MULTILINE)
    assert {name for name, _ in rows} == set(KINDS)
    assert {name for name, told in rows if told == "yes"} == DEFAULT_KINDS
    assert all(f"`{name}`" in DOCUMENT for name in FIELDS)


def test_the_documented_message_is_the_message() -> None:
    """Field by field, in the same order."""
    (example,) = re.findall(r"```json\n(.*?)```", DOCUMENT, re.DOTALL)
    told, real = json.loads(example), record(alert())
    assert list(told) == list(real)
    assert list(told["data"]) == list(real["data"])
    section = DOCUMENT.partition("| field | meaning |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`(\w+)`", "".join(row.split("|")[1] for row in section.splitlines()[2:]))) == {
        name for name in (*real, *real["data"]) if name != "data"
    }


def test_the_documented_verification_works() -> None:
    """The snippet takes what is genuine and fresh, and nothing else."""
    (snippet,) = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
    names: dict[str, Any] = {}
    exec(snippet, names)
    genuine = names["is_genuine"]
    keys = [signature.key_of(ENVIRONMENT[name]) for name in ("BACKLINKS_SECRET", "BACKLINKS_SECRET_BEFORE")]
    headers = signature.headers(keys, "abc", 1_000, b'{"a":1}')
    assert genuine(SECRET, headers, b'{"a":1}', now=1_100)
    assert genuine(ENVIRONMENT["BACKLINKS_SECRET_BEFORE"], headers, b'{"a":1}', now=1_100)
    assert not genuine(SECRET, headers, b'{"a":2}', now=1_100)
    assert not genuine(SECRET, headers, b'{"a":1}', now=1_301)
    assert not genuine(SECRET, {**headers, "webhook-timestamp": "1001"}, b'{"a":1}', now=1_100)
    assert not genuine(SECRET, {**headers, "webhook-id": "abd"}, b'{"a":1}', now=1_100)
    other = "whsec_" + base64.b64encode(b"x" * 24).decode()
    assert not genuine(other, headers, b'{"a":1}', now=1_100)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("settle_minutes = ", "alerts.toml is not TOML: Invalid value (at end of document)"),
        ("", "alerts.toml, line 1: sink is missing: write at least one [[sink]]"),
        ("settle_minute = 3\n" + SINK, "alerts.toml, line 1: settle_minute is not an option here; there are: settle_"),
        (SINK.replace("= 3", "= -1"), "alerts.toml, line 1: settle_minutes is a number from 0 to 1440, not -1"),
        (SINK.replace('"ops"', '""'), "alerts.toml, line 4, sink number 1: name is a text that is not empty"),
        (SINK.replace('"webhook"', '"web"'), "alerts.toml, line 5, sink 'ops': kind is one of webhook, slack, mail"),
        (SINK.replace("url", "uri"), "alerts.toml, line 3, sink 'ops': url is missing: where the JSON is posted"),
        (SINK.replace("https:", "ftp:"), "alerts.toml, line 6, sink 'ops': url is no http or https address"),
        (
            SINK.replace("//hooks", "//me:pw@hooks"),
            "line 6, sink 'ops': url has a user or password before hooks.example",
        ),
        (
            SINK.replace("env:BACKLINKS_SECRET", "hunter2"),
            "line 7, sink 'ops': secret is wrong: a signing secret begins with whsec_",
        ),
        (
            SINK.replace("env:BACKLINKS_SECRET", "env:NO"),
            "line 7, sink 'ops': secret is the environment variable NO, which",
        ),
        (
            SINK.replace("example.com", "blog.example.com"),
            "line 10, sink 'ops': targets names no site: 'blog.example.com'",
        ),
        (
            SINK.replace("example.com", "co.uk"),
            "line 10, sink 'ops': targets names no site: 'co.uk' is a public suffix",
        ),
        (SINK + 'events = ["gone"]', "line 11, sink 'ops': events has 'gone'; there are found_on_known_page, changed"),
        (SINK + "events = []", "line 11, sink 'ops': events is a list with at least one of"),
        (SINK + 'events = ["lost"]\nfields = ["rel"]', "line 12, sink 'ops': fields says which changes are told"),
        (SINK + 'follow = "yes"', "line 11, sink 'ops': follow is true or false, not 'yes'"),
        (SINK + 'region = ["nav"]', "line 11, sink 'ops': region is not an option here; there are: targets"),
        (SINK + SINK.partition("\n\n")[2], "line 12, sink 'ops': name 'ops' is taken by another sink"),
        (SINK.partition("[sink.only]")[0], "sink 'ops': only is missing: at least targets = [\"your-site.com\"]"),
        (
            f'[[sink]]\nname = "m"\nkind = "mail"\nhost = "h"\nfrom = "a b@c"\nto = "x@y"\n{ONLY}',
            "line 5, sink 'm': from 'a b@c'",
        ),
        (
            f'[[sink]]\nname = "m"\nkind = "mail"\nhost = "h"\nfrom = "a@b"\nto = "x@y"\nuser = "u"\n{ONLY}',
            "sink 'm': password is missing: user and password belong together",
        ),
        (
            '[[sink]]\nname = "m"\nkind = "mail"\nhost = "h"\nfrom = "a@b"\nto = "x@y"\nuser = "u"\n'
            f'password = "hunter2"\nsecurity = "none"\n{ONLY}',
            "line 9, sink 'm': security 'none' would send the password in clear",
        ),
        (
            f'[[sink]]\nname = "s"\nkind = "slack"\nurl = "https://x.example"\nevery = "day"\nat = "7"\n{ONLY}',
            "line 6, sink 's': at '7' is no time of day",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, told: str) -> None:
    """File, line, sink, option, and what to do."""
    with pytest.raises(ConfigError) as raised:
        parsed(text)
    assert told in str(raised.value)
    assert "\n" not in str(raised.value)
    assert "hunter" not in str(raised.value)


def test_no_secret_is_shown() -> None:
    """Whatever prints a configuration prints no address with a token, no key, no password."""
    for example in EXAMPLES:
        config = parsed(example)
        assert "hunter" not in repr(config)
        for sink in config.sinks:
            if isinstance(sink.outlet, Webhook):
                assert all(repr(key) not in repr(config) for key in sink.outlet.keys)
    hidden = {field.name for field in fields(Webhook) if not field.repr}
    assert hidden == {"url", "keys", "headers"}
