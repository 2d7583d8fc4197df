"""Crawlee for Python with either of its two parsers (the fifth argument), pages in memory."""

import asyncio
import json
import sys
from datetime import timedelta

from arguments import OUTPUT, STARTS
from crawlee import ConcurrencySettings
from crawlee.crawlers import BeautifulSoupCrawler, ParselCrawler
from crawlee.http_clients import ImpitHttpClient
from crawlee.storage_clients import MemoryStorageClient


def parsel_links(context):
    for anchor in context.selector.css("a[href]"):
        attributes = anchor.attrib
        yield {
            "url": attributes["href"],
            "anchor": " ".join(anchor.css("::text").getall()),
            "rel": attributes.get("rel", ""),
        }


def soup_links(context):
    for anchor in context.soup.find_all("a", href=True):
        yield {"url": anchor["href"], "anchor": anchor.get_text(" "), "rel": " ".join(anchor.get("rel", []))}


async def main():
    crawler_class, links_of = {
        "parsel": (ParselCrawler, parsel_links),
        "soup": (BeautifulSoupCrawler, soup_links),
    }[sys.argv[5]]
    crawler = crawler_class(
        storage_client=MemoryStorageClient(),
        http_client=ImpitHttpClient(verify=False),
        concurrency_settings=ConcurrencySettings(min_concurrency=16, desired_concurrency=32, max_concurrency=64),
        request_handler_timeout=timedelta(minutes=2),
        configure_logging=False,
    )
    with open(OUTPUT, "w") as output:

        @crawler.router.default_handler
        async def handle(context):
            output.write(json.dumps({"url": context.request.url, "links": list(links_of(context))}) + "\n")
            await context.enqueue_links(strategy="same-hostname")

        await crawler.run(STARTS)


asyncio.run(main())
