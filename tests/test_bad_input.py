"""Bad input: one clear line each, an exit code that says so, and the good part of a crawl goes on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crawling import Crawling
from tests.web.server import ServedWeb
from tests.web.synthetic import TARGET, synthetic_web
from tests.web.synthetic_content import serve_web


@pytest.fixture(scope="module")
def served() -> Iterator[ServedWeb]:
    """A web on loopback."""
    with serve_web(synthetic_web(sites=30, pages=3)) as running:
        yield running


NOWHERE = "127.0.0.1:1"
GOOD = f"domains=http://{TARGET}/,nonsense"

# arguments, settings, exit code, what the last line says
CASES: list[tuple[list[str], dict[str, str], int, str]] = [
    (["seeds"], {}, 2, "nothing to crawl: say -a domains=a.com,b.org or -a urls=@file"),
    (["seeds", "-a", "domain=a.com"], {}, 2, "seeds has no argument domain; it takes depth, domains"),
    (["seeds", "-a", "domains=not a domain"], {}, 2, "domains: 'not a domain' is neither a domain nor a web address"),
    (["seeds", "-a", "domains=@none.txt"], {}, 2, "domains: none.txt cannot be read: No such file or directory"),
    (["seeds", "-a", "urls=@/dev/null"], {}, 2, "urls: /dev/null has no entries: write one domain or URL a line"),
    (["seeds", "-a", "domains=a.test", "-a", "depth=x"], {}, 2, "depth='x' is not a number of steps"),
    (["competitors"], {}, 2, "no competitors: say -a sites=rival.com,other.org, -a sites=@file or -a project=FILE"),
    (["competitors", "-a", "sites=a.test", "-a", "probe=0"], {}, 2, "probe='0' is not a number of pages"),
    (["nobody"], {}, 2, "there is no spider 'nobody'; there are: check-targets, competitors, recheck, seeds, verify"),
    (["seeds", "-a", "domains=no-such-name.test"], {}, 1, "no page could be read: dns 2"),
    (["seeds", "-a", "domains=http://closed.test/"], {}, 1, "no page could be read: refused 1"),
    (
        ["seeds", "-a", GOOD],
        {"MONGODB_URI": f"mongodb://{NOWHERE}"},
        1,
        f"MongoDB at {NOWHERE} does not answer. Is it running, and is MONGODB_URI right?",
    ),
    (["seeds", "-a", GOOD], {"MONGODB_URI": "localhost"}, 1, "MONGODB_URI is not a MongoDB address"),
    (["seeds", "-a", GOOD], {"MONGODB_DATABASE": "a b"}, 1, "MONGODB_DATABASE 'a b' is not the name of a database"),
    (["seeds", "-a", GOOD], {"REDIS_URL": f"redis://{NOWHERE}"}, 1, NOWHERE),
    (["seeds", "-a", GOOD], {"REDIS_URL": ""}, 1, "REDIS_URL is not set"),
    (["seeds", "-a", GOOD], {"NET_HOSTS_FILE": "none.json"}, 1, "NET_HOSTS_FILE none.json cannot be read"),
]


@pytest.mark.parametrize(("arguments", "settings", "code", "line"), CASES)
def test_one_clear_line(
    crawling: Crawling, served: ServedWeb, arguments: list[str], settings: dict[str, str], code: int, line: str
) -> None:
    """What cannot be done ends with a line that says why, without a traceback."""
    end = crawling.run("crawl", *arguments, **{"NET_HOSTS_FILE": str(served.hosts_file), **settings})
    assert end.code == code, end.err
    assert line in end.err.strip().splitlines()[-1], end.err
    assert "Traceback" not in end.err


def test_a_crawl_goes_on_without_the_bad_site(crawling: Crawling, served: ServedWeb, tmp_path: Path) -> None:
    """Of a list with good and bad entries, the good ones are crawled and the bad ones told."""
    listed = tmp_path / "sites.txt"
    listed.write_text(f"http://{TARGET}/\nnot a domain\nno-such-name.test\nhttp://closed.test/\n")
    end = crawling.run("crawl", "seeds", "-a", f"domains=@{listed}", NET_HOSTS_FILE=served.hosts_file)
    assert end.code == 0, end.err
    assert f"'not a domain' ({listed}, line 2) is neither a domain nor a web address" in end.err
    outcomes = crawling.outcomes()
    assert outcomes["https://no-such-name.test/"] == outcomes["http://closed.test/"] == "network_error"
    assert "ok" in outcomes.values()


def test_private_addresses_are_not_dialled(crawling: Crawling, served: ServedWeb) -> None:
    """Without ALLOW_PRIVATE_ADDRESSES no connection is made to this machine, by name or by number."""
    before = len(served.log)
    port = served.addresses["http"][1]
    end = crawling.run(
        "crawl",
        "seeds",
        "-a",
        f"urls=http://{TARGET}/,http://127.0.0.1:{port}/,http://0x7f.1:{port}/,http://[::ffff:127.0.0.1]:{port}/",
        NET_HOSTS_FILE=served.hosts_file,
        ALLOW_PRIVATE_ADDRESSES=0,
    )
    assert (end.code, len(served.log)) == (1, before)
    assert end.err.strip().endswith("no page could be read: unsafe_address 3"), end.err
    assert "Traceback" not in end.err
    assert [line for line in end.errors if "unsafe_address 3" not in line] == [], "a refusal is an outcome, no error"
    assert set(crawling.outcomes().values()) == {"unsafe_address"}
