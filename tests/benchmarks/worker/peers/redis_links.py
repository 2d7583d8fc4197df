"""scrapy-redis as its README sets it up, an item a link, into MongoDB as in Scrapy's own documentation."""

import os
from urllib.parse import urlsplit

from arguments import HOSTS, STARTS
from itemadapter import ItemAdapter
from pymongo import MongoClient
from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.linkextractors import LinkExtractor


class MongoPipeline:
    def __init__(self, crawler):
        self.client = MongoClient(crawler.settings["MONGO_URI"])
        self.links = self.client[crawler.settings["MONGO_DATABASE"]]["links"]

    @classmethod
    def from_crawler(cls, crawler):
        return cls(crawler)

    def close_spider(self):
        self.client.close()

    def process_item(self, item):
        self.links.insert_one(ItemAdapter(item).asdict())
        return item


class LinksSpider(Spider):
    name = "links"
    allowed_domains = HOSTS
    extractor = LinkExtractor(unique=False)

    async def start(self):
        for url in STARTS:
            yield Request(url)

    def parse(self, response):
        host = urlsplit(response.url).netloc
        for link in self.extractor.extract_links(response):
            yield {"source": response.url, "url": link.url, "anchor": link.text, "nofollow": link.nofollow}
            if urlsplit(link.url).netloc == host:
                yield Request(link.url)


process = AsyncCrawlerProcess(
    {
        "SCHEDULER": "scrapy_redis.scheduler.Scheduler",
        "DUPEFILTER_CLASS": "scrapy_redis.dupefilter.RFPDupeFilter",
        "REDIS_URL": os.environ["REDIS_URL"],
        "MONGO_URI": os.environ["MONGODB_URI"],
        "MONGO_DATABASE": os.environ["MONGODB_DATABASE"],
        "ITEM_PIPELINES": {MongoPipeline: 300},
        "CONCURRENT_REQUESTS": 64,
        "DOWNLOAD_DELAY": 0,
        "ROBOTSTXT_OBEY": True,
        "TELNETCONSOLE_ENABLED": False,
        "LOG_LEVEL": "ERROR",
    }
)
process.crawl(LinksSpider)
process.start()
