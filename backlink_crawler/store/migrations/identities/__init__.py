"""Other rules of URLs, or another suffix list: every record gets the ids and sites that follow from those of now.

    settle    what commits and changed redirects still have to write is written, by the ids it was told with
    mark      one look at every page, link and event: whose id, sites or addresses change? Their pages are put down in
              ``rekeying``
    units     all that becomes one page (``unit``), with its links and events: worked out and written aside to
              ``rekeyed``; marked as such; then the documents themselves: old ones removed, new ones written
    chains    where redirecting pages lead
    sites     when each was first visited

A unit is worked out from the documents as they were, and they stay so until all of its new ones lie aside: a crash
before that mark works it out again, one after it writes the same again. Units share no document. Memory holds a batch
of units, a few thousand links; a single page of more, with all its former spellings, is held as a whole.
"""

from backlink_crawler.store.migrations.identities.counting import outstanding
from backlink_crawler.store.migrations.identities.rekeying import is_begun, run
from backlink_crawler.store.migrations.identities.rules import Rules, current

__all__ = ["Rules", "current", "is_begun", "outstanding", "run"]
