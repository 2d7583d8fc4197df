"""The index compared with what stands in real pages, by an extraction that shares no code with the crawler's.

``python -m tests.real_input docs …`` crawls Debian's HTML documentation, ``… replay …`` saved pages of the open web.
``addresses`` and ``witness`` say what a page links to (html5lib, Servo's URL parser, the suffix list read anew),
``expected`` which pages a crawl must reach, ``crawl`` runs two real workers, ``compare`` names every difference.

``… life …`` crawls documentation, changes it and visits it again (``life``). ``changes``, ``page_changes`` and
``noise`` edit the source of pages (``markup``) and know what that does to their links; ``states`` makes sure with
html5lib. ``altered`` chooses the pages, ``remembered`` is a model of what an index must make of it all, and ``verdict``
names what it made of it instead.
"""
