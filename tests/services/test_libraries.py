"""A system without libcurl runs the wheel's mongod all the same, with the library of another wheel."""

from pathlib import Path

import pytest

from backlink_crawler import services
from backlink_crawler.services import libraries


def test_nothing_is_lent_where_the_system_has_it(tmp_path: Path) -> None:
    """What the system has is used, and only mongod needs anything."""
    assert libraries.library_path(Path("/usr/bin/valkey-server"), tmp_path / "lib") == ""
    assert not (tmp_path / "lib").exists()


def test_mongod_starts_with_the_lent_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real mongod starts and answers with the wheel's libcurl in place of the system's."""
    monkeypatch.setattr(libraries, "_on_this_system", lambda library: False)
    try:
        started = services.start(tmp_path, ["MONGODB_URI"], mongod_cache_gb=0.25)
        assert started["MONGODB_URI"].startswith("mongodb://127.0.0.1")
        (server,) = [one for one in services.status(tmp_path) if one.name == "mongodb"]
        assert server.running
        loaded = Path(f"/proc/{server.pid}/maps").read_text()
        assert "pycurl.libs/libcurl-" in loaded
    finally:
        services.stop(tmp_path)
