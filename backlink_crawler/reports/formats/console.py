"""The console that tables are written with."""

import io

from rich.console import Console


def console_for(text: io.StringIO, *, width: int, colour: bool) -> Console:
    """Return a console that writes into ``text`` and takes nothing in it for markup, emoji or a setting."""
    return Console(
        file=text,
        width=max(40, width),
        color_system="standard" if colour else None,
        force_terminal=colour,
        legacy_windows=False,
        markup=False,
        emoji=False,
        highlight=False,
        _environ={},
    )
