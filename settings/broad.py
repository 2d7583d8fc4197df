"""The profile ``broad``: a few pages of each of very many sites. ``scrapy crawl … -s CRAWL_PROFILE=broad``.

Not a settings module of its own: ``backlink_crawler.profiles`` lays these values over ``local``, ``production`` or
``testing``. The environment, a spider's ``custom_settings`` and ``-s`` still have the last word.
"""

# Most of a request is waiting: for a name, a connection, an answer, and after robots.txt for the delay of its host.
# This is also how many names are looked up at once, each in a thread (7 MB for all of them).
CONCURRENT_REQUESTS = 256
# A slow site holds its place for so long, and there are others.
DOWNLOAD_TIMEOUT = 15

# Each host's turn comes again after all the others had theirs: a connection serves robots.txt and the first page. An
# idle one takes 7 KB, over TLS a quarter of a megabyte.
NET_IDLE_CONNECTIONS = 256
NET_IDLE_SECONDS = 5.0

MAX_PAGES_PER_SITE = 100
DEPTH_LIMIT = 5
# Where there are thousands of sites, nothing is gained by asking several hosts of one operator at once.
FRONTIER_SITE_CONCURRENCY = 1
FRONTIER_RETRY_DELAY = 30.0
FRONTIER_MAX_HOST_WAIT = 900
PROGRESS_SECONDS = 60.0
