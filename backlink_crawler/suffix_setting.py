"""The setting ``SUFFIX_LIST``: by which public suffix list this process tells sites apart."""

from pathlib import Path

from scrapy.settings import BaseSettings

from backlink_crawler import urls
from backlink_crawler.suffixes import SuffixListError, read


def follow_suffixes(settings: BaseSettings) -> None:
    """Tell sites apart by the list in ``SUFFIX_LIST``, or by the installed one.

    :raises SuffixListError: there is no such list; without it the index cannot be used.
    """
    path = settings.get("SUFFIX_LIST")
    try:
        urls.follow_suffixes(read(Path(path)) if path else None)
    except SuffixListError as error:
        raise SuffixListError(f"{error}. Another one, or none: -s SUFFIX_LIST=") from error
