"""What stands between a visitor and a page that was answered: a bot challenge, a login, a question of consent, a shell
without content.

Each rule names marks that only the wall itself has, and most hold for pages with few words alone: an article with a
cookie banner, a login link in its header or a captcha below its contact form is no wall. Sources are the vendors' own
documentation where they have any, otherwise the pages that they serve.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from backlink_crawler.records import Wall

FEW_WORDS = 150
"""A challenge says hardly more than that it is one."""
_NO_WORDS = 25
_LOGIN_WORDS = 220
_MUST_WORDS = 100
_CONSENT_WORDS = 500
_READ = 200_000
"""Bytes of a page that are searched for marks; challenges are smaller."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What walls are told by."""

    host: str
    path: str
    """With the query."""
    title: str
    text: str
    """The beginning of the page's text."""
    words: int
    """That a reader sees."""
    links: int
    """Web addresses that it links to."""
    password: bool
    """It has a field for a password."""
    needs_rendering: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """Bytes by which the pages of one vendor are recognised."""

    vendor: str
    bytes: tuple[bytes, ...]
    """Any of these, lower case."""
    source: str
    words: int = FEW_WORDS
    """Pages with more words do not count."""


CHALLENGE_HEADERS: tuple[tuple[str, str, str, str], ...] = (
    (
        "cloudflare",
        "cf-mitigated",
        "challenge",
        "developers.cloudflare.com/cloudflare-challenges/challenge-types/challenge-pages/detect-response/",
    ),
    (
        "aws_waf",
        "x-amzn-waf-action",
        "challenge",
        "docs.aws.amazon.com/waf/latest/developerguide/waf-challenge-how-it-works.html",
    ),
    (
        "aws_waf",
        "x-amzn-waf-action",
        "captcha",
        "docs.aws.amazon.com/waf/latest/developerguide/waf-captcha-how-it-works.html",
    ),
    ("vercel", "x-vercel-mitigated", "challenge", "vercel.com/docs/vercel-firewall"),
)
"""(vendor, header, value, source): the answer itself says that it is a challenge."""

CHALLENGE_MARKS: tuple[Mark, ...] = (
    Mark(
        "cloudflare",
        (b"_cf_chl_opt", b"cf-browser-verification", b"cf_captcha_kind", b"/cdn-cgi/challenge-platform/h/"),
        "developers.cloudflare.com/cloudflare-challenges/",
    ),
    Mark(
        "datadome",
        (b"geo.captcha-delivery.com", b"ct.captcha-delivery.com", b"interstitial.captcha-delivery.com"),
        "docs.datadome.co/docs/challenge",
    ),
    Mark(
        "human",
        (b"px-captcha", b"_pxappid", b"captcha.px-cdn.net", b"captcha.perimeterx.net", b"client.px-cloud.net"),
        "docs.humansecurity.com/applications/human-challenge",
    ),
    Mark(
        "imperva",
        (b"_incapsula_resource", b"incapsula incident id", b"/_incapsula_"),
        "docs.imperva.com/bundle/cloud-application-security/page/settings/error-pages.htm",
    ),
    Mark(
        "akamai",
        (b"sec-if-cpt-container", b"akam-sw.js", b"errors.edgesuite.net", b"bm-verify=", b"_sec/cp_challenge"),
        "techdocs.akamai.com/bot-manager/docs/challenge-actions",
    ),
    Mark(
        "aws_waf",
        (b"awswafcookiedomainlist", b"awswafintegration", b".token.awswaf.com", b".captcha-sdk.awswaf.com"),
        "docs.aws.amazon.com/waf/latest/developerguide/waf-js-challenge-api.html",
    ),
    Mark("ddos_guard", (b"ddos-guard.net/", b"/.well-known/ddos-guard/"), "ddos-guard.net/en/info/protect", 250),
    Mark(
        "sucuri",
        (b"sucuri_cloudproxy_js", b"sucuri website firewall", b"cloudproxy@sucuri.net"),
        "docs.sucuri.net/website-firewall/troubleshooting/",
    ),
    Mark("kasada", (b"window.kpsdk", b"/ips.js?kp_uidz", b"x-kpsdk-"), "www.kasada.io/platform/"),
    Mark("arkose", (b"client-api.arkoselabs.com", b"funcaptcha.com/fc/"), "developer.arkoselabs.com/docs/"),
    Mark("stackpath", (b"sbbi/?sbbpg=", b"sbtsck="), "the page served"),
    Mark("anubis", (b"anubis_challenge", b"/.within.website/x/cmd/anubis"), "anubis.techaro.lol/docs/"),
    Mark("friendly_captcha", (b"frc-captcha",), "docs.friendlycaptcha.com", 60),
)

