"""What every environment shares: safe manners on the open web, and the way a page takes through the program.

Names components by dotted path and imports nothing of ours. Settings of our own come first; the README has a table
of them with units, defaults and what goes wrong when they are off.
"""

BOT_NAME = "backlink_crawler"

# --- The job -------------------------------------------------------------------------------------------------
CRAWL_ID = ""
CRAWL_PROFILE = ""
CRAWL_PROFILES = {"broad": "settings.broad"}
MAX_PAGES_PER_SITE = 1_000
MAX_PAGES = 0
DEPTH_LIMIT = 10
STORE_INTERNAL_LINKS = False
SUFFIX_LIST = ""
WALK_MAX_URL = 1_000
WALK_MAX_SEGMENTS = 16
WALK_MAX_REPEATS = 3
WALK_MAX_REDIRECTS = 10
WALK_SUSPECT_SHARE = 0.5
PROGRESS_SECONDS = 10.0

# --- Looking again -------------------------------------------------------------------------------------------
RECHECK_MIN_DAYS = 1.0
RECHECK_MAX_DAYS = 60.0
UNREACHABLE_VISITS = 3
UNREACHABLE_DAYS = 7.0

# --- Manners -------------------------------------------------------------------------------------------------
CONTACT = ""
FRONTIER_HOST_DELAY = 1.0
FRONTIER_HOST_CONCURRENCY = 1
FRONTIER_SITE_CONCURRENCY = 4
FRONTIER_LEASE_SECONDS = 300
FRONTIER_RETRY_DELAY = 5.0
FRONTIER_MAX_CRAWL_DELAY = 60.0
FRONTIER_MAX_HOST_WAIT = 3_600
FRONTIER_STAY_OPEN = False
# Empty: the product token of USER_AGENT, which is what sites write into their robots.txt.
ROBOTSTXT_USER_AGENT = ""
WALK_NOFOLLOW = False

# --- Guards --------------------------------------------------------------------------------------------------
ALLOW_PRIVATE_ADDRESSES = False
NET_HOSTS_FILE = ""
NET_IDLE_CONNECTIONS = 256
NET_IDLE_SECONDS = 15.0
DOWNLOAD_MAXSIZE = 10 * 1024 * 1024
DOWNLOAD_WARNSIZE = 0
DOWNLOAD_TIMEOUT = 30
DOWNLOAD_VERIFY_CERTIFICATES = True
COOKIES_ENABLED = False
# Both would let anyone on this machine run code in a worker.
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False

# --- Services ------------------------------------------------------------------------------------------------
MONGODB_DATABASE = "backlinks"

# --- The way of a page ---------------------------------------------------------------------------------------
SPIDER_MODULES = ["backlink_crawler.spiders"]
NEWSPIDER_MODULE = "backlink_crawler.spiders"
COMMANDS_MODULE = "backlink_crawler.commands"
ADDONS = {"backlink_crawler.profiles.Profile": 50, "backlink_crawler.preflight.Preflight": 900}
SCHEDULER = "backlink_crawler.frontier.scheduler.FrontierScheduler"
SCHEDULER_PERSIST = True
ITEM_PIPELINES = {
    "pipelines.normalise.Normalise": 100,
    "pipelines.enrich.Enrich": 200,
    "pipelines.persist.Persist": 300,
}
EXTENSIONS = {
    "backlink_crawler.frontier.feedback.Feedback": 100,
    "backlink_crawler.net.sitemaps.SitemapNotes": 150,
    "backlink_crawler.observe.progress.Progress": 200,
    "backlink_crawler.observe.totals.Totals": 0,
    "backlink_crawler.runtime.Runtime": 300,
    "scrapy.extensions.corestats.CoreStats": None,
    "scrapy.extensions.logstats.LogStats": None,
}
DOWNLOADER = "backlink_crawler.net.downloader.DirectDownloader"
DOWNLOAD_HANDLERS = {
    "http": "backlink_crawler.net.handler.GuardedHandler",
    "https": "backlink_crawler.net.handler.GuardedHandler",
    # A crawler of the open web reads nothing else, least of all local files.
    "data": None,
    "file": None,
    "ftp": None,
    "s3": None,
}
DOWNLOADER_MIDDLEWARES = {
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "backlink_crawler.net.robots.RobotsMiddleware": 100,
    "backlink_crawler.net.conditional.ConditionalMiddleware": 110,
    "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,
    # Redirects and retries are the frontier's: each is a wire request, so each waits its turn.
    "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
    "scrapy.downloadermiddlewares.redirect.MetaRefreshMiddleware": None,
    "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": None,
    # The download handler would refuse: behind a proxy, nobody sees which addresses are dialled.
    "scrapy.downloadermiddlewares.httpproxy.HttpProxyMiddleware": None,
    # The download handler unpacks while it reads, so that a bomb ends at the bound.
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
    # The download handler adds what is the same for all requests, once.
    "scrapy.downloadermiddlewares.defaultheaders.DefaultHeadersMiddleware": None,
    "scrapy.downloadermiddlewares.downloadtimeout.DownloadTimeoutMiddleware": None,
    "scrapy.downloadermiddlewares.useragent.UserAgentMiddleware": None,
}
# Pages are counted by outcome (pages/...) where they are stored.
DOWNLOADER_STATS = False
SPIDER_MIDDLEWARES = {
    "scrapy.spidermiddlewares.start.StartSpiderMiddleware": None,
    "scrapy.spidermiddlewares.httperror.HttpErrorMiddleware": None,
    "scrapy.spidermiddlewares.referer.RefererMiddleware": None,
    "scrapy.spidermiddlewares.urllength.UrlLengthMiddleware": None,
    "scrapy.spidermiddlewares.depth.DepthMiddleware": None,
    "scrapy.spidermiddlewares.metacopy.MetaCopyDetectionMiddleware": None,
}
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.5",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "Accept-Language": "en;q=0.8,*;q=0.5",
}

