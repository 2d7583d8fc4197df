"""Webs to crawl without the web: a synthetic one with a known link graph, replayed pages, folders of static HTML.

``python -m tests.web --help`` serves them; from tests, ``with serve_web(synthetic_web()) as web: ...``.
"""
