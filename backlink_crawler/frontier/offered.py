"""What one worker has already offered to the frontier: the navigation of a site, on every one of its pages. Pure.

A URL once known stays known, so offering it again costs the server's time and changes nothing.
"""

from collections.abc import Iterable

from backlink_crawler.records import Child


class Offered:
    """A bounded memory of offers, in two generations: when the young one is full, the old one is forgotten.

    It keeps 64-bit hashes, keyed per process: in a billion offers, the chance that one is wrongly taken for known is
    less than one in a hundred thousand.
    """

    def __init__(self, generation: int = 50_000) -> None:
        """:param generation: offers per generation, about 70 bytes each."""
        self._generation = generation
        self._young: set[int] = set()
        self._old: set[int] = set()

    def fresh(self, children: Iterable[Child]) -> list[Child]:
        """Return those that have not been offered, or with another budget for their site."""
        young, old = self._young, self._old
        return [
            child for child in children if (key := hash((child.url, child.site_budget))) not in young and key not in old
        ]

    def remember(self, children: Iterable[Child]) -> None:
        """Note offers that the frontier has acknowledged."""
        for child in children:
            if len(self._young) >= self._generation:
                self._old, self._young = self._young, set()
            self._young.add(hash((child.url, child.site_budget)))
