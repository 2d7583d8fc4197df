"""Profiles: what they are laid over, and what has the last word."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from scrapy.settings import Settings

from backlink_crawler.profiles import Profile, ProfileError
from settings import base, broad
from tests.crawling import Crawling

PROJECT = Path(__file__).parents[1]
ASK = """
from scrapy.utils.project import get_project_settings
from backlink_crawler.profiles import Profile
settings = get_project_settings()
Profile().update_settings(settings)
print(settings["CONCURRENT_REQUESTS"], settings["MAX_PAGES_PER_SITE"], settings["BOT_NAME"])
"""


def given(module: str = "settings.testing", **command_line: object) -> Settings:
    """Settings as a command has them, the profile laid over them."""
    settings = Settings()
    settings.setmodule(module, priority="project")
    settings.update(command_line, priority="cmdline")
    Profile().update_settings(settings)
    return settings


def test_without_a_profile_nothing_changes() -> None:
    """No profile is the default."""
    assert given().getint("CONCURRENT_REQUESTS") == base.CONCURRENT_REQUESTS


def test_a_profile_is_laid_over_the_project() -> None:
    """Every value of the profile is in force, and what it does not name stays."""
    settings = given(CRAWL_PROFILE="broad")
    for name in filter(str.isupper, vars(broad)):
        assert settings[name] == getattr(broad, name), name
    assert settings["DOWNLOAD_HANDLERS"]["http"] == base.DOWNLOAD_HANDLERS["http"]


def test_the_command_line_has_the_last_word() -> None:
    """What ``-s`` says stands beside a profile that says something else."""
    settings = given(CRAWL_PROFILE="broad", CONCURRENT_REQUESTS="7")
    assert settings.getint("CONCURRENT_REQUESTS") == 7
    assert settings.getint("MAX_PAGES_PER_SITE") == broad.MAX_PAGES_PER_SITE


@pytest.mark.parametrize("module", ["settings.local", "settings.production"])
def test_the_environment_chooses_and_overrides(module: str) -> None:
    """A profile may come from the environment, and what else comes from there stands beside it."""
    environment = {"SCRAPY_SETTINGS_MODULE": module, "CRAWL_PROFILE": "broad", "MAX_PAGES_PER_SITE": "3"}
    asked = [sys.executable, "-c", ASK]
    told = subprocess.run(asked, cwd=PROJECT, env={**os.environ, **environment}, capture_output=True, check=True)
    assert told.stdout.decode().split() == [str(broad.CONCURRENT_REQUESTS), "3", base.BOT_NAME]


def test_an_unknown_profile_is_one_line(crawling: Crawling) -> None:
    """A mistyped name stops the start and says which there are."""
    with pytest.raises(ProfileError, match="there are: broad"):
        given(CRAWL_PROFILE="wide")
    ended = crawling.run("crawl", "seeds", "-a", "domains=a.test", CRAWL_PROFILE="wide")
    assert ended.code == 2
    assert [line.partition(" ERROR ")[2] for line in ended.errors] == [
        "CRAWL_PROFILE=wide: there is no such profile; there are: broad"
    ]


def test_a_profile_names_only_settings_that_exist() -> None:
    """A name that nothing reads would be a wish."""
    known = {*vars(base), *Settings()}
    assert {name for name in vars(broad) if name.isupper()} <= known
