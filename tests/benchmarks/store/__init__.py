"""How fast the index is written and how fast it answers, on a mongod of its own and databases made for it.

``make bench-store``, or ``python -m tests.benchmarks.store --help``: visits made up by ``visits`` go through the store
as a worker's last pipeline sends them (``load``, ``writing``), until the data is larger than the cache; then the index
is measured on disk and asked (``reading``). Around them: ``lab`` (the mongod and its folder), ``rows`` and ``results``.

``python -m tests.benchmarks.store.series`` asks for the past of one site, in a database that ``index`` writes directly.
"""