_CAPTCHAS = (
    *(b"hcaptcha.com/1/api.js", b"/recaptcha/api.js", b"/recaptcha/enterprise.js", b"js.hcaptcha.com"),
    b"challenges.cloudflare.com/turnstile",
)
"""Widgets that contact forms have too: with them, the words must say what the page is."""


def _any_of(*phrases: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{phrase})" for phrase in phrases), re.IGNORECASE)


_ASKS_FOR_A_HUMAN = _any_of(
    r"are you (?:a )?(?:human|robot)|not a robot|verify (?:that )?you(?:'re| are)|prove (?:that )?you",
    "human verification",
    r"unusual (?:traffic|activity)|automated (?:requests|queries|access)|bot (?:detection|protection)",
    r"security (?:check|verification)|complete the (?:captcha|challenge|security)|solve (?:the|this) captcha",
    r"checking your browser|checking if the site connection is secure|pardon our interruption",
    r"access to this page has been denied|enable javascript and cookies to continue",
)
_REFUSES = _any_of("you have been blocked", "access denied", "incident id", "request unsuccessful", "was blocked")
_CHALLENGE_TITLE = _any_of(
    r"just a moment\.*|attention required!? \| cloudflare|one more step|please wait\.\.\. \| cloudflare|ddos-guard",
    r"checking your browser.*|verifying you are human.*|human verification|are you a (?:human|robot)\??",
    r"robot (?:or human|check)\??|security check(?:point)?|captcha|pardon our interruption|bot verification",
    r"access to this page has been denied\.?|you have been blocked|please verify you are (?:a )?human",
    r"un momento…|nur einen moment…|un instant…|vercel security checkpoint|making sure you're not a bot!?",
)
"""Titles of challenges; the whole title must match, and the page be short."""

_LOGIN_TITLE = _any_of(
    r"(?:please )?(?:log|sign)[ -]?in(?: (?:to|or|with|required|page)\b.{0,40})?|login(?: page| required)?",
    r"(?:member|user|account|customer) (?:login|sign[ -]in)|anmelden|anmeldung|einloggen|connexion|se connecter",
    r"iniciar sesi[oó]n|acceder|accedi|inloggen|войти|вход|ログイン|登录|登錄|logowanie|giriş yap",
)
_TITLE_SEPARATOR = re.compile("\\s+[|\u2013\u2014\u00b7\u2022\u00bb:-]\\s+|\\s*[|\u00bb]\\s*")
_LOGIN_PATH = re.compile(
    r"/(?:log-?in|sign-?in|users/sign_in|accounts?/login|wp-login\.php|auth/login|sso|oauth2?|checkpoint/lg|authwall)\b",
    re.IGNORECASE,
)
_MUST_LOG_IN = _any_of(
    r"(?:you (?:must|need to|have to)|please|you'll need to)(?: first)? "
    r"(?:be (?:logged|signed)|log|sign)[ -]in (?:to|before)",
    r"(?:log|sign) in (?:or (?:sign up|register|join) )?to (?:view|see|continue|access|read)",
    r"this (?:page|content|area|forum) is (?:only )?(?:available|visible|restricted) to (?:registered|members|logged)",
    r"sie müssen (?:sich )?(?:angemeldet|eingeloggt|anmelden)|vous devez (?:être connecté|vous connecter)",
    r"debes? (?:estar registrado|iniciar sesión)|необходимо (?:войти|авторизоваться)",
)

