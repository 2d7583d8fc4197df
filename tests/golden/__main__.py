"""The command ``python -m tests.golden``."""

import argparse
import difflib
import sys
from collections.abc import Sequence

from tests.golden.reading import as_text, pages, read


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns 1 when a page reads differently and it was only asked."""
    parser = argparse.ArgumentParser(
        "python -m tests.golden", description="Read the golden pages anew; show what differs and write it down."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="folders in tests/golden (default: all)")
    parser.add_argument("--check", action="store_true", help="write nothing; exit status 1 when something differs")
    options = parser.parse_args(arguments)
    differing = 0
    for folder in pages():
        if options.names and folder.name not in options.names:
            continue
        expected = folder / "expected.json"
        before = expected.read_text("utf-8") if expected.exists() else ""
        now = as_text(read(folder))
        if before == now:
            continue
        differing += 1
        lines = difflib.unified_diff(
            before.splitlines(), now.splitlines(), f"{folder.name} before", "now", "", "", 2, ""
        )
        print("\n".join(lines))
        if not options.check:
            expected.write_text(now, "utf-8")
    print(f"{differing} of {len(list(pages()))} pages read differently{' (not written)' if options.check else ''}")
    return 1 if differing and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
