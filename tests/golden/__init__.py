"""Golden pages: a folder each, with ``page.html`` and everything that is read from it in ``expected.json``.

``python -m tests.golden`` reads them anew, shows what differs and writes it; the difference is reviewed as code is.
A first line ``<!-- url: … -->`` gives a page its address, ``<!-- header NAME: VALUE -->`` a header of its answer.
"""
