"""The command ``python -m tests.real_input``."""

import argparse
import json
import lzma
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

from tests.real_input.addresses import resolve
from tests.real_input.compare import differences, summary
from tests.real_input.crawl import Crawled, crawl
from tests.real_input.expected import Expected, listed_pages, reading, walked_sites
from tests.real_input.life import Amounts, live
from tests.real_input.life import summary as summary_of_life
from tests.real_input.packages import documentation
from tests.web.folders import FoldersContent
from tests.web.replay import ReplayContent, unpacked
from tests.web.reply import Content

_DESCRIPTION = """\
Crawl real pages with two workers on this machine, and compare the set of (page, external link) in the index with what
an independent extraction finds. Exit status 0: no difference; 1: some, all of them in FOLDER/KIND-differences.jsonl.

  python -m tests.real_input docs
  python -m tests.real_input docs sqlite3-doc mysite.test=/var/www/html
  python -m tests.real_input life --seed 2 python3.11-doc
  python -m tests.real_input replay --index labels/wcxb_dev.jsonl.xz --pages pages/wcxb_dev.tar.xz
"""
_PACKAGES = ("python3.11-doc", "apache2-doc", "cmake-doc")
_LIVING = ("python3.11-doc", "apache2-doc")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    options = _parser().parse_args(arguments)
    with ExitStack() as stack:
        folder = options.folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="real-input-")))
        folder = folder.resolve()
        folder.mkdir(parents=True, exist_ok=True)
        try:
            return {"docs": _docs, "life": _life, "replay": _replay}[options.kind](options, folder)
        except (OSError, ValueError, RuntimeError) as error:
            print(f"tests.real_input: {error}", file=sys.stderr)
            return 2


def _parser() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--folder", type=Path, help="keeps logs, data and what was unpacked (default: one that vanishes)"
    )
    parser = argparse.ArgumentParser(
        "python -m tests.real_input", description=_DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    kinds = parser.add_subparsers(dest="kind", required=True)
    docs = kinds.add_parser("docs", parents=[shared], help="whole sites of static HTML, walked from their start page")
    docs.add_argument(
        "sites",
        nargs="*",
        default=_PACKAGES,
        metavar="PACKAGE|HOST[/START]=FOLDER",
        help=f"Debian packages (fetched with apt-get) or folders; default: {' '.join(_PACKAGES)}",
    )
    life = kinds.add_parser("life", parents=[shared], help="the same sites, visited again after changes that are known")
    life.add_argument("sites", nargs="*", default=_LIVING, metavar="PACKAGE|HOST[/START]=FOLDER", help="as for docs")
    life.add_argument("--seed", type=int, default=1, help="the same seed makes the same changes (%(default)s)")
    life.add_argument("--share", type=float, default=0.05, help="of the pages that are changed (%(default)s)")
    life.add_argument("--noisy", type=float, default=0.3, help="of the pages that change in everything but links")
    replay = kinds.add_parser("replay", parents=[shared], help="saved pages under their true URLs, each one visited")
    replay.add_argument("--index", type=Path, required=True, help="JSON lines with page and url; may be .xz")
    replay.add_argument("--pages", type=Path, required=True, help="folder or tar archive of PAGE.html files")
    return parser


def _sites(listed: Sequence[str], folder: Path) -> tuple[dict[str, Path], list[str]]:
    """Return host → folder, and the start pages."""
    sites, starts = {}, []
    for site in listed:
        place, given, path = site.partition("=")
        host, _, start = (place if given else f"{place}.test").partition("/")
        sites[host] = Path(path) if given else documentation(place, folder / "packages")
        starts.append(f"http://{host}/{start}")
    return sites, starts


def _docs(options: argparse.Namespace, folder: Path) -> int:
    sites, starts = _sites(options.sites, folder)
    content = FoldersContent(sites)
    with reading(content) as reader:
        expected = walked_sites(reader, starts)
    served = [f"{host}={place}" for host, place in sites.items()]
    crawled = crawl(folder, "docs", ["folders", *served], [f"domains={','.join(starts)}"])
    return _compared("docs", content, expected, crawled, folder)


def _life(options: argparse.Namespace, folder: Path) -> int:
    sites, starts = _sites(options.sites, folder)
    life = live(sites, starts, folder, seed=options.seed, amounts=Amounts(options.share, options.noisy))
    print("\n".join(summary_of_life(life)))
    return 1 if any(visited.faults for visited in life.passes) else 0


def _replay(options: argparse.Namespace, folder: Path) -> int:
    pages = unpacked(options.pages, folder / "pages").resolve()
    content = ReplayContent(options.index, pages)
    urls = list(_saved_urls(options.index, pages))
    listed = folder / "urls.txt"
    listed.write_text("".join(f"{url}\n" for url in urls))
    with reading(content) as reader:
        expected = listed_pages(reader, filter(None, (resolve(url, url) for url in urls)))
    served = ["replay", "--index", str(options.index.resolve()), "--pages", str(pages)]
    crawled = crawl(folder, "replay", served, [f"urls=@{listed}", "depth=0"])
    return _compared("replay", content, expected, crawled, folder)


def _saved_urls(index: Path, pages: Path) -> Iterator[str]:
    with lzma.open(index, "rt") if index.suffix == ".xz" else index.open() as lines:
        for entry in map(json.loads, lines):
            if entry.get("url") and (pages / f"{entry['page']}.html").is_file():
                yield entry["url"]


def _compared(kind: str, content: Content, expected: Expected, crawled: Crawled, folder: Path) -> int:
    with reading(content) as reader:
        found = differences(expected, crawled, reader)
    lines = (json.dumps(asdict(difference), ensure_ascii=False) for difference in found)
    (folder / f"{kind}-differences.jsonl").write_text("".join(f"{line}\n" for line in lines))
    print("\n".join(summary(expected, crawled, found)))
    return 1 if found or any(crawled.exit_codes) else 0


if __name__ == "__main__":
    sys.exit(main())
