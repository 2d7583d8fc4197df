"""Traps: sites on which a crawler that follows every link never comes to an end.

Each trap stands in a site of its own, beside the same good part: ``BRANCHES`` rows of pages, ``STEPS`` deep, which a
crawler reaches last if it lets the trap run ahead. So what a trap costs its own site can be counted, too.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import partial
from hashlib import blake2b
from urllib.parse import parse_qsl, quote, urlencode

from tests.web.hostile import Answer, page
from tests.web.reply import Reply, reply

BRANCHES, STEPS = 4, 5
GOOD = frozenset({"/", *(f"/{branch}/{step}" for branch in "abcd"[:BRANCHES] for step in range(1, STEPS + 1))})
"""Paths of the good part of every site."""
OUTSIDE = "http://bystander.test/"
"""Every page, of a trap too, links there: what is walked is also read."""
SUBDOMAINS = 400
_TEXT = "Here you find what our house has to say on this matter, and it is the same as it was yesterday. " * 4


def traps() -> dict[str, Answer]:
    """Return host → answer: a site for each trap, its subdomains, and one without any."""
    sites = {f"{name}.test": partial(_site, entry, answer) for name, (entry, answer) in _TRAPS.items()}
    endless = partial(_site, *_TRAPS["subdomains"])
    wild = {f"n{number}.subdomains.test": endless for number in range(SUBDOMAINS)}
    return {**sites, **wild, "good.test": _good}


def names() -> list[str]:
    """Return the names of the traps."""
    return list(_TRAPS)


def home_pages() -> list[str]:
    """Return where a crawl of all sites begins."""
    return [f"http://{host}/" for host in traps() if not host.endswith(".subdomains.test")]


def _good(host: str, target: str, entry: str = "") -> Reply:
    links = {OUTSIDE: f"See {target}", "/": "Start"}
    if target == "/":
        links |= {entry: "More"} if entry else {}
        links |= {f"/{branch}/1": f"Part {branch}" for branch in "abcd"[:BRANCHES]}
    elif target not in GOOD:
        return page("Not found", "Nothing here.", {}, status=404)
    else:
        branch, step = target[1:].split("/")
        links |= {f"/{branch}/{int(step) + 1}": f"{branch} goes on"} if int(step) < STEPS else {}
    words = _words(f"{host}{target}", 60)
    return page(f"About {words[:20]}", words, links)


def _site(entry: str, trap: Answer, host: str, target: str) -> Reply:
    """The good part, its home page linking to the trap, and everything else the trap."""
    return _good(host, target, entry) if target in GOOD and not host.startswith("n") else trap(host, target)


def _words(seed: str, count: int) -> str:
    """Return text that no other seed gives."""
    digest = blake2b(seed.encode(), digest_size=64).hexdigest().translate(str.maketrans("0123456789", "ghijklmnop"))
    return " ".join(digest[i % 120 : i % 120 + 4 + i % 5] for i in range(count))


def _token(seed: str, size: int = 16) -> str:
    return blake2b(seed.encode(), digest_size=size).hexdigest()


def _calendar(host: str, target: str) -> Reply:
    """A day links to the days, weeks and months around it, for ever."""
    day = date.fromisoformat(target.rpartition("/")[2])
    others = [day + timedelta(days=n) for n in (-31, -7, -1, 1, 7, 31)]
    around = {f"/calendar/{other}": f"{other.day}" for other in others}
    return page(f"{day:%Y-%m-%d}", f"{day:%B %d}: there are no events. {_TEXT}", {OUTSIDE: "See", **around})


def _java_sessions(host: str, target: str) -> Reply:
    """Every link carries a session of its own, as Java servers write it."""
    links = {f"/shop/{n};jsessionid={_token(f'{target}{n}').upper()}": f"Aisle {_words(str(n), 1)}" for n in range(9)}
    return page("Shop", f"{_words(target, 9)} {_TEXT}", {OUTSIDE: target[:40], **links})


def _forum_sessions(host: str, target: str) -> Reply:
    """The same in a forum, in the query; the words of its pages differ."""
    links = {f"/forum?t={n}&sid={_token(f'{target}{n}')}": f"Thread {_words(f'{target}{n}', 2)}" for n in range(9)}
    return page(f"Forum {target[:20]}", _words(target, 80), {OUTSIDE: target[:40], **links})


def _visits(host: str, target: str) -> Reply:
    """A number that looks like any other counts visits: only that the pages are the same gives it away."""
    links = {f"/visit?v={int(_token(f'{target}{n}', 4), 16)}": f"Room {n}" for n in range(9)}
    return page("Rooms", _TEXT, {OUTSIDE: "See", **links})


def _relative_path(host: str, target: str) -> Reply:
    """A relative link that should have been absolute: each page is a folder deeper."""
    return page(f"In {target[-40:]}", _words(target, 60), {OUTSIDE: target[-40:], "a/b/": "Down"})


def _deep_path(host: str, target: str) -> Reply:
    """Folders that never repeat, six at a step."""
    down = {f"{'/'.join(_token(f'{target}{n}{i}', 3) for i in range(6))}/": _words(f"{target}{n}", 2) for n in range(2)}
    return page(f"In {target[-40:]}", _words(target, 60), {OUTSIDE: target[-40:], **down})


def _long_url(host: str, target: str) -> Reply:
    """A query that grows by what was asked before."""
    query = target.partition("=")[2]
    grown = {f"/search?q={query}{_token(f'{target}{n}', 64) * 3}": _words(f"{target}{n}", 2) for n in range(2)}
    return page(f"Found {query[-30:]}", _words(target, 60), {OUTSIDE: query[-30:] or "See", **grown})


def _repeated_parameter(host: str, target: str) -> Reply:
    """Each page adds the parameter that it was asked with."""
    more = {f"{target}{'&' if '?' in target else '?'}lang=en": _words(target, 2)}
    more |= {f"{target}{'&' if '?' in target else '?'}lang=de": _words(target, 3)}
    return page(f"Page {target[-30:]}", _words(target, 60), {OUTSIDE: target[-30:], **more})


def _soft_404(host: str, target: str) -> Reply:
    """Everything is answered with 200, and links to what is not there either."""
    links = {f"/{_token(f'{target}{n}')}": _words(f"{target}{n}", 2) for n in range(9)}
    return page("Page not found", f"Sorry! {_words(target, 30)}", {OUTSIDE: target[:40], **links})


def _catch_all(host: str, target: str) -> Reply:
    """The same, only that every page looks like any other and does not say so."""
    return page("Welcome", _TEXT, {OUTSIDE: "See", **{f"/{_token(f'{target}{n}')}": "Read on" for n in range(9)}})


def _redirects(host: str, target: str) -> Reply:
    """Many ways into a chain of redirects that never ends, and into a loop."""
    if target == "/hops":
        return page("Hops", _TEXT, {OUTSIDE: "See", "/round/a": "Round", **{f"/hop/{n}": f"{n}" for n in range(2)}})
    if target.startswith("/round"):
        return reply(302, headers=[("Location", "/round/b" if target.endswith("a") else "/round/a")])
    return reply(301, headers=[("Location", f"/hop/{_token(target)}")])


def _facets(host: str, target: str) -> Reply:
    """A search with six filters, each combination of which is a page with other products."""
    chosen = dict(parse_qsl(target.partition("?")[2]))
    links = {}
    for number in range(6):
        name = f"f{number}"
        query = {**chosen, name: "1"} if name not in chosen else {k: v for k, v in chosen.items() if k != name}
        links[f"/filter?{urlencode(sorted(query.items()))}"] = f"Filter {_words(target + name, 1)}"
    return page("Filter", _words(target, 60), {OUTSIDE: target[:60], **links})


def _fan_out(host: str, target: str) -> Reply:
    """A page with 10,000 new links to pages that lead nowhere."""
    many = 10_000 if target == "/all" else 0
    links = {f"/all/{n}": _words(f"{target}{n}", 1) for n in range(many)}
    return page(f"All {target[:30]}", _words(target, 60), {OUTSIDE: target[:40], **links})


def _fan_out_again(host: str, target: str) -> Reply:
    """A page with a thousand new links, and behind each of them a page with a hundred."""
    links = {f"{target}/{n}": _words(f"{target}{n}", 1) for n in range(1_000 if target == "/all" else 100)}
    return page(f"All {target[:30]}", _words(target, 60), {OUTSIDE: target[:40], **links})


def _subdomains(host: str, target: str) -> Reply:
    """Every name below the site answers, and knows more of them."""
    number = int(host.partition(".")[0].removeprefix("n") or 0) if host.startswith("n") else 0
    known = (f"http://n{(number * 9 + n + 1) % SUBDOMAINS}.subdomains.test/" for n in range(9))
    return page("Host", _TEXT, {OUTSIDE: "See", **dict.fromkeys(known, "Neighbour")})


def _babble(host: str, target: str) -> Reply:
    """Pages of random words, each with words and anchors of its own: nothing gives them away."""
    links = {f"/{quote(_words(f'{target}{n}', 3).replace(' ', '-'))}": _words(f"{target}{n}", 3) for n in range(9)}
    return page(_words(target, 4), _words(target, 200), {OUTSIDE: _words(target, 3), **links})


_TRAPS: Mapping[str, tuple[str, Answer]] = {
    "calendar": ("/calendar/2026-11-01", _calendar),
    "java-sessions": ("/shop", _java_sessions),
    "forum-sessions": ("/forum", _forum_sessions),
    "visits": ("/visit", _visits),
    "relative-path": ("/x/", _relative_path),
    "deep-path": ("/deep/", _deep_path),
    "long-url": ("/search?q=", _long_url),
    "repeated-parameter": ("/page", _repeated_parameter),
    "soft-404": ("/missing", _soft_404),
    "catch-all": ("/welcome", _catch_all),
    "redirects": ("/hops", _redirects),
    "facets": ("/filter?", _facets),
    "fan-out": ("/all", _fan_out),
    "fan-out-again": ("/all", _fan_out_again),
    "subdomains": ("http://n0.subdomains.test/", _subdomains),
    "babble": ("/babble", _babble),
}
"""Name → what the home page links to, and what answers there."""
