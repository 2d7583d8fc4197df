"""``make audit``: ask the OSV database (https://osv.dev) for known vulnerabilities of every pinned package.

It needs the network, so it is no part of ``make test``. Exit codes: 0 none known, 1 some are, 3 nobody could be asked.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from packaging.requirements import Requirement

OSV = "https://api.osv.dev/v1/querybatch"
FILES = ("requirements.txt", "requirements-local.txt", "requirements-dev.txt")
_SECONDS = 20.0


def pinned(folder: Path) -> dict[str, str]:
    """Return package → version of all requirements files."""
    lines = [line for name in FILES for line in (folder / name).read_text().splitlines()]
    pins = [Requirement(line) for line in lines if line.strip() and not line.startswith(("-r", "#"))]
    return {pin.name: next(iter(pin.specifier)).version for pin in pins}


def question(pins: Mapping[str, str]) -> dict[str, Any]:
    """Return what OSV is asked (https://google.github.io/osv.dev/post-v1-querybatch/)."""
    return {
        "queries": [
            {"package": {"name": name, "ecosystem": "PyPI"}, "version": version} for name, version in pins.items()
        ]
    }


def findings(pins: Mapping[str, str], answer: Mapping[str, Any]) -> list[str]:
    """Return a line for each package of which OSV knows something: results come in the order of the questions."""
    told = zip(pins.items(), answer["results"], strict=True)
    return [
        f"{name} {version}: {', '.join(vulnerability['id'] for vulnerability in result['vulns'])}"
        for (name, version), result in told
        if result.get("vulns")
    ]


def main(address: str = OSV) -> int:
    """Ask, print, and return the exit code."""
    pins = pinned(Path(__file__).parents[1])
    request = Request(address, json.dumps(question(pins)).encode(), {"Content-Type": "application/json"})
    try:
        with urlopen(request, timeout=_SECONDS) as answer:
            found = findings(pins, json.load(answer))
    except (OSError, ValueError, KeyError) as error:
        print(f"Could not reach {address}: {error}. Nothing was audited.", file=sys.stderr)
        return 3
    print(*found, f"{len(pins)} packages asked about, {len(found)} with known vulnerabilities", sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
