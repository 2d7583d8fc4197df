"""Which database a command talks to."""

from scrapy.settings import BaseSettings

from backlink_crawler.services import fill
from backlink_crawler.store import Store, StoreError
from backlink_crawler.store.connection import PROGRAM_NAME
from backlink_crawler.suffix_setting import follow_suffixes


def index_store(
    settings: BaseSettings, database: str | None = None, *, read_only: bool = True, program: str = PROGRAM_NAME
) -> Store:
    """Return the index, not opened yet: ``database`` or ``MONGODB_DATABASE``, at ``MONGODB_URI``.

    Where no ``MONGODB_URI`` is configured and the project embeds its services, that is the local mongod, started if
    it does not run. A crawl gets it from the add-on; a command makes no crawler.

    :raises ServiceError: the local mongod cannot be started.
    :raises StoreError: there is no address, or it is not one.
    :raises SuffixListError: there is no such suffix list.
    """
    follow_suffixes(settings)
    fill(settings, "MONGODB_URI")
    uri = settings.get("MONGODB_URI")
    if not uri:
        raise StoreError("MONGODB_URI is not set. Example: mongodb://user:password@db.example:27017")
    return Store(uri, database or settings["MONGODB_DATABASE"], read_only=read_only, program=program)
