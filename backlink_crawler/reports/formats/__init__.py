"""How an answer looks: one module per format. What is said is decided elsewhere (``answer``, ``summary``)."""
