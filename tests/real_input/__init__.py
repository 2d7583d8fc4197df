"""The index compared with what stands in real pages, by an extraction that shares no code with the crawler's.

``python -m tests.real_input docs …`` crawls Debian's HTML documentation, ``… replay …`` saved pages of the open web.
``addresses`` and ``witness`` say what a page links to (html5lib, Servo's URL parser, the suffix list read anew),
``expected`` which pages a crawl must reach, ``crawl`` runs two real workers, ``compare`` names every difference.
"""
