"""Local services, tried on the real servers: their life, whose they are, why they fail, and how Scrapy sees them."""
