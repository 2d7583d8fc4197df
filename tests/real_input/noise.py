"""Changes of a page that change none of its links: what every visit of a living site brings."""

import re
from collections.abc import Callable, Mapping, Sequence
from random import Random

from tests.real_input.changes import Draft, Unfit, invented_words
from tests.real_input.markup import (
    anchors,
    bytes_of,
    end_of_body,
    ends_of_paragraphs,
    replaced,
    swapped,
    tags,
    top_of_body,
)
from tests.real_input.states import read_states

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:|//|#|$", re.IGNORECASE)
_OTHER_PART = re.compile(r"<(?!/?(?:a|b|br|code|em|i|li|p|q|span|strong|sup|tt)\b)", re.IGNORECASE)
"""Ends or begins a part of the page: links on its two sides may well stand in different regions."""
_ATTRIBUTE = re.compile(r"\s+[a-z-]+=\"[^\"<>]*\"", re.IGNORECASE)

Noise = Callable[[Draft, Random, Sequence[str]], str | None]
"""Returns the noisy source, or ``None`` where the page does not lend itself; takes pages of the site to link to."""


def make_noisy(draft: Draft, kind: str, rng: Random, pages: Sequence[str]) -> None:
    """Change the source of ``draft``, but none of its links.

    :raises Unfit: the page does not lend itself to this noise.
    """
    text = NOISES[kind](draft, rng, pages)
    if text is None or text == draft.text:
        raise Unfit(f"{draft.url} has no place for {kind}")
    read = read_states(bytes_of(text), draft.url, draft.charset)
    if {target: states[0] for target, states in read.items()} != {t: s[0] for t, s in draft.states.items()}:
        raise Unfit(f"{draft.url} does not read as before")
    draft.text = text


def _widget(draft: Draft, rng: Random, pages: Sequence[str]) -> str | None:
    chosen = rng.sample(pages, min(4, len(pages)))
    entries = "".join(f'<li><a href="{page}">{invented_words(rng)}</a></li>' for page in chosen)
    widget = f'\n<div class="popular"><h4>Popular now</h4><ul>{entries}</ul><p>{invented_words(rng)}</p></div>\n'
    places = ends_of_paragraphs(draft.text)
    if not places:
        return end_of_body(draft.text, widget)
    place = rng.choice(places)
    return draft.text[:place] + widget + draft.text[place:]


def _timestamp(draft: Draft, rng: Random, pages: Sequence[str]) -> str | None:
    said = f"Generated at {rng.randrange(24):02}:{rng.randrange(60):02} in {rng.random():.4f} s"
    return end_of_body(draft.text, f"\n<!-- {said} --><p>{said}</p>\n")


def _comment_count(draft: Draft, rng: Random, pages: Sequence[str]) -> str | None:
    count = f'<p class="meta">{rng.randrange(1, 500)} comments, {rng.randrange(9_999)} views</p>'
    return top_of_body(draft.text, count)


def _session_ids(draft: Draft, rng: Random, pages: Sequence[str]) -> str | None:
    session, text = f"sid={rng.randrange(16**12):012x}", draft.text
    for anchor in reversed(anchors(text)):
        href = anchor.get("href") or ""
        if not _SCHEME.match(href) and "?" not in href and "&" not in href:
            path, mark, fragment = href.partition("#")
            text = replaced(text, anchor, anchor.with_attribute("href", f"{path}?{session}{mark}{fragment}").text)
    return text


def _attribute_order(draft: Draft, rng: Random, pages: Sequence[str]) -> str | None:
    text = draft.text
    for tag in reversed(list(tags(text))):
        start, end = tag.span("attributes")
        text = text[:start] + "".join(reversed(_ATTRIBUTE.findall(text[start:end]))) + text[end:]
    return text


def _whitespace(draft: Draft, rng: Random, pages: Sequence[str]) -> str | None:
    text = draft.text
    for anchor in reversed(anchors(text)):
        inner = anchor.inner if "<" in anchor.inner else anchor.inner.replace(" ", "\n \t ")
        text = replaced(text, anchor, anchor.with_inner(f"\n  {inner}\n").text)
    return text


def _banner(draft: Draft, rng: Random, pages: Sequence[str]) -> str | None:
    link = f'<a href="{rng.choice(pages)}">{invented_words(rng)}</a>'
    return top_of_body(draft.text, f'\n<div class="notice"><div><p>New: {link}</p></div></div>\n<p></p>\n')


def _reordered(draft: Draft, rng: Random, pages: Sequence[str]) -> str | None:
    found = sorted(draft.singles(), key=lambda single: single[0].start)
    pairs = [
        (one, other)
        for n, (one, target) in enumerate(found)
        for other, other_target in found[n + 1 :]
        if not _OTHER_PART.search(draft.text, one.end, other.start)
    ]
    return swapped(draft.text, *rng.choice(pairs)) if pairs else None


def _quotes(draft: Draft, rng: Random, pages: Sequence[str]) -> str | None:
    text = draft.text
    for anchor in reversed(anchors(text)):
        attributes = re.sub(r"(\s)href=\"([^\"']*)\"", r"\1HREF='\2'", anchor.attributes)
        text = replaced(text, anchor, f"<A{attributes}>{anchor.inner}</A>")
    return text


def _second_link(draft: Draft, rng: Random, pages: Sequence[str]) -> str | None:
    found = [single for single in draft.singles() if draft.states[single[1]][0].region is None]
    if not found:
        return None
    return end_of_body(draft.text, f"<footer><p>{rng.choice(found)[0].with_inner('once more').text}</p></footer>\n")


def _fragments(draft: Draft, rng: Random, pages: Sequence[str]) -> str | None:
    text = draft.text
    for anchor, _ in sorted(draft.singles(), key=lambda single: -single[0].start):
        href = anchor.get("href") or ""
        if "#" not in href and "&" not in href:
            text = replaced(text, anchor, anchor.with_attribute("href", f"{href}#{rng.randrange(10**6)}").text)
    return text


NOISES: Mapping[str, Noise] = {
    "rotating widget": _widget,
    "timestamp": _timestamp,
    "comment count": _comment_count,
    "session ids": _session_ids,
    "attribute order": _attribute_order,
    "whitespace": _whitespace,
    "banner on top": _banner,
    "links re-ordered": _reordered,
    "quotes and case": _quotes,
    "linked twice": _second_link,
    "other fragments": _fragments,
}
