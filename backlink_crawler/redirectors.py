"""Addresses that only pass a visitor on, with the address they lead to in them: ``/out?u=https://b.example/``.

Such a link is a link to what it wraps. Two kinds of rules: services known by name, and shapes of paths that sites use
for their own outbound links. Shapes are believed only on pages of that site, and where the wrapped address is absolute
and leads to another one: elsewhere they are share buttons as often (``pinterest.com/pin/create/link?url=``). Services
that *offer* a page to others (``facebook.com/sharer.php?u=``) carry an address too and lead elsewhere: they are no
redirectors, and neither are searches, translations, archives, validators and logins that return somewhere.

Pure: nothing is asked of the web, so an opaque redirector (``t.co/abc``, ``bit.ly/abc``) stays what it is.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote_plus

from backlink_crawler.urls import host_of, normalise, site_of

_MOST_WRAPPINGS = 3
"""A redirector may lead to another; more than this is a loop or a game."""


class Service(NamedTuple):
    """A redirector known by name."""

    path: re.Pattern[str]
    """Matches the whole path."""
    parameters: tuple[str, ...]
    """The first of these that the query has carries the address; ``""``: the whole query is the address."""
    reason: str


def _service(path: str, parameters: str, reason: str) -> Service:
    return Service(re.compile(path), tuple(parameters.split()) or ("",), reason)


SERVICES: Mapping[str, tuple[Service, ...]] = {
    "google.com": (
        _service("/url", "q url", "links in results, documents and mail"),
        _service("/imgres", "imgrefurl", "the page an image of the results stands on"),
    ),
    "youtube.com": (_service("/redirect", "q", "links in descriptions"),),
    "l.facebook.com": (_service(r"/l\.php", "u", "links in posts"),),
    "lm.facebook.com": (_service(r"/l\.php", "u", "links in posts, mobile"),),
    "l.instagram.com": (_service("/", "u", "links in profiles"),),
    "l.messenger.com": (_service(r"/l\.php", "u", "links in messages"),),
    "l.threads.net": (_service("/", "u", "links in posts"),),
    "l.threads.com": (_service("/", "u", "links in posts"),),
    "out.reddit.com": (_service("/.*", "url", "links in posts"),),
    "linkedin.com": (
        _service("/redir/redirect", "url", "links in posts"),
        _service("/safety/go/?", "url", "links in posts, after a warning"),
    ),
    "t.umblr.com": (_service("/redirect", "z", "links in Tumblr posts"),),
    "href.li": (_service("/", "", "hides where a visitor came from; used by WordPress.com and Tumblr"),),
    "anonym.to": (_service("/", "", "hides where a visitor came from"),),
    "anonymz.com": (_service("/", "", "hides where a visitor came from"),),
    "nullrefer.com": (_service("/", "", "hides where a visitor came from"),),
    "dereferer.me": (_service("/", "", "hides where a visitor came from"),),
    "away.vk.com": (_service(r"/away\.php", "to", "links in posts"),),
    "vk.com": (_service(r"/away(?:\.php)?", "to", "links in posts"),),
    "slack-redir.net": (_service("/link", "url", "links in messages"),),
    "steamcommunity.com": (_service("/linkfilter/?", "u url", "links in posts, after a warning"),),
    "disq.us": (_service("/(?:url|u|p)?", "url", "links in Disqus comments"),),
    "exit.sc": (_service("/", "url", "links in SoundCloud descriptions"),),
    "gate.sc": (_service("/", "url", "links in SoundCloud descriptions"),),
    "duckduckgo.com": (_service("/l/", "uddg", "links in results"),),
    "getpocket.com": (_service("/redirect", "url", "links in lists"),),
    "deviantart.com": (_service("/users/outgoing", "", "links in posts"),),
    "curseforge.com": (_service("/linkout", "remoteurl", "links in descriptions"),),
    "link.zhihu.com": (_service("/", "target", "links in answers"),),
    "link.csdn.net": (_service("/", "target", "links in posts"),),
    "link.juejin.cn": (_service("/", "target", "links in posts"),),
    "jump.bdimg.com": (_service("/safecheck/index", "url", "links in Baidu Tieba"),),
    "weibo.cn": (_service("/sinaurl", "u toasturl", "links in posts"),),
    "jump2.bdimg.com": (_service("/safecheck/index", "url", "links in Baidu Tieba"),),
    "telegram.me": (_service("/iv", "url", "instant view of a page"),),
    "t.me": (_service("/iv", "url", "instant view of a page"),),
    "safelinks.protection.outlook.com": (_service("/.*", "url", "links in mail"),),
    "urldefense.com": (_service("/v1/url", "u", "links in mail (Proofpoint, first form)"),),
    "linksynergy.com": (_service("/(?:deeplink|fs-bin/click)", "murl rd_parm1", "Rakuten affiliate links"),),
    "awin1.com": (_service(r"/(?:cread|awclick)\.php", "ued p", "Awin affiliate links"),),
    "shareasale.com": (_service(r"/r\.cfm", "urllink", "ShareASale affiliate links"),),
    "go.redirectingat.com": (_service("/", "url", "Skimlinks affiliate links"),),
    "go.skimresources.com": (_service("/", "url", "Skimlinks affiliate links"),),
    "redirect.viglink.com": (_service("/", "u", "Sovrn affiliate links"),),
    "tradedoubler.com": (_service("/click", "url", "Tradedoubler affiliate links"),),
    "anrdoezrs.net": (_service("/(?:click|links)-?.*", "url", "CJ affiliate links"),),
    "dpbolvw.net": (_service("/(?:click|links)-?.*", "url", "CJ affiliate links"),),
    "jdoqocy.com": (_service("/(?:click|links)-?.*", "url", "CJ affiliate links"),),
    "kqzyfj.com": (_service("/(?:click|links)-?.*", "url", "CJ affiliate links"),),
    "tkqlhce.com": (_service("/(?:click|links)-?.*", "url", "CJ affiliate links"),),
}
"""Host or site, without ``www.`` → its redirectors. ``google.com`` stands for all of Google's country sites."""

