"""The whole worker beside other crawlers: one web, one machine, one interleaved run.

``web`` writes the pages, ``server`` serves them from memory on loopback, ``load`` shows that it is never the limit.
``contenders`` says how each crawler is started and how what it stored is counted, ``peers`` holds the programs of those
that are not this project (they run in a virtual environment of their own), ``lab`` runs and measures a process tree,
``results`` keeps and compares the figures.
"""
