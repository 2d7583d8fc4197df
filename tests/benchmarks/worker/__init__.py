"""The whole worker beside other crawlers: one web, one machine, one interleaved run.

``web`` writes the pages of the first web, ``server`` serves them from memory on loopback, ``load`` shows that it is
never the limit; ``hosts_server`` makes up a web of very many sites; ``webs`` runs what serves them, saved pages too.
``contenders`` says how each crawler is started and how what it stored is counted, ``peers`` holds the programs of those
that are not this project (they run in a virtual environment of their own), ``lab`` runs and measures a process tree,
``turns`` has everybody's turn come, ``results`` keeps and compares the figures, ``balance`` says where the time went.
"""