_OWN_PATH = re.compile(
    r"/(?:[^?]*/)?"
    r"(?:out(?:bound|going|link)?|go(?:to)?|redir(?:ect(?:or|ion)?)?|away|exit|external(?:[-_]?link)?|leave|leaving|ext|"
    r"link(?:out|filter|click)?|click(?:out|thru|through)?|clk|jump|visit|track(?:ing)?|bounce|forward(?:er)?|deref)"
    r"(?:\.(?:php|aspx?|html?|cgi|pl|jsp|do))?/?",
    re.IGNORECASE,
)
"""Paths of a site's own redirector: the last segment says so."""
_OWN_PARAMETERS = (
    *("url", "u", "to", "target", "dest", "destination", "link", "goto", "out", "href"),
    *("redirect", "redirect_url", "redir", "r", "site", "l", "q"),
)
_NEVER = re.compile(
    r"/(?:[^?]*/)?(?:log-?in|sign-?in|log-?out|sign-?up|register|auth(?:orize)?|oauth2?|sso|search|share[a-z.]*|"
    r"translate|validator|check|embed|oembed|proxy|preview|screenshot|whois|wp-login\.php)(?:/|\.|$)",
    re.IGNORECASE,
)
"""A segment that says that the address is input to something, or where to return after it."""


def unwrap(url: str, source_site: str) -> str | None:
    """Return the identity of the address that a redirector's leads to, or ``None`` where ``url`` is no redirector.

    :param url: an identity (:func:`~backlink_crawler.urls.normalise`).
    :param source_site: site of the page that links to it.
    """
    target = None
    for _ in range(_MOST_WRAPPINGS):
        inner = _unwrapped(target or url, source_site)
        if inner is None:
            break
        target = inner
    return target if target != url else None


def _unwrapped(url: str, source_site: str) -> str | None:
    address, mark, query = url.partition("?")
    if not mark or "http" not in query.lower():
        return None
    path = f"/{address.split('/', 3)[3]}"
    host = host_of(url)
    site = site_of(host)
    for service in _services_of(host, site):
        if service.path.fullmatch(path):
            found = _address_in(query, service.parameters)
            return found if found is not None and site_of(host_of(found)) != site else None
    if site != source_site or not _OWN_PATH.fullmatch(path) or _NEVER.match(path):
        return None
    found = _address_in(query, _OWN_PARAMETERS)
    return found if found is not None and site_of(host_of(found)) != site else None


def _services_of(host: str, site: str) -> tuple[Service, ...]:
    name = host.removeprefix("www.")
    if site.startswith("google.") and name in {site, f"images.{site}"}:
        return SERVICES["google.com"]
    # What a host is listed for, else what its whole site is listed for; regional hosts of the mail filter as well.
    return SERVICES.get(name) or SERVICES.get(name.partition(".")[2]) or SERVICES.get(site, ())


def _address_in(query: str, names: tuple[str, ...]) -> str | None:
    if names == ("",):
        return _absolute(query)
    values: dict[str, str] = {}
    for part in query.split("&"):
        name, equals, value = part.partition("=")
        if equals:
            values.setdefault(name.lower(), value)
    found = (_absolute(values[name]) for name in names if name in values)
    return next(filter(None, found), None)


def _absolute(value: str) -> str | None:
    """Return the identity of an absolute http(s) URL, percent-encoded once or not at all."""
    for text in (value, unquote_plus(value)):
        if text[:7].lower() == "http://" or text[:8].lower() == "https://":
            return normalise(text)
    return None
