"""No framework: aiohttp and Lexbor, one set of seen URLs, no frontier, no store: what Python can reach."""

import asyncio

import aiohttp
import orjson
import uvloop
from arguments import OUTPUT, STARTS
from selectolax.lexbor import LexborHTMLParser


async def walk(session, start, output, gate):
    origin = start.rstrip("/")
    seen, queue = {start}, [start]
    while queue:
        url = queue.pop()
        async with gate, session.get(url, ssl=False) as response:
            body = await response.read()
        links = []
        for anchor in LexborHTMLParser(body).css("a[href]"):
            attributes = anchor.attributes
            href = attributes["href"]
            target = origin + href if href.startswith("/") else href
            links.append({"url": target, "anchor": anchor.text(strip=True), "rel": attributes.get("rel") or ""})
            if target.startswith(origin) and target not in seen:
                seen.add(target)
                queue.append(target)
        output.write(orjson.dumps({"url": url, "links": links}) + b"\n")


async def main():
    gate = asyncio.Semaphore(64)
    connector = aiohttp.TCPConnector(limit=64, limit_per_host=1)
    with open(OUTPUT, "wb") as output:
        async with aiohttp.ClientSession(connector=connector) as session:
            await asyncio.gather(*(walk(session, start, output, gate) for start in STARTS))


uvloop.run(main())
