"""Addresses to which visitors are sent instead of being shown a page: to log in, to consent, to prove they are people.

Only whole names count, never parts of words: ``/login`` is such an address, ``/how-to-login`` is an article. The lists
are of what large sites and widely used software really use; what they miss is taken for an ordinary redirect.
"""

import re
from itertools import chain
from typing import Literal

Detour = Literal["login", "consent", "challenge"]

_HOSTS: dict[str, Detour] = {
    "accounts.google.com": "login",
    "appleid.apple.com": "login",
    "login.live.com": "login",
    "login.microsoftonline.com": "login",
    "login.yahoo.com": "login",
    "consent.google.com": "consent",
    "consent.youtube.com": "consent",
    "consent.yahoo.com": "consent",
    "guce.yahoo.com": "consent",
    "myprivacy.dpgmedia.nl": "consent",
    "geo.captcha-delivery.com": "challenge",
    "validate.perfdrive.com": "challenge",
}
_HOST_LABELS: dict[str, Detour] = {
    "login": "login",
    "signin": "login",
    "sso": "login",
    "consent": "consent",
    "captcha": "challenge",
}
"""First label of a host: ``login.example.com``."""

_SEGMENTS: tuple[tuple[Detour, re.Pattern[str]], ...] = (
    (
        "challenge",
        re.compile(
            r"(show|re|h|px-|chk_)?-?captcha|(js|sec|bot|managed)-?challenge|challenge-platform|chk_jschl"
            r"|(are-?you-?(a-?)?(human|robot))|(human|bot|robot)-?(check|verification)|browser-?check|ddos-?guard"
            r"|_incapsula_resource|distil_r_captcha"
        ),
    ),
    (
        "consent",
        re.compile(r"(cookie|privacy|gdpr)-?(consent|gate|wall)|collectconsent|age-?(gate|check|verification)"),
    ),
    (
        "login",
        re.compile(
            r"(wp-|user-?|member-?|account-?)?(log-?in|sign-?in|sign-?on|log_in|sign_in)|accountlogin|servicelogin"
        ),
    ),
)
"""A segment of the path in lower case, without its extension. A challenge may itself say whereto after a login."""
_LAST_SEGMENT: tuple[tuple[Detour, re.Pattern[str]], ...] = (
    ("consent", re.compile(r"consent")),
    ("login", re.compile(r"saml2?|sso|oauth2?|auth|authorize")),
)
"""Words that are also folders of something else: ``/contrib/auth/models.py``."""
_EXTENSION = re.compile(r"\.(aspx?|cgi|do|html?|jsp|php\d?|x?html)$")


def detour_at(url: str) -> Detour | None:
    """Return what visitors are asked for at a normalised URL, or ``None`` where its address does not tell.

    >>> detour_at("https://a.com/account/login.php?next=%2Fpost"), detour_at("https://a.com/how-to-login")
    ('login', None)
    """
    authority, _, path = url.split("/", 2)[2].partition("/")
    host = authority.partition(":")[0]
    named = _HOSTS.get(host) or (_HOST_LABELS.get(host.partition(".")[0]) if host.count(".") > 1 else None)
    if named is not None:
        return named
    segments = [_EXTENSION.sub("", part) for part in path.partition("?")[0].lower().split("/")]
    last = next(filter(None, reversed(segments)), "")
    anywhere = (kind for kind, pattern in _SEGMENTS if any(map(pattern.fullmatch, segments)))
    at_the_end = (kind for kind, pattern in _LAST_SEGMENT if pattern.fullmatch(last))
    return next(chain(anywhere, at_the_end), None)


def sent_away(url: str, to: str) -> Detour | None:
    """Return what a visitor of ``url`` who is sent ``to`` another address is asked for there.

    A login form that moves is no detour: it only is one for who wanted something else.
    """
    wanted = detour_at(to)
    return wanted if wanted is not None and detour_at(url) != wanted else None
