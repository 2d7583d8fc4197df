"""A self-hosted backlink index: spiders, frontier, extraction, store and reports."""

__version__ = "0.1.0"
