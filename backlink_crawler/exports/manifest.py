"""What one export holds, as it says itself in ``_manifest.json`` beside its files."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

NAME = "_manifest.json"
"""Readers of Parquet folders pass over names that begin with an underscore."""
OVERLAP = timedelta(hours=1)
"""How far the next export goes back before the end of this one: a visit is stored a while after it was made, later
where MongoDB was away, and its time is that of the visit. Rows that come twice have the same key."""


class WrongManifest(ValueError):
    """It is not what an export wrote, or not of the same question; the message is one line."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """One complete export of one table."""

    table: str
    key: Sequence[str]
    since: datetime | None
    """What was first seen or changed from here on is in it; ``None``: everything is."""
    until: datetime
    """When it was begun; what was stored later is in it or not."""
    target_sites: Sequence[str]
    source_sites: Sequence[str]
    """Whose links; empty: all."""
    rows: int = 0
    files: Sequence[str] = ()
    schema: int = 0
    """Of the database."""

    @property
    def next_since(self) -> datetime:
        """Return from where on an export has to read so that nothing falls between it and this one."""
        return self.until - OVERLAP

    def told(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        values = asdict(self)
        return {name: _text(value) if isinstance(value, datetime) else value for name, value in values.items()}


def read(told: Mapping[str, Any]) -> Manifest:
    """Return the manifest that ``told`` says.

    :raises WrongManifest: it says none.
    """
    try:
        times = {name: _time(told[name]) if told[name] else None for name in ("since", "until")}
        if times["until"] is None:
            raise ValueError("it has no end")
        names = ("key", "target_sites", "source_sites", "files")
        return Manifest(**{**told, **times, **{name: tuple(told[name]) for name in names}})
    except (KeyError, TypeError, ValueError) as error:
        raise WrongManifest(f"it is no manifest of an export ({error})") from error


def latest(found: Iterable[Manifest], asked: Manifest) -> Manifest | None:
    """Return the last of ``found``; ``None``: there is none.

    :raises WrongManifest: it holds links of other sites than are asked for.
    """
    last = max(found, key=lambda manifest: manifest.until, default=None)
    if last is None:
        return None
    for name in ("target_sites", "source_sites"):
        theirs, mine = getattr(last, name), getattr(asked, name)
        if sorted(theirs) != sorted(mine):
            option = "--target" if name == "target_sites" else "--source"
            said = ", ".join(theirs) if theirs else "no site"
            raise WrongManifest(f"the last export was made with {option} of {said}: say the same, or another --out")
    return last


def stamp(at: datetime) -> str:
    """Return a time as the name of an export: sorts as times do."""
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%S}{at.microsecond // 1000:03d}Z"


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _time(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text!r} has no zone")
    return at
