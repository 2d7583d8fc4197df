"""Training and evaluation of the placement model on labelled real pages: ``python -m tests.placement --help``."""