# --- Scrapy's engine -----------------------------------------------------------------------------------------
ASYNCIO_EVENT_LOOP = "uvloop.Loop"
CONCURRENT_REQUESTS = 64
# Scrapy starts this many tasks for every response; a page is one item.
CONCURRENT_ITEMS = 1
# Pages waiting for their batch to be stored count here; the default would admit about 18 large ones.
SCRAPER_SLOT_MAX_ACTIVE_SIZE = 50_000_000
# The frontier spaces requests; Scrapy's own delay would count from the start of a request, not from its end.
DOWNLOAD_DELAY = 0.0
WARN_ON_GENERATOR_RETURN_VALUE = False
LOG_LEVEL = "INFO"
LOG_FORMATTER = "backlink_crawler.observe.totals.PageLogFormatter"
LOG_FORMAT = "%(asctime)s %(levelname)s %(message)s"
LOG_DATEFORMAT = "%Y-%m-%d %H:%M:%S"
STATS_CLASS = "backlink_crawler.observe.totals.PlainStatsCollector"
STATS_DUMP = False

FROM_ENVIRONMENT = (
    "ALLOW_PRIVATE_ADDRESSES",
    "CONTACT",
    "CRAWL_ID",
    "CRAWL_PROFILE",
    "DEPTH_LIMIT",
    "FRONTIER_HOST_CONCURRENCY",
    "FRONTIER_HOST_DELAY",
    "FRONTIER_LEASE_SECONDS",
    "FRONTIER_MAX_CRAWL_DELAY",
    "FRONTIER_MAX_HOST_WAIT",
    "FRONTIER_RETRY_DELAY",
    "FRONTIER_SITE_CONCURRENCY",
    "FRONTIER_STAY_OPEN",
    "LOG_LEVEL",
    "MAX_PAGES",
    "MAX_PAGES_PER_SITE",
    "MONGODB_DATABASE",
    "MONGODB_URI",
    "NET_HOSTS_FILE",
    "NET_IDLE_CONNECTIONS",
    "NET_IDLE_SECONDS",
    "PROGRESS_SECONDS",
    "RECHECK_MAX_DAYS",
    "RECHECK_MIN_DAYS",
    "REDIS_PARAMS",
    "REDIS_URL",
    "SERVICES_FOLDER",
    "STORE_INTERNAL_LINKS",
    "SUFFIX_LIST",
    "UNREACHABLE_DAYS",
    "UNREACHABLE_VISITS",
    "WALK_MAX_REDIRECTS",
    "WALK_MAX_REPEATS",
    "WALK_MAX_SEGMENTS",
    "WALK_MAX_URL",
    "WALK_NOFOLLOW",
    "WALK_SUSPECT_SHARE",
)
"""Settings that ``local`` and ``production`` also take from environment variables of the same names."""
