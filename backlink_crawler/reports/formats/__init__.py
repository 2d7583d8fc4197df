"""How an answer looks: one module per format. What is said is decided elsewhere (``answer``).

A format begins a document on an open file. Answers are added one after the other, each read to its end before the next;
``close`` writes what comes last. Nothing but ``html`` holds all rows: the others see a batch of them at a time.
"""
