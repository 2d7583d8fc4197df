"""The same element with another target, and what only looks like it."""

from typing import Any

import pytest

from backlink_crawler.history.retargeting import retargeted
from backlink_crawler.records import Link
from backlink_crawler.urls import link_id
from tests.history.index import PAGE, link


def stored(shown: Link) -> dict[str, Any]:
    fields = ("anchor", "link_type", "xpath", "text_before", "text_after", "target_site", "target_url")
    return {"_id": link_id(PAGE, shown.target_url), **{name: getattr(shown, name) for name in fields}}


def pairs(gone: list[Link], fresh: list[Link], stay: tuple[Link, ...] = ()) -> dict[str, str]:
    names = {link_id(PAGE, one.target_url): one.target_host for one in gone}
    found = retargeted([stored(one) for one in gone], fresh, [*stay, *fresh])
    return {names[id_]: heir.target_host for id_, heir in found.items()}


P1, P2 = {"xpath": "/p[1]/a"}, {"xpath": "/p[2]/a"}
NEAR: dict[str, Any] = {"text_before": "we use", "text_after": "every day"}
FAR: dict[str, Any] = {"text_before": "they sell", "text_after": "for less"}


@pytest.mark.parametrize(
    ("gone", "fresh", "stay", "expected"),
    [
        pytest.param(
            [link("b.test", "Acme", **P1)],
            [link("c.test", "Acme", **P1)],
            (),
            {"b.test": "c.test"},
            id="same anchor, same place",
        ),
        pytest.param(
            [link("b.test", "Acme", **P1)],
            [link("c.test", "Best", **P1)],
            (),
            {},
            id="another anchor is another link",
        ),
        pytest.param(
            [link("b.test", "Acme", **P1)],
            [link("c.test", "Acme", link_type="image", **P1)],
            (),
            {},
            id="an image instead of a text is another element",
        ),
        pytest.param(
            [link("b.test", "Acme", **P1, **NEAR)],
            [link("c.test", "Acme", **P2, **NEAR)],
            (),
            {"b.test": "c.test"},
            id="the page moved around it: the text beside it is the same",
        ),
        pytest.param(
            [link("http://b.test/old", "Acme", **P1)],
            [link("http://b.test/new", "Acme", **P2)],
            (),
            {"b.test": "b.test"},
            id="the page moved around it: the site is the same",
        ),
        pytest.param(
            [link("b.test", "Acme", **P1, **NEAR)],
            [link("c.test", "Acme", **P2, **FAR)],
            (),
            {},
            id="another place, other text, another site: nothing in common but a word",
        ),
        pytest.param(
            [link("b.test", "Acme", **P1)],
            [link("c.test", "Acme", **P2)],
            (),
            {},
            id="no text beside either is no evidence",
        ),
        pytest.param(
            [link("b.test", "read more", **P1, **NEAR)],
            [link("c.test", "read more", **P1, **FAR)],
            (link("d.test", "read more", **P2),),
            {},
            id="a list moved on: its newest entry stands where the oldest stood when it was new",
        ),
        pytest.param(
            [link("http://feed.test/1", "read more", **P1)],
            [link("http://feed.test/9", "read more", **P1)],
            (link("http://feed.test/5", "read more", **P2),),
            {},
            id="a list of one site's news moved on",
        ),
        pytest.param(
            [link("b.test", "website", **P1, **NEAR)],
            [link("c.test", "website", **P1, **NEAR)],
            (link("d.test", "website", **P2),),
            {"b.test": "c.test"},
            id="one of many, between the same words",
        ),
        pytest.param(
            [link("b.test", "here", **P1), link("c.test", "here", **P2)],
            [link("d.test", "here", **P2), link("e.test", "here", **P1)],
            (),
            {},
            id="two of a common word, and nothing beside them",
        ),
        pytest.param(
            [link("b.test", "here", **P1, **NEAR), link("c.test", "here", **P2, **FAR)],
            [link("d.test", "here", **P2, **FAR), link("e.test", "here", **P1, **NEAR)],
            (),
            {"b.test": "e.test", "c.test": "d.test"},
            id="two of a common word, each between its own words",
        ),
        pytest.param(
            [link("http://b.test/1", "here", **P1), link("http://b.test/2", "here", **P2)],
            [link("http://b.test/3", "here", xpath="/p[3]/a")],
            (),
            {},
            id="one heir for two, and no place to tell whose",
        ),
        pytest.param(
            [link("b.test", "", link_type="image", **P1)],
            [link("c.test", "", link_type="image", **P1)],
            (),
            {"b.test": "c.test"},
            id="the page's only banner",
        ),
        pytest.param(
            [link("http://b.test/1", "", link_type="image", **P1)],
            [link("http://b.test/2", "", link_type="image", **P2)],
            (),
            {},
            id="an image without text has nothing but its place",
        ),
        pytest.param(
            [link("b.test", "Acme", xpath="")],
            [link("c.test", "Acme", xpath="")],
            (),
            {},
            id="no place is not the same place",
        ),
        pytest.param(
            [link("b.test", "Acme", **P1), link("c.test", "Acme", **P1)],
            [link("d.test", "Acme", **P1)],
            (),
            {"b.test": "d.test"},
            id="a place is inherited once",
        ),
        pytest.param([], [link("c.test", "Acme", **P1)], (), {}, id="nothing is gone"),
        pytest.param([link("b.test", "Acme", **P1)], [], (), {}, id="nothing came"),
    ],
)
def test_pairs(gone: list[Link], fresh: list[Link], stay: tuple[Link, ...], expected: dict[str, str]) -> None:
    """A fresh link takes the place of one that is gone, or it does not."""
    assert pairs(gone, fresh, stay) == expected
