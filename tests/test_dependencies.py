"""What is installed beside the crawler is what was chosen: pinned, consistent, and free to be used."""

import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests import audit

PROJECT = Path(__file__).parents[1]
CHOSEN = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["dependencies"]

FREE = re.compile(
    r"(MIT|MIT-0|BSD(-[23]-Clause)?|0BSD|Apache(-2\.0| 2\.0| License, Version 2\.0)|ISC|PSF(L|-2\.0)|Zlib|"
    r"ZPL-2\.1|MPL[- ]2\.0|CC0-1\.0|(MIT|BSD|Apache Software|Python Software Foundation) License|"
    r"Mozilla Public License 2\.0 \(MPL 2\.0\))"
)
"""Licences under which a program may be linked with ours and given away; MPL's terms are about its own files."""


def pins(name: str) -> Mapping[str, Requirement]:
    """Return package → pin of a requirements file, as far as they apply to this machine; includes are left out."""
    lines = (PROJECT / name).read_text().splitlines()
    found = [Requirement(line) for line in lines if line.strip() and not line.startswith(("-r", "#"))]
    return {canonicalize_name(each.name): each for each in found if each.marker is None or each.marker.evaluate()}


RUNS = pins("requirements.txt")
ALL = {**pins("requirements-dev.txt"), **pins("requirements-local.txt"), **RUNS}


def needs(package: str, extras: set[str]) -> Iterator[Requirement]:
    """Yield what an installed package asks for on this machine."""
    for text in distribution(package).requires or ():
        wanted = Requirement(text)
        if wanted.marker is None or any(wanted.marker.evaluate({"extra": extra}) for extra in {"", *extras}):
            yield wanted


def closure() -> set[str]:
    """Return every package that is needed at run time."""
    waiting, seen = [Requirement(text) for text in CHOSEN], set[tuple[str, frozenset[str]]]()
    while waiting:
        wanted = waiting.pop()
        key = canonicalize_name(wanted.name), frozenset(wanted.extras)
        if key not in seen:
            seen.add(key)
            waiting.extend(needs(key[0], wanted.extras))
    return {name for name, _ in seen}


def licences(package: str) -> list[str]:
    """Return what a package says of its licence: the expression, else classifiers, else the first line of the text."""
    told = distribution(package).metadata
    for expression in told.get_all("License-Expression") or ():
        return re.split(r" (?:AND|OR) ", expression)
    kinds = [kind.rpartition(" :: ")[2] for kind in told.get_all("Classifier") or () if kind.startswith("License ::")]
    return kinds or [text.splitlines()[0] for text in told.get_all("License") or ("none",)]


def test_what_runs_is_pinned() -> None:
    """requirements.txt names every package that is needed at run time, with one version each, and no other."""
    assert closure() - RUNS.keys() == set()
    if sys.version_info[:2] == (3, 11):  # later versions need fewer
        assert RUNS.keys() - closure() == set()
    loose = [str(pin) for pin in ALL.values() if [each.operator for each in pin.specifier] != ["=="]]
    assert loose == []


def test_the_pins_are_what_is_chosen() -> None:
    """Each pin lies within what pyproject.toml allows."""
    for text in CHOSEN:
        wanted = Requirement(text)
        (pin,) = RUNS[canonicalize_name(wanted.name)].specifier
        assert wanted.specifier.contains(pin.version), text


@pytest.mark.parametrize("package", sorted(ALL))
def test_installed_as_pinned_and_content(package: str) -> None:
    """What is installed has the pinned version and finds what it asks for, in a version that it asks for."""
    try:
        installed = distribution(package).version
    except PackageNotFoundError:
        pytest.skip("not installed here")
    assert ALL[package].specifier.contains(installed, prereleases=True), installed
    for wanted in needs(package, ALL[package].extras):
        found = distribution(wanted.name).version
        assert wanted.specifier.contains(found, prereleases=True), f"{wanted}: {found}"


@pytest.mark.parametrize("package", sorted(RUNS))
def test_licences_of_what_runs(package: str) -> None:
    """Nothing under a licence that reaches into programs of others (GPL, AGPL, SSPL) is part of the crawler."""
    assert [told for told in licences(package) if not FREE.fullmatch(told)] == []


def test_the_local_mongod_is_only_started() -> None:
    """The wheel with mongod (SSPL) is for a person's own machine: no run-time requirement, named in one place."""
    assert not [name for name in closure() if "fiftyone" in name]
    naming = [path for path in (PROJECT / "backlink_crawler").rglob("*.py") if "fiftyone" in path.read_text("utf-8")]
    assert {path.parent.name for path in naming} == {"services"}


def test_audit(capsys: pytest.CaptureFixture[str]) -> None:
    """The audit asks about every pin, tells what is known of each, and says when nobody could be asked."""
    asked = audit.pinned(PROJECT)
    assert {canonicalize_name(name) for name in asked} >= ALL.keys()
    answer: dict[str, list[dict[str, object]]] = {"results": [{} for _ in asked]}
    assert audit.findings(asked, answer) == []
    answer["results"][1] = {"vulns": [{"id": "PYSEC-1"}, {"id": "GHSA-2"}]}
    name, version = list(asked.items())[1]
    assert audit.findings(asked, answer) == [f"{name} {version}: PYSEC-1, GHSA-2"]
    assert audit.main("http://127.0.0.1:1/") == 3
    assert "Could not reach http://127.0.0.1:1/" in capsys.readouterr().err
