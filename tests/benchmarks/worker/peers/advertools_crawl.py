"""advertools' SEO crawler: all its columns, links with anchor text and nofollow."""

import advertools
from arguments import HOSTS, OUTPUT, STARTS

advertools.crawl(
    STARTS,
    OUTPUT,
    follow_links=True,
    allowed_domains=HOSTS,
    custom_settings={
        "CONCURRENT_ITEMS": 1,
        "CONCURRENT_REQUESTS": 64,
        "DOWNLOAD_DELAY": 0,
        "TELNETCONSOLE_ENABLED": False,
        "LOG_LEVEL": "ERROR",
    },
)
