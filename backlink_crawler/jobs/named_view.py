"""Views by the name that people give: one that comes with the program, or a file of their own."""

from pathlib import Path

from backlink_crawler.reports.view import View, ViewError, read_view, views

_LONGEST = 1_000_000
"""Bytes: nobody wrote more SQL than this for one question."""


def view_named(name: str) -> View:
    """Return the view ``name``; what ends in ``.sql`` is a file.

    :raises ViewError: there is no such view or file, or it is no view.
    """
    if name.lower().endswith(".sql"):
        return _read(Path(name))
    if name not in views():
        raise ViewError(f"there is no view {name!r}. There are: {', '.join(views())}; or name a file that ends in .sql")
    return views()[name]


def _read(file: Path) -> View:
    try:
        with file.open("rb") as opened:
            content = opened.read(_LONGEST + 1)
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise ViewError(f"--view {file}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ViewError(f"--view {file}: its text is not UTF-8") from error
    if len(content) > _LONGEST:
        raise ViewError(f"--view {file}: more than {_LONGEST:,} bytes")
    # A view becomes part of a larger statement.
    return read_view(file.name, text.rstrip().rstrip(";"))
