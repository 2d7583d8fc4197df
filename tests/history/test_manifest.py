"""The manifest: 24 bytes a link, and a hash of what is watched."""

from dataclasses import asdict, fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backlink_crawler.history.manifest import (
    UNKNOWN,
    WATCHED,
    agree,
    event_id,
    links_hash,
    pack,
    place_in,
    state_of,
    state_of_record,
    unpack,
)
from backlink_crawler.history.regions import Place, place_of
from backlink_crawler.records import Link, Region
from tests.history.index import link

OTHER_VALUES: dict[str, Any] = {
    "anchor": "other",
    "rel": ("nofollow",),
    "follow": False,
    "nofollow_cause": "meta",
    "region": "footer",
    "link_type": "image",
    "hidden": "style",
}
VOLATILE: dict[str, Any] = {
    "href": "/elsewhere",
    "anchor_source": "alt",
    "xpath": "/html/body/p[2]/a",
    "ordinal": 7,
    "occurrences": 3,
    "offset": 0.7,
    "content_score": 0.1,
    "dom_depth": 9,
    "block_tag": "li",
    "block_words": 4,
    "block_link_density": 0.9,
    "in_list": True,
    "heading": "Links",
    "text_before": "before",
    "text_after": "after",
    "weight": 0.4,
    "placement_type": "directory",
    "placement_reason": "list of links",
    "wrapped_url": "http://out.test/?u=1",
}


@given(st.dictionaries(st.binary(min_size=16, max_size=16), st.binary(min_size=8, max_size=8)))
def test_what_is_packed_is_unpacked(manifest: dict[bytes, bytes]) -> None:
    """Nothing is lost, 24 bytes a link, and the order of insertion does not show."""
    packed = pack(manifest)
    assert len(packed) == 24 * len(manifest)
    assert unpack(packed) == manifest
    assert pack(dict(reversed(manifest.items()))) == packed


def state(one: Link) -> bytes:
    """The state of a link that is settled where it is seen."""
    return state_of(one, place_of(one))


@pytest.mark.parametrize("name", WATCHED)
def test_watched_fields_count(name: str) -> None:
    """A change of any watched field is another state."""
    assert state(link("b.test")) != state(replace(link("b.test"), **{name: OTHER_VALUES[name]}))


@pytest.mark.parametrize("name", VOLATILE)
def test_volatile_fields_do_not(name: str) -> None:
    """What moves with the page around a link is no other state."""
    place = Place("content", declared=False)
    assert state_of(link("b.test"), place) == state_of(replace(link("b.test"), **{name: VOLATILE[name]}), place)


def test_every_field_is_watched_volatile_or_identity() -> None:
    """A new field of a link must be put on one side."""
    identity = {f.name for f in fields(Link) if f.name.startswith(("source_", "target_"))} | {"scope"}
    follows_from_rel = {"nofollow", "ugc", "sponsored"}
    assert {f.name for f in fields(Link)} == {*WATCHED, *VOLATILE} | identity | follows_from_rel


def test_any_anchor_has_a_state() -> None:
    """Also one that no encoding knows: it is refused later, with its reason."""
    assert len(state(link("b.test", "lone \ud800 surrogate"))) == 8


@pytest.mark.parametrize("declared", [False, True])
@pytest.mark.parametrize("region", ["content", "nav", "header", "footer", "aside", "comment"])
def test_a_place_is_kept_in_the_state(region: Region, declared: bool) -> None:
    """The next visit knows where a link was settled, without reading its record."""
    place = Place(region, declared)
    assert place_in(state_of(link("b.test"), place)) == place
    assert (place_in(UNKNOWN), place_in(b"1234567\xff")) == (None, None)


@pytest.mark.parametrize("rel", [(), ("nofollow", "ugc")])
def test_a_record_has_the_state_of_its_link(rel: tuple[str, ...]) -> None:
    """Also as MongoDB gives it back, with lists for tuples; without a place it agrees with every place."""
    one = link("b.test", rel=rel, hidden="aria")
    record = {**asdict(one), "rel": list(rel)}
    assert state_of_record(record, place_of(one)) == state(one)
    assert agree(state(one), state_of_record(record, None))
    assert not agree(state(replace(one, anchor="other")), state_of_record(record, None))
    assert not agree(state(replace(one, region="nav")), state(one))


def test_the_page_takes_part_in_the_hash() -> None:
    """The same links on a page that ceased to vouch for them are not the same."""
    facts = [("read", None), ("read", "page_noindex"), ("withdrawn", "page_gone"), ("withdrawn", "page_redirected")]
    assert len({links_hash(b"x" * 24, fact) for fact in facts}) == len(facts)


def test_events_have_an_id_each() -> None:
    """Another link, revision or subject is another event; the same is the same, whoever writes it."""
    ids = [event_id(b"l" * 16, 1, "anchor"), event_id(b"m" * 16, 1, "anchor")]
    ids += [event_id(b"l" * 16, 2, "anchor"), event_id(b"l" * 16, 1, "status"), event_id(b"l" * 16, 1, "moved")]
    assert len(set(ids)) == 5
    assert event_id(b"l" * 16, 1, "anchor") == ids[0]
