"""The shared frontier beside stock scrapy-redis, on the same real Valkey, with the same spider and settings.

``make bench-frontier``, or ``python -m tests.benchmarks.frontier --help``. Both contenders run the ``seeds`` spider
with the settings of ``settings.testing``; what differs is the scheduler (``settings_ours``, ``settings_stock``) and how
a child is handed to it (``stock_spider``). Both begin with the frontier that they would have filled themselves
(``contenders``), and what the web saw comes from the web's own log.

One module per family of rows, each with its method in its docstring: ``memory``, ``crawl``, ``politeness``,
``fairness``, ``crash``, ``capacity``. Around them: ``lab`` (the Valkey, its folder, processes), ``web`` and ``proxy``
(processes), ``meter`` (inside each worker), ``rows`` and ``results``.
"""
