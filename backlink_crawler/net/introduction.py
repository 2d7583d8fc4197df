"""Who we say we are: the User-Agent, the name that robots.txt files may address, and whom to ask."""

from scrapy.settings import BaseSettings

from backlink_crawler import __version__
from backlink_crawler.net.robots_rules import product_token

NAME = "backlink_crawler"
"""Product token (RFC 9309 §2.2.1) where no ``USER_AGENT`` names another."""


def introduce(settings: BaseSettings) -> None:
    """Make ``USER_AGENT`` from ``CONTACT``, where it is not given."""
    contact = settings.get("CONTACT")
    if settings.getpriority("USER_AGENT") == 0:
        agent = f"{NAME}/{__version__} (+{contact})" if contact else f"{NAME}/{__version__}"
        settings.set("USER_AGENT", agent, priority="spider")


def robots_name(settings: BaseSettings) -> str:
    """Return the name by which robots.txt files address us: that in ``USER_AGENT``, unless another is given."""
    given: str = settings.get("ROBOTSTXT_USER_AGENT") or product_token(settings["USER_AGENT"])
    return given or NAME


def contact_missing(settings: BaseSettings) -> bool:
    """Return whether a crawl of the open web would leave no address.

    Not of one's own network, and not of a web without DNS. A ``USER_AGENT`` of one's own may name the address itself.
    """
    if settings.get("CONTACT") or settings.getbool("ALLOW_PRIVATE_ADDRESSES") or settings.get("NET_HOSTS_FILE"):
        return False
    agent: str = settings["USER_AGENT"]
    return "@" not in agent and "://" not in agent
