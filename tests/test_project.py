"""The project file: what it may say, and who listens."""

from pathlib import Path

import pytest
from scrapy.utils.test import get_crawler

from backlink_crawler.alerts import config as alerts
from backlink_crawler.project import Project, ProjectError, parse, read
from backlink_crawler.spiders.check_targets import CheckTargetsSpider
from backlink_crawler.spiders.competitors import CompetitorsSpider
from backlink_crawler.spiders.recheck import RecheckSpider
from backlink_crawler.spiders.seeds import SeedsSpider
from backlink_crawler.spiders.walking import ArgumentError, WalkingSpider

WHOLE = """\
sites = ["shop.com", "shop.de"]
competitors = ["rival.com"]
brands = ["The  Shop", "ß-Shop", "the shop"]
commercial = "buy a shop"

[report]
where = "follow"
min = 2
limit = 50

[[sink]]
name = "ops"
kind = "console"
"""


def test_a_whole_file_is_read() -> None:
    """Terms are folded as anchors are compared, each once; a single text stands for a list."""
    assert parse(WHOLE, file="project.toml") == Project(
        sites=("shop.com", "shop.de"),
        competitors=("rival.com",),
        brands=("the shop", "ss-shop"),
        commercial=("buy a shop",),
        where="follow",
        least=2,
        limit=50,
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "line 1: sites is missing"),
        ("sites = []", "line 1: sites is empty"),
        ("sites = ['blog.shop.com']", "belongs to the site shop.com"),  # of which only a part would be meant
        ("sites = ['shop']", "not a domain"),
        ("sites = ['shop.com']\ncompetitor = ['a.com']", "line 2: competitor is not an option here; there are: sites"),
        ("sites = ['shop.com']\ncompetitors = ['shop.com']", "line 2: competitors has 'shop.com', which is one of"),
        ("sites = ['shop.com']\nbrands = ['']", "line 2: brands is a text that is not empty"),
        (f"sites = ['shop.com']\nbrands = ['{'x' * 201}']", "line 2: brands has a term of 201 characters"),
        ("sites = ['shop.com']\n[report]\nmin = 0", "line 3: min is a whole number from 1"),
        ("sites = ['shop.com']\n[report]\nlimit = true", "line 3: limit is a whole number from 1"),
        ("sites = ['shop.com']\n[report]\nview = 'gap'", "line 3: view is not an option here"),
        ("sites = shop.com", "is not TOML"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, told: str) -> None:
    """One line says where and why: a misspelt option would be a wish that nobody hears."""
    with pytest.raises(ProjectError) as raised:
        parse(text, file="project.toml")
    assert told in str(raised.value)
    assert "\n" not in str(raised.value)


def test_without_a_file_there_is_no_project(tmp_path: Path) -> None:
    """The file of the folder is read by itself; one that was named must be there."""
    assert read(None, tmp_path) == Project()
    (tmp_path / "project.toml").write_text("sites = ['shop.com']", "utf-8")
    assert read(None, tmp_path).sites == ("shop.com",)
    with pytest.raises(ProjectError, match=r"other\.toml cannot be read: No such file"):
        read(Path("other.toml"), tmp_path)
    (tmp_path / "latin.toml").write_bytes("sites = ['shöp.com']".encode("latin-1"))
    with pytest.raises(ProjectError, match="not UTF-8"):
        read(Path("latin.toml"), tmp_path)


def test_alerts_are_told_of_the_projects_sites() -> None:
    """Sinks may stand in the project file: without targets of their own they get the project's."""
    (sink,) = alerts.parse(WHOLE, file="project.toml", environment={}).sinks
    assert sink.only.targets == {"shop.com", "shop.de"}
    (sink,) = alerts.parse(WHOLE + '[sink.only]\ntargets = ["else.org"]', file="project.toml", environment={}).sinks
    assert sink.only.targets == {"else.org"}


def spider_of(kind: type[WalkingSpider], **arguments: str) -> WalkingSpider:
    """A spider as a crawl makes it."""
    return kind.from_crawler(get_crawler(kind, {"CRAWL_ID": "c", "CONTACT": "me@shop.com"}), **arguments)


def test_spiders_take_sites_and_competitors_from_the_project(tmp_path: Path) -> None:
    """Where an argument names none, the file's are meant; an argument comes first."""
    (file := tmp_path / "p.toml").write_text(WHOLE, "utf-8")
    seeds = spider_of(SeedsSpider, domains="a.com", project=str(file))
    assert seeds.targets == {"shop.com", "shop.de"}
    assert spider_of(SeedsSpider, domains="a.com", project=str(file), targets="c.com").targets == {"c.com"}
    rivals = spider_of(CompetitorsSpider, project=str(file))
    assert {start.site for start in rivals.starts} == {"rival.com"}
    assert rivals.targets == {"shop.com", "shop.de"}
    assert spider_of(RecheckSpider, project=str(file)).targets == {"shop.com", "shop.de"}
    assert spider_of(RecheckSpider, project=str(file), target="c.com").targets == {"c.com"}
    assert spider_of(CheckTargetsSpider, project=str(file)).project.sites == ("shop.com", "shop.de")


def test_a_project_that_cannot_be_read_stops_the_start(tmp_path: Path) -> None:
    """Crawling for other targets than were meant helps nobody."""
    with pytest.raises(ArgumentError, match="cannot be read"):
        spider_of(SeedsSpider, domains="a.com", project=str(tmp_path / "none.toml"))
