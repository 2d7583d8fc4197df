"""Redirectors: a link to /out?u=… is a link to what it wraps; what only looks so is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backlink_crawler.redirectors import SERVICES, unwrap
from backlink_crawler.urls import host_of, normalise, site_of

B = "https%3A%2F%2Fb.example%2Fx%3Fa%3D1%26b%3D2"
TARGET = "https://b.example/x?a=1&b=2"

CASES = [
    (f"https://www.google.com/url?sa=t&q={B}&ved=1", TARGET, "results of Google"),
    (f"https://www.google.co.uk/url?url={B}", TARGET, "Google in another country"),
    (f"https://images.google.de/imgres?imgrefurl={B}&imgurl=http://c.example/i.jpg", TARGET, "the page of an image"),
    (f"https://l.facebook.com/l.php?u={B}&h=AT0", TARGET, "Facebook"),
    (f"https://lm.facebook.com/l.php?u={B}", TARGET, "Facebook, mobile"),
    (f"https://l.instagram.com/?u={B}&e=1", TARGET, "Instagram"),
    (f"https://out.reddit.com/t3_abc?url={B}&token=1", TARGET, "Reddit"),
    (f"https://www.youtube.com/redirect?event=video&q={B}", TARGET, "YouTube"),
    ("https://href.li/?https://b.example/x?a=1&b=2", TARGET, "the whole query is the address"),
    ("https://anonym.to/?https://b.example/", "https://b.example/", "hides where one came from"),
    (f"https://t.umblr.com/redirect?z={B}&t=1", TARGET, "Tumblr"),
    (f"https://away.vk.com/away.php?to={B}", TARGET, "VK"),
    (f"https://vk.com/away.php?to={B}", TARGET, "VK, the older form"),
    (f"https://slack-redir.net/link?url={B}", TARGET, "Slack"),
    (f"https://steamcommunity.com/linkfilter/?url={B}", TARGET, "Steam"),
    (f"https://steamcommunity.com/linkfilter/?u={B}", TARGET, "Steam, the newer form"),
    (f"https://disq.us/url?url={B}", TARGET, "Disqus"),
    (f"https://exit.sc/?url={B}", TARGET, "SoundCloud"),
    (f"https://duckduckgo.com/l/?uddg={B}&rut=1", TARGET, "DuckDuckGo"),
    (f"https://nam02.safelinks.protection.outlook.com/?url={B}&data=1", TARGET, "mail of Outlook, any region"),
    (f"https://www.linkedin.com/safety/go?url={B}", TARGET, "LinkedIn"),
    (f"https://www.awin1.com/cread.php?awinmid=1&ued={B}", TARGET, "an affiliate network"),
    (f"https://link.zhihu.com/?target={B}", TARGET, "Zhihu"),
    ("https://a.example/out?u=https://b.example/x", "https://b.example/x", "not encoded"),
    (f"https://a.example/out.php?u={B}", TARGET, "a script"),
    (f"https://a.example/forum/go/?to={B}", TARGET, "in a folder"),
    (f"https://a.example/redirect?id=7&target={B}", TARGET, "another parameter before"),
    (f"https://a.example/exit?URL={B}", TARGET, "capital letters"),
    (f"https://a.example/external-link?dest={B}", TARGET, "a hyphen"),
    (f"https://a.example/leave?destination={B}", TARGET, "leave"),
    (f"https://a.example/goto?link={B}", TARGET, "goto"),
    (
        f"https://l.facebook.com/l.php?u=https%3A%2F%2Fa.example%2Fout%3Fu%3D{B.replace('%', '%25')}",
        TARGET,
        "one redirector in another",
    ),
    (f"https://www.facebook.com/sharer.php?u={B}", None, "offers the page to others"),
    (f"https://www.facebook.com/sharer/sharer.php?u={B}", None, "offers the page to others"),
    (f"https://twitter.com/intent/tweet?url={B}", None, "offers the page to others"),
    (f"https://www.linkedin.com/shareArticle?url={B}", None, "offers the page to others"),
    (f"https://pinterest.com/pin/create/button/?url={B}", None, "offers the page to others"),
    (
        f"https://pinterest.com/pin/create/link/?url={B}",
        None,
        "offers the page to others, with a path like a redirector's",
    ),
    (f"https://t.me/share/url?url={B}", None, "offers the page to others"),
    (f"https://a.example/search?url={B}", None, "searches its own site"),
    (f"https://a.example/?url={B}", None, "no redirector's path"),
    (f"https://a.example/login?redirect={B}", None, "returns there after a login"),
    (f"https://a.example/login/redirect?url={B}", None, "so does a folder of logins"),
    (f"https://accounts.google.com/ServiceLogin?continue={B}", None, "a login of Google"),
    (f"https://translate.google.com/translate?u={B}", None, "a translation of the page"),
    (f"https://validator.w3.org/check?uri={B}", None, "a check of the page"),
    (f"https://web.archive.org/save?url={B}", None, "an archive"),
    ("https://web.archive.org/web/2020/https://b.example/", None, "an archive, the address in the path"),
    ("https://a.example/out?u=/x", None, "an address of its own site"),
    ("https://a.example/out?u=https%3A%2F%2Fwww.a.example%2Fx", None, "another host of its own site"),
    ("https://a.example/out?u=b.example", None, "no absolute address"),
    ("https://a.example/out?id=7", None, "opaque"),
    ("https://a.example/outer?u=https://b.example/", None, "a word that begins the same"),
    ("https://a.example/out/https://b.example/", None, "no query"),
    ("https://a.example/out?u=javascript:alert(1)//http", None, "not of the web"),
    ("https://a.example/out?u=http%3A%2F%2F", None, "a broken address"),
    ("https://www.google.com/search?q=https://b.example/", None, "a search for an address"),
    ("https://www.google.com/url?q=/settings", None, "Google's own page"),
    ("https://notgoogle.example/url?q=https://b.example/", None, "another site's /url"),
    ("https://evil-l.facebook.com.example/l.php?u=https://b.example/", None, "a name that only ends in another"),
    ("https://b.example/", None, "an ordinary address"),
]


@pytest.mark.parametrize(("url", "target", "reason"), CASES)
def test_unwrap(url: str, target: str | None, reason: str) -> None:
    """Listed services and the usual shapes of redirectors are unwrapped, nothing else."""
    identity = normalise(url)
    assert identity is not None
    assert unwrap(identity, "a.example") == target, reason


def test_shapes_are_believed_on_their_own_site_only() -> None:
    """What looks like a site's own redirector elsewhere is a share button as often as not."""
    url = f"https://a.example/link?url={B}"
    assert unwrap(url, "a.example") == TARGET
    assert unwrap(url, "c.example") is None


def test_rules_are_told() -> None:
    """Every service says what its links are, and is listed under a host as identities write it."""
    for host, services in SERVICES.items():
        assert normalise(f"https://{host}/") == f"https://{host}/"
        assert not host.startswith("www.")
        assert all(service.reason and service.parameters for service in services)


@given(
    st.sampled_from(
        [
            "https://a.example/out?u=",
            "https://www.google.com/url?q=",
            "https://href.li/?",
            "https://a.example/go?x=1&to=",
        ]
    ),
    st.text(alphabet="htps:/%3A2F.abexmpl?&=#\u00e9 ", max_size=60),
)
def test_what_is_unwrapped_is_an_identity_elsewhere(redirector: str, rest: str) -> None:
    """Whatever is wrapped, the answer is an identity of another site, or none; never an error."""
    url = normalise(redirector + rest)
    if url is not None:
        target = unwrap(url, "a.example")
        assert target is None or (normalise(target) == target and site_of(host_of(target)) != site_of(host_of(url)))
