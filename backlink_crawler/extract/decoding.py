"""Bytes of a page → the tree that a browser makes of them."""

import re

import turbohtml
from turbohtml import Document

_END_OF_NOSCRIPT = re.compile(rb"</noscript", re.IGNORECASE)


def parse(body: bytes, content_type: str) -> Document:
    """Return the tree of an HTML page. Never raises, whatever the bytes.

    The encoding is the one browsers choose (HTML §13.2.3): of a byte order mark, else of the header, else of the page's
    ``<meta>``, else what the bytes look like, else windows-1252.

    :param content_type: the header's value.
    """
    charset = charset_of(content_type)
    document = _tree(body, charset)
    for element in document.iter_elements("noscript"):
        if "</noscript" in element.text.lower():
            # ``<noscript><iframe></noscript>`` swallows the rest of the page. Browsers that run scripts see it, because
            # they read the content of noscript as text; with every frame in it closed, so do we.
            return _tree(_END_OF_NOSCRIPT.sub(rb"</iframe></style></noscript", body), charset)
    return document


def charset_of(content_type: str) -> str | None:
    """Return the label of the encoding that a ``Content-Type`` header names."""
    for parameter in content_type.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip("\"'") or None
    return None


def _tree(body: bytes, charset: str | None) -> Document:
    try:
        # Shadow roots stay templates, so that what they hold is visited in the place of their host (see reading).
        return turbohtml.parse(
            body, encoding=charset, detect_encoding=True, positions=False, allow_declarative_shadow_roots=False
        )
    except (LookupError, ValueError):  # a label no browser knows: go on as if the header had not named one
        return turbohtml.parse(body, detect_encoding=True, positions=False, allow_declarative_shadow_roots=False)
