"""``python -m tests.web`` as a process of its own, so that the server's work is not the test's."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.web.reply import Served

_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class WebProcess:
    """A running server process."""

    ready: str
    """The line it printed: how many hosts and pages."""
    hosts_file: Path
    log_file: Path

    def log(self) -> list[Served]:
        """Return the requests so far, in order of arrival."""
        return [Served(*json.loads(line)) for line in self.log_file.read_text().splitlines()]


@contextmanager
def web_process(folder: Path, *arguments: str) -> Iterator[WebProcess]:
    """Run the command with ``arguments`` (``synthetic --seed 2``) until the block ends; its files go to ``folder``.

    :raises RuntimeError: it ended before it was ready, or not with status 0 when it was told to.
    """
    hosts_file, log_file = folder / "hosts.json", folder / "requests.jsonl"
    command = [sys.executable, "-m", "tests.web", *arguments, "--hosts-file", str(hosts_file), "--log", str(log_file)]
    with subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ready = process.stdout.readline()
        if not ready:
            raise RuntimeError(f"{' '.join(command)} ended with {process.wait()}")
        try:
            yield WebProcess(ready.rstrip(), hosts_file, log_file)
        finally:
            process.send_signal(signal.SIGTERM)
            status = process.wait(timeout=10)
    if status:
        raise RuntimeError(f"{' '.join(command)} ended with {status}")
