"""The frontier on Redis or Valkey. Every key is told in ``docs/architecture.md``, the atomic steps in ``../lua``."""

from backlink_crawler.frontier.redis.frontier import RedisFrontier

__all__ = ["RedisFrontier"]
