"""The project file: whose links are followed, against whom, and how reports are wished for by default.

::

    # project.toml
    sites = ["garden-tools.example"]                 # our own
    competitors = ["spades.example", "hoes.example"]
    brands = ["Garden Tools", "GardenTools"]         # words by which people call us
    commercial = ["buy garden tools", "cheap hoe"]   # what we would like to be found for

    [report]                                         # what commands do where nothing is said
    where = "status != 'lost'"
    min = 2
    limit = 50

Sinks of alerts (``[[sink]]``, ``docs/alerts.md``) may stand in the same file; ``alerts.config`` reads them. They are
told of the project's sites where they name no others.
"""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from backlink_crawler.strict_toml import Fields, Place, Wrong, a_site

DEFAULT_FILE = "project.toml"
"""Read where it lies in the folder that a command is started in."""

OF_ALERTS = ("sink", "settle_minutes", "overlap_minutes", "poll_seconds")
OF_PROJECT = ("sites", "competitors", "brands", "commercial", "report")
"""Options at the top of the file, by who reads them."""


class ProjectError(ValueError):
    """The file cannot be used; the message is one line that names the place and says what to do."""


@dataclass(frozen=True, slots=True)
class Project:
    """What the file says; empty where there is none."""

    sites: tuple[str, ...] = ()
    """Own registrable domains."""
    competitors: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    commercial: tuple[str, ...] = ()
    """Terms, lower case."""
    where: str = ""
    least: int | None = None
    limit: int | None = None


def read(path: Path | None, folder: Path) -> Project:
    """Return what a project file says: ``path``, or the one in ``folder`` where nobody named any and there is one.

    :raises ProjectError: it cannot be read, or says what cannot be.
    """
    if path is None and not (folder / DEFAULT_FILE).is_file():
        return Project()
    file = path or Path(DEFAULT_FILE)
    try:
        text = (folder / file).read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ProjectError(f"{file} cannot be read: {why}") from error
    return parse(text, file=str(file))


def parse(text: str, *, file: str) -> Project:
    """Return what a project file says.

    :param file: its name, for messages.
    :raises ProjectError: it is not TOML, or an option is missing, unknown or wrong.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProjectError(f"{file} is not TOML: {error}") from error
    try:
        return _project(Fields(tables, {}))
    except Wrong as wrong:
        raise ProjectError(Place(file, text).told(wrong)) from None


def _project(whole: Fields) -> Project:
    sites = whole.texts("sites", meaning='your own sites. Example: sites = ["example.com"]', convert=a_site)
    competitors = whole.texts("competitors", meaning="sites", convert=a_site, default=())
    if both := set(sites) & set(competitors):
        raise Wrong("competitors", f"has {min(both)!r}, which is one of your own sites")
    brands, commercial = (
        whole.texts(n, meaning="words", convert=_term(n), default=()) for n in ("brands", "commercial")
    )
    whole.leave(*OF_ALERTS)
    report = whole.table("report", meaning="defaults of reports", default={})
    whole.end()
    where = report.text("where", default="")
    least, limit = (report.whole_number(name, default=None, least=1, most=10**9) for name in ("min", "limit"))
    report.end()
    return Project(_once(sites), _once(competitors), _once(brands), _once(commercial), where, least, limit)


def _term(option: str) -> Callable[[str], str]:
    def convert(text: str) -> str:
        folded = " ".join(text.casefold().split())
        if len(folded) > 200:
            raise Wrong(option, f"has a term of {len(folded)} characters: a name or a phrase is meant")
        return folded

    return convert


def _once(names: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
