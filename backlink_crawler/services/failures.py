"""Why a server did not start, in one line that ends with what to do. Pure: it reads what the server left behind."""

import json
import re
import signal
from dataclasses import dataclass

_PACKAGES = {
    "libcurl.so.4": "libcurl4",
    "libssl.so.3": "libssl3",
    "libcrypto.so.3": "libssl3",
    "libssl.so.1.1": "libssl1.1",
    "libcrypto.so.1.1": "libssl1.1",
    "liblzma.so.5": "liblzma5",
    "libsystemd.so.0": "libsystemd0",
    "libjemalloc.so.2": "libjemalloc2",
}
"""Debian's and Ubuntu's packages of the libraries that mongod, redis-server and valkey-server load."""

_LIBRARY = re.compile(r"error while loading shared libraries: ([^:\s]+):")
_PORT = re.compile(r"address already in use", re.IGNORECASE)

_SYMPTOMS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(r"version [`'](?P<found>GLIBC(?:XX)?_[\d.]+)' not found"),
        "{program} needs {found}, which is newer than this system's: use a newer system, {instead}",
    ),
    (
        re.compile(r"(?P<found>no space left on device)", re.IGNORECASE),
        "no disk space left for {program} in {folder}: free some, {instead}",
    ),
    (
        re.compile(
            r"(?P<found>unsupported WiredTiger|invalid featureCompatibilityVersion|wrong mongod version"
            r"|too recent to start up on the existing data|can't handle RDB format version|unknown RDB format)",
            re.IGNORECASE,
        ),
        "the data in {folder} was written by a version that this {program} cannot read, usually a newer one: "
        "run that version, move the folder away to start empty, {instead}",
    ),
    (
        re.compile(r"(?P<found>unable to lock the lock file|another mongod instance is already)", re.IGNORECASE),
        "another {program} is using {folder}: stop that one, {instead}",
    ),
    (
        re.compile(r"(?P<found>permission denied|operation not permitted|read-only)", re.IGNORECASE),
        "{program} may not write to {folder}: give it to the user who crawls (chown -R), {instead}",
    ),
    (
        re.compile(r"(?P<found>out of memory|cannot allocate memory)", re.IGNORECASE),
        "{program} got no memory: free some, {instead}",
    ),
)
"""What a log says, and what that means; the first that matches counts (WiredTiger reports an unknown format *and*
``Permission denied``)."""


class ServiceError(Exception):
    """A local server cannot be had; the message is one line and says what to do."""


class PortTaken(ServiceError):
    """Somebody took the port between our choice and the server's bind."""


@dataclass(frozen=True, slots=True)
class Wreck:
    """What is left of a server that ended before it answered."""

    program: str
    setting: str
    """The setting that names another server instead."""
    exit_code: int | None
    """Negative: the signal that ended it; ``None`` where another process started it."""
    output: str
    cpu_flags: frozenset[str]
    folder: str
    log: str


def explain(wreck: Wreck) -> ServiceError:
    """The error to raise: cause and remedy, the most certain first."""
    instead = f"or set {wreck.setting} to a server you run"
    if found := _LIBRARY.search(wreck.output):
        package = _PACKAGES.get(found[1])
        remedy = f"apt-get install {package}" if package else "install the system package that holds it"
        return ServiceError(f"{wreck.program} misses the shared library {found[1]}: {remedy}, {instead}")
    if _PORT.search(wreck.output):
        return PortTaken(f"{wreck.program} found its port taken by another program each time: try again, {instead}")
    for symptom, meaning in _SYMPTOMS:
        if told := symptom.search(wreck.output):
            return ServiceError(
                meaning.format(program=wreck.program, folder=wreck.folder, found=told["found"], instead=instead)
            )
    return ServiceError(_explain_exit(wreck, instead))


def _explain_exit(wreck: Wreck, instead: str) -> str:
    """A shell reports the death of its child by signal n as exit code 128 + n."""
    if wreck.exit_code in {-signal.SIGILL, 128 + signal.SIGILL}:
        if "avx" not in wreck.cpu_flags:
            return f"this CPU has no AVX, which {wreck.program} needs: use a machine that has it, {instead}"
        return f"{wreck.program} uses an instruction this CPU does not have: use a build for it, {instead}"
    if wreck.exit_code in {-signal.SIGKILL, 128 + signal.SIGKILL}:
        return f"{wreck.program} was killed while it started, usually for want of memory: free some, {instead}"
    code = "" if wreck.exit_code is None else f" (exit code {wreck.exit_code})"
    return f"{wreck.program} ended before it was ready{code}: {last_words(wreck.output)}; see {wreck.log}, {instead}"


def last_words(output: str) -> str:
    """The last fatal or error line of a server's log, else its last line; at most 200 characters, never a newline."""
    lines = [line for line in output.splitlines() if line.strip()]
    errors = [error for line in lines if (error := _structured_error(line))]
    return " ".join((errors or lines or ["it printed nothing"])[-1].split())[:200]


def _structured_error(line: str) -> str:
    """``msg`` and ``error`` of one of mongod's JSON log lines of severity F or E; empty for any other line."""
    try:
        entry = json.loads(line)
    except ValueError:
        return ""
    if not isinstance(entry, dict) or entry.get("s") not in {"F", "E"}:
        return ""
    attributes = entry.get("attr")
    error = attributes.get("error", "") if isinstance(attributes, dict) else ""
    return f"{entry.get('msg', '')} {error}".strip()


def cpu_flags(cpuinfo: str) -> frozenset[str]:
    """The instruction sets in the text of ``/proc/cpuinfo``."""
    found = re.search(r"^(?:flags|Features)\s*:(.*)$", cpuinfo, re.MULTILINE)
    return frozenset(found[1].split()) if found else frozenset()
