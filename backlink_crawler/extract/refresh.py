"""Where a refresh leads: ``<meta http-equiv=refresh>`` and the ``Refresh`` header, which browsers read alike.

Source: HTML §4.2.5.3, the shared declarative refresh steps.
"""

import re

_SPACE = r"[\t\n\f\r ]*"
_REFRESH = re.compile(
    rf"{_SPACE}(?:[0-9]+|(?=\.))[0-9.]*(?:{_SPACE}[;,]|[\t\n\f\r ]){_SPACE}(?:url{_SPACE}={_SPACE})?"
    r"(?:'([^']*)|\"([^\"]*)|(.*))",
    re.IGNORECASE | re.DOTALL,
)
_LONGEST = 8_192


def refresh_target(content: str) -> str | None:
    """Return the reference that a refresh leads to, as written; ``None``: it only loads the page again, or nothing."""
    match = _REFRESH.match(content[:_LONGEST])
    if match is None:
        return None
    return next((group for group in match.groups() if group is not None), "").strip() or None
