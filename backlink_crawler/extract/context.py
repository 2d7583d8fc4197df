"""The line a link stands in, and the words around it."""

from collections.abc import Sequence
from typing import NamedTuple

from backlink_crawler.extract.reading import Reading
from backlink_crawler.extract.words import folded
from backlink_crawler.records import MAX_CONTEXT

_REACH = MAX_CONTEXT + 40
"""Characters looked at a side: folding makes fewer of them, and a word may be cut."""
_INDENT = 256
_new = tuple.__new__
"""Makes a :class:`Line` in a third of the time of calling the class."""


class Line(NamedTuple):
    """A run of text between two block boundaries, with links in it."""

    start: int
    end: int
    words: int
    link_density: float
    """Share of its characters that are anchors, 0 to 1; 0 where there are none."""


class Lines:
    """The lines of a page that its links stand in."""

    def __init__(self, reading: Reading, places: Sequence[tuple[int, int]]) -> None:
        """:param places: where each link begins and ends in the text of the page, in the order of the document."""
        self._text = reading.text
        # Most lines are short: to count in bytes begins three times as fast as in a table.
        self._beginnings = reading.beginnings.tobytes()
        self._places = places
        self._line = Line(0, -1, 0, 0.0)

    def of(self, number: int) -> Line:
        """Return the line of a link; asked in the order of the document, the work is linear."""
        first, end = self._places[number]
        if first < end and self._text[first].isspace():
            own = self._text[first : min(end, first + _INDENT)]
            letters = own.lstrip()
            first += len(own) - len(letters) if letters else 0
        line = self._line
        if not line.start <= first <= line.end:
            line = self._line = self._line_around(first, number)
        return line

    def _line_around(self, position: int, number: int) -> Line:
        text, places = self._text, self._places
        begin = text.rfind("\n", 0, position) + 1
        end = text.find("\n", position)
        if end < 0:
            end = len(text)
        linked = 0
        for there in range(number, len(places)):
            first, last = places[there]
            if first >= end:
                break
            linked += (last if last < end else end) - (first if first > begin else begin)
        for there in range(number - 1, -1, -1):
            first, last = places[there]
            if last <= begin:
                break
            linked += (last if last < end else end) - (first if first > begin else begin)
        density = min(linked / (end - begin), 1.0) if linked > 0 and end > begin else 0.0
        words = self._beginnings.count(1, begin - 1, end - 1)
        return _new(Line, (begin, end, words, density))


def words_before(text: str, start: int) -> str:
    """Return the last words of a page's text before a link, folded: at most 100 characters, no word cut."""
    low = start - _REACH if start > _REACH else 0
    words = folded(text[low:start])
    if low and words and not text[low - 1].isspace() and not text[low].isspace():
        words = words.partition(" ")[2] or words
    if len(words) <= MAX_CONTEXT:
        return words
    cut = words[-MAX_CONTEXT:]
    # Without a blank in it, it is one long word, or a script that writes none.
    return cut if words[-MAX_CONTEXT - 1] == " " or " " not in cut else cut.partition(" ")[2]


def words_after(text: str, end: int) -> str:
    """Return the first words of a page's text after a link, folded: at most 100 characters, no word cut."""
    high = end + _REACH
    words = folded(text[end:high])
    if high < len(text) and words and not text[high].isspace() and not text[high - 1].isspace():
        words = words.rpartition(" ")[0] or words
    if len(words) <= MAX_CONTEXT:
        return words
    cut = words[:MAX_CONTEXT]
    return cut if words[MAX_CONTEXT] == " " or " " not in cut else cut.rpartition(" ")[0]
