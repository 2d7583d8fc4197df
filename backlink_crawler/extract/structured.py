"""What a page says of itself to machines: ``<meta>`` elements and JSON-LD (schema.org)."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from turbohtml import Element

_DECODER = json.JSONDecoder(strict=False)
"""Made once: ``json.loads`` would make one for each script."""
_LONGEST = 256_000
"""Characters of one JSON-LD script that are read."""
_LONGEST_CONTENT = 8_192
"""Characters of one ``content``."""
_MOST_ITEMS = 200
_DEEPEST = 6


def meta_values(metas: Iterable[Element]) -> dict[str, list[str]]:
    """Return the contents of ``<meta>`` by lower-case ``name``, ``property``, ``itemprop`` or ``http-equiv:`` name."""
    values: dict[str, list[str]] = {}
    for element in metas:
        content = element.attr("content")
        if not content:
            continue
        content = content[:_LONGEST_CONTENT]
        equivalent = element.attr("http-equiv")
        if equivalent:
            values.setdefault(f"http-equiv:{equivalent.strip().lower()}", []).append(content)
        for attribute in ("name", "property", "itemprop"):
            name = element.attr(attribute)
            if name:
                values.setdefault(name.strip().lower(), []).append(content)
    return values


def json_ld_items(scripts: Iterable[Element]) -> list[Mapping[str, Any]]:
    """Return the objects of a page's JSON-LD, outer before inner, at most 200. What is no JSON is left out."""
    items: list[Mapping[str, Any]] = []
    for script in scripts:
        if (script.attr("type") or "").strip().lower() != "application/ld+json":
            continue
        text = script.text
        if len(text) > _LONGEST:
            continue
        try:
            value = _DECODER.decode(text)
        except (ValueError, RecursionError):
            continue
        for item in _objects(value, 0):
            items.append(item)
            if len(items) >= _MOST_ITEMS:
                return items
    return items


def types_of(item: Mapping[str, Any]) -> list[str]:
    """Return the names of an object's types, without a vocabulary before them."""
    said = item.get("@type")
    names = said if isinstance(said, list) else [said]
    return [name.rpartition("/")[2].rpartition(":")[2] for name in names if isinstance(name, str)]


def texts_of(value: object) -> Iterator[str]:
    """Yield the texts that a value means: itself, each of a list, the name of an object."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value[:_MOST_ITEMS]:
            if not isinstance(each, list):
                yield from texts_of(each)
    elif isinstance(value, dict):
        name = value.get("name")
        if isinstance(name, str):
            yield name


def _objects(value: object, depth: int) -> Iterator[Mapping[str, Any]]:
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        for each in value[:_MOST_ITEMS]:
            yield from _objects(each, depth + 1)
    elif isinstance(value, dict):
        yield value
        for name in ("@graph", "mainEntity", "mainEntityOfPage", "hasPart"):
            if name in value:
                yield from _objects(value[name], depth + 1)
