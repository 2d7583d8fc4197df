"""Changes to real pages, each made in the source text, with what it must do to the links of its page.

A change claims what the links are afterwards; html5lib reads the changed source and must agree, else the change is not
made (:exc:`Unfit`). So what is expected of the index comes from the change itself and never from the crawler.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from random import Random

from tests.real_input.addresses import resolve
from tests.real_input.markup import Anchor, anchors, bytes_of, end_of_body, ends_of_paragraphs, replaced
from tests.real_input.states import State, read_states

_WORDS = (
    *("harbour", "lantern", "meadow", "copper", "violin", "orchard", "granite"),
    *("willow", "ember", "compass", "saddle", "thimble", "beacon", "quarry"),
)
_FOLLOWED_TOKENS = ("noopener", "noreferrer external")
_NOFOLLOW_TOKENS = ("nofollow", "ugc", "sponsored", "nofollow noopener")

States = Mapping[str, tuple[State, ...]]


class Unfit(Exception):
    """This page does not lend itself to the change."""


@dataclass(slots=True)
class Draft:
    """A page while it is changed: its source, and what its links are by now."""

    url: str
    text: str
    charset: str
    """Of the Content-Type header."""
    states: dict[str, tuple[State, ...]]
    heirs: dict[str, str] = field(default_factory=dict)
    """Target → what its element links to now."""
    found: set[str] = field(default_factory=set)
    """Targets that were added, wherever that was."""
    touched: set[str] = field(default_factory=set)
    page_nofollow: str | None = None
    """``header``, where it says so for all links."""

    def single(self, rng: Random, fits: Callable[[State], bool] = lambda state: True) -> tuple[Anchor, str]:
        """Return a text link that is the only one to its target, and was not touched yet.

        :raises Unfit: there is none.
        """
        listed = [found for found in self.singles() if fits(self.states[found[1]][0])]
        if not listed:
            raise Unfit(f"{self.url} has no such link")
        return rng.choice(listed)

    def singles(self) -> list[tuple[Anchor, str]]:
        """Return the visible text links that are the only ones to their targets."""
        by_target: dict[str, list[Anchor]] = {}
        for anchor in anchors(self.text):
            target = resolve(anchor.get("href") or "", self.url)
            if target is not None and (anchor.get("href") or "").startswith(("http://", "https://")):
                by_target.setdefault(target, []).append(anchor)
        return [
            (found[0], target)
            for target, found in by_target.items()
            if len(found) == 1 and target not in self.touched and _is_plain(self.states.get(target, ()))
        ]

    def becomes(self, target: str, **values: object) -> None:
        """Claim that a link is in another state now."""
        self.states[target] = (self.states[target][0]._replace(**values),)  # type: ignore[arg-type]
        self.touched.add(target)

    def checked(self) -> "Draft":
        """Return the draft with the states of added links filled in.

        :raises Unfit: html5lib does not find in the changed source what was claimed.
        """
        read = read_states(bytes_of(self.text), self.url, self.charset, self.page_nofollow)
        claimed = {**self.states, **{target: read.get(target, ()) for target in self.found}}
        if dict(read) != claimed or any(not _is_plain(claimed[target]) for target in self.found):
            raise Unfit(f"{self.url} does not read as claimed")
        return replace(self, states=claimed)


def _is_plain(states: tuple[State, ...]) -> bool:
    return len(states) == 1 and states[0].link_type == "text" and bool(states[0].anchor) and states[0].hidden is None


LinkChange = Callable[[Draft, Random], None]
"""Changes one link of a draft, or raises :exc:`Unfit`."""


def remove(draft: Draft, rng: Random) -> None:
    """Take a link away, its words with it or not."""
    anchor, target = draft.single(rng)
    take(draft, anchor, target, keep_words=rng.random() < 0.5)


def add(draft: Draft, rng: Random) -> None:
    """Add a paragraph with a link to a site of its own."""
    put(draft, rng, invented_url(rng), invented_words(rng))


def take(draft: Draft, anchor: Anchor, target: str, *, keep_words: bool) -> None:
    """Take this link away."""
    draft.text = replaced(draft.text, anchor, anchor.inner if keep_words else "")
    del draft.states[target]
    draft.touched.add(target)


def put(draft: Draft, rng: Random, target: str, words: str) -> None:
    """Add a paragraph with this link."""
    places = ends_of_paragraphs(draft.text)
    if not places or target in draft.states:
        raise Unfit(f"{draft.url} has no place for it")
    place = rng.choice(places)
    added = f'\n<p>See <a href="{target.replace("&", "&amp;")}">{words}</a> for more.</p>\n'
    draft.text = draft.text[:place] + added + draft.text[place:]
    draft.found.add(target)
    draft.touched.add(target)


def say_nofollow(draft: Draft, rng: Random) -> None:
    """Qualify a link with nofollow, ugc or sponsored."""
    _rel(draft, rng, rng.choice(_NOFOLLOW_TOKENS), follow=False, nofollow_cause="rel")


def say_noopener(draft: Draft, rng: Random) -> None:
    """Give a link another ``rel`` that leaves it followed."""
    _rel(draft, rng, rng.choice(_FOLLOWED_TOKENS))


def _rel(draft: Draft, rng: Random, tokens: str, **values: object) -> None:
    anchor, target = draft.single(rng, lambda state: state.follow and not {*state.rel} & {*tokens.split()})
    rel = (*draft.states[target][0].rel, *tokens.split())
    draft.text = replaced(draft.text, anchor, anchor.with_attribute("rel", " ".join(rel)).text)
    draft.becomes(target, rel=rel, **values)


def put_in_footer(draft: Draft, rng: Random) -> None:
    """Move a link within its page, into a footer."""
    anchor, target = draft.single(rng, lambda state: state.region != "footer")
    moved = end_of_body(draft.text, f"<footer><p>{anchor.text}</p></footer>\n")
    if moved is None:
        raise Unfit(f"{draft.url} writes no end of its body")
    draft.text = replaced(moved, anchor, "")
    draft.becomes(target, region="footer")


def reword(draft: Draft, rng: Random) -> None:
    """Give a link another anchor."""
    anchor, target = draft.single(rng)
    words = invented_words(rng)
    draft.text = replaced(draft.text, anchor, anchor.with_inner(words).text)
    draft.becomes(target, anchor=words)


def make_image(draft: Draft, rng: Random) -> None:
    """Put an image in the place of a link's words."""
    anchor, target = draft.single(rng)
    words = invented_words(rng)
    draft.text = replaced(draft.text, anchor, anchor.with_inner(f'<img src="/badge.png" alt="{words}">').text)
    draft.becomes(target, anchor=words, link_type="image")


