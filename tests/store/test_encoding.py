"""Records put together from parts are the records, byte for byte."""

from dataclasses import fields
from typing import Any

import pytest
from bson import encode
from bson.errors import InvalidDocument
from hypothesis import given
from hypothesis import strategies as st

from backlink_crawler.history.comparison import KnownPage, compare
from backlink_crawler.history.found import Found
from backlink_crawler.history.life import Life
from backlink_crawler.history.revisiting import Patience
from backlink_crawler.records import Link
from backlink_crawler.store.documents import MAX_RECORD
from backlink_crawler.store.encoding import encoded_records
from tests.history.index import PAGE, link, visit

TEXT = st.text(max_size=80)
FEATURES = st.fixed_dictionaries(
    {
        "anchor": TEXT,
        "rel": st.lists(TEXT, max_size=3).map(tuple),
        "text_before": TEXT,
        "heading": st.none() | TEXT,
        "content_score": st.none() | st.floats(allow_nan=False),
        "ordinal": st.integers(0, 2**40),
        "in_list": st.none() | st.booleans(),
    }
)


def found(*features: dict[str, Any]) -> Found:
    """What a first visit finds: a link to a site of its own with each of these features."""
    links = [link(f"{number}.test", **one) for number, one in enumerate(features)]
    compared = compare(KnownPage(), visit(*links), Patience(), ())
    return Life(compared, {}, site_known_since=None).effects().found


@given(st.lists(FEATURES, max_size=12))
def test_parts_make_the_record(features: list[dict[str, Any]]) -> None:
    """Whatever stands in the fields, and from one to two digits in the numbers of the links."""
    one = found(*features)
    assert [record.raw for record in encoded_records(one)] == [encode(document) for document in one.documents()]


def test_a_record_has_every_field_of_its_link() -> None:
    """In their order, between the ids and what a link's life begins with."""
    (document,) = found({}).documents()
    names = [field.name for field in fields(Link)]
    before = ["_id", "source_id", "target_id"]
    after = ["found", "status", "first_seen", "last_seen", "lost_at", "lost_reason", "revision"]
    assert list(document) == [*before, *names, *after]
    assert {name: document[name] for name in names} == {name: getattr(link("0.test"), name) for name in names}
    assert document["source_url"] == PAGE


def test_a_record_that_is_too_long() -> None:
    """It is refused before anything is promised of it."""
    with pytest.raises(InvalidDocument, match=str(MAX_RECORD)):
        encoded_records(found({"anchor": "x" * MAX_RECORD}))
