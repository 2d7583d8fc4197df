"""White space folded, and words counted."""

import numpy as np
import numpy.typing as npt

_CHUNK = 65_536
"""Longer text nodes are folded piece by piece: a node of megabytes must not become millions of words at once."""
_BLANK, _LINE_FEED = ord(" "), ord("\n")

Blanks = npt.NDArray[np.bool_]


def folded_text(data: str) -> str:
    """Return ``data`` with each run of white space as one blank, those at its ends too."""
    if len(data) > _CHUNK:
        return "".join(folded_text(data[start : start + _CHUNK]) for start in range(0, len(data), _CHUNK))
    words = " ".join(data.split())
    return f"{' ' if data[0].isspace() else ''}{words}{' ' if data[-1].isspace() else ''}"


def folded(text: str) -> str:
    """Return ``text`` with each run of white space as one blank, and none at its ends."""
    if text.isprintable() and "  " not in text:  # no white space but single blanks: half the time
        return text.strip(" ")
    return " ".join(text.split())


def blanks_of(text: str) -> Blanks:
    """Return for each character whether it is a blank or a line feed: what lies between words."""
    try:
        characters = np.frombuffer(text.encode("latin-1"), dtype=np.uint8)
    except UnicodeEncodeError:
        characters = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    blanks: Blanks = (characters == _BLANK) | (characters == _LINE_FEED)
    return blanks


def beginnings(blanks: Blanks) -> Blanks:
    """Return for each character but the last whether a word begins after it.

    :param blanks: of a text that begins with one.
    """
    begun: Blanks = blanks[:-1] > blanks[1:]
    return begun


def count_words(begun: Blanks) -> int:
    """Count words by their beginnings."""
    return int(np.count_nonzero(begun))
