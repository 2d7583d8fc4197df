"""The frontier on Redis or Valkey. Every key is told in ``docs/architecture.md``, the atomic steps in ``../lua``."""

from backlink_crawler.frontier.redis.frontier import RedisFrontier
from backlink_crawler.frontier.redis.membership import crawls

__all__ = ["RedisFrontier", "crawls"]
