"""What a page costs while ever more URLs are known: the same crawl beside a small, a large and a very large frontier.

``seeding`` makes the URLs known as a crawl would, in bulk, on hosts that rest; ``results`` keeps and prints the
figures. The crawl, the web and how they are measured are those of the worker's benchmark.
"""
