"""TOML read strictly: each option is taken once with its type, and what nobody took is an error. Pure.

A misspelt option would otherwise be a wish that nobody hears.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

from backlink_crawler.reports.site import NotASite, site_named

T = TypeVar("T")
_REQUIRED: Any = object()
_ENV = "env:"


class Wrong(ValueError):
    """An option is missing, unknown or wrong."""

    def __init__(self, option: str, why: str) -> None:
        super().__init__(f"{option} {why}")
        self.option = option
        self.why = why


class Fields:
    """The options of one table; each is taken once, and what nobody took is an error."""

    def __init__(self, table: Mapping[str, Any], environment: Mapping[str, str]) -> None:
        self._rest = dict(table)
        self._names = [*table]
        self.environment = environment
        self._taken: list[str] = []

    def leave(self, *names: str) -> None:
        """Know of options that somebody else reads."""
        for name in names:
            self._rest.pop(name, None)

    def end(self) -> None:
        """Raise ``Wrong`` for the first option that is not known here."""
        for name in self._rest:
            raise Wrong(name, f"is not an option here; there are: {', '.join(self._taken)}")

    def text(
        self, name: str, *, default: Any = _REQUIRED, meaning: str = "", convert: Callable[[str], str] = str
    ) -> Any:
        """Return a text that is not empty."""
        value = self._take(name, default, meaning)
        return value if value is default else convert(_text(name, value))

    def texts(
        self, name: str, *, meaning: str, convert: Callable[[str], T], default: Sequence[T] | None = None
    ) -> list[T]:
        """Return one text or a list of them as a list, each converted; without a default it must be there."""
        if default is not None and name not in self._rest:
            self._taken.append(name)
            return [*default]
        value = self._take(name, _REQUIRED, meaning)
        values = value if isinstance(value, list) else [value]
        if not values:
            raise Wrong(name, f"is empty; {meaning}")
        try:
            return [convert(_text(name, entry)) for entry in values]
        except NotASite as error:
            raise Wrong(name, f"names no site: {error}") from None

    def secret(self, name: str, *, default: Any = _REQUIRED, meaning: str = "") -> Any:
        """Return a text, or what ``env:NAME`` stands for."""
        value = self._take(name, default, meaning)
        return value if value is default else secret(self.environment, name)(_text(name, value))

    def secrets(self, name: str) -> Mapping[str, str]:
        """Return a table of texts, each of which may be ``env:NAME``."""
        table = self._take(name, {}, "")
        if not isinstance(table, dict):
            raise Wrong(name, 'is a table. Example: headers = {Authorization = "env:RECEIVER_TOKEN"}')
        return {key: secret(self.environment, name)(_text(name, value)) for key, value in table.items()}

    def number(self, name: str, *, default: float, least: float, most: float) -> float:
        """Return a number within bounds."""
        value = self._take(name, default, "")
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise Wrong(name, f"is a number from {least:g} to {most:g}, not {value!r}")
        return float(value)

    def whole_number(self, name: str, *, default: int | None, least: int, most: int) -> int | None:
        """Return a whole number within bounds."""
        value: object = self._take(name, default, "")
        if value is default:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise Wrong(name, f"is a whole number from {least:,} to {most:,}, not {value!r}")
        return value

    def truth(self, name: str) -> bool | None:
        """Return true, false, or ``None`` where nothing is said."""
        value = self._take(name, None, "")
        if value is not None and not isinstance(value, bool):
            raise Wrong(name, f"is true or false, not {value!r}")
        return value

    def choice(self, name: str, allowed: Sequence[str], *, default: Any = _REQUIRED) -> Any:
        """Return one of ``allowed``."""
        value = self._take(name, default, f"one of {', '.join(allowed)}")
        if value is not default and value not in allowed:
            raise Wrong(name, f"is one of {', '.join(allowed)}, not {value!r}")
        return value

    def choices(self, name: str, allowed: Collection[str]) -> frozenset[str] | None:
        """Return some of ``allowed``, or ``None`` where nothing is said."""
        value = self._take(name, None, "")
        if value is None:
            return None
        if not isinstance(value, list) or not value:
            raise Wrong(name, f"is a list with at least one of {', '.join(allowed)}")
        for entry in value:
            if entry not in allowed:
                raise Wrong(name, f"has {entry!r}; there are {', '.join(allowed)}")
        return frozenset(value)

    def table(self, name: str, *, meaning: str, default: Mapping[str, Any] | None = None) -> "Fields":
        """Return the options of a table within this one; without a default it must be there."""
        value = self._take(name, _REQUIRED if default is None else default, meaning)
        if not isinstance(value, dict):
            raise Wrong(name, f"is a table; {meaning}")
        return Fields(value, self.environment)

    def tables(self, name: str) -> list[Mapping[str, Any]]:
        """Return a list of tables, at least one."""
        value = self._take(name, _REQUIRED, "write at least one [[sink]]")
        if not isinstance(value, list) or not value or not all(isinstance(entry, dict) for entry in value):
            raise Wrong(name, f"is a list of tables; write [[{name}]]")
        return value

    def _take(self, name: str, default: Any, meaning: str) -> Any:
        self._taken.append(name)
        if name in self._rest:
            return self._rest.pop(name)
        if default is _REQUIRED:
            raise Wrong(name, f"is missing{meaning and ': ' + meaning}")
        return default


def secret(environment: Mapping[str, str], option: str = "secret") -> Callable[[str], str]:
    """Return the function from a text, or ``env:NAME``, to the text that is meant; no message repeats it."""

    def convert(text: str) -> str:
        if not text.startswith(_ENV):
            return text
        name = text.removeprefix(_ENV)
        if not environment.get(name):
            raise Wrong(option, f"is the environment variable {name}, which is not set")
        return environment[name]

    return convert


def a_site(text: str) -> str:
    """Return the site that ``text`` is; a host within a site is refused, for it would be told of the whole site.

    :raises NotASite: it is none.
    """
    site = site_named(text)
    if text.strip().lower() != site:
        raise NotASite(f"{text!r} belongs to the site {site}; write {site!r}")
    return site


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise Wrong(name, "is a text that is not empty")
    return value


class Place:
    """Where in the file something stands, as near as can be told from the text."""

    def __init__(self, file: str, text: str) -> None:
        """Remember the file's name and text, for messages."""
        self._file = file
        self._lines = [line.strip() for line in text.splitlines()]

    def told(self, wrong: Wrong, sink: int | None = None, name: Any = None) -> str:
        """Return the message for a wrong option of the whole file, or of the ``sink``-th ``[[sink]]`` (from 0)."""
        starts = [number for number, line in enumerate(self._lines) if line.replace(" ", "").startswith("[[sink]]")]
        first, last = 0, len(self._lines)
        if sink is not None and sink < len(starts):
            first, last = starts[sink], [*starts, last][sink + 1]
        section = range(first, last)
        line = next((number for number in section if self._names(self._lines[number], wrong.option)), first)
        where = f"{self._file}, line {line + 1}"
        if sink is not None:
            where += f", sink {name!r}" if isinstance(name, str) and name else f", sink number {sink + 1}"
        return f"{where}: {wrong.option} {wrong.why}"

    @staticmethod
    def _names(line: str, option: str) -> bool:
        """Whether ``line`` gives ``option`` a value, or begins a table of that name."""
        if line.startswith("["):
            return line.partition("]")[0].strip("[ ").rpartition(".")[2] == option
        return line.partition("=")[0].strip(" \"'") == option
