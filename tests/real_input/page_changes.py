"""Changes of a whole page: what is answered under its address, and what that lets a crawler say of its links."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Literal

from tests.real_input.changes import Draft, States, Unfit
from tests.real_input.markup import bytes_of, in_head
from tests.web.overlay import Answer

_CANONICAL = re.compile(r"<link\s[^>]*\brel=[\"']?canonical\b[^>]*>", re.IGNORECASE)

_CHALLENGE = b"""<!DOCTYPE html><html lang="en-US"><head><title>Just a moment...</title>
<meta http-equiv="Content-Type" content="text/html; charset=UTF-8"><meta name="robots" content="noindex,nofollow">
<meta http-equiv="refresh" content="390"></head><body class="no-js"><div class="main-wrapper" role="main">
<div class="main-content"><noscript><div id="challenge-error-title"><div class="h2"><span class="icon-wrapper"></span>
<span id="challenge-error-text">Enable JavaScript and cookies to continue</span></div></div></noscript></div></div>
<script>(function(){window._cf_chl_opt={cvId:'3',cZone:'www.example.com',cType:'managed',cRay:'8f2a6d1f2c3b4a5e',
cH:'1763712000-0.0.1.1',cUPMDTk:"/?__cf_chl_tk=1763712000",cFPWv:'b'};var cpo=document.createElement('script');
cpo.src='/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1?ray=8f2a6d1f2c3b4a5e';
document.getElementsByTagName('head')[0].appendChild(cpo);}());</script></body></html>"""
_CHALLENGE_HEADERS = (
    ("Server", "cloudflare"),
    ("CF-RAY", "8f2a6d1f2c3b4a5e-FRA"),
    ("cf-mitigated", "challenge"),
    ("Cache-Control", "private, max-age=0, no-store, no-cache, must-revalidate"),
)
_CONSENT = b"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Before you continue</title></head>
<body>
<div class="consent-page" id="cmp-consent-wall"><h1>We value your privacy</h1><p>We and our 842 partners store and/or
access information on a device, such as cookies, and process personal data. To continue to the site you must accept
cookies or subscribe.</p><form action="/consent/accept" method="post"><button name="accept">Accept all</button>
<button name="reject">Reject all</button><button name="settings">Manage cookie settings</button></form>
<p><a href="/privacy">Privacy policy</a> <a href="https://iabeurope.eu/vendor-list/">Our partners</a></p></div>
<script src="https://cdn.cookielaw.org/scripttemplates/otSDKStub.js"></script></body></html>"""
_LOGIN = b"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Log in</title>
<meta name="robots" content="noindex"></head><body><h1>Log in to continue</h1><form action="/login" method="post">
<label>User <input name="user" autocomplete="username"></label><label>Password <input type="password" name="password">
</label><button>Log in</button></form></body></html>"""


@dataclass(frozen=True, slots=True)
class View:
    """What an address shows of its links at one time."""

    sight: Literal["read", "withdrawn", "unseen"]
    reason: str | None = None
    """Of ``withdrawn``: why there are no links; of ``read``: why they do not count, if they don't."""
    states: States = field(default_factory=dict)
    heirs: Mapping[str, str] = field(default_factory=dict)
    """Target → what its element links to now, instead."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Addresses that a change may lead to."""

    start: str
    """The start page of the site, which itself never changes."""


@dataclass(frozen=True, slots=True)
class Changed:
    """What is answered under an address now, and under further ones that are new."""

    answer: Answer
    view: View
    also: Mapping[str, tuple[Answer, View]] = field(default_factory=dict)


PageChange = Callable[[Draft, Random, Surroundings], Changed]
"""Changes a page as a whole, or raises :exc:`Unfit`."""


def answer_of(draft: Draft, *headers: tuple[str, str], tagged_by_body: bool = False) -> Answer:
    """Return what is answered for a page with the source that it has now."""
    return Answer(200, bytes_of(draft.text), _html_type(draft), headers, tagged_by_body)


def _html_type(draft: Draft) -> str:
    return f"text/html; charset={draft.charset}" if draft.charset else "text/html"


def _gone(status: int) -> PageChange:
    def change(draft: Draft, rng: Random, around: Surroundings) -> Changed:
        body = b"<!DOCTYPE html><title>Not here</title><p>There is no such page."
        return Changed(Answer(status, body), View("withdrawn", "page_gone"))

    return change


def _unseen(status: int, body: bytes, *headers: tuple[str, str]) -> PageChange:
    def change(draft: Draft, rng: Random, around: Surroundings) -> Changed:
        return Changed(Answer(status, body, headers=headers), View("unseen"))

    return change


def _redirected_to_known(draft: Draft, rng: Random, around: Surroundings) -> Changed:
    return Changed(_redirect(301, around.start), View("withdrawn", "page_redirected"))


