"""Rules that keep the source safe, checked where a linter's rule could be switched off without anybody noticing."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from settings import base

PROJECT = Path(__file__).parents[1]
OURS = [path for name in ("backlink_crawler", "pipelines", "settings") for path in (PROJECT / name).rglob("*.py")]
SCRIPTS = sorted((PROJECT / "backlink_crawler" / "frontier" / "lua").glob("*.lua"))

FORBIDDEN = {
    "import pickle": "TID251",
    "import marshal": "TID251",
    "import shelve": "TID251",
    "import yaml": "TID251",
    "eval(text)": "S307",
    "exec(text)": "S102",
    "import os\nos.system(text)": "S605",
    "import subprocess\nsubprocess.run(text, shell=True)": "S602",
    "import subprocess\nsubprocess.run([text])": "S603",
    "import hashlib\nhashlib.md5(text)": "S324",
    "import random\nrandom.random()": "S311",
    "import ssl\nssl._create_unverified_context()": "S323",
    "import tempfile\ntempfile.mktemp()": "S306",
    "import xml.etree.ElementTree as tree\ntree.fromstring(text)": "S314",
    "try:\n    eval\nexcept Exception:\n    pass": "S110",
    "password = 'secret'": "S105",
}
"""Source → the rule that must refuse it in the package."""

EXCEPTIONS = {
    ("backlink_crawler/services/processes.py", "S603"),
    ("backlink_crawler/alerts/run.py", "S311"),
    ("backlink_crawler/jobs/suffixes.py", "S310"),
    ("backlink_crawler/reports/formats/page.py", "S704"),
}
"""Where a security rule is switched off for a line: starting our own servers, a random pause, the list that
somebody names by an https address, and the style and script of a page, which are files of our own."""


def test_the_linter_refuses_what_is_dangerous() -> None:
    """Each dangerous construction is refused by a rule that is on for the package."""
    source = "\n\n".join(
        f"def f{number}(text):\n" + "\n".join(f"    {line}" for line in code.splitlines())
        for number, code in enumerate(FORBIDDEN)
    )
    ruff = Path(sys.executable).parent / "ruff"
    command = [str(ruff), "check", "--output-format", "json", "--stdin-filename", "backlink_crawler/dangerous.py", "-"]
    told = subprocess.run(command, input=source, capture_output=True, text=True, cwd=PROJECT, check=False)
    found = {(problem["location"]["row"], problem["code"]) for problem in json.loads(told.stdout)}
    starts = [row for row, line in enumerate(source.splitlines(), start=1) if line.startswith("def ")]
    ends = [*starts[1:], len(source.splitlines()) + 1]
    for (code, rule), first, last in zip(FORBIDDEN.items(), starts, ends, strict=True):
        assert rule in {each for row, each in found if first <= row < last}, code


def test_exceptions_to_security_rules() -> None:
    """Security rules are switched off nowhere but where this test says."""
    found = set()
    for path in OURS:
        for codes in re.findall(r"# noqa(?::\s*([A-Z0-9, ]+))?", path.read_text("utf-8")):
            named = re.findall(r"[A-Z]+\d+", codes)
            assert named, f"{path}: a noqa without a rule"
            found |= {(str(path.relative_to(PROJECT)), code) for code in named if re.match(r"S\d|TID251", code)}
    assert found == EXCEPTIONS


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_scripts_take_data_as_data(path: Path) -> None:
    """A Lua script compiles nothing, names its commands itself, and makes its keys from KEYS."""
    code = re.sub(r"--[^\n]*", "", path.read_text("utf-8"))
    assert not re.search(r"\b(load|loadstring|loadfile|dofile|require|setfenv|debug|os|io)\b\s*[(.]", code)
    calls = re.findall(r"redis\.p?call\(\s*([^,)]*)", code)
    assert all(re.fullmatch(r"'[A-Z]+'", name) for name in calls), calls
    assert code.count("redis.call") + code.count("redis.pcall") == len(calls), "never handed on"


def test_scripts_are_files_and_nothing_else() -> None:
    """What is sent as a script to Redis is the text of files: made in one place, sent from one place."""
    made, sent = [], []
    for path in OURS:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name == "Script":
                    made.append((path.name, ast.unparse(node)))
                elif name in {"eval", "evalsha", "eval_ro", "register_script", "script_load", "function_load", "fcall"}:
                    sent.append((path.name, ast.unparse(node.args[0])))
    assert [name for name, _ in made] == ["scripts.py"]
    assert ".read_text('utf-8')" in made[0][1]
    assert {name for name, _ in sent} == {"scripts.py"}
    assert {argument for _, argument in sent} == {"call.script.text", "call.script.sha"}


def test_nothing_listens_for_commands() -> None:
    """No worker opens a port through which others of its machine could run code."""
    assert not base.TELNETCONSOLE_ENABLED
    assert not base.REMOTE_CONTROL_ENABLED
    assert base.DOWNLOAD_HANDLERS.keys() - {
        name for name, handler in base.DOWNLOAD_HANDLERS.items() if not handler
    } == {
        "http",
        "https",
    }
