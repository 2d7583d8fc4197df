"""Alerts: what happens to links is told where people and programs listen.

Pure: what an alert is (``alert``), who wants it (``only``), how it reads (``wording``, ``record``, ``digest``,
``slack``, ``mail``), how it is signed (``signature``), when it is sent (``schedule``), how far a sink has been told
(``position``), what becomes of one that is not taken (``courier``), and the file that says all this (``config``,
``fields``).
Around them are shells: the index (``reading``, ``bookmark``), the ways out (``sinks``), one turn of one sink
(``turn``), all sinks (``run``).
"""