def _redirected_with_content(draft: Draft, rng: Random, around: Surroundings) -> Changed:
    name, dot, ending = draft.url.rpartition(".")
    if not dot or "/" in ending:
        raise Unfit(f"{draft.url} is named by its folder")
    new = f"{name}-moved-{rng.randrange(10**6)}.{ending}"
    copy = answer_of(draft), View("read", states=draft.states)
    return Changed(_redirect(301, new), View("withdrawn", "page_redirected"), {new: copy})


def _redirected_to_login(draft: Draft, rng: Random, around: Surroundings) -> Changed:
    login = "/".join([*draft.url.split("/", 3)[:3], "login"])
    path = draft.url.split("/", 3)[3]
    form = Answer(200, _LOGIN), View("read")
    return Changed(_redirect(302, f"{login}?next=/{path}"), View("unseen"), {login: form})


def _redirect(status: int, to: str) -> Answer:
    return Answer(status, headers=(("Location", to),))


def _noindex_by_meta(draft: Draft, rng: Random, around: Surroundings) -> Changed:
    _add_to_head(draft, '<meta name="robots" content="noindex">')
    return Changed(answer_of(draft), View("read", "page_noindex", draft.checked().states))


def _noindex_by_header(*, tagged_by_body: bool) -> PageChange:
    def change(draft: Draft, rng: Random, around: Surroundings) -> Changed:
        answer = answer_of(draft, ("X-Robots-Tag", "noindex"), tagged_by_body=tagged_by_body)
        return Changed(answer, View("read", "page_noindex", draft.states))

    return change


def _canonical_elsewhere(draft: Draft, rng: Random, around: Surroundings) -> Changed:
    draft.text = _CANONICAL.sub("", draft.text)
    _add_to_head(draft, f'<link rel="canonical" href="{around.start}">')
    return Changed(answer_of(draft), View("read", "page_not_canonical", draft.checked().states))


def _nofollow_by_meta(draft: Draft, rng: Random, around: Surroundings) -> Changed:
    _add_to_head(draft, '<meta name="robots" content="nofollow">')
    _follow_none(draft, "meta")
    return Changed(answer_of(draft), View("read", states=draft.checked().states))


def _nofollow_by_header(*, tagged_by_body: bool) -> PageChange:
    def change(draft: Draft, rng: Random, around: Surroundings) -> Changed:
        draft.page_nofollow = "header"
        _follow_none(draft, "header")
        answer = answer_of(draft, ("X-Robots-Tag", "nofollow"), tagged_by_body=tagged_by_body)
        return Changed(answer, View("read", states=draft.checked().states))

    return change


def _follow_none(draft: Draft, cause: str) -> None:
    for target, states in draft.states.items():
        if len({state.follow for state in states}) > 1:
            raise Unfit(f"{draft.url} links to {target} in more than one way")
        follow_none = [
            state._replace(follow=False, nofollow_cause=cause if state.follow else state.nofollow_cause)
            for state in states
        ]
        draft.states[target] = tuple(follow_none)


def _pdf(draft: Draft, rng: Random, around: Surroundings) -> Changed:
    body = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF\n"
    return Changed(Answer(200, body, "application/pdf"), View("withdrawn", "page_not_html"))


def _add_to_head(draft: Draft, element: str) -> None:
    text = in_head(draft.text, f"\n{element}")
    if text is None:
        raise Unfit(f"{draft.url} writes no head")
    draft.text = text


PAGE_CHANGES: Mapping[str, PageChange] = {
    "gone (404)": _gone(404),
    "gone (410)": _gone(410),
    "redirected to a known page": _redirected_to_known,
    "redirected, same content": _redirected_with_content,
    "noindex by meta": _noindex_by_meta,
    "noindex by header": _noindex_by_header(tagged_by_body=False),
    "noindex by header, same tag": _noindex_by_header(tagged_by_body=True),
    "nofollow by meta": _nofollow_by_meta,
    "nofollow by header": _nofollow_by_header(tagged_by_body=False),
    "nofollow by header, same tag": _nofollow_by_header(tagged_by_body=True),
    "canonical elsewhere": _canonical_elsewhere,
    "served as PDF": _pdf,
    "server error (500)": _unseen(500, b"<title>500</title><h1>Internal Server Error</h1>"),
    "refused (403)": _unseen(403, b"<title>403</title><h1>Forbidden</h1>"),
    "challenge with 200": _unseen(200, _CHALLENGE, *_CHALLENGE_HEADERS),
    "redirected to a login": _redirected_to_login,
    "consent wall": _unseen(200, _CONSENT),
}

CHALLENGES = frozenset({"challenge with 200", "redirected to a login", "consent wall"})
"""After one of these a host may rest for a minute."""
