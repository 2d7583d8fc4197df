"""What the README says is so: settings, arguments, commands."""

import re
from pathlib import Path

import pytest

from backlink_crawler import __version__
from backlink_crawler.alerts import config as alerts
from backlink_crawler.project import parse
from backlink_crawler.reports.view import views
from backlink_crawler.spiders.competitors import CompetitorsSpider
from backlink_crawler.spiders.seeds import SeedsSpider
from settings import base

PROJECT = Path(__file__).parents[1]
README = (PROJECT / "README.md").read_text("utf-8")

SETTINGS = dict(re.findall(r"^\| `([A-Z_]+)` \| ([^|]+) \|", README, re.MULTILINE))


@pytest.mark.parametrize("name", base.FROM_ENVIRONMENT)
def test_every_setting_is_documented_with_its_default(name: str) -> None:
    """Each setting that people may give has a row, and the default there is the one in force."""
    told = SETTINGS[name].strip().strip("`")
    default = getattr(base, name, "")
    assert told == str(default) or (
        not default and told in {"none", "local server", "the project", "spider and UTC time"}
    )


def test_every_documented_setting_is_real() -> None:
    """No row of the table names a setting that does nothing."""
    assert set(SETTINGS) == set(base.FROM_ENVIRONMENT)


def test_spider_arguments_are_documented() -> None:
    """The table of arguments names what the spiders take, no more and no less."""
    rows = re.findall(r"^\| (?:`(\w+)`|both) \| `(\w+)` \|", README, re.MULTILINE)
    for spider in (SeedsSpider, CompetitorsSpider):
        assert {argument for name, argument in rows if name in {"", spider.name}} == set(spider.known_arguments)


def test_make_targets_exist() -> None:
    """Every make target that the README names is one."""
    makefile = (PROJECT / "Makefile").read_text()
    for target in set(re.findall(r"`make ([a-z-]+)", README)) | set(re.findall(r"\$ make ([a-z-]+)", README)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_files_that_are_linked_exist() -> None:
    """Links within the repository lead somewhere."""
    for page in [PROJECT / "README.md", *(PROJECT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_one_version() -> None:
    """The package and its metadata agree."""
    assert f'version = "{__version__}"' in (PROJECT / "pyproject.toml").read_text()


def test_every_view_is_documented() -> None:
    """docs/reports.md names the views that there are, no more and no less."""
    text = (PROJECT / "docs" / "reports.md").read_text("utf-8")
    table = text[text.index("## Views") : text.index("## The project file")]
    rows = [line.split("|")[1:3] for line in table.splitlines() if line.startswith("| `")]
    named = {name.split()[0] for first, _ in rows for name in re.findall(r"(?<!\()`([^`]+)`", first)}
    beside = {name for _, second in rows for name in re.findall(r"\(`([a-z-]+)`", second)}
    assert named | beside == set(views())


def test_the_project_file_that_is_shown_can_be_read() -> None:
    """The example of docs/reports.md is a project file, sinks included."""
    text = (PROJECT / "docs" / "reports.md").read_text("utf-8")
    (shown,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    assert parse(shown, file="project.toml").sites == ("c.com", "c.de")
    assert len(alerts.parse(shown, file="project.toml", environment={}).sinks) == 1
