"""The command ``python -m tests.web``."""

import argparse
import asyncio
import json
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

import uvloop

from backlink_crawler.urls import host_of, normalise
from tests.web.folders import FoldersContent
from tests.web.overlay import OverlayContent
from tests.web.plan import Web
from tests.web.replay import ReplayContent, unpacked
from tests.web.reply import Content
from tests.web.server import listening
from tests.web.synthetic import synthetic_web
from tests.web.synthetic_content import PlannedContent
from tests.web.truth import crawl_all

_DESCRIPTION = """\
Serve a web on loopback, without DNS: the hosts file says where each port of each name is dialled, for a crawler with
the settings NET_HOSTS_FILE=FILE, ALLOW_PRIVATE_ADDRESSES=1 and DOWNLOAD_VERIFY_CERTIFICATES=0. When everything is ready
one line is printed; SIGTERM or Ctrl-C ends it.

  python -m tests.web synthetic --hosts-file hosts.json
  python -m tests.web replay --index saved.jsonl.xz --pages saved.tar.xz --hosts-file hosts.json
  python -m tests.web folders docs.test=/usr/share/doc/git/html --hosts-file hosts.json
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    options = _parser().parse_args(arguments)
    with ExitStack() as stack:
        vanishing = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="test-web-")))
        try:
            uvloop.run(_run(_content(options, vanishing), vanishing, options))
        except (OSError, ValueError) as error:
            print(f"tests.web: {error}", file=sys.stderr)
            return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--hosts-file", type=Path, required=True, metavar="FILE", help="written once all ports are open"
    )
    shared.add_argument(
        "--log", type=Path, metavar="FILE", help="a JSON line a request: [monotonic time, host, path, status]"
    )
    shared.add_argument(
        "--certificate", type=Path, metavar="FILE", help="written likewise: what a client trusts that verifies names"
    )
    parser = argparse.ArgumentParser(
        "python -m tests.web", description=_DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    kinds = parser.add_subparsers(dest="kind", required=True)
    synthetic = kinds.add_parser("synthetic", parents=[shared], help="a made-up web whose links are known")
    synthetic.add_argument("--seed", type=int, default=1, help="the same seed gives the same web (%(default)s)")
    synthetic.add_argument("--sites", type=int, default=52, help="at least 30 (%(default)s)")
    synthetic.add_argument(
        "--pages", type=int, default=16, help="of an ordinary site, on average; at least 3 (%(default)s)"
    )
    synthetic.add_argument("--truth", type=Path, metavar="FILE", help="write every external link as a JSON line")
    replay = kinds.add_parser("replay", parents=[shared], help="saved pages under their true URLs")
    replay.add_argument("--index", type=Path, required=True, help="JSON lines with page, url, charset; may be .xz")
    replay.add_argument("--pages", type=Path, required=True, help="folder or tar archive of PAGE.html files")
    replay.add_argument("--unpack-to", type=Path, metavar="FOLDER", help="unpack an archive here and keep it")
    folders = kinds.add_parser("folders", parents=[shared], help="folders of static HTML as sites")
    folders.add_argument("sites", nargs="+", metavar="HOST=FOLDER")
    folders.add_argument("--overlay", type=Path, metavar="FILE", help="other answers for some addresses")
    return parser


def _content(options: argparse.Namespace, vanishing: Path) -> Content:
    if options.kind == "folders":
        pairs = [site.partition("=") for site in options.sites]
        content = FoldersContent({_host_name(name): Path(folder) for name, _, folder in pairs})
        return OverlayContent(content, options.overlay) if options.overlay else content
    if options.kind == "replay":
        replay = ReplayContent(options.index, unpacked(options.pages, options.unpack_to or vanishing))
        for file in replay.missing:
            print(f"tests.web: the index names {file}, which is not there", file=sys.stderr)
        return replay
    web = synthetic_web(options.seed, options.sites, options.pages)
    if options.truth:
        _write_truth(web, options.truth)
    return PlannedContent(web)


def _host_name(name: str) -> str:
    url = normalise(f"http://{name}/")
    if url is None:
        raise ValueError(f"{name} is no host name")
    return host_of(url)


def _write_truth(web: Web, path: Path) -> None:
    links = crawl_all(web).links.values()
    path.write_text("".join(f"{json.dumps(asdict(link), ensure_ascii=False)}\n" for link in links))


async def _run(content: Content, folder: Path, options: argparse.Namespace) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    with ExitStack() as stack:
        log_file = stack.enter_context(options.log.open("w", buffering=1)) if options.log else None
        async with listening(content, folder, options.hosts_file, log_file) as web:
            if options.certificate:
                shutil.copy(web.certificate, options.certificate)
            print(f"Serving {len(content.ports())} hosts, {content.page_count()} pages: {web.hosts_file}", flush=True)
            await stop.wait()


if __name__ == "__main__":
    sys.exit(main())
