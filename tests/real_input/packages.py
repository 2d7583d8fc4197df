"""Debian's HTML documentation packages, fetched with apt and unpacked into a folder of their own."""

import subprocess
from pathlib import Path


def documentation(package: str, folder: Path) -> Path:
    """Return the folder of ``package``'s HTML: the uppermost one with an ``index.html``, unpacked once.

    :param folder: where packages are unpacked.
    :raises RuntimeError: there is no such package, or no page in it.
    """
    unpacked = folder / package
    if not unpacked.is_dir():
        _unpack(package, folder, unpacked)
    starts = [page.parent for page in unpacked.rglob("index.html")]
    if not starts:
        raise RuntimeError(f"{package} has no index.html")
    return min(starts, key=lambda start: (len(start.parts), start))


def _unpack(package: str, folder: Path, unpacked: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    _call("apt-get", "download", "--quiet", package, folder=folder)
    archive = max(folder.glob(f"{package}_*.deb"), default=None)
    if archive is None:
        raise RuntimeError(f"apt-get download {package} left no file")
    _call("dpkg-deb", "--extract", archive.name, f"{unpacked.name}.part", folder=folder)
    unpacked.with_name(f"{unpacked.name}.part").rename(unpacked)


def _call(*command: str, folder: Path) -> None:
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    except FileNotFoundError:
        raise RuntimeError(f"{command[0]} is not installed here: give HOST=FOLDER instead") from None
    except subprocess.CalledProcessError as error:
        raise RuntimeError(f"{' '.join(command)}: {error.stderr.strip()}") from None
