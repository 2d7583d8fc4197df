"""Linking elements in their place on a page."""

from typing import NamedTuple

from turbohtml import Element

from backlink_crawler.extract.scopes import Scope


class Occurrence(NamedTuple):
    """A linking element (``a area iframe frame form link``) in its place, with or without an address."""

    element: Element
    tag: str
    href: str | None
    """The attribute of that name."""
    scope: Scope
    """Of the element itself, its own attributes included."""
    box: int | None
    """Number in the outline of the box that it is or stands in; ``None`` in the head and the like."""
    depth: int
    """Elements around it."""
    heading: int
    """Number of the heading it stands in or under; -1: above all."""
    start: int
    """Numbers of the pieces of text before which it begins and ends."""
    end: int
    image: Element | None = None
    """The first ``img`` in it."""
    alt: str = ""
    """The first text in it that stands in for an image: of ``alt``, or the title of a drawing."""
    label: str = ""
    """Its text, folded, where it holds one piece of text and nothing else; empty where that is long."""
