"""The link index in MongoDB. The only package that imports pymongo."""

from backlink_crawler.store.connection import Store, StoreError, StoreUnavailable
from backlink_crawler.store.writes import Saved

__all__ = ["Saved", "Store", "StoreError", "StoreUnavailable"]
