"""HTML bytes → raw links with their place and the facts of the page. Pure, and never raises on any bytes."""

from backlink_crawler.extract.page import ExtractedPage, extract_page

__all__ = ["ExtractedPage", "extract_page"]