_CONSENT_HOSTS = re.compile(
    r"consent\.(?:google|youtube|yahoo)\.|guce\.|consent\.|cmp\.|myprivacy\.|privacy-?gate\.|cookiewall\.",
    re.IGNORECASE,
)
_CONSENT_PATH = re.compile(r"/(?:collectconsent|cookie-?wall|privacy-gate|zustimmung|consent(?:/|\?|$))", re.IGNORECASE)
_CONSENT_TITLE = _any_of(
    r"before you continue(?: to .*)?|bevor (?:sie|du) (?:zu|mit) .*(?:fortfahren|weiter).*|avant d'accéder à .*",
    r"(?:cookie|privacy|your privacy) (?:wall|settings|preferences|consent)|your privacy choices|cookiewall",
    r"(?:we value|wir respektieren|nous respectons) (?:your|ihre|votre) (?:privacy|privatsphäre|vie privée)",
    r"(?:yahoo|aol) is (?:now )?part of .*|zustimmung(?: erforderlich)?|cookie consent",
)
_CONSENT_TEXT = re.compile(
    r"\b(?:accept|agree|consent|reject|zustimmen|akzeptieren|accepter|aceptar|accetta)\b.{0,2000}"
    r"\b(?:cookies?|privacy|partners?)\b",
    re.IGNORECASE | re.DOTALL,
)


def wall_of(facts: Facts, body: bytes, headers: Mapping[str, Iterable[str] | str]) -> Wall | None:
    """Return what stands before the page's content, or ``None``.

    :param body: of the answer; read only where the page says little.
    :param headers: of the answer, by lower-case name.
    """
    if challenged_by(body, headers, title=facts.title, text=facts.text, words=facts.words) is not None:
        return "challenge"
    if _asks_to_log_in(facts):
        return "login"
    if _asks_for_consent(facts):
        return "consent"
    return "script_only" if facts.needs_rendering else None


def challenged_by(
    body: bytes, headers: Mapping[str, Iterable[str] | str], *, title: str = "", text: str = "", words: int = 0
) -> str | None:
    """Return whose bot challenge an answer of any status is, or ``None``.

    :param title: with ``text`` and ``words``: of the page, where it was read; without, only headers and marks tell.
    """
    vendor = challenged_by_header(headers)
    if vendor is not None:
        return vendor
    if words > max(mark.words for mark in CHALLENGE_MARKS):
        return None
    page = body[:_READ].lower()
    for mark in CHALLENGE_MARKS:
        if words <= mark.words and any(each in page for each in mark.bytes) and _nothing_else(title, text, words):
            return mark.vendor
    if words <= FEW_WORDS and _CHALLENGE_TITLE.fullmatch(title.strip()):
        return "unknown"
    has_captcha = any(each in page for each in _CAPTCHAS)
    if has_captcha and words <= FEW_WORDS and _ASKS_FOR_A_HUMAN.search(f"{title} {text}"):
        return "captcha"
    return None


def challenged_by_header(headers: Mapping[str, Iterable[str] | str]) -> str | None:
    """Return whose challenge an answer says that it is, or ``None``."""
    for vendor, name, value, _ in CHALLENGE_HEADERS:
        said = headers.get(name, ())
        if any(value in each.lower() for each in ([said] if isinstance(said, str) else said)):
            return vendor
    return None


def _nothing_else(title: str, text: str, words: int) -> bool:
    """Vendors put their scripts into pages that they let through too, so a page must also be empty or say why."""
    said = f"{title} {text}"
    return (
        words <= _NO_WORDS
        or any(rule.search(said) for rule in (_ASKS_FOR_A_HUMAN, _REFUSES))
        or bool(_CHALLENGE_TITLE.fullmatch(title.strip()))
    )


def _asks_to_log_in(facts: Facts) -> bool:
    if facts.words > _LOGIN_WORDS:
        return False
    if facts.password:
        parts = _TITLE_SEPARATOR.split(facts.title.strip())
        named = any(_LOGIN_TITLE.fullmatch(part) for part in parts) or _LOGIN_PATH.search(facts.path)
        return bool(named or _MUST_LOG_IN.search(facts.text))
    return facts.words <= _MUST_WORDS and bool(_MUST_LOG_IN.search(facts.text))


def _asks_for_consent(facts: Facts) -> bool:
    if facts.words > _CONSENT_WORDS:
        return False
    named = _CONSENT_HOSTS.match(facts.host) or _CONSENT_PATH.search(facts.path)
    return bool((named or _CONSENT_TITLE.fullmatch(facts.title.strip())) and _CONSENT_TEXT.search(facts.text))
