"""Taking typed options out of a TOML table, with what is wrong said in terms of the option. Pure."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

from backlink_crawler.reports.site import NotASite, site_named
from backlink_crawler.urls import host_of, normalise

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

    def texts(self, name: str, *, meaning: str, convert: Callable[[str], T]) -> list[T]:
        """Return one text or a list of them as a list, each converted."""
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

    def table(self, name: str, *, meaning: str) -> "Fields":
        """Return the options of a table within this one."""
        value = self._take(name, _REQUIRED, meaning)
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


def a_url(option: str, text: str) -> str:
    """Return ``text``, an address to post to, unaltered: its path and query are the receiver's business."""
    url = normalise(text)
    if url is None or "#" in text:
        raise Wrong(option, "is no http or https address (what it is now is not shown: it may hold a token)")
    if "@" in text.split("/", 3)[2]:
        raise Wrong(
            option, f"has a user or password before {host_of(url)}; use headers = {{Authorization = …}} instead"
        )
    return text


def a_site(text: str) -> str:
    """Return the site that ``text`` is; a host within a site is refused, for it would be told of the whole site.

    :raises NotASite: it is none.
    """
    site = site_named(text)
    if text.strip().lower() != site:
        raise NotASite(f"{text!r} belongs to the site {site}; write {site!r}")
    return site


def seconds(fields: Fields) -> float:
    """Return the option ``timeout_seconds``."""
    return fields.number("timeout_seconds", default=15, least=1, most=60)


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise Wrong(name, "is a text that is not empty")
    return value
