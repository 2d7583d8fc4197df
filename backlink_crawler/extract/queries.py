"""Queries in the encoding of their page: on a page in windows-1251, ``?q=я`` means ``?q=%FF``.

Source: the URL Standard, §1.3 (percent-encode after encoding) and §4.4 (query state). Everything but the query is UTF-8
whatever the page, and so are queries of pages in UTF-16.
"""

import re
from functools import partial

_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")
_KEPT = frozenset(range(0x21, 0x7F)) - frozenset(b"\"#<>'")
_CODECS = {
    "Big5": "big5hkscs",
    "EUC-KR": "cp949",
    "ISO-8859-8-I": "iso8859_8",
    "Shift_JIS": "cp932",
    "macintosh": "mac_roman",
    "windows-874": "cp874",
    "x-mac-cyrillic": "mac_cyrillic",
}
"""Encodings of the Encoding Standard that Python knows under another name."""


def in_page_encoding(href: str, encoding: str | None) -> str:
    """Return ``href`` with its query percent-encoded as a browser does on a page in ``encoding``.

    :param encoding: a name of the Encoding Standard; one without a codec is taken for UTF-8.
    """
    if href.isascii() or encoding is None or encoding.startswith("UTF-"):
        return href
    reference, hash_mark, fragment = href.partition("#")
    path, mark, query = reference.partition("?")
    try:
        encoded = _BEYOND_ASCII.sub(partial(_percent_encoded, codec=_CODECS.get(encoding, encoding)), query)
    except LookupError:
        return href
    return f"{path}{mark}{encoded}{hash_mark}{fragment}"


def _percent_encoded(run: re.Match[str], codec: str) -> str:
    try:
        raw = run[0].encode(codec)
    except UnicodeEncodeError:
        return "".join(_percent_encoded_alone(char, codec) for char in run[0])
    return _written(raw)


def _percent_encoded_alone(char: str, codec: str) -> str:
    """What an encoding lacks is written as a character reference, as in forms."""
    try:
        return _written(char.encode(codec))
    except UnicodeEncodeError:
        return f"%26%23{ord(char)}%3B"


def _written(raw: bytes) -> str:
    return "".join(chr(byte) if byte in _KEPT else f"%{byte:02X}" for byte in raw)
