"""Scrapy with its LinkExtractor, an item a page, CONCURRENT_ITEMS=1: the documented way, tuned."""

from urllib.parse import urlsplit

from arguments import HOSTS, OUTPUT, STARTS
from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.linkextractors import LinkExtractor


class PlainSpider(Spider):
    name = "plain"
    allowed_domains = HOSTS
    extractor = LinkExtractor(unique=False)

    async def start(self):
        for url in STARTS:
            yield Request(url)

    def parse(self, response):
        links = self.extractor.extract_links(response)
        host = urlsplit(response.url).netloc
        yield {
            "url": response.url,
            "links": [{"url": link.url, "anchor": link.text, "nofollow": link.nofollow} for link in links],
        }
        for link in links:
            if urlsplit(link.url).netloc == host:
                yield Request(link.url)


process = AsyncCrawlerProcess(
    {
        "CONCURRENT_ITEMS": 1,
        "CONCURRENT_REQUESTS": 64,
        "DOWNLOAD_DELAY": 0,
        "COOKIES_ENABLED": False,
        "ROBOTSTXT_OBEY": True,
        "TELNETCONSOLE_ENABLED": False,
        "LOG_LEVEL": "WARNING",
        "FEEDS": {OUTPUT: {"format": "jsonlines"}},
    }
)
process.crawl(PlainSpider)
process.start()
