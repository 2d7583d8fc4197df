"""The download handlers that are compared."""

CANDIDATES = {
    "twisted": "scrapy.core.downloader.handlers.http11.HTTP11DownloadHandler",
    "scrapy-aiohttp": "scrapy.core.downloader.handlers._aiohttp.AiohttpDownloadHandler",
    "ours": "backlink_crawler.net.handler.GuardedHandler",
    "pycurl": "tests.benchmarks.wire.curl_handler.CurlHandler",
}
"""Name → class: Scrapy's default, Scrapy's private one on aiohttp, ours, and one on libcurl's multi interface."""
