"""Whether a page shows anything before its scripts have run."""

import re

_FEW_WORDS = 30
_SOME_WORDS = 80
_FEW_LINKS = 10
_ASKS_FOR_SCRIPTS = re.compile(
    r"(?:enable|activate|turn on|requires?|without|needs?|activer|aktivieren|habilit\w+|включит\w+) ?.{0,30}javascript"
    r"|javascript.{0,40}(?:disabled|required|enabled?|deaktiviert|désactivé)",
    re.IGNORECASE,
)
APP_ROOTS = "#root,#app,#__next,#__nuxt,#___gatsby,#svelte,#react-root,#main-app,app-root,[ng-app],[data-reactroot]"
"""Selects the empty elements that frameworks render into (React, Vue, Next, Nuxt, Gatsby, Svelte, Angular)."""


def needs_rendering(*, words: int, links: int, scripts: int, has_app_root: bool, text: str) -> bool:
    """Whether a page is a shell that its scripts fill.

    :param words: that a reader sees without scripts; :param links: web addresses it links to, its head left out.
    :param scripts: script elements; :param text: of the page, what is hidden or in ``noscript`` included.
    """
    if not scripts or words >= _SOME_WORDS or links >= _FEW_LINKS:
        return False
    asks = bool(_ASKS_FOR_SCRIPTS.search(text[:2_000]))
    if words < _FEW_WORDS:
        return has_app_root or asks
    return has_app_root and asks