def hide(draft: Draft, rng: Random) -> None:
    """Hide a link from readers."""
    anchor, target = draft.single(rng)
    draft.text = replaced(draft.text, anchor, anchor.with_attribute("hidden", "hidden").text)
    draft.becomes(target, hidden="attribute")


def retarget(draft: Draft, rng: Random) -> None:
    """Let the same element link elsewhere on the web."""
    _retarget(draft, rng, lambda target: invented_url(rng))


def retarget_nearby(draft: Draft, rng: Random) -> None:
    """Let the same element link to another page of its target's host.

    Its words are its own, so that it is the same element also where the page around it has changed.
    """
    words = Counter(state.anchor for states in draft.states.values() for state in states)

    def choose(target: str) -> str:
        return "/".join([*target.split("/", 3)[:3], _slug(rng)])

    _retarget(draft, rng, choose, lambda state: words[state.anchor] == 1)


def _retarget(
    draft: Draft, rng: Random, choose: Callable[[str], str], fits: Callable[[State], bool] = lambda state: True
) -> None:
    anchor, target = draft.single(rng, fits)
    heir = choose(target)
    draft.text = replaced(draft.text, anchor, anchor.with_attribute("href", heir).text)
    draft.states[heir] = draft.states.pop(target)
    draft.heirs[target] = heir
    draft.touched |= {target, heir}


def several(draft: Draft, rng: Random) -> None:
    """Change several links of a page at once."""
    for change in (remove, add, say_nofollow, reword, retarget_nearby):
        change(draft, rng)


LINK_CHANGES: Mapping[str, LinkChange] = {
    "link removed": remove,
    "link added": add,
    "nofollow by rel": say_nofollow,
    "rel, still followed": say_noopener,
    "put in the footer": put_in_footer,
    "anchor changed": reword,
    "made an image": make_image,
    "hidden": hide,
    "retargeted": retarget,
    "retargeted nearby": retarget_nearby,
    "several at once": several,
}


def invented_words(rng: Random) -> str:
    """Return an anchor that stands nowhere else."""
    return f"{rng.choice(_WORDS)} {rng.choice(_WORDS)} {rng.randrange(10**6)}"


def invented_url(rng: Random) -> str:
    """Return the address of a site that nothing links to."""
    return f"https://{rng.choice(_WORDS)}-{rng.randrange(10**8)}.example/{_slug(rng)}"


def _slug(rng: Random) -> str:
    return f"{rng.choice(_WORDS)}-{rng.randrange(10**6)}.html"
